"""Known secrets are masked in text and in every log record (25)."""

from __future__ import annotations

import base64
import io
import logging
from typing import Any

import pytest
import singer_sdk.logging

from tap_engine.http.redaction import Redactor, excerpt

SECRET = "s3cr3t-value"


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.add_pair("user", SECRET)
    return made


def test_masks_the_secret_and_its_basic_form(redactor: Redactor) -> None:
    basic = base64.b64encode(f"user:{SECRET}".encode()).decode()
    assert redactor(f"a {SECRET} b Basic {basic} c") == "a *** b Basic *** c"


def test_masks_the_longest_secret_first(redactor: Redactor) -> None:
    redactor.add(f"{SECRET}-and-more")
    assert redactor(f"{SECRET}-and-more") == "***"


def test_learns_tokens_while_running(redactor: Redactor) -> None:
    redactor.add("token-1")
    redactor.add("token-2")
    assert redactor("token-1 token-2") == "*** ***"


@pytest.mark.parametrize("secret", ["", "a", "abc", "demo", "12345"])
def test_what_is_too_short_to_be_a_secret_garbles_nothing(secret: str) -> None:
    text = "abcabc a demo-project 12345 rows"
    assert Redactor([secret])(text) == text


@pytest.mark.parametrize(
    "formatter", [logging.Formatter(), singer_sdk.logging.StructuredFormatter()], ids=["text", "js"]
)
def test_masks_messages_arguments_and_tracebacks(redactor: Redactor, formatter: Any) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    logger = logging.getLogger("tests.redact")
    logger.propagate = False
    logger.addHandler(handler)
    redactor.guard()
    try:
        logger.error("plain %s", "text")
        logger.error("argument %s and %d", SECRET, 7)
        logger.error(SECRET)
        logger.error({"secret": SECRET})
        try:
            int(SECRET)
        except ValueError:
            logger.exception("failed")
    finally:
        logger.removeHandler(handler)
        logger.propagate = True
    text = out.getvalue()
    assert SECRET not in text
    assert "plain text" in text
    assert "argument *** and 7" in text
    assert "ValueError" in text


def test_excerpts_are_one_short_line() -> None:
    assert excerpt("a\n\tb   c") == "a b c"
    assert len(excerpt("x" * 1000)) == 300
    assert len(excerpt("x" * 1000, 80)) == 80

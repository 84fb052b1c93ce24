"""A probe of a stand-in, whole or by single questions, without long pauses."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.probing import asker
from tap_engine.probing.question import answered
from tap_engine.probing.source import probe
from tests.support import commerce7_config, commercetools_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.standin import StandIn
    from tap_engine.probing.question import Answered
    from tap_engine.probing.source import ProbedSource, Report
    from tap_engine.singer.tap import EngineTap


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asker, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(asker, "LONGEST_PAUSE", 0.001)


@dataclass
class Probing:
    """The tap of an account that is probed, and the stand-in of the account."""

    tap: EngineTap
    stand_in: StandIn

    @property
    def source(self) -> ProbedSource:
        """The account, of which nothing is known yet."""
        http = self.tap.connection.http
        return self.tap.probed(asker.Asker(http, self.tap.read_error, logging.getLogger()))

    def fetch_token(self) -> None:
        """Have a token, where there are any."""
        if isinstance(self.tap, TapCommercetools):
            self.tap.connection.authenticator.token()

    def forget_token(self) -> None:
        """Have the next request ask for a token of its own."""
        if isinstance(self.tap, TapCommercetools):
            authenticator = self.tap.connection.authenticator
            authenticator.renew(f"Bearer {authenticator.token().access_token}")

    def answer(self, name: str) -> Answered:
        """Answer one question, with no more requests than it takes."""
        source = self.source
        (question,) = (each for each in source.questions if each.name == name)
        if name in {"date_header", "limit_headers"}:  # they only look at answers
            for stream in source.order[0][:4]:
                source.view(stream)
        return answered(question, source)

    def run(self) -> Report:
        """Answer all questions."""
        return probe(self.source)


def findings(report: Report) -> dict[str, str]:
    """Give outcomes by question; what was not seen has the reason instead."""
    return {
        each.question.name: each.finding.outcome if each.finding else f"({each.reason})"
        for each in report.answers
    }


MOST_OPEN = 4


class Probes:
    """Serves stand-ins, one for each set of options, and makes their taps."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Probing, contextlib.ExitStack]] = {}

    def get(self, kind: type[EngineTap], settings: dict[str, Any], **options: Any) -> Probing:
        """Return the probe of a stand-in with some options, without faults."""
        key = repr((kind.name, settings, options))
        if key not in self._made:
            while len(self._made) >= MOST_OPEN:  # each is some MB of records
                self._close(next(iter(self._made)))
            build, make = BUILDS[kind.name]
            stand_in = build(**options)
            opened = contextlib.ExitStack()
            server = opened.enter_context(stand_in.serve())
            tap = kind(config=make(server.url, **settings))
            opened.callback(tap.stop)
            self._made[key] = Probing(tap, stand_in), opened
        made, _ = self._made[key]
        made.stand_in.faults.clear()
        made.forget_token()
        made.stand_in.requests.clear()
        return made

    def close(self) -> None:
        """Stop all of them."""
        for key in list(self._made):
            self._close(key)

    def _close(self, key: str) -> None:
        _, opened = self._made.pop(key)
        opened.close()


@pytest.fixture(scope="module")
def probes() -> Iterator[Probes]:
    made = Probes()
    yield made
    made.close()


TAPS: tuple[type[EngineTap], ...] = (TapCommercetools, TapCommerce7)
BUILDS: dict[str, Any] = {
    TapCommercetools.name: (build_commercetools, commercetools_config),
    TapCommerce7.name: (build_commerce7, commerce7_config),
}

"""A fault that passes costs nothing but time: the run is complete and ends with 0 (20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.source import Source

STATUSES = (408, 425, 429, 500, 502, 503, 504, 520)
KINDS: list[tuple[str, dict[str, Any]]] = [
    *(("status", {"status": status}) for status in STATUSES),
    ("status", {"status": 502, "body": "<html><h1>Bad Gateway</h1></html>"}),
    ("reset", {}),
    ("reset_in_body", {}),
    ("truncate", {}),
    ("html", {}),
    ("slow", {"seconds": 0.6}),
]


def _name(value: Any) -> str:
    return str(value.get("status", "")) if isinstance(value, dict) else value


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=_name)
def test_is_survived_without_loss(source: Source, kind: str, options: dict[str, Any]) -> None:
    source.stand_in.faults.add(source.match, kind, after=2, **options)
    output = source.run(request_timeout=0.3 if kind == "slow" else 30)
    assert source.stand_in.faults.rules[0].fired == 1
    assert f"answered {options.get('status', '')}" in output.log or kind != "status"
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()
    assert len(output.ids(source.stream)) == len(source.truth()), "nothing is written twice"


def test_many_faults_in_a_row_are_survived(source: Source) -> None:
    for kind, options in KINDS[:-1]:
        source.stand_in.faults.add(source.match, kind, **options)
        source.stand_in.faults.add(source.match, kind, after=3, **options)
    output = source.run()
    assert all(rule.fired for rule in source.stand_in.faults.rules)
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()


def test_a_body_that_drips_within_the_timeout_is_waited_for(source: Source) -> None:
    source.stand_in.faults.add(source.match, "drip", pieces=8, seconds=0.1)
    output = source.run(request_timeout=0.5)
    assert output.code == 0
    assert output.latest(source.stream) == source.truth()
    assert "trying again" not in output.log


def test_each_retry_is_logged_as_a_warning_with_its_reason(
    source: Source, errors: Callable[[], list[str]]
) -> None:
    source.stand_in.faults.add(source.match, "status", status=503)
    output = source.run()
    assert f"{source.stream}: {source.path} answered 503" in output.log
    assert "trying again in" in output.log
    assert errors() == []


def test_a_later_run_is_as_robust_as_the_first(source: Source) -> None:
    state = source.run().state
    changed = next(iter(source.truth()))
    source.stand_in.touch(source.stream, changed)
    for kind, options in KINDS[:-1]:
        source.stand_in.faults.add(source.match, kind, **options)
    output = source.run(state=state)
    assert output.code == 0
    assert output.latest(source.stream)[changed] == source.truth()[changed]


def test_a_redirect_is_not_followed_because_credentials_would_travel_along(
    source: Source, errors: Callable[[], list[str]]
) -> None:
    headers = {"Location": f"{source.url}/elsewhere"}
    source.stand_in.faults.add(source.match, "status", times=-1, status=302, headers=headers)
    assert source.run().code == 1
    assert source.asked("/elsewhere") == []
    assert f"{source.path} answered 302" in errors()[-1]

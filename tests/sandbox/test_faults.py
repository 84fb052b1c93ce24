from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox.faults import FaultRule, Faults

if TYPE_CHECKING:
    from sandbox.serve import Running
    from sandbox.standin import StandIn


def get(running: Running, path: str = "/things") -> requests.Response:
    return requests.get(running.url + path, timeout=5)


def test_rules_count_matching_requests_only() -> None:
    faults = Faults()
    faults.extend([FaultRule("/a", "reset", times=2, after=1)])
    picked = [faults.pick(path) is not None for path in ["/a", "/b", "/a", "/a", "/a"]]
    assert picked == [False, False, True, True, False]


def test_rule_for_ever_and_unknown_kind() -> None:
    faults = Faults()
    faults.add(r"\?limit=5", "reset", times=-1)
    assert all(faults.pick("/a?limit=5") for _ in range(5))
    assert faults.pick("/a?offset=5") is None
    with pytest.raises(ValueError, match="unknown kind"):
        FaultRule("", "gremlin")


def test_status(things: StandIn, served: Running) -> None:
    things.faults.add("/things", "status", status=429, headers={"Retry-After": "7"})
    things.faults.add("/things", "status", status=502, body="<html>bad gateway</html>")
    things.faults.add("/things", "status", retry_after_date=60)
    first, second, third = get(served), get(served), get(served)
    assert (first.status_code, first.headers["Retry-After"]) == (429, "7")
    assert first.json()["statusCode"] == 429
    assert second.status_code == 502
    assert second.headers["Content-Type"] == "text/html"
    assert third.status_code == 503
    wait = parsedate_to_datetime(third.headers["Retry-After"]).timestamp() - time.time()
    assert 50 < wait <= 61
    assert len(get(served).json()) == 50


def test_reset_before_any_byte(things: StandIn, served: Running) -> None:
    things.faults.add("/things", "reset")
    with pytest.raises(requests.ConnectionError, match="reset"):
        get(served)
    assert get(served).ok
    assert [entry["status"] for entry in things.requests] == [0, 200]


def test_reset_in_body(things: StandIn, served: Running) -> None:
    things.faults.add("/things", "reset_in_body")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        get(served)
    assert get(served).ok
    assert [entry["status"] for entry in things.requests] == [0, 200]


def test_truncate_is_valid_http_with_half_the_json(things: StandIn, served: Running) -> None:
    whole = get(served).content
    things.faults.add("/things", "truncate")
    answer = get(served)
    assert answer.status_code == 200
    assert answer.content == whole[: len(whole) // 2]
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_html_with_200(things: StandIn, served: Running) -> None:
    things.faults.add("/things", "html", title="Checking your browser")
    answer = get(served)
    assert answer.status_code == 200
    assert "Checking your browser" in answer.text


def test_slow_and_drip_deliver_everything(things: StandIn, served: Running) -> None:
    things.faults.add("/things", "slow", seconds=0.2)
    things.faults.add("/things", "drip", pieces=4, seconds=0.05)
    for _ in range(2):
        started = time.monotonic()
        assert len(get(served).json()) == 50
        assert time.monotonic() - started >= 0.2


def test_read_timeout_of_a_client_during_slow(things: StandIn, served: Running) -> None:
    things.faults.add("/things", "slow", seconds=0.5)
    with pytest.raises(requests.ReadTimeout):
        requests.get(served.url + "/things", timeout=0.1)


def test_api_kinds_reach_the_api(things: StandIn, served: Running) -> None:
    things.faults.add("/things", "empty_page")
    assert get(served).text == "empty_page"


def test_more_headers(things: StandIn, served: Running) -> None:
    things.faults.add("/things", "headers", headers={"X-RateLimit-Limit": "5"})
    first, second = get(served), get(served)
    assert first.headers["X-RateLimit-Limit"] == "5"
    assert first.json() == second.json()
    assert "X-RateLimit-Limit" not in second.headers

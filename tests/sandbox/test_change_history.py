"""The Change History host of the stand-in over a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.commercetools.app import CommercetoolsStandIn, build
from sandbox.commercetools.auth import Client
from sandbox.commercetools.history import COVERED, HistoryRules
from sandbox.commercetools.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

AUDITOR = Client("auditor", "a", ("view_audit_log",))
NOBODY = Client("nobody", "n", ("view_products",))
ALL = {"date.from": "2000-01-01T00:00:00.000Z", "date.to": "now"}


class Host:
    def __init__(self, stand_in: CommercetoolsStandIn, url: str) -> None:
        self.stand_in = stand_in
        self._url = url

    def get(self, client: Client = AUDITOR, /, **params: Any) -> requests.Response:
        form = {"grant_type": "client_credentials"}
        auth = (client.id, client.secret)
        token = requests.post(f"{self._url}/oauth/token", form, auth=auth, timeout=5).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return requests.get(f"{self._url}/history/demo", params, headers=headers, timeout=5)

    def results(self, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(**params).json()["results"]
        return found


def served(**options: Any) -> Iterator[Host]:
    rows = {"change_history": 40}
    stand_in = build(clients=[AUDITOR, NOBODY], size=0.1, rows=rows, **options)
    with stand_in.serve() as running:
        yield Host(stand_in, running.url)


@pytest.fixture
def host() -> Iterator[Host]:
    yield from served()


def test_newest_first_twenty_at_a_time(host: Host) -> None:
    page = host.get(**ALL).json()
    assert (page["limit"], page["offset"], page["count"]) == (20, 0, 20)
    assert "total" not in page
    times = [row["modifiedAt"] for row in page["results"]]
    assert times == sorted(times, reverse=True)
    rest = host.get(**ALL, offset=20, withTotal="true").json()
    assert rest["total"] == 40
    assert min(times) >= rest["results"][0]["modifiedAt"]


def test_the_last_24_hours_without_dates(host: Host) -> None:
    assert host.results() == []
    host.stand_in.put("orders", {"id": "o-1"})
    (row,) = host.results()
    assert (row["type"], row["version"], row["previousVersion"]) == ("ResourceCreated", 1, 0)
    assert row["resource"] == {"typeId": "order", "id": "o-1"}
    assert host.results(**{"date.from": "1", "date.to": "now"}) == [row]


def test_creates_updates_and_deletes_of_covered_types(host: Host) -> None:
    host.stand_in.put("states", {"id": "s", "key": "k"})
    host.stand_in.touch("states", "s")
    host.stand_in.delete("states", "s")
    host.stand_in.put("carts", {"id": "c"})
    rows = sorted(host.results(), key=lambda row: row["version"])
    assert [row["type"] for row in rows] == [
        "ResourceCreated",
        "ResourceUpdated",
        "ResourceDeleted",
    ]
    assert {row["resource"]["key"] for row in rows} == {"k"}
    assert len(COVERED & RESOURCES.keys()) == 28


@pytest.mark.parametrize(
    "params",
    [
        {"date.from": "24"},
        {"date.to": "now"},
        {**ALL, "limit": "501"},
        {**ALL, "offset": "10001"},
        {**ALL, "date.to": "tomorrow"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(host: Host, params: dict[str, str]) -> None:
    answer = host.get(**params)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_the_scope_is_needed(host: Host) -> None:
    assert host.get(NOBODY).status_code == 403


@pytest.mark.parametrize("from_included", [True, False])
@pytest.mark.parametrize("to_included", [True, False])
@pytest.mark.parametrize("milliseconds", [True, False])
def test_bounds(from_included: bool, to_included: bool, milliseconds: bool) -> None:
    for host in served(history=HistoryRules(from_included, to_included, milliseconds)):
        for at in ("10:00:00.000", "10:00:00.400", "10:00:01.000", "10:00:01.600"):
            host.stand_in.put("states", {"id": at}, at=f"2026-01-02T{at}Z")
        day = "2026-01-02T10:00:"
        window = {"date.from": f"{day}00.400Z", "date.to": f"{day}01.600Z"}
        found = {row["resource"]["id"][-6:] for row in host.results(**window)}
        edges = ("00.400", "01.600") if milliseconds else ("00.000", "01.000")
        inside = {"01.000"} if milliseconds else {"00.400"}
        low = {edges[0]} if from_included else set()
        assert found == inside | low | ({edges[1]} if to_included else set())


def test_the_token_bucket() -> None:
    for host in served(history=HistoryRules(capacity=8, refill=0.5)):
        answer = host.get(**ALL, limit=500)
        assert answer.headers["X-RateLimit-Limit"] == "8"
        assert answer.headers["X-RateLimit-Request-Cost"] == "6"
        assert answer.headers["X-RateLimit-Remaining"] == "2"
        refused = host.get(**ALL, limit=500)
        assert refused.status_code == 429
        assert refused.json()["errors"][0]["code"] == "TooManyRequests"
        assert refused.headers["Retry-After"] == "8"

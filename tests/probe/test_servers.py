"""Whatever the servers do, a probe ends with what it knows, and only ever reads (1, 3)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.commercetools.auth import Client
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.http import hosts, retry
from tap_engine.probing import asker
from tap_engine.probing.report import as_json, as_markdown
from tap_engine.probing.source import EMPTY, NOT_ASKED, PRESENT, REFUSED, UNCLEAR, probe
from tests.probe.conftest import TAPS

if TYPE_CHECKING:
    from tap_engine.http.call import Call
    from tap_engine.http.reply import Reply
    from tap_engine.singer.tap import EngineTap
    from tests.probe.conftest import Probes, Probing

each_tap = pytest.mark.parametrize("kind", TAPS, ids=lambda kind: kind.name)

OPTIONS: dict[str, dict[str, Any]] = {
    TapCommercetools.name: {"size": 0.3},
    TapCommerce7.name: {"size": 0.05, "rate_limit": None},
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asker, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(asker, "LONGEST_PAUSE", 0.001)
    monkeypatch.setattr(asker, "TOKEN_SECONDS", 0.05)
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.002)
    monkeypatch.setattr(retry, "LONGEST_WAIT", 0.02)
    monkeypatch.setattr(hosts, "FIRST_CONTACT_SECONDS", 0.05)


def small(kind: type[EngineTap], probes: Probes, **more: Any) -> Probing:
    return probes.get(kind, {}, **OPTIONS[kind.name], **more)


@each_tap
def test_few_requests_that_only_read(kind: type[EngineTap], probes: Probes) -> None:
    probing = small(kind, probes)
    report = probing.run()
    asked = probing.stand_in.requests
    assert report.requests == len(asked) <= asker.MOST_REQUESTS
    posts = {each["path"] for each in asked if each["method"] != "GET"}
    assert {each["method"] for each in asked} <= {"GET", "POST"}
    assert posts <= {"/oauth/token", "/demo/graphql"}
    assert len({(each["path"], each["query"]) for each in asked if each["method"] == "GET"}) == len(
        [each for each in asked if each["method"] == "GET"]
    ), "nothing is asked twice"


def test_graphql_is_only_queried(probes: Probes, monkeypatch: pytest.MonkeyPatch) -> None:
    probing = small(TapCommercetools, probes)
    sent: list[Call] = []
    http = probing.tap.connection.http
    look = http.look

    def noted(call: Call) -> Reply:
        sent.append(call)
        return look(call)

    monkeypatch.setattr(http, "look", noted)
    probing.run()
    bodies = [call.json["query"] for call in sent if call.json]
    assert len(bodies) == 2
    assert all(re.match(r"query \{", body) and "mutation" not in body for body in bodies)
    assert not [call for call in sent if call.form]


def test_the_vendors_limit_is_kept(probes: Probes, monkeypatch: pytest.MonkeyPatch) -> None:
    probing = small(TapCommerce7, probes)
    connection: Any = probing.tap.connection
    waited: list[float] = []

    def wait() -> float:
        waited.append(0.0)
        return 0.0

    monkeypatch.setattr(connection.limiter, "wait", wait)
    probing.run()
    counted = [each for each in probing.stand_in.requests if "cursor=" not in each["query"]]
    assert len(waited) == len(counted) > 10


@each_tap
def test_more_than_the_budget_is_never_sent(
    kind: type[EngineTap], probes: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asker, "MOST_REQUESTS", 7)
    probing = small(kind, probes)
    report = probing.run()
    assert len(probing.stand_in.requests) == 7
    notes = {view.note for view in report.views if view.presence == NOT_ASKED}
    assert "7 requests were sent" in notes
    assert report.learned


@each_tap
def test_time_runs_out(kind: type[EngineTap], probes: Probes) -> None:
    probing = small(kind, probes)
    http, now = probing.tap.connection.http, [0.0]

    def clock() -> float:
        now[0] += 20
        return now[0]

    source = probing.tap.probed(
        asker.Asker(http, probing.tap.read_error, probing.tap.logger, clock=clock)
    )
    report = probe(source)
    assert 0 < report.requests < 10
    assert any("seconds had passed" in view.note for view in report.views)


@each_tap
@pytest.mark.parametrize("status", [401, 403])
def test_an_account_that_refuses_everything(
    kind: type[EngineTap], status: int, probes: Probes
) -> None:
    probing = small(kind, probes)
    body = {"statusCode": status, "type": "unauthorized", "message": "No.", "errors": []}
    probing.stand_in.faults.add("^/(v1|demo|history)", "status", times=-1, status=status, body=body)
    report = probing.run()
    assert not report.learned
    asked = [view for view in report.views if view.presence != NOT_ASKED]
    assert {view.presence for view in asked} == {REFUSED}


def test_a_token_that_is_refused_ends_the_probe_at_once(probes: Probes) -> None:
    probing = small(TapCommercetools, probes)
    probing.stand_in.faults.add("^/oauth", "status", times=-1, status=401)
    report = probing.run()
    assert not report.learned
    assert {each["path"] for each in probing.stand_in.requests} == {"/oauth/token"}
    assert len(probing.stand_in.requests) < 20
    assert not any(each.finding for each in report.answers)


@each_tap
@pytest.mark.parametrize("fault", ["slow", "reset"])
def test_servers_that_hang_or_hang_up(
    kind: type[EngineTap], fault: str, probes: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asker, "ANSWER_SECONDS", 0.2)
    probing = probes.get(kind, {"user_agent": fault}, **OPTIONS[kind.name])
    probing.fetch_token()  # before waits are so short
    probing.stand_in.faults.add("^/(v1|demo|history)", fault, times=-1)
    report = probing.run()
    assert not report.learned
    data = [each for each in probing.stand_in.requests if not each["path"].startswith("/oauth")]
    assert len(data) <= 2 * asker.MOST_SILENT, "two hosts at most, one of them asked three times"
    words = " ".join(view.note for view in report.views)
    assert ("no answer in time" if fault == "slow" else "closed without an answer") in words


@each_tap
@pytest.mark.parametrize("status", [429, 503])
def test_servers_that_limit_or_fail(
    kind: type[EngineTap], status: int, probes: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    probing = small(kind, probes)
    pauses: list[float] = []
    monkeypatch.setattr(probing.tap.connection.http, "sleep", pauses.append)
    headers = {"Retry-After": "86400"}
    probing.stand_in.faults.add(
        "^/(v1|demo|history)", "status", times=-1, status=status, headers=headers
    )
    report = probing.run()
    assert not report.learned
    assert len(probing.stand_in.requests) < 15
    assert f"answered {status} twice" in {view.note for view in report.views}
    assert pauses
    assert set(pauses) == {asker.LONGEST_PAUSE}, "not as long as the server likes"


@each_tap
def test_what_stands_where_a_code_is_expected(kind: type[EngineTap], probes: Probes) -> None:
    probing = small(kind, probes)
    name = "ada@example.com"
    body = {"statusCode": 400, "type": name, "message": name, "errors": [{"code": name}]}
    probing.stand_in.faults.add("^/(v1|demo|history)", "status", times=-1, status=400, body=body)
    report = probing.run()
    text = as_markdown(report, kind.name, "1") + as_json(report, kind.name, "1")
    assert "400" in text
    assert "ada" not in text


@each_tap
def test_a_single_failure_is_asked_again(kind: type[EngineTap], probes: Probes) -> None:
    probing = small(kind, probes)
    probing.stand_in.faults.add("^/(v1|demo|history)", "status", times=1, status=503)
    report = probing.run()
    assert UNCLEAR not in {view.presence for view in report.views}
    assert "answered 503 twice" not in {view.note for view in report.views}


NONSENSE: list[Any] = [
    "<html>no</html>",
    [],
    {},
    {"results": 5, "customers": "ada@example.com"},
    {"results": [1, None, "x"], "customers": [1, 2], "carts": [[]]},
    {"results": [{}], "customers": [{}], "carts": [{"id": None}], "cursor": {"a": 1}, "total": "x"},
    {"results": [{"id": {"deep": []}}], "orders": [{"orderPaidDate": 7, "id": []}], "data": []},
]


@each_tap
@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: json.dumps(body)[:30])
def test_nonsense(kind: type[EngineTap], body: Any, probes: Probes) -> None:
    probing = small(kind, probes)
    probing.stand_in.faults.add("^/(v1|demo|history)", "status", times=-1, status=200, body=body)
    report = probing.run()
    assert report.requests <= asker.MOST_REQUESTS
    as_markdown(report, kind.name, "1")
    assert "ada@example" not in as_json(report, kind.name, "1")


@each_tap
@pytest.mark.parametrize("fault", ["truncate", "reset_in_body"])
def test_half_answers(kind: type[EngineTap], fault: str, probes: Probes) -> None:
    probing = small(kind, probes)
    probing.stand_in.faults.add("^/(v1|demo|history)", fault, times=-1)
    report = probing.run()
    assert not report.learned


def test_least_privilege_at_commercetools(probes: Probes) -> None:
    client = Client("demo-client", "demo-secret", ("view_zones",))
    probing = small(TapCommercetools, probes, clients=(client,))
    report = probing.run()
    by_stream = {view.stream: view for view in report.views}
    assert by_stream["zones"].presence == PRESENT
    assert "view_customers" in by_stream["customers"].note
    paths = {each["path"] for each in probing.stand_in.requests}
    assert paths <= {
        "/oauth/token",
        "/demo",  # asked first, before the token has told its scopes
        "/demo/zones",
        "/demo/zones/00000000-0000-4000-8000-000000000000",
        "/demo/no-such-list",
        "/demo/graphql",
    }
    assert report.learned


def test_the_scopes_of_a_store(probes: Probes) -> None:
    scopes = ("view_stores",)
    stores = small(
        TapCommercetools, probes, clients=(Client("demo-client", "demo-secret", scopes),)
    )
    key = json.loads(next(iter(stores.stand_in.collections["stores"].by_id.values())).body)["key"]
    client = Client("demo-client", "demo-secret", (f"view_orders:demo:{key}",))
    probing = probes.get(
        TapCommercetools, {"store_keys": [key]}, **OPTIONS[TapCommercetools.name], clients=(client,)
    )
    report = probing.run()
    by_stream = {view.stream: view.presence for view in report.views}
    assert by_stream["orders"] == PRESENT
    assert by_stream["payments"] == NOT_ASKED
    found = {each.question.name: each.finding for each in report.answers}
    assert found["id_order"]
    assert found["missing_record"]
    asked = {each["path"] for each in probing.stand_in.requests}
    assert f"/demo/in-store/key={key}/orders" in asked
    assert "/demo/orders" not in asked


def test_least_privilege_at_commerce7(probes: Probes) -> None:
    probing = small(TapCommerce7, probes, permissions=("Note",))
    report = probing.run()
    by_stream = {view.stream: view.presence for view in report.views}
    assert by_stream["notes"] == PRESENT
    assert by_stream["customers"] == by_stream["orders"] == REFUSED
    found = {each.question.name: each.finding for each in report.answers}
    assert found["cursor_value"], "one list is enough"
    assert found["updated_at.orders"] is None


def test_cardholder_data_is_not_asked_for(probes: Probes) -> None:
    probing = small(TapCommerce7, probes)
    report = probing.run()
    (view,) = (view for view in report.views if view.stream == "customer_credit_cards")
    assert (view.presence, view.note) == (NOT_ASKED, "cardholder data")
    assert not [each for each in probing.stand_in.requests if "credit-card" in each["path"]]


@each_tap
def test_lists_without_rows(kind: type[EngineTap], probes: Probes) -> None:
    empty = {"zones": 0, "types": 0} if kind is TapCommercetools else {"notes": 0, "clubs": 0}
    probing = small(kind, probes, rows=empty)
    report = probing.run()
    by_stream = {view.stream: view.presence for view in report.views}
    assert {by_stream[name] for name in empty} == {EMPTY}
    assert report.learned

"""What the Commerce7 stand-in refuses, and how the refusal reads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.commerce7 import limits
from sandbox.commerce7.app import build
from sandbox.commerce7.errors import ApiError
from sandbox.commerce7.limits import Allowance
from sandbox.commerce7.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[..., requests.Response]

AUTH = ("demo-app", "demo-app-secret")
TENANT = {"tenant": "demo-winery"}


class Clock:
    """A `time` module whose clock the test sets."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(limits, "time", found)
    return found


@contextmanager
def served(**options: Any) -> Iterator[Ask]:
    options = {"rate_limit": None, "size": 0.1, **options}
    with build(**options).serve() as running, requests.Session() as session:

        def get(
            target: str, *, auth: Any = AUTH, headers: Any = TENANT, **params: Any
        ) -> requests.Response:
            url = f"{running.url}/v1{target}"
            return session.get(url, auth=auth, headers=headers, params=params, timeout=5)

        yield get


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    with served() as get:
        yield get


@pytest.mark.parametrize(
    ("auth", "headers"),
    [
        (None, TENANT),
        (("demo-app", "wrong"), TENANT),
        (("other", "demo-app-secret"), TENANT),
        (AUTH, {}),
        (AUTH, {"tenant": "other-winery"}),
        (None, {**TENANT, "Authorization": "Basic %%%"}),
        (None, {**TENANT, "Authorization": "Bearer token"}),
    ],
)
def test_credentials_and_tenant(ask: Ask, auth: Any, headers: Any) -> None:
    answer = ask("/customer", auth=auth, headers=headers)

    assert answer.status_code == 401
    assert answer.json() == {
        "statusCode": 401,
        "type": "unauthorized",
        "message": "Unauthenticated User",
        "errors": [],
    }


def test_both_ways_in_and_any_spelling_of_the_header(ask: Ask) -> None:
    legacy = ("data@example.com", "demo-password")

    assert ask("/club", headers={"TENANT": "demo-winery"}).status_code == 200
    assert ask("/club", auth=legacy).status_code == 200


@pytest.mark.parametrize("forbidden_status", [401, 403])
def test_a_missing_permission(forbidden_status: int) -> None:
    with served(permissions=["Order"], forbidden_status=forbidden_status) as ask:
        assert ask("/order").status_code == 200
        assert ask("/tax").status_code == 200
        refused = ask("/customer")
    assert refused.status_code == forbidden_status
    assert refused.json()["type"] == "unauthorized"


def test_an_unknown_tenant_may_be_forbidden() -> None:
    with served(unknown_tenant_status=403) as ask:
        assert ask("/order", headers={"tenant": "other-winery"}).status_code == 403


@pytest.mark.parametrize(
    "target", ["/nothing", "/customer/unknown-id", "/customer/a/b/c", "/tag", "/", "/customer/"]
)
def test_unknown_paths_and_ids(ask: Ask, target: str) -> None:
    answer = ask(target)

    assert answer.status_code == 404
    assert answer.json()["type"] == "notFound"


@pytest.mark.parametrize(
    "target",
    [
        "/customer?sort=id",
        "/club?updatedAt=gte:2020-01-01",
        "/club?updatedAt=gte:2020-01-01&cursor=start",
        "/customer?page=1&cursor=start",
        "/customer?page=1&page=2",
        "/order?updatedAt=gte:2020-01-01&updatedAt=lt:2021-01-01",
        "/order?updatedAt=btw:2020-01-01|2021-01-01",
        "/order?updatedAt=2020-01-01T00:00:00.000Z",
        "/order?updatedAt=gte:yesterday",
        "/order?orderPaidDate=btw:2020-01-01",
        "/order?customerId=ne:x",
        "/order?page=0",
        "/customer?orderCount=gt:many",
        "/web-hook-log?updatedAt=2020-01-01",
        "/customer?updatedAt=gte:2020-01-01",
        "/customer?searchText=x",
    ],
)
def test_query_strings(ask: Ask, target: str) -> None:
    answer = ask(target)

    assert answer.status_code == 422
    body = answer.json()
    assert (body["statusCode"], body["type"]) == (422, "validationError")
    assert "errors" not in body or body["errors"][0].keys() == {"field", "message"}


def test_colons_and_bars_may_be_encoded(ask: Ask) -> None:
    assert ask("/order?updatedAt=gte%3A2020-01-01T00%3A00%3A00.000Z").status_code == 200
    assert ask("/order?orderPaidDate=btw%3A2020-01-01%7C2021-01-01").status_code == 200


def test_the_status_code_of_a_body_may_be_text() -> None:
    with served(status_code_text=True) as ask:
        assert ask("/customer?sort=id").json() == {
            "statusCode": "422",
            "type": "validationError",
            "message": "Invalid query param: sort",
        }


def test_undocumented_filters_on_request() -> None:
    updated = "updatedAt=gte:2020-01-01"
    with served(undocumented_filters="seen") as ask:
        assert ask(f"/customer?cursor=start&{updated}").status_code == 200
        assert ask(f"/club-membership?cursor=start&{updated}").status_code == 200
        assert ask(f"/note?cursor=start&{updated}").status_code == 422
    with served(undocumented_filters="accepted") as ask:
        assert ask(f"/note?cursor=start&{updated}").status_code == 200
        assert ask(f"/club?{updated}").status_code == 200
        assert ask(f"/inventory?{updated}").status_code == 422


@pytest.mark.parametrize(
    ("answer", "status", "members"),
    [
        ("ignored", 200, {"clubs", "total"}),
        ("refused", 422, {"statusCode", "type", "message"}),
        ("works", 200, {"clubs"}),
    ],
)
def test_a_cursor_where_none_is_documented(answer: str, status: int, members: set[str]) -> None:
    with served(cursor_elsewhere=answer) as ask:
        found = ask("/club?cursor=start")
    assert found.status_code == status
    assert found.json().keys() == members


@pytest.mark.parametrize(("end_cursor", "value"), [("null", None), ("empty", "")])
def test_other_ends_of_a_list_read_by_cursor(end_cursor: str, value: str | None) -> None:
    with served(end_cursor=end_cursor) as ask:
        assert ask("/customer?cursor=start").json()["cursor"] == value


def test_unverified_lists_can_be_absent() -> None:
    with served(unverified=False) as ask:
        for target in ("/trash?cursor=start", "/pos-profile", "/promotion-set/x"):
            assert ask(target).status_code == 404


def test_the_key_of_trash_is_anybodys_guess() -> None:
    with served(trash_key="trashes") as ask:
        assert ask("/trash?cursor=start").json().keys() == {"trashes"}


def test_the_allowance_counts_all_but_cursor_lists() -> None:
    with served(rate_limit=(3, 60.0), retry_after=True) as ask:
        for target in ("/club", "/club?sort=x", "/club/unknown-id"):
            assert ask(target).status_code != 429
        refused = ask("/order")
        assert refused.status_code == 429
        assert 50 <= int(refused.headers["Retry-After"]) <= 60
        assert ask("/order?cursor=start").status_code == 200
        assert ask("/club?cursor=start").status_code == 429


def test_a_429_need_not_say_how_long() -> None:
    with served(rate_limit=(0, 60.0)) as ask:
        refused = ask("/order")
    assert refused.status_code == 429
    assert "Retry-After" not in refused.headers


def test_the_allowance_comes_back(clock: Clock) -> None:
    allowance = Allowance(Options(rate_limit=(2, 10.0), retry_after=True))
    allowance.spend(1)
    clock.now += 4
    allowance.spend(1)
    with pytest.raises(ApiError) as refused:
        allowance.spend(1)
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "6"})
    clock.now += 6
    allowance.spend(1)
    with pytest.raises(ApiError):
        allowance.spend(1)


def test_deep_pages_have_an_allowance_of_their_own(clock: Clock) -> None:
    allowance = Allowance(Options(deep_page_seconds=60.0))
    allowance.spend(100)
    allowance.spend(101)
    with pytest.raises(ApiError):
        allowance.spend(102)
    allowance.spend(1)
    clock.now += 60
    allowance.spend(102)


def test_only_reading_is_served() -> None:
    with build(size=0.1).serve() as running:
        url = f"{running.url}/v1/department"
        answer = requests.post(url, auth=AUTH, headers=TENANT, timeout=5)
    assert answer.status_code == 404

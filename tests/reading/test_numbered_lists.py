"""Proves 6 and issue 3's mutation for lists that have nothing but numbered pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.standin import Hook
from tests.reading.tools import Source, commerce7

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tests.support import Output


def assert_all_there(source: Source, output: Output) -> None:
    assert output.code == 0, output.log[-2000:]
    ids = output.ids("taxes")
    assert set(source.rows("taxes")) <= set(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_list_that_shrinks_between_pages_is_read_again(after: int) -> None:
    with commerce7(rows={"taxes": 190}) as source:
        source.stand_in.faults.add("/tax", "shrink_list", after=after, rows=3)
        assert_all_there(source, source.run("taxes"))
        assert len(source.rows("taxes")) == 187


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_list_that_grows_between_pages_is_read_again(after: int) -> None:
    with commerce7(rows={"taxes": 190}) as source:
        for number in range(30):
            row_id = f"{number:08x}-0000-4000-a000-000000000000"
            source.stand_in.hooks.append(Hook(after, "taxes", "upsert", {"id": row_id}))
        assert_all_there(source, source.run("taxes"))
        assert len(source.rows("taxes")) == 220


def test_an_order_that_differs_from_page_to_page_is_an_error() -> None:
    with commerce7(rows={"taxes": 490}, unstable_pages=True) as source:
        output = source.run("taxes")
        assert (output.code == 1) == (set(output.ids("taxes")) != set(source.rows("taxes")))
        assert output.code == 1
        assert "keeps moving" in output.log
        assert output.of_type("ACTIVATE_VERSION") == []


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_empty_page_in_passing(after: int) -> None:
    with commerce7(rows={"taxes": 190}) as source:
        source.stand_in.faults.add("/tax", "empty_page", after=after)
        assert_all_there(source, source.run("taxes"))


@pytest.mark.parametrize("pages", ["2", "1", "[23]"])
def test_pages_that_stay_empty_are_an_error(pages: str) -> None:
    with commerce7(rows={"taxes": 190}) as source:
        source.stand_in.faults.add(f"/tax.*page={pages}\\b", "empty_page", times=-1)
        output = source.run("taxes")
        assert output.code == 1
        assert output.of_type("ACTIVATE_VERSION") == []


class Miscounting:
    """Lets a list claim ten rows more than it has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            body = message.get("body", b"").replace(b'"total":120', b'"total":130')
            await send({**message, "body": body} if body else message)

        await self._app(scope, receive, changed)


def test_a_count_that_is_too_high_in_two_readings_is_reported() -> None:
    with commerce7(rows={"taxes": 120}, gzip=False) as source:
        source.stand_in._api = Miscounting(source.stand_in._api)
        output = source.run("taxes")
        assert_all_there(source, output)
        assert "counts 130 records and lists 120" in output.log
        assert len(source.asked("/tax")) == 10


def test_lists_by_object_type_are_told_apart() -> None:
    with commerce7(rows={"tags": 60}, small=False) as source:
        output = source.run("tags")
        assert output.code == 0
        found = [(record["objectType"], record["id"]) for record in output.records("tags")]
        assert len(found) == len(set(found)) == 240
        # As the records spell it, not as the paths do.
        own = {"Customer", "ClubMembership", "Order", "Reservation"}
        assert {object_type for object_type, _ in found} == own


@pytest.mark.usefixtures("state_per_page")
def test_lists_that_were_complete_are_not_read_again() -> None:
    with commerce7(rows={"tags": 60}, small=False) as source:
        source.fail_after(5, "/tag/")
        broken = source.run("tags")
        assert broken.code == 1
        source.heal()
        source.forget_requests()
        rest = source.run("tags", state=broken.state)
        assert rest.code == 0
        assert len(source.stand_in.requests) <= 6
        found = {
            (record["objectType"], record["id"])
            for record in (*broken.records("tags"), *rest.records("tags"))
        }
        assert len(found) == 240

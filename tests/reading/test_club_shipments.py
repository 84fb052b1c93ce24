"""Shipments of Commerce7's club memberships: asked for where the membership changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.reading.tools import Source, commerce7

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Output

STREAM = "club_shipments"
PARENTS = "club_memberships"


@pytest.fixture
def winery() -> Iterator[Source]:
    with commerce7(rows={PARENTS: 120, STREAM: 90}, small=False) as source:
        yield source


def read(source: Source, state: Any = None, **settings: Any) -> Output:
    catalog = source.catalog(STREAM, method=settings.pop("method", None))
    settings = {"lookback_seconds": 0, **settings}
    return source.run(STREAM, PARENTS, catalog=catalog, state=state, **settings)


def asked(source: Source) -> list[str]:
    """List the memberships whose shipments were asked for."""
    paths = [entry["path"] for entry in source.stand_in.requests]
    found = (re.fullmatch("/v1/club-membership/([^/]+)/shipment", path) for path in paths)
    return [match[1] for match in found if match]


def test_the_first_run_reads_the_shipments_of_all_memberships(winery: Source) -> None:
    output = read(winery)
    assert output.code == 0
    sent, memberships = winery.records(STREAM), winery.records(PARENTS)
    assert set(output.ids(STREAM)) == set(sent)
    for record in output.records(STREAM):
        parent = sent[record["id"]]["clubMembershipId"]
        assert record["clubMembershipId"] == parent
        assert record["clubMembershipUpdatedAt"] == memberships[parent]["updatedAt"]
        assert record["clubPackageId"] == sent[record["id"]]["clubPackageId"]
    assert set(asked(winery)) == set(memberships)
    # That of the membership that changed last, whether it has shipments or not.
    assert output.bookmark(STREAM) == max(each["updatedAt"] for each in memberships.values())
    assert "which the schema does not declare" not in output.log


def test_memberships_without_shipments_move_the_bookmark_as_well() -> None:
    with commerce7(rows={PARENTS: 40, STREAM: 3}, small=False) as source:
        first = read(source)
        assert len(set(asked(source))) == 40
        source.forget_requests()
        second = read(source, first.state)
        assert second.code == 0
        assert len(set(asked(source))) <= 1, "that of the bookmark"


@pytest.mark.parametrize("known", [True, False], ids=["filtered", "refused"])
def test_later_runs_ask_for_memberships_that_changed(winery: Source, *, known: bool) -> None:
    first = read(winery)
    sent = winery.records(STREAM)
    changed = sent[min(sent)]["clubMembershipId"]
    winery.stand_in.touch(PARENTS, changed)
    winery.stand_in.put(STREAM, {"id": "new", "clubMembershipId": changed, "status": "Shipped"})
    if not known:
        winery.stand_in.faults.add("/club-membership.*updatedAt", "status", status=422, times=-1)
    winery.forget_requests()
    second = read(winery, first.state)
    assert second.code == 0
    newest = {parent for parent in asked(winery) if parent != changed}
    assert changed in asked(winery)
    assert len(newest) <= 1, "that of the bookmark"
    assert {"new", min(sent)} <= set(second.ids(STREAM))
    at = winery.records(PARENTS)[changed]["updatedAt"]
    assert str(first.bookmark(STREAM)) < str(second.bookmark(STREAM)) <= at
    filtered = [each["query"] for each in winery.stand_in.requests if "updatedAt" in each["query"]]
    assert filtered


def test_an_interrupted_scan_goes_on_at_its_membership(winery: Source) -> None:
    winery.stand_in.faults.add("/shipment", "status", status=500, times=-1, after=60)
    broken = read(winery)
    assert broken.code == 1
    winery.heal()
    before = len(set(asked(winery)))
    winery.forget_requests()
    rest = read(winery, broken.state)
    assert rest.code == 0
    assert len(set(asked(winery))) < before + 5
    assert {*broken.ids(STREAM), *rest.ids(STREAM)} == set(winery.records(STREAM))
    assert rest.bookmark(STREAM) == max(
        each["updatedAt"] for each in winery.records(PARENTS).values()
    )


@pytest.mark.parametrize("after", [20, 60, 100])
def test_an_interrupted_scan_of_memberships_in_another_order_leaves_none_out(after: int) -> None:
    with commerce7(rows={PARENTS: 120, STREAM: 90}, small=False, cursor_order="time") as source:
        source.fail_after(after, "/shipment")
        broken = read(source)
        assert broken.code == 1
        source.heal()
        rest = read(source, broken.state)
        assert rest.code == 0, rest.log[-1500:]
        assert set(asked(source)) == set(source.records(PARENTS))
        assert {*broken.ids(STREAM), *rest.ids(STREAM)} == set(source.records(STREAM))


def test_a_full_scan_finds_deletes(winery: Source) -> None:
    first = read(winery)
    output = read(winery, first.state, method="FULL_TABLE")
    assert output.code == 0
    assert set(output.ids(STREAM)) == set(winery.records(STREAM))
    assert output.of_type("ACTIVATE_VERSION", STREAM)


def test_a_tenant_without_the_list_lacks_the_stream(winery: Source) -> None:
    winery.stand_in.faults.add("/shipment", "status", status=404, times=-1)
    output = winery.run(STREAM, PARENTS, "notes", catalog=winery.catalog(STREAM, "notes"))
    assert output.code == 0
    assert "stream absent: club_shipments: " in output.log
    assert not output.state["bookmarks"].get(STREAM, {}).get("replication_key_value")

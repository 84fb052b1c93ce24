from __future__ import annotations

import pytest

from sandbox.store import Collection, Row, View


def collection(size: int = 40) -> Collection:
    times = [f"2024-01-01T00:00:00.{n % 7:03d}Z" for n in range(size)]
    return Collection("things", lambda: [Row(f"{n:03d}", times[n], b"{}") for n in range(size)])


def test_indexes_follow_changes() -> None:
    rows = collection()
    assert list(rows.by_time) == sorted(rows.by_time)
    rows.upsert({"id": "000", "lastModifiedAt": "2030-01-01T00:00:00.000Z"})
    rows.upsert({"id": "zzz", "lastModifiedAt": "2029-01-01T00:00:00.000Z"})
    rows.delete("001")
    assert [row_id for _, row_id in rows.by_time[-2:]] == ["zzz", "000"]
    assert len(rows) == len(rows.by_time) == 40
    assert rows.get("001") is None
    assert rows.delete("001") is None


def test_undefined_order_is_complete_and_never_the_same() -> None:
    rows = collection()
    orders = [[row.id for row in rows.unordered()] for _ in range(6)]
    assert all(sorted(order) == list(rows.by_id) for order in orders)
    assert len({tuple(order) for order in orders}) > 3
    assert list(Collection("none").unordered()) == []


def test_identity_of_several_members() -> None:
    rows = Collection("pairs", identity=("_parent", "product.id"), time_fields=())
    row = rows.upsert({"_parent": "p", "product": {"id": "x"}})
    assert row.id == "p/x"
    assert row.body == b'{"product":{"id":"x"}}'
    with pytest.raises(KeyError):
        rows.upsert({"product": {}})


def test_a_view_shows_what_the_collection_holds_now() -> None:
    rows = collection()
    even = View("even", rows, lambda row: row.id[-1] in "02468")
    assert list(even.by_id) == [f"{n:03d}" for n in range(0, 40, 2)]
    rows.delete("000")
    rows.upsert({"id": "100", "lastModifiedAt": "2030-01-01T00:00:00.000Z"})
    assert len(even) == 20
    assert even.get("000") is None
    assert even.record("100") == {"id": "100", "lastModifiedAt": "2030-01-01T00:00:00.000Z"}

"""An empty text where the schema has a date becomes null, in both ways of writing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tap_engine.records.dates import dates_of, without_empty
from tap_engine.records.rows import RowReader
from tests.reading.tools import Source, commerce7, commercetools

WAYS: dict[str, dict[str, Any]] = {
    "text": {},
    "decoded": {"flattening_enabled": True, "flattening_max_depth": 0},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_member_of_the_record(customers: Source, way: str) -> None:
    member = "dateOfBirth" if customers.stamp == "lastModifiedAt" else "birthDate"
    rows = sorted(customers.rows("customers"))
    for row_id in rows[:3]:
        record = {"id": row_id, member: "", "firstName": "", "lastName": 'say "" or \\"\\"'}
        customers.stand_in.put("customers", record, merge=True)
    output = customers.run("customers", **WAYS[way])
    assert output.code == 0
    written = output.latest("customers")
    assert written.keys() == customers.records("customers").keys()
    for row_id, found in customers.records("customers").items():
        expected: dict[str, Any] = found
        if row_id in rows[:3]:
            assert expected[member] == ""
            expected[member] = None
        if way == "text":
            assert written[row_id] == expected
        assert written[row_id].get(member) == expected.get(member)
        assert written[row_id].get("firstName") == expected.get("firstName")


@pytest.mark.parametrize("way", WAYS)
def test_a_member_of_an_object(way: str) -> None:
    with commerce7(rows={"customers": 60}) as source:
        row_id = min(source.rows("customers"))
        information = {"lastOrderDate": "", "lastOrderId": "", "orderCount": 1}
        record = {"id": row_id, "orderInformation": information}
        source.stand_in.put("customers", record, merge=True)
        written = source.run("customers", **WAYS[way]).latest("customers")[row_id]
    inside = written["orderInformation"]
    inside = msgspec.json.decode(inside) if isinstance(inside, str) else inside
    assert inside == {**information, "lastOrderDate": None}


def test_an_empty_replication_value_is_none(customers: Source) -> None:
    commercetools_row = customers.stamp == "lastModifiedAt"
    row_id = min(customers.rows("customers"))
    body: dict[str, Any] = {"limit": 20, "offset": 0, "count": 1, "results": []}
    rows = [{"id": row_id, customers.stamp: "", "createdAt": "2024-01-01T00:00:00.000Z"}]
    body |= {"results": rows} if commercetools_row else {"customers": rows, "cursor": None}
    if not commercetools_row:
        del body["results"]
    path = customers.path("customers")
    customers.stand_in.faults.add(path, "status", status=200, body=body, times=-1)
    output = customers.run("customers", verify_counts="off")
    assert output.code == 0
    assert output.records("customers") == [{**rows[0], customers.stamp: None}]
    assert output.bookmark("customers") is None


def test_a_type_that_is_no_date_is_left_as_it_is() -> None:
    dates = {"at": None, "inner": {"at": None}}
    reader = RowReader("stream", ("id",), None, dates)
    raws = [
        b'{"id":"1","at":7,"inner":[{"at":""}]}',
        b'{"id":"2","at":[""],"inner":"","note":""}',
        b'{"id":"3","inner":{"at":"", "n":1.50}}',
        b'{"id":"4","at":"2024-01-01"}',
    ]
    rows = reader.rows([msgspec.Raw(raw) for raw in raws])
    assert [row.raw for row in rows] == [
        *raws[:2],
        b'{"id":"3","inner":{"at":null,"n":1.50}}',
        raws[3],
    ]


def test_dates_are_found_where_they_may_become_columns() -> None:
    date = {"type": ["string", "null"], "format": "date-time"}
    inner = {"type": "object", "properties": {"on": {"type": "string", "format": "date"}}}
    many = {"type": "array", "items": {"type": "object", "properties": {"at": date}}}
    schema = {"properties": {"id": {"type": "string"}, "at": date, "in": inner, "many": many}}
    assert dates_of(schema) == {"at": None, "in": {"on": None}}
    assert without_empty(b'{"many":[{"at":""}]}', dates_of(schema)) == b'{"many":[{"at":""}]}'


def test_the_project_itself() -> None:
    with commercetools() as source:
        record = {"key": "demo", "createdAt": ""}
        source.stand_in.faults.add("^/demo$", "status", status=200, body=record)
        (written,) = source.run("project").records("project")
    assert written["createdAt"] is None

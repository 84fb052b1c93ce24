"""Issue 5: what the schema does not say is reported at the end of the run, and nothing is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.reading.tools import commerce7, commercetools

if TYPE_CHECKING:
    from tests.reading.tools import Source
    from tests.support import Output

SECRET_VALUE = "value-that-nobody-may-see"


def reports(output: Output) -> dict[str, dict[str, Any]]:
    """The machine-readable lines, by stream."""
    lines = [line for line in output.log.splitlines() if line.startswith("DRIFT: ")]
    found = [json.loads(line.removeprefix("DRIFT: ")) for line in lines]
    assert len({each["stream"] for each in found}) == len(found), "one line a stream"
    return {each["stream"]: each for each in found}


def change_all(source: Source, stream: str, **members: Any) -> None:
    for row_id in list(source.rows(stream)):
        source.stand_in.put(stream, {"id": row_id, **members}, merge=True)


def assert_complete(source: Source, output: Output) -> None:
    assert output.code == 0, output.log
    records = {record["id"]: record for record in output.records("customers")}
    assert records.keys() == source.rows("customers").keys()
    for row_id, record in records.items():
        whole = source.records("customers")[row_id]
        assert {name: record[name] for name in whole if name in record} == {
            name: value for name, value in whole.items() if name in record
        }


@pytest.mark.parametrize(("serve", "member"), [(commercetools, "email"), (commerce7, "firstName")])
def test_a_new_member_and_a_changed_type_are_reported(serve: Any, member: str) -> None:
    with serve(rows={"customers": 130}) as source:
        change_all(source, "customers", brandNew={"inside": SECRET_VALUE}, **{member: 17})
        output = source.run("customers")
        assert_complete(source, output)
        assert all(record["brandNew"] for record in output.records("customers"))
        assert all(record[member] == 17 for record in output.records("customers"))
        assert reports(output)["customers"] == {
            "stream": "customers",
            "looked_at": "the first record of every page",
            "undeclared": {"brandNew": ["object"]},
            "contradicting": {member: ["integer"]},
        }
        assert output.log.count("the API sends brandNew (object)") == 1
        assert output.log.count(f"the API sends {member} as integer") == 1
        assert SECRET_VALUE not in output.log


@pytest.mark.parametrize(("serve", "member"), [(commercetools, "email"), (commerce7, "firstName")])
def test_members_that_are_deselected_blind_nothing(serve: Any, member: str) -> None:
    with serve(rows={"customers": 130}) as source:
        change_all(source, "customers", brandNew={"inside": SECRET_VALUE}, **{member: 17})
        catalog = source.catalog("customers", deselect=[("properties", member)])
        output = source.run("customers", catalog=catalog)
        assert not any({member, "brandNew"} & set(record) for record in output.records("customers"))
        report = reports(output)["customers"]
        assert report["undeclared"] == {"brandNew": ["object"]}
        assert report["contradicting"] == {member: ["integer"]}
        assert SECRET_VALUE not in output.log


def test_drift_is_seen_in_records_that_are_reshaped() -> None:
    with commercetools(rows={"messages": 5}) as source:
        change_all(source, "messages", type=17)
        catalog = source.catalog("messages", deselect=[("properties", "type")])
        report = reports(source.run("messages", catalog=catalog))["messages"]
        assert report["contradicting"] == {"type": ["integer"]}


def test_paths_lead_into_objects_and_arrays() -> None:
    with commercetools(rows={"customers": 5}) as source:
        change_all(
            source,
            "customers",
            addresses=[{"id": "a", "country": "DE"}, {"id": "b", "planet": "Mars"}],
            stores=["a", {"typeId": "store", "key": "k"}],
            createdAt="yesterday",
        )
        report = reports(source.run("customers"))["customers"]
        assert report["undeclared"] == {"addresses[].planet": ["string"]}
        assert report["contradicting"] == {
            "stores[]": ["string"],
            "createdAt": ["string that is not a date"],
        }


def test_what_the_schemas_declare_is_not_reported() -> None:
    for serve in (commercetools, commerce7):
        with serve(rows={"customers": 130, "orders": 40}) as source:
            output = source.run("customers", "orders")
            assert output.code == 0
            assert reports(output) == {}


def test_one_record_of_every_page_is_looked_at() -> None:
    with commercetools(rows={"customers": 60}) as source:
        ids = sorted(source.rows("customers"))
        source.stand_in.put("customers", {"id": ids[1], "notFirst": 1}, merge=True)
        source.stand_in.put("customers", {"id": ids[20], "firstOfSecond": 1}, merge=True)
        report = reports(source.run("customers", concurrency=1))["customers"]
        assert report["undeclared"] == {"firstOfSecond": ["integer"]}

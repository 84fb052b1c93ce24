from __future__ import annotations

import jsonschema
import pytest

from sandbox.fake import Faker, fake_id, fake_time, load_schemas

SCHEMAS = {
    f"{package}/{name}": schema
    for package in ("tap_commercetools", "tap_commerce7")
    for name, schema in load_schemas(package).items()
}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_records_fit_their_schema(name: str) -> None:
    faker = Faker(SCHEMAS[name], 7, name.split("/")[1])
    validator = jsonschema.Draft7Validator(SCHEMAS[name])
    for number in range(4):
        validator.validate(faker.record(number))
    declared = {member for member in SCHEMAS[name]["properties"] if not member.startswith("_")}
    assert set(faker.record(0)) == declared


def test_records_are_deterministic_and_distinct() -> None:
    schema = SCHEMAS["tap_commercetools/customers"]
    faker = Faker(schema, 7, "customers")
    first = faker.record(3)
    assert first == Faker(schema, 7, "customers").record(3)
    assert first["id"] == fake_id("customers", 3, 7) != Faker(schema, 8, "").record(3)["id"]
    assert len({faker.record(number)["id"] for number in range(100)}) == 100
    faker.record(0)["addresses"].clear()
    assert faker.record(0)["addresses"]


def test_optional_members_are_left_out_or_null() -> None:
    schema = {"properties": {name: {"type": ["string", "null"]} for name in "abcdefgh"}}
    left_out = Faker(schema, 7, "").record(1)
    assert 0 < len(left_out) < 8
    assert None not in left_out.values()
    nulls = Faker(schema, 7, "", nulls=True).record(1)
    assert len(nulls) == 8
    assert None in nulls.values()


def test_times_are_past_and_shared_when_asked() -> None:
    times = [fake_time("orders", number, 7, rows_per_timestamp=5) for number in range(100)]
    assert len(set(times)) == 20
    assert max(times) < "2026"
    assert times[0] == times[4] != times[5]

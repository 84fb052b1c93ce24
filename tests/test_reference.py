"""The packaged JSON Schemas against what the APIs' listings and samples show.

The reference material is not part of the repository: the environment variable TAP_REFERENCE names
its directory, and without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker

from tap_commercetools import graphql
from tests.schemas import KINDS, PACKAGES, SCHEMAS, kinds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REFERENCE = Path(os.environ.get("TAP_REFERENCE", ""))
pytestmark = pytest.mark.skipif(
    "TAP_REFERENCE" not in os.environ, reason="TAP_REFERENCE names no reference directory"
)

# In vendor samples, but in no type of the specification.
UNDOCUMENTED = {
    "tap_commercetools.carts": {"lineItems[].productType.version"},
    "tap_commercetools.orders": {"lineItems[].productType.version"},
    "tap_commercetools.payment_methods": {"customFields"},
    "tap_commercetools.quote_requests": {"lineItems[].productType.version"},
    "tap_commercetools.quotes": {"lineItems[].productType.version"},
}
SAMPLES_WITHOUT_ID = {"tap_commerce7.reservation_types"}
SAMPLE_KINDS = (".page", ".record", ".object", ".cursor")
OTHER_NAMES = {"order_full": "orders", "orders_recent": "orders"}

FORMATS = FormatChecker(formats=["date"])


@FORMATS.checks("date-time", raises=ValueError)
def is_instant(value: object) -> bool:
    """Tell whether the value is an ISO instant with a zone; values of other types pass."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def sample_files() -> list[Any]:
    """Return a test parameter (stream, path) for every sample of a stream that exists."""
    files = []
    for package in PACKAGES:
        folder = REFERENCE / "samples" / package.removeprefix("tap_")
        for path in sorted(folder.glob("*.*.json")):
            stream = path.name.split(".", 1)[0]
            name = f"{package}.{OTHER_NAMES.get(stream, stream)}"
            if name in SCHEMAS and path.suffixes[0].startswith(SAMPLE_KINDS):
                files.append(pytest.param(name, path, id=path.stem))
    return files


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the records of a sample: the one list of a page, or the single record."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if path.suffixes[0] in {".record", ".object"}:
        return [document]
    return next(value for value in document.values() if isinstance(value, list))


def reshaped(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row the way the tap emits it: key columns added, payload of a message moved."""
    members = SCHEMAS[name]["properties"]
    if name == "tap_commercetools.messages":
        common = {key: value for key, value in row.items() if key in members}
        rest = {key: value for key, value in row.items() if key not in members}
        return common | {"payload": rest}
    added = {"businessUnitKey", "storeKey", "productId", "productSelectionId"}
    added |= {"resourceType", "resourceId"}
    if name in SAMPLES_WITHOUT_ID:
        added.add("id")
    return {key: "added" for key in SCHEMAS[name]["required"] if key in added} | row


def undeclared(value: object, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of members no schema node declares; open objects declare everything."""
    if isinstance(value, dict) and "properties" in schema:
        for name, member in value.items():
            inner = f"{path}.{name}" if path else name
            if name in schema["properties"]:
                yield from undeclared(member, schema["properties"][name], inner)
            else:
                yield inner
    elif isinstance(value, list) and "items" in schema:
        for element in value:
            yield from undeclared(element, schema["items"], f"{path}[]")


Listed = tuple[Any, dict[str, Any], dict[str, Any] | None]
"""What a listing says of a member: its JSON type, its members, its elements."""


def lacking(
    resolved: Callable[[dict[str, Any]], Listed], spec: dict[str, Any], node: Any, path: str
) -> Iterator[str]:
    """Yield what a listing names and a schema lacks or declares with another type."""
    kind, members, items = resolved(spec)
    fitting = {kind, "number"} if kind == "integer" else {kind} if kind in [*KINDS] else KINDS
    if not fitting & {*kinds_of(node)}:
        yield f"{path}: {node['type']}, not {kind}"
    for name, member in members.items() if "properties" in node else ():
        if name in node["properties"]:
            yield from lacking(resolved, member, node["properties"][name], f"{path}.{name}")
        else:
            yield f"{path}.{name}"
    if items and "items" in node:
        yield from lacking(resolved, items, node["items"], f"{path}[]")


def test_members_that_the_commerce7_listing_names_are_declared() -> None:
    text = (REFERENCE / "commerce7-fields.yaml").read_text(encoding="utf-8")
    streams = yaml.load(text, Loader=yaml.CSafeLoader)["streams"]

    def resolved(spec: dict[str, Any]) -> Listed:
        if "ref" in spec:
            return "object", streams[spec["ref"]]["fields"], None
        if "ref_path" in spec:
            stream, field = spec["ref_path"].split(".")
            return resolved(streams[stream]["fields"][field])
        return spec["type"], spec.get("properties", {}), spec.get("items")

    found = {name: {"ref": name} for name in streams if f"tap_commerce7.{name}" in SCHEMAS}
    assert set(streams) - set(found) == {"app_syncs"}  # what an app wrote itself on one object
    for name, spec in found.items():
        missing = lacking(resolved, spec, SCHEMAS[f"tap_commerce7.{name}"], name)
        assert list(missing) == []


def test_members_that_the_commercetools_listing_names_are_declared() -> None:
    text = (REFERENCE / "commercetools-resources.yaml").read_text(encoding="utf-8")
    listing = yaml.load(text, Loader=yaml.CSafeLoader)
    types = listing["types"]

    def members(name: str) -> dict[str, Any]:
        """Return the members of a type and its subtypes, without what only `expand` brings."""
        found = {key: spec for key, spec in types[name].get("fields", {}).items() if key != "obj"}
        for subtype in types[name].get("subtypes", {}).values() if name != "Message" else ():
            found = members(subtype) | found
        return found

    def resolved(spec: dict[str, Any]) -> Listed:
        if "ref" not in spec:
            return spec.get("type"), {}, spec.get("items")
        declared = types[spec["ref"]]
        if declared["kind"] == "object":
            return "object", members(spec["ref"]), None
        kinds = {"enum": "string", "map": "object", "scalar": declared.get("type")}
        return kinds[declared["kind"]], {}, None

    groups = ("resources", "single_objects", "child_resources", "associate_only_resources")
    found = {each["name"]: each["resource_type"] for group in groups for each in listing[group]}
    del found["custom_objects_in_container"]  # `custom_objects` once more
    for name, kind in found.items():
        missing = lacking(resolved, {"ref": kind}, SCHEMAS[f"tap_commercetools.{name}"], name)
        assert list(missing) == []


@pytest.mark.parametrize(("name", "path"), sample_files() if "TAP_REFERENCE" in os.environ else [])
def test_vendor_samples_are_valid_and_fully_declared(name: str, path: Path) -> None:
    validator = Draft7Validator(SCHEMAS[name], format_checker=FORMATS)
    for row in rows(path):
        record = reshaped(name, row)
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(record)]
        assert errors == []
        assert set(undeclared(record, SCHEMAS[name])) <= UNDOCUMENTED.get(name, set())


def test_root_fields_of_graphql_are_those_of_the_vendor() -> None:
    text = (REFERENCE / "commercetools-graphql.md").read_text("utf-8")
    named = dict(re.findall(r"\| (\w+) \| (\w+)(?= |$)", text.partition("| stream |")[2]))
    assert len(named) > 40
    without_ids = {"variant_projections", "store_product_selection_assignments"}
    assert {k: v for k, v in named.items() if k not in {*without_ids, "stream"}} == graphql.FIELDS

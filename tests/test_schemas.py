"""The packaged JSON Schemas: rules every file obeys, one reviewed snapshot per stream, samples.

The tests of the last part need the reference material of the APIs: its directory is named in the
environment variable TAP_REFERENCE.
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

from scripts.docs.stream_pages import DOMAINS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from syrupy.assertion import SnapshotAssertion

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("tap_commerce7", "tap_commercetools")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package / "schemas").glob("*"))]
SCHEMAS = {f"{path.parent.parent.name}.{path.stem}": json.loads(path.read_text()) for path in FILES}

ANY_TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"]
KINDS = {"object", "array", "string", "number", "integer", "boolean"}
TIMES = {"createdAt", "deletedAt", "lastModifiedAt", "modifiedAt", "updatedAt"}
REPLICATION_KEYS = {"createdAt", "lastModifiedAt", "updatedAt", "deletedAt", "modifiedAt"}

# The raw row of this stream also carries credentials of other integrations.
LISTED_ONLY = {"tap_commerce7.settings"}

each_schema = pytest.mark.parametrize("name", SCHEMAS)


def nested(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield path and node of everything below a node; `[]` marks the elements of an array."""
    for name, node in schema.get("properties", {}).items():
        yield f"{path}{name}", node
        yield from nested(node, f"{path}{name}.")
    if "items" in schema:
        elements = f"{path.removesuffix('.')}[]"
        yield elements, schema["items"]
        yield from nested(schema["items"], f"{elements}.")


def kinds_of(node: dict[str, Any]) -> list[str]:
    """Return the JSON types of a node."""
    return [node["type"]] if isinstance(node["type"], str) else node["type"]


def test_the_files_are_there() -> None:
    assert {path.suffix for path in FILES} == {".json"}
    assert len(SCHEMAS) == len(FILES) > 80


@each_schema
def test_root(name: str) -> None:
    schema = SCHEMAS[name]
    expected = {"$schema", "type", "properties", "required", "additionalProperties", "x-domain"}
    if name in LISTED_ONLY:
        expected.remove("additionalProperties")
    assert set(schema) - {"x-deletes", "x-sensitive"} == expected
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["type"] == "object"
    assert schema.get("additionalProperties", True) is True
    assert schema["required"]
    assert list(schema["properties"])[: len(schema["required"])] == schema["required"]
    Draft7Validator.check_schema(schema)


@each_schema
def test_marks_of_the_whole_stream(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema["x-domain"] in DOMAINS
    levels = {node.get("x-sensitive") for _, node in nested(schema)}
    personal = bool(levels & {"pii", "identifier", "possible"})
    assert schema.get("x-sensitive") == (None if personal else "none")
    deletes = schema.get("x-deletes", "a sentence")
    assert deletes == deletes.strip(" .") != ""
    assert set(re.findall("`(.+?)`", deletes)) <= set(schema["properties"])


@each_schema
def test_marks_of_members(name: str) -> None:
    package, _, stream = name.partition(".")
    for path, node in nested(SCHEMAS[name]):
        level = node.get("x-sensitive")
        assert level in {None, "pii", "identifier", "possible", "secret"}, path
        assert ("x-reason" in node) == (level == "possible"), path
        assert isinstance(node.get("x-reason", ""), str), path
        if level == "identifier":
            # All that a stream map can reach: a text, or a text in a list of objects.
            assert "string" in node["type"], path
            assert re.fullmatch(r"\w+(\[\]\.\w+)?", path), path
        given = node.get("x-relation", "none")
        for target in [given] if isinstance(given, str) else given:
            assert target == "none" or f"{package}.{target}" in SCHEMAS, (stream, path)


@each_schema
def test_only_keys_and_the_replication_key_are_never_null(name: str) -> None:
    schema = SCHEMAS[name]
    required = set(schema["required"])
    never_null = {path for path, node in nested(schema) if "null" not in node["type"]}
    assert required <= never_null
    assert len(never_null - required) <= 1
    assert never_null - required <= REPLICATION_KEYS


@each_schema
def test_nodes_hold_only_what_loaders_take(name: str) -> None:
    # No enum, pattern, bounds, oneOf or $ref: a loader that validates would stop at the first
    # value that the API adds. No format uuid: it would stop at an id of another form.
    allowed = {"type", "format", "properties", "items", "description"}
    allowed |= {"x-sensitive", "x-reason", "x-relation"}
    for path, node in nested(SCHEMAS[name]):
        assert set(node) <= allowed, path
        kinds = kinds_of(node)
        assert kinds == ANY_TYPES or (kinds[0] in KINDS and kinds[1:] in ([], ["null"])), path
        if "format" in node:
            assert kinds[0] == "string", path
            assert node["format"] in {"date", "date-time"}, path
        if "properties" in node:
            assert kinds[0] == "object", path
            assert node["properties"], path
        if "items" in node:
            # The SDK fails at objects without properties in an array, target-postgres at arrays
            # of arrays that are not all of one length.
            assert kinds[0] == "array", path
            assert node["items"]["type"][0] != "array", path
            assert node["items"]["type"][0] != "object" or "properties" in node["items"], path


@each_schema
def test_times_are_declared_as_such(name: str) -> None:
    for path, node in nested(SCHEMAS[name]):
        if path.rsplit(".", 1)[-1] in TIMES:
            assert node.get("format") == "date-time", path


@each_schema
def test_size(name: str) -> None:
    paths = [path for path, _ in nested(SCHEMAS[name])]
    assert len(json.dumps(SCHEMAS[name])) < 200_000
    assert max(path.count(".") for path in paths) < 8
    # PostgreSQL truncates longer names.
    assert all(len(path.rsplit(".", 1)[-1].encode()) <= 63 for path in paths)


CHANGED_RESOURCE = ("tap_commercetools.change_history", "resource")
"""No reference: it has both the id and the key of what may be gone."""


@pytest.mark.parametrize("name", [name for name in SCHEMAS if "commercetools" in name])
def test_references_stay_small(name: str) -> None:
    for path, node in nested(SCHEMAS[name]):
        members = node.get("properties", {})
        assert "obj" not in members, path
        if "typeId" in members and (name, path) != CHANGED_RESOURCE:
            assert set(members) in ({"typeId", "id"}, {"typeId", "key"}), path


def test_messages_keep_their_own_members_in_one_column() -> None:
    members = SCHEMAS["tap_commercetools.messages"]["properties"]
    assert members["payload"]["type"] == ["object", "null"]
    assert "properties" not in members["payload"]
    assert {"resource", "sequenceNumber", "resourceVersion", "type"} < set(members)
    assert members["createdAt"]["type"] == "string"
    assert len(members) < 20


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("commercetools.carts", "lineItems[].variant.attributes[].value"),
        ("commercetools.custom_objects", "value"),
        ("commerce7.inventories", "hasInventory"),
        ("commerce7.coupons", "appliesToObjectIds"),
    ],
)
def test_values_of_any_type(name: str, path: str) -> None:
    assert dict(nested(SCHEMAS[f"tap_{name}"]))[path]["type"] == ANY_TYPES


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("commercetools.api_clients", "secret"),
        ("commercetools.customers", "password"),
        ("commercetools.extensions", "destination.accessSecret"),
        ("commercetools.extensions", "destination.authentication.headerValue"),
        ("commercetools.payment_methods", "token.value"),
        ("commercetools.payments", "paymentMethodInfo.token.value"),
        ("commercetools.project", "externalOAuth.authorizationHeader"),
        ("commercetools.subscriptions", "destination.connectionString"),
        ("commercetools.subscriptions", "destination.uri"),
        ("commerce7.gift_cards", "code"),
        ("commerce7.orders", "tenders[].creditCard.tokenOnFile"),
        ("commerce7.reservations", "customerCreditCard"),
    ],
)
def test_secrets_are_marked(name: str, path: str) -> None:
    assert dict(nested(SCHEMAS[f"tap_{name}"]))[path]["x-sensitive"] == "secret"


@pytest.mark.parametrize("name", [name for name in SCHEMAS if "commercetools" in name])
def test_members_named_like_personal_data_are_marked(name: str) -> None:
    telling = {"email", "customerEmail", "contactEmail", "firstName", "lastName", "phone", "mobile"}
    telling |= {"streetName", "postalCode", "dateOfBirth", "vatId", "password", "accessKey"}
    for path, node in nested(SCHEMAS[name]):
        if path.rsplit(".", 1)[-1] in telling:
            assert "x-sensitive" in node, path


@each_schema
def test_snapshot(name: str, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(review(SCHEMAS[name])) == snapshot


def review(schema: dict[str, Any]) -> Iterator[str]:
    """Yield one line per member, three levels deep, with the number of members below."""
    yield f"keys: {', '.join(schema['required'])}"
    for path, node in nested(schema):
        level = path.count(".") + 1
        if level > 3 or (path.endswith("[]") and "properties" in node):
            continue
        kinds = kinds_of(node)
        line = f"{path}: {'any' if kinds == ANY_TYPES else '|'.join(kinds)}"
        for fact in ("format", "x-sensitive"):
            line += f" {node[fact]}" if fact in node else ""
        below = sum(1 for _ in nested(node)) if level == 3 else 0
        yield line + (f" (+{below})" if below else "")


# What follows compares with the reference material.

REFERENCE = Path(os.environ.get("TAP_REFERENCE", ""))
with_reference = pytest.mark.skipif(
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


@with_reference
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


@with_reference
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


@with_reference
@pytest.mark.parametrize(("name", "path"), sample_files() if "TAP_REFERENCE" in os.environ else [])
def test_vendor_samples_are_valid_and_fully_declared(name: str, path: Path) -> None:
    validator = Draft7Validator(SCHEMAS[name], format_checker=FORMATS)
    for row in rows(path):
        record = reshaped(name, row)
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(record)]
        assert errors == []
        assert set(undeclared(record, SCHEMAS[name])) <= UNDOCUMENTED.get(name, set())

"""The packaged JSON Schemas: rules every file obeys, and one reviewed snapshot per stream."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

from scripts.docs.stream_pages import DOMAINS
from tests.schemas import ANY_TYPES, FILES, KINDS, SCHEMAS, kinds_of, nested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syrupy.assertion import SnapshotAssertion

TIMES = {
    "createdAt",
    "deletedAt",
    "lastModifiedAt",
    "modifiedAt",
    "updatedAt",
    "clubMembershipUpdatedAt",
}

# The raw row of this stream also carries credentials of other integrations.
LISTED_ONLY = {"tap_commerce7.settings"}

each_schema = pytest.mark.parametrize("name", SCHEMAS)


def test_the_files_are_there() -> None:
    assert {path.suffix for path in FILES} == {".json"}
    assert len(SCHEMAS) == len(FILES) > 80


@each_schema
def test_root(name: str) -> None:
    schema = SCHEMAS[name]
    expected = {"$schema", "type", "properties", "required", "additionalProperties", "x-domain"}
    if name in LISTED_ONLY:
        expected.remove("additionalProperties")
    assert set(schema) - {"x-deletes", "x-sensitive", "x-embeds"} == expected
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
    assert never_null - required <= TIMES


@each_schema
def test_nodes_hold_only_what_loaders_take(name: str) -> None:
    # No enum, pattern, bounds, oneOf or $ref: a loader that validates would stop at the first
    # value that the API adds. No format uuid: it would stop at an id of another form.
    allowed = {"type", "format", "properties", "items", "description"}
    allowed |= {"x-sensitive", "x-reason", "x-relation", "x-embeds"}
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

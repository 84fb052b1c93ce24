"""Secrets are left out wherever a record of theirs may be: a walk through every schema."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.records.embedded import Embedded, embedding
from tap_engine.singer.catalog import secrets_of_package
from tests.schemas import PACKAGES, SCHEMAS, kinds_of, nested

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "value-that-nobody-may-see"

USERS_OWN = {"additionalData", "appData", "appSync", "data", "fields", "itemData", "metaData"}
"""Open members that hold what a tenant or project defines; nothing is left out of them."""

NO_RECORDS = USERS_OWN | {
    *("appliesToObjectIds", "availableToObjectIds", "collectionIds", "tenantIds"),
    *("clubFrequencies", "clubsToQualify", "frequency", "modifiers", "notes", "duties", "flags"),
    *("bundleItems", "coupons", "promotions", "onHolds", "errors", "hasInventory", "yearlyValue"),
    *("operatingStateCodes", "operatingCountryCodes", "setupGuideStatus", "baseRoute", "tags"),
    *("carrierPickupLocation", "reservationStaff"),
    *("allowCustomersToShipEarly", "itemChoice", "stats", "stores"),
    *("name", "description", "slug", "label", "localizedName", "localizedDescription", "inputTip"),
    *("metaTitle", "metaDescription", "metaKeywords", "productSlug", "searchKeywords"),
    *("categoryOrderHints", "channels", "ratingsDistribution", "elementType", "value"),
    *("customer", "associate", "const", "default", "allowedTypes"),
}
"""Open members that hold texts, numbers, ids or references."""


def is_open(node: dict[str, Any]) -> bool:
    """Return whether an object or array may hold anything."""
    kinds = kinds_of(node)
    known = "properties" in node or "items" in node
    return not known and bool({"object", "array"} & set(kinds))


def schemas(package: str) -> dict[str, dict[str, Any]]:
    """Give the schemas of a tap by the names of their streams."""
    start = f"{package}."
    own = {name: schema for name, schema in SCHEMAS.items() if name.startswith(start)}
    return {name.removeprefix(start): schema for name, schema in own.items()}


def marked(package: str) -> Iterator[tuple[str, list[str]]]:
    """Yield every secret of a tap: its stream, and the names on the way to it."""
    for stream, schema in schemas(package).items():
        for path, node in nested(schema):
            if node.get("x-sensitive") == "secret":
                yield stream, path.split(".")


def singular(stream: str) -> str:
    first, *rest = stream.removesuffix("s").split("_")
    return first + "".join(word.capitalize() for word in rest)


def nest(names: list[str], value: Any) -> Any:
    for name in reversed(names):
        value = {name.removesuffix("[]"): [value] if name.endswith("[]") else value}
    return value


@pytest.mark.parametrize("package", PACKAGES)
def test_every_secret_is_left_out_of_a_record_inside_of_another(package: str) -> None:
    secrets = Embedded(secrets=secrets_of_package(package)).settle()
    checked = 0
    for stream, names in marked(package):
        whole = nest(names, SECRET)
        kind = singular(stream)
        for record in (
            {kind: whole},
            {f"{kind}s": [{"id": "1"}, whole]},
            {"object": {"deeper": [[{kind: whole}]]}},
            [{"nextValue": {kind: whole}}],
        ):
            text = json.dumps(record)
            assert SECRET in text
            assert SECRET not in secrets.apply(text.encode()).decode(), (stream, names)
            checked += 1
    assert checked >= 44


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_no_secret_stays_wherever_it_is(package: str) -> None:
    """Put every member that is not marked into another record, as its schema has it."""
    secrets = Embedded(secrets=secrets_of_package(package)).settle()
    left_out = defaultdict(set)
    for stream, schema in schemas(package).items():
        if singular(stream) in secrets.drop:  # a credit card inside of a reservation is one
            continue
        hidden = {path for path, node in nested(schema) if node.get("x-sensitive") == "secret"}
        for path, node in nested(schema):
            if any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in hidden):
                continue
            if "properties" in node or "items" in node or path.endswith("[]"):
                continue
            record = json.dumps({singular(stream): nest(path.split("."), "kept")})
            if "kept" not in secrets.apply(record.encode()).decode():
                left_out[stream].add(path)
    assert left_out == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_members_named_like_a_secret_are_marked(package: str) -> None:
    names = secrets_of_package(package).names
    for stream, schema in schemas(package).items():
        for path, node in nested(schema):
            name = path.rsplit(".", 1)[-1]
            if name in names:
                inside = [each for below, each in nested(node)]
                marks = {each.get("x-sensitive") for each in (node, *inside)}
                assert "secret" in marks, (stream, path)


@pytest.mark.parametrize("name", SCHEMAS)
def test_open_members_that_may_hold_records_say_so(name: str) -> None:
    for path, node in nested(SCHEMAS[name]):
        assert node.get("x-embeds") in {None, "records"}, path
        member = path.rsplit(".", 1)[-1]
        if "x-embeds" in node:
            assert is_open(node), path
        elif is_open(node) and node.get("x-sensitive") != "secret":
            assert member in NO_RECORDS, path


def test_the_members_that_hold_records_are_known() -> None:
    found = {
        f"{name}.{'.'.join(at[1::2])}".rstrip(".")
        for name, schema in SCHEMAS.items()
        for at in embedding(schema)
    }
    assert {each for each in found if each.startswith("tap_commercetools")} == {
        "tap_commercetools.change_history.changes",
        "tap_commercetools.change_history.label",
        "tap_commercetools.change_history.previousLabel",
        "tap_commercetools.messages.payload",
        "tap_commercetools.order_edits.result.messagePayloads",
        "tap_commercetools.order_edits.result.preview",
        "tap_commercetools.order_edits.stagedActions",
    }
    assert {"tap_commerce7.web_hook_logs.payload", "tap_commerce7.trash"} < found


def applied(value: Any, beside: dict[str, Any] | None = None) -> Any:
    """Leave the secrets of tap-commercetools out of a value."""
    secrets = Embedded(secrets=secrets_of_package("tap_commercetools"))
    around = {"value": value, **(beside or {})}
    members = {name: json.dumps(each).encode() for name, each in around.items()}
    return json.loads(secrets.apply(members["value"], members))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("CustomerPasswordTokenCreated", {"customerId": "1", "value": SECRET}, {"customerId": "1"}),
        ("CustomerEmailTokenCreated", {"value": SECRET, "expiresAt": "t"}, {"expiresAt": "t"}),
        ("StandalonePriceValueChanged", {"value": 5}, {"value": 5}),
        ("PaymentMethodInfoTokenSet", {"token": {"value": SECRET}}, {}),
        ("PaymentMethodInfoTokenSet", {"token": SECRET, "paymentId": "1"}, {"paymentId": "1"}),
        ("OrderCustomFieldChanged", {"name": "n", "value": "v"}, {"name": "n", "value": "v"}),
    ],
)
def test_messages_about_secrets(kind: str, value: Any, kept: Any) -> None:
    assert applied(value, {"type": kind}) == kept


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"change": "changePassword", "nextValue": SECRET}, {"change": "changePassword"}),
        ({"change": "setInfoToken", "previousValue": SECRET}, {"change": "setInfoToken"}),
        ({"type": "SetPropertyChange", "path": "/password", "nextValue": SECRET},
         {"type": "SetPropertyChange", "path": "/password"}),
        ({"change": "changeDestination", "nextValue": {"type": "EventGrid", "uri": SECRET}},
         {"change": "changeDestination", "nextValue": {"type": "EventGrid"}}),
        ({"change": "setKey", "nextValue": "k"}, {"change": "setKey", "nextValue": "k"}),
        ({"change": "addAsset", "nextValue": {"sources": [{"uri": "u"}]}},
         {"change": "addAsset", "nextValue": {"sources": [{"uri": "u"}]}}),
    ],
)  # fmt: skip
def test_changes_of_secrets(change: Any, kept: Any) -> None:
    assert applied([change]) == [kept]


def test_a_name_may_be_spelled_with_escapes() -> None:
    secrets = Embedded(secrets=secrets_of_package("tap_commercetools"))
    assert secrets.apply(b'{"a":{"pass\\u0077ord":"x"}}') == b'{"a":{}}'
    plain = b'{"a": {"b":  1.50}, "order": "5"}'
    assert secrets.apply(plain) is plain


def test_what_is_chosen_stays() -> None:
    secrets = secrets_of_package("tap_commercetools")
    value = {
        "customer": {"password": "p"},
        "payment": {"token": {"value": "t"}},
        "destination": {"uri": "u", "accessKey": "a"},
    }

    def chosen(*path: str) -> Any:
        inner = Embedded(secrets=secrets.without([path] if path else []))
        return json.loads(inner.apply(json.dumps(value).encode()))

    without: dict[str, Any] = {"customer": {}, "payment": {}, "destination": {}}
    assert chosen() == without
    assert chosen("password") == {**without, "customer": value["customer"]}
    assert chosen("customer", "password") == {**without, "customer": value["customer"]}
    assert chosen("payment", "token", "value") == {**without, "payment": value["payment"]}
    assert chosen("destination", "uri") == {**without, "destination": {"uri": "u"}}

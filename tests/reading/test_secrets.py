"""Secrets inside of payloads, order edits and changes stay home unless they are selected (23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.reading.tools import commerce7, commercetools

if TYPE_CHECKING:
    from tests.reading.tools import Source

HIDDEN = "value-that-nobody-may-see"
SHOWN = "value-that-goes-out"

CUSTOMER = {"typeId": "customer", "id": "c1"}
PAYMENT = {"paymentMethodInfo": {"method": SHOWN, "token": {"value": HIDDEN}}}
CHANGE = {"type": "SetPropertyChange", "change": "setKey", "previousValue": None}

SHOP: dict[str, list[dict[str, Any]]] = {
    "messages": [
        {"type": "CustomerCreated", "customer": {"key": SHOWN, "password": HIDDEN}},
        {"type": "CustomerPasswordTokenCreated", "customerId": SHOWN, "value": HIDDEN},
        {"type": "CustomerEmailTokenCreated", "customerId": SHOWN, "value": HIDDEN},
        {"type": "PaymentCreated", "payment": PAYMENT},
        {"type": "PaymentMethodInfoTokenSet", "paymentId": SHOWN, "token": HIDDEN},
        {"type": "StandalonePriceValueChanged", "value": SHOWN},
    ],
    "order_edits": [
        {
            "stagedActions": [{"action": "setCustomerEmail", "email": SHOWN, "password": HIDDEN}],
            "result": {
                "type": "PreviewSuccess",
                "preview": {"key": SHOWN, "paymentInfo": {"payments": [{"obj": PAYMENT}]}},
                "messagePayloads": [
                    {"type": "PaymentMethodInfoTokenSet", "key": SHOWN, "value": HIDDEN}
                ],
            },
        }
    ],
    "change_history": [
        {
            "resource": CUSTOMER,
            "version": 2,
            "modifiedAt": "2026-03-01T09:00:00.000Z",
            "label": {"type": "CustomerLabel", "key": SHOWN, "password": HIDDEN},
            "changes": [
                {**CHANGE, "change": "setPaymentMethodInfo", "nextValue": PAYMENT},
                {**CHANGE, "change": "changePassword", "nextValue": HIDDEN},
                {**CHANGE, "nextValue": SHOWN},
            ],
        }
    ],
}

CARD = {"cardBrand": SHOWN, "tokenOnFile": HIDDEN, "maskedCardNumber": HIDDEN, "bin": HIDDEN}
WINERY: dict[str, list[dict[str, Any]]] = {
    "carts": [
        {"tenders": [{"tenderType": SHOWN, "creditCard": CARD}], "shipping": [{"code": SHOWN}]},
        {"reservation": {"title": SHOWN, "customerCreditCard": {"tokenOnFile": HIDDEN}}},
    ],
    "web_hook_logs": [
        {"object": "Order", "payload": {"tenders": [{"creditCard": CARD}]}},
        {"object": "Customer Credit Card", "payload": CARD},
        {"object": "Gift Card", "payload": {"title": SHOWN, "code": HIDDEN}},
        {"object": "Coupon", "payload": {"code": SHOWN}},
    ],
    "trash": [{"objectType": "Order", "title": SHOWN, "tenders": [{"creditCard": CARD}]}],
}


def fill(source: Source, records: dict[str, list[dict[str, Any]]]) -> None:
    """Put members into records of the stand-in; changes have no id, so these are new."""
    for stream, given in records.items():
        for number, record in enumerate(given):
            row = {} if "resource" in record else {"id": sorted(source.rows(stream))[number]}
            source.stand_in.put(stream, {**row, **record}, merge=bool(row))


def values(record: Any) -> list[Any]:
    """List all texts in a record."""
    if isinstance(record, dict):
        return [found for each in record.values() for found in values(each)]
    if isinstance(record, list):
        return [found for each in record for found in values(each)]
    return [record]


@pytest.fixture(params=["tap-commercetools", "tap-commerce7"])
def served(request: pytest.FixtureRequest) -> Any:
    serve, records = {
        "tap-commercetools": (commercetools, SHOP),
        "tap-commerce7": (commerce7, WINERY),
    }[request.param]
    with serve(size=0.05, small=False, rows=dict.fromkeys(records, 10)) as source:
        fill(source, records)
        yield source, records


def test_secrets_inside_of_open_members_stay_home(served: Any) -> None:
    source, records = served
    for stream, given in records.items():
        output = source.run(stream)
        assert output.code == 0, output.log[-500:]
        assert HIDDEN not in output.text, stream
        found = [each for record in output.records(stream) for each in values(record)]
        assert found.count(SHOWN) == values(given).count(SHOWN), stream


def test_secrets_inside_of_json_text_stay_home(served: Any) -> None:
    source, records = served
    for stream in records:
        output = source.run(stream, mixed_types_as_text=True)
        assert output.code == 0, output.log[-500:]
        assert HIDDEN not in output.text, stream
        assert SHOWN in output.text, stream


def test_secrets_that_are_selected_go_out(served: Any) -> None:
    source, records = served
    for stream, given in records.items():
        catalog = source.catalog(stream)
        (entry,) = catalog["streams"]
        off = [each for each in entry["metadata"] if not selected_by_default(each)]
        assert off
        for each in off:
            each["metadata"]["selected"] = True
        output = source.run(catalog=catalog)
        assert output.code == 0, output.log[-500:]
        found = [each for record in output.records(stream) for each in values(record)]
        assert found.count(HIDDEN) == values(given).count(HIDDEN), stream


def test_one_secret_may_be_selected_by_its_whole_path() -> None:
    with commercetools(size=0.05, small=False, rows={"messages": 10}) as source:
        fill(source, {"messages": SHOP["messages"]})
        catalog = source.catalog("messages")
        path = ("payload", "customer", "password")
        breadcrumb = [crumb for name in path for crumb in ("properties", name)]
        catalog["streams"][0]["metadata"].append(
            {"breadcrumb": breadcrumb, "metadata": {"selected": True}}
        )
        output = source.run(catalog=catalog)
        customers = [each["payload"].get("customer", {}) for each in output.records("messages")]
        assert [each["password"] for each in customers if "password" in each] == [HIDDEN]
        assert output.text.count(HIDDEN) == 1


def selected_by_default(item: dict[str, Any]) -> bool:
    return item["metadata"].get("selected-by-default", True) is not False

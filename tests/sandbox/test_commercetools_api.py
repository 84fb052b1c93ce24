"""The stand-in of commercetools over a real socket: tokens, scopes, paths, envelopes, faults."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.commercetools.app import CommercetoolsStandIn, build
from sandbox.commercetools.auth import DEMO_CLIENT, Client
from sandbox.commercetools.resources import COLLECTIONS
from sandbox.commercetools.routes import IN_STORE
from sandbox.fake import fake_id

if TYPE_CHECKING:
    from collections.abc import Iterator

NARROW = Client("narrow", "n", ("view_customers", "manage_orders", "view_published_products"))
OF_STORE = Client("of-store", "s", ("view_orders:demo:store-1",), lifetime=3600)
MANAGER = Client("manager", "m", ("manage_project",))


class Api:
    def __init__(self, stand_in: CommercetoolsStandIn, url: str) -> None:
        self.stand_in = stand_in
        self.url = url
        self.session = requests.Session()
        self.login(DEMO_CLIENT)

    def login(self, client: Client, **form: str) -> requests.Response:
        form = {"grant_type": "client_credentials", **form}
        auth = (client.id, client.secret)
        answer = requests.post(f"{self.url}/oauth/token", form, auth=auth, timeout=5)
        if answer.ok:
            token = answer.json()["access_token"]
            self.session.headers["Authorization"] = f"Bearer {token}"
        return answer

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.session.get(f"{self.url}/demo/{path}", params=params, timeout=5)

    def code(self, path: str, **params: Any) -> tuple[int, str]:
        answer = self.get(path, **params)
        body = answer.json()
        assert body["statusCode"] == answer.status_code
        assert body["message"] == body["errors"][0]["message"]
        return answer.status_code, body["errors"][0]["code"]


def serve() -> Iterator[Api]:
    stand_in = build(clients=[DEMO_CLIENT, NARROW, OF_STORE, MANAGER])
    with stand_in.serve() as running:
        api = Api(stand_in, running.url)
        yield api
        api.session.close()


@pytest.fixture
def api() -> Iterator[Api]:
    yield from serve()


@pytest.fixture(scope="module")
def unchanged() -> Iterator[Api]:
    """For tests that only read."""
    yield from serve()


def test_token(api: Api) -> None:
    answer = api.login(OF_STORE).json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    assert answer["scope"] == "view_orders:demo:store-1"
    assert api.login(DEMO_CLIENT, scope="view_orders:demo").json()["scope"] == "view_orders:demo"
    assert api.get("orders").ok
    assert api.code("customers") == (403, "insufficient_scope")


def test_refused_tokens(api: Api) -> None:
    wrong = api.login(Client("demo-client", "wrong", ()))
    assert wrong.status_code == 401
    assert wrong.json()["error"] == wrong.json()["errors"][0]["code"] == "invalid_client"
    assert wrong.json()["error_description"]
    scope = api.login(NARROW, scope="view_payments:demo")
    assert (scope.status_code, scope.json()["error"]) == (400, "invalid_scope")
    grant = api.login(NARROW, grant_type="password")
    assert (grant.status_code, grant.json()["error"]) == (400, "unsupported_grant_type")


def test_introspection(api: Api) -> None:
    token = api.login(NARROW).json()["access_token"]
    url = f"{api.url}/oauth/introspect"
    own = requests.post(url, {"token": token}, auth=("narrow", "n"), timeout=5).json()
    assert own["active"] is True
    assert "view_customers:demo" in own["scope"].split()
    other = requests.post(url, {"token": token}, auth=("manager", "m"), timeout=5).json()
    assert other == {"active": False}


def test_missing_token_and_wrong_places(api: Api) -> None:
    anonymous = requests.get(f"{api.url}/demo/customers", timeout=5)
    assert anonymous.status_code == 401
    assert anonymous.json()["errors"][0]["code"] == anonymous.json()["error"] == "invalid_token"
    assert api.code("no-such-thing") == (404, "ResourceNotFound")
    elsewhere = api.session.get(f"{api.url}/other/customers", timeout=5)
    assert elsewhere.status_code == 404
    assert api.session.post(f"{api.url}/demo/customers", timeout=5).status_code == 405


def test_scopes(api: Api) -> None:
    api.login(NARROW)
    assert api.get("customers").ok
    assert api.get("orders").ok  # manage_orders implies view_orders
    assert api.get("product-projections").ok
    assert api.code("product-projections", staged="true") == (403, "insufficient_scope")
    assert api.code("extensions") == (403, "insufficient_scope")
    assert "manage_extensions:demo" in api.get("extensions").json()["message"]
    api.login(MANAGER)
    assert api.get("extensions").ok


def test_project(api: Api) -> None:
    project = api.session.get(f"{api.url}/demo", timeout=5).json()
    assert project["key"] == "demo"
    assert project["messages"] == {"enabled": True, "deleteDaysAfterCreation": 15}


@pytest.mark.parametrize("resource", COLLECTIONS, ids=lambda resource: resource.name)
def test_every_collection(unchanged: Api, resource: Any) -> None:
    api = unchanged
    answer = api.get(resource.path, limit=2)
    page = answer.json()
    assert set(page) == {"limit", "offset", "count", "results"} | (
        {"total"} if resource.total else set()
    )
    assert page["count"] == len(page["results"]) == 2
    assert answer.headers["X-Correlation-ID"]
    assert answer.headers["Date"]
    assert api.session.head(f"{api.url}/demo/{resource.path}", timeout=5).status_code == 200


def test_head_without_a_match(api: Api) -> None:
    url = f"{api.url}/demo/customers"
    head = api.session.head(url, params={"where": 'id = "none"'}, timeout=5)
    assert head.status_code == 404


def test_correlation_id_is_echoed_on_faults_too(api: Api) -> None:
    api.stand_in.faults.add("customers", "status", status=502)
    api.session.headers["X-Correlation-ID"] = "mine"
    for status in (502, 200):
        answer = api.get("customers")
        assert (answer.status_code, answer.headers["X-Correlation-ID"]) == (status, "mine")


def test_in_store(api: Api) -> None:
    rows = api.get("in-store/key=store-1/orders", limit=500).json()["results"]
    assert rows
    assert {row["store"]["key"] for row in rows} == {"store-1"}
    customers = api.get("in-store/key=store-1/customers", limit=500).json()["results"]
    assert all({"typeId": "store", "key": "store-1"} in row["stores"] for row in customers)
    assert api.code("in-store/key=nowhere/orders") == (404, "ResourceNotFound")
    assert api.code("in-store/key=store-1/zones") == (404, "ResourceNotFound")
    api.login(OF_STORE)
    assert api.get("in-store/key=store-1/orders").ok
    assert api.code("in-store/key=store-2/orders") == (403, "insufficient_scope")
    assert api.code("orders") == (403, "insufficient_scope")


def test_every_list_of_a_store_is_there(api: Api) -> None:
    assert len(IN_STORE) == 12
    for path in IN_STORE:
        assert api.get(f"in-store/key=store-1/{path}").ok


def test_what_is_in_no_store_may_be_shown_in_each() -> None:
    stand_in = build(size=0.3, rows={"stores": 2}, shared_in_store=True)
    with stand_in.serve() as server:
        api = Api(stand_in, server.url)
        rows = api.get("in-store/key=store-1/customers", limit=500).json()["results"]
        orders = api.get("in-store/key=store-1/orders", limit=500).json()["results"]
    assert any(not row.get("stores") for row in rows)
    assert {row["store"]["key"] for row in orders} == {"store-1"}


def test_children(api: Api) -> None:
    selection, product = fake_id("product_selections", 0, 7), fake_id("products", 0, 7)
    page = api.get(f"product-selections/{selection}/products", withTotal="true").json()
    assert page["total"] == page["count"] == 10
    assert set(page["results"][0]) <= {"product", "variantSelection", "variantExclusion"}
    assert api.get(f"products/{product}/product-selections").json()["count"] == 3
    assert api.code("products/none/product-selections") == (404, "ResourceNotFound")
    path = "in-store/key=store-0/product-selection-assignments"
    rows = api.get(path).json()["results"]
    products = [row["product"]["id"] for row in rows]
    assert len(products) == 10
    assert len(set(products)) == 5
    assert api.code(path, sort="product.id") == (400, "InvalidInput")


def test_associates(api: Api) -> None:
    associate = fake_id("customers", 0, 7)
    unit = "in-business-unit/key=business-unit-1"
    for name in ("approval-flows", "approval-rules"):
        rows = api.get(f"as-associate/{associate}/{unit}/{name}").json()["results"]
        assert {row["businessUnit"]["key"] for row in rows} == {"business-unit-1"}
    refused = api.code(f"as-associate/stranger/{unit}/approval-flows")
    assert refused == (403, "AssociateMissingPermission")
    gone = f"as-associate/{associate}/in-business-unit/key=none/approval-flows"
    assert api.code(gone) == (404, "ResourceNotFound")


def test_containers(api: Api) -> None:
    rows = api.get("custom-objects/settings", limit=500).json()["results"]
    assert {row["container"] for row in rows} == {"settings"}
    everything = api.get("custom-objects", limit=500).json()["results"]
    assert len({row["container"] for row in everything}) == 3


def test_projections(api: Api) -> None:
    current = api.get("product-projections", limit=500).json()["results"]
    staged = api.get("product-projections", limit=500, staged="true").json()["results"]
    assert all(row["published"] for row in current)
    assert len(current) < len(staged) == 120
    variants = api.get("variant-projections", limit=500).json()["results"]
    assert not any(row["staged"] for row in variants)
    ids = [row["id"] for row in variants]
    assert len(set(ids)) < len({(row["product"]["id"], row["id"]) for row in variants}) == len(ids)


def test_unusual_collections(api: Api) -> None:
    clients = api.get("api-clients").json()["results"]
    assert all(len(row["id"]) == 24 and "lastModifiedAt" not in row for row in clients)
    assert api.code("api-clients", sort="lastModifiedAt") == (400, "InvalidField")
    assert api.code("mcp-servers", where='id > ""') == (400, "InvalidInput")


def test_messages_and_deletions(api: Api) -> None:
    types = {row["type"] for row in api.get("messages", limit=500).json()["results"]}
    assert {"OrderCreated", "CustomerDeleted"} <= types
    for name in ("customers", "categories"):
        assert api.stand_in.delete(name, fake_id(name, 0, 7))
    [newest, older] = api.get("messages", sort="createdAt desc", limit=2).json()["results"]
    assert newest["type"] == "CustomerDeleted"
    assert newest["resource"] == {"typeId": "customer", "id": fake_id("customers", 0, 7)}
    assert newest["email"].endswith("@example.com")
    assert older["createdAt"] < "2026"
    api.stand_in.put("project", {"key": "demo", "messages": {"enabled": False}}, merge=True)
    assert api.get("messages").json()["results"] == []
    api.stand_in.delete("customers", fake_id("customers", 1, 7))
    assert api.stand_in.collections["messages"].by_time[-1][1] == newest["id"]


def test_api_faults(api: Api) -> None:
    faults = api.stand_in.faults
    faults.add("customers", "empty_page")
    faults.add("customers", "ignore_sort")
    faults.add("customers", "query_timed_out_above", times=2, n=100)
    faults.add("customers", "revoke_token")
    assert api.get("customers").json()["count"] == 0
    ids = [row["id"] for row in api.get("customers", sort="id", limit=50).json()["results"]]
    assert ids != sorted(ids)
    assert api.code("customers", limit=101) == (400, "QueryTimedOut")
    assert api.get("customers", limit=100).ok
    assert api.code("customers") == (401, "invalid_token")
    assert api.code("customers") == (401, "invalid_token")
    api.login(DEMO_CLIENT)
    assert api.get("customers").ok
    faults.add("customers", "expire_token")
    assert "expired" in api.get("customers").json()["message"]


def test_very_long_urls(api: Api) -> None:
    ids = ", ".join(f'"{fake_id("customers", number, 7)}"' for number in range(400))
    assert api.get("customers", where=f"id in ({ids})").status_code == 413


def test_gzip(api: Api) -> None:
    answer = api.get("orders", limit=20)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json()["count"] == 20
    api.session.headers["Accept-Encoding"] = "identity"
    assert "Content-Encoding" not in api.get("orders", limit=20).headers


def test_updates_are_visible_at_once(api: Api) -> None:
    row_id = fake_id("orders", 5, 7)
    before = time.time()
    changed = api.stand_in.put("orders", {"id": row_id, "orderState": "Gone"}, merge=True)
    found = api.get("orders", sort="lastModifiedAt desc", limit=1).json()["results"][0]
    assert found == changed
    assert found["lastModifiedAt"].startswith(time.strftime("%Y-%m-%dT", time.gmtime(before)))

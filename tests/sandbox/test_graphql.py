"""What the commercetools stand-in answers to GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.commercetools.app import build
from sandbox.commercetools.auth import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[..., requests.Response]

LIST = """
query ($where: String, $sort: [String!], $limit: Int, $offset: Int) {
  customers(where: $where, sort: $sort, limit: $limit, offset: $offset) {
    offset count exists results { id version createdAt lastModifiedAt }
  }
}
"""


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    client = Client("narrow", "secret", ("view_customers", "view_types"))
    stand_in = build(rows={"customers": 60, "api_clients": 3}, clients=[client])
    with stand_in.serve() as server:
        token = requests.post(
            f"{server.url}/oauth/token",
            auth=("narrow", "secret"),
            data={"grant_type": "client_credentials"},
            timeout=10,
        ).json()["access_token"]

        def post(query: str, **variables: Any) -> requests.Response:
            return requests.post(
                f"{server.url}/demo/graphql",
                headers={"Authorization": f"Bearer {token}"},
                json={"query": query, "variables": variables},
                timeout=10,
            )

        yield post


def test_a_page_is_filtered_sorted_and_cut(ask: Ask) -> None:
    first = ask(LIST, sort=["id asc"], limit=7).json()["data"]["customers"]
    assert (first["offset"], first["count"], first["exists"]) == (0, 7, True)
    last = first["results"][-1]
    assert set(last) == {"id", "version", "createdAt", "lastModifiedAt"}
    where = f'id > "{last["id"]}"'
    second = ask(LIST, sort=["id asc"], limit=3, where=where).json()["data"]["customers"]
    moved = ask(LIST, sort=["id asc"], limit=3, offset=7).json()["data"]["customers"]
    assert second["results"] == moved["results"]
    assert [each["id"] for each in second["results"]] > [last["id"]]
    default = ask("{ customers { count } }").json()["data"]["customers"]
    assert default["count"] == 20


def test_the_total_is_counted_when_asked_for(ask: Ask) -> None:
    assert ask("{ customers(limit: 0) { total } }").json() == {"data": {"customers": {"total": 60}}}


def test_names_that_differ_from_those_of_rest(ask: Ask) -> None:
    assert ask("{ typeDefinitions { results { id } } }").json()["data"]["typeDefinitions"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ customers { ", "SyntaxError"),
        ("{ customers { results { email } } }", "InvalidField"),
        ("{ customObjects { count } }", "InvalidField"),
        ("{ apiClients { results { lastModifiedAt } } }", "InvalidField"),
    ],
)
def test_what_is_wrong_with_a_query(ask: Ask, query: str, code: str) -> None:
    response = ask(query)
    assert response.status_code == 400
    (error, *_) = response.json()["errors"]
    assert error["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ customers(limit: 501) { count } }", "InvalidInput"),
        ('{ customers(where: "nothing = 1") { count } }', "InvalidField"),
        ('{ customers(sort: ["id upwards"]) { count } }', "InvalidInput"),
        ("{ orders { count } }", "insufficient_scope"),
    ],
)
def test_what_fails_in_its_execution(ask: Ask, query: str, code: str) -> None:
    response = ask(query)
    assert response.status_code == 200
    assert response.json()["data"] is None
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == code


def test_a_body_that_is_no_request(ask: Ask) -> None:
    sent = ask("{ customers { count } }").request
    headers = {"Authorization": str(sent.headers["Authorization"])}
    response = requests.post(str(sent.url), headers=headers, data=b"[]", timeout=10)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "InvalidInput")

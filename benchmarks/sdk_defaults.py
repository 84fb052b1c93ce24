"""The same two streams as a plain tap of the Singer SDK, the way its documentation shows.

Everything is the default: `RESTStream`, the writer, type conformance. Schemas, keys, replication
key, page size and keyset paging are those of tap-commercetools.
"""

from __future__ import annotations

import base64
import importlib.resources
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import OAuthAuthenticator
from singer_sdk.pagination import BaseAPIPaginator

if TYPE_CHECKING:
    import requests
    from singer_sdk import Stream
    from singer_sdk.helpers.types import Context

PAGE_SIZE = 500


class ClientCredentials(OAuthAuthenticator):
    """Signs in with id and secret of an API client."""

    @property
    def oauth_request_body(self) -> dict[str, Any]:
        """Form of the token request."""
        return {"grant_type": "client_credentials"}


class KeysetPaginator(BaseAPIPaginator[str]):
    """Goes on behind the last id of a full page."""

    def get_next(self, response: requests.Response) -> str | None:
        """Name the last id."""
        rows = response.json()["results"]
        return rows[-1]["id"] if len(rows) == PAGE_SIZE else None


class PlainStream(RESTStream[str]):
    """A collection in the order of ids."""

    records_jsonpath = "$.results[*]"
    primary_keys: ClassVar[list[str]] = ["id"]
    replication_key = "lastModifiedAt"

    @property
    def url_base(self) -> str:
        """Base URL."""
        return f"{self.config['api_url']}/{self.config['project_key']}/"

    @cached_property
    def authenticator(self) -> ClientCredentials:
        """What signs requests."""
        pair = f"{self.config['client_id']}:{self.config['client_secret']}".encode()
        return ClientCredentials(
            auth_endpoint=f"{self.config['auth_url']}/oauth/token",
            oauth_headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
        )

    def get_new_paginator(self) -> KeysetPaginator:
        """Page by key."""
        return KeysetPaginator("")

    def get_url_params(
        self,
        context: Context | None,  # noqa: ARG002 (fixed by the SDK)
        next_page_token: str | None,
    ) -> dict[str, Any]:
        """Ask for what comes behind the last page."""
        params = {"limit": PAGE_SIZE, "sort": "id asc", "withTotal": "false"}
        return {**params, "where": f'id > "{next_page_token}"'} if next_page_token else params


def _schema(name: str) -> dict[str, Any]:
    file = importlib.resources.files("tap_commercetools") / "schemas" / f"{name}.json"
    schema: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return schema


class Customers(PlainStream):
    """Customers."""

    name = "customers"
    path = "customers"
    schema = _schema("customers")


class Products(PlainStream):
    """Products."""

    name = "products"
    path = "products"
    schema = _schema("products")


class PlainTap(Tap):
    """A tap of two streams."""

    name = "tap-plain"
    config_jsonschema = th.PropertiesList(
        th.Property("project_key", th.StringType, required=True),
        th.Property("client_id", th.StringType, required=True),
        th.Property("client_secret", th.StringType, required=True, secret=True),
        th.Property("api_url", th.StringType, required=True),
        th.Property("auth_url", th.StringType, required=True),
    ).to_dict()

    def discover_streams(self) -> list[Stream]:
        """Make the streams."""
        return [Customers(self), Products(self)]


if __name__ == "__main__":
    PlainTap.cli()

"""The same two streams as a plain tap of the Singer SDK, the way its documentation shows.

Everything is the default: `RESTStream`, the paginator, the writer, type conformance. Schemas, keys,
replication key, page size and keyset paging are those of tap-commercetools.
"""

from __future__ import annotations

import base64
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import OAuthAuthenticator

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

SCHEMAS = Path(__file__).parent.parent / "tap_commercetools" / "schemas"


class ClientCredentials(OAuthAuthenticator):
    """Signs in with id and secret of an API client."""

    @property
    def oauth_request_body(self) -> dict[str, Any]:
        """Form of the token request."""
        return {"grant_type": "client_credentials"}


class PlainStream(RESTStream[str]):
    """A collection in the order of ids."""

    records_jsonpath = "$.results[*]"
    next_page_token_jsonpath = "$.results[499].id"  # noqa: S105 (of a full page)
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

    def get_url_params(
        self,
        context: Context | None,  # noqa: ARG002 (fixed by the SDK)
        next_page_token: str | None,
    ) -> dict[str, Any]:
        """Ask for what comes behind the last page."""
        params = {"limit": 500, "sort": "id asc", "withTotal": "false"}
        return {**params, "where": f'id > "{next_page_token}"'} if next_page_token else params


def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return schema


class PlainTap(Tap):
    """A tap of two streams."""

    name = "tap-plain"
    config_jsonschema = th.PropertiesList(
        *(
            th.Property(name, th.StringType, required=True, secret=name == "client_secret")
            for name in ("project_key", "client_id", "client_secret", "api_url", "auth_url")
        )
    ).to_dict()

    def discover_streams(self) -> list[PlainStream]:
        """Make the streams."""
        return [
            PlainStream(self, name=name, schema=_schema(name), path=name)
            for name in ("customers", "products")
        ]


if __name__ == "__main__":
    PlainTap.cli()

"""API clients, access tokens and scopes: who may read what."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.commercetools.errors import AuthError
from sandbox.commercetools.resources import RESOURCES
from sandbox.http import basic_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

LIFETIME = 172_800


@dataclass(frozen=True)
class Client:
    """An API client.

    Attributes:
        id: Client id.
        secret: Client secret.
        scopes: `view_orders`, `view_orders:demo` or, for one store, `view_orders:demo:store-1`.
        lifetime: Seconds until a token expires.
    """

    id: str
    secret: str
    scopes: tuple[str, ...]
    lifetime: int = LIFETIME


@dataclass
class Token:
    """An access token that was issued."""

    client_id: str
    scopes: frozenset[str]
    ends: float
    revoked: bool = False

    def why_invalid(self) -> str:
        """Return why the token is not valid; empty if it is."""
        if self.revoked:
            return "The access token was revoked."
        return "The access token expired." if time.time() >= self.ends else ""

    def allows(self, names: tuple[str, ...], project: str, store: str = "") -> bool:
        """Return whether one of the scopes is granted, for the project or for the store alone."""
        grants = [f"manage_project:{project}"]
        for name in names:
            for implied in (name, name.replace("view_", "manage_", 1)):
                grants.append(f"{implied}:{project}")
                if store:
                    grants.append(f"{implied}:{project}:{store}")
        return not self.scopes.isdisjoint(grants)


class Authority:
    """Issues tokens and checks them.

    Args:
        clients: Who gets tokens.
        project: Key of the project, for scopes that name none.
    """

    def __init__(self, clients: Iterable[Client], project: str) -> None:
        self._clients = {client.id: client for client in clients}
        self._project = project
        self.tokens: dict[str, Token] = {}

    def issue(self, authorization: str, form: dict[str, str]) -> dict[str, Any]:
        """Return the answer to `POST /oauth/token`, or raise what OAuth prescribes."""
        client = self._client(authorization)
        if form.get("grant_type") != "client_credentials":
            message = "Invalid parameter: grant_type: only client_credentials is supported."
            raise AuthError(400, "unsupported_grant_type", message)
        granted = [s if ":" in s else f"{s}:{self._project}" for s in client.scopes]
        asked = form.get("scope", "").split() or granted
        refused = [scope for scope in asked if not self._may_ask(granted, scope)]
        if refused:
            message = f"Malformed parameter: scope: Invalid scope: '{refused[0]}'."
            raise AuthError(400, "invalid_scope", message)
        secret = secrets.token_urlsafe(24)
        self.tokens[secret] = Token(client.id, frozenset(asked), time.time() + client.lifetime)
        return {
            "access_token": secret,
            "token_type": "Bearer",
            "expires_in": client.lifetime,
            "scope": " ".join(asked),
        }

    def introspect(self, authorization: str, form: dict[str, str]) -> dict[str, Any]:
        """Return the answer to `POST /oauth/introspect`; clients see only their own tokens."""
        client = self._client(authorization)
        token = self.tokens.get(form.get("token", ""))
        if token is None or token.client_id != client.id or token.why_invalid():
            return {"active": False}
        return {
            "active": True,
            "scope": " ".join(sorted(token.scopes)),
            "client_id": client.id,
            "exp": int(token.ends * 1000),
        }

    def token(self, authorization: str) -> Token:
        """Return the token of a request.

        Raises:
            AuthError: 401 `invalid_token`.
        """
        kind, _, secret = authorization.partition(" ")
        token = self.tokens.get(secret)
        if kind.lower() != "bearer" or token is None:
            raise AuthError(401, "invalid_token", "invalid_token")
        if reason := token.why_invalid():
            raise AuthError(401, "invalid_token", reason)
        return token

    def _client(self, authorization: str) -> Client:
        client_id, secret = basic_credentials(authorization) or ("", "")
        client = self._clients.get(client_id)
        if client is None or client.secret != secret:
            message = "Please provide valid client credentials using HTTP Basic Authentication."
            raise AuthError(401, "invalid_client", message)
        return client

    def _may_ask(self, granted: list[str], scope: str) -> bool:
        parts = scope.split(":")
        if len(parts) < 2 or parts[1] != self._project:
            return False
        store = parts[2] if len(parts) > 2 else ""
        return Token("", frozenset(granted), 0).allows((parts[0],), self._project, store)


def reading_scopes() -> tuple[str, ...]:
    """Return the scopes for reading everything: view scopes, or others where there are none."""
    scopes: set[str] = set()
    for resource in RESOURCES.values():
        view = [scope for scope in resource.scopes if scope.startswith("view_")]
        scopes.update(view or resource.scopes)
    return tuple(sorted(scopes))


DEMO_CLIENT = Client("demo-client", "demo-secret", reading_scopes())

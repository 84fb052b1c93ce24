"""What a build of the Commerce7 stand-in can be told to do: the API's open questions, answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Answers to what the documentation leaves open, plus credentials and limits.

    Attributes:
        app_id: User name of the app's Basic credentials.
        app_key: Password of the app's Basic credentials.
        user: E-mail address of a staff user with the role "Data", the older way in.
        user_key: Password of that user.
        tenant: The one tenant that installed the app.
        permissions: What the app may read, None for everything.
        forbidden_status: HTTP status of a missing permission.
        unknown_tenant_status: HTTP status of a tenant that is missing or not this one.
        unverified: Whether the lists nobody has shown to exist do exist.
        undocumented_filters: Where `updatedAt` is taken besides the documented lists: nowhere,
            where one client relies on it, or on every list whose records have the member.
        cursor_elsewhere: What `cursor` does on a list that is not a documented cursor endpoint.
        end_cursor: How the last page of a cursor walk says so.
        unstable_pages: Whether page mode has another order on every request.
        rate_limit: Requests allowed and window in seconds, None for no limit at all.
        deep_page_seconds: Seconds one request beyond page 100 blocks the next one.
        retry_after: Whether a 429 says how long to wait.
        status_code_text: Whether `statusCode` of an error body is a numeric string.
        trash_key: Member of the envelope that holds the rows of `/trash`.
        gzip: Whether answers are compressed for clients that ask for it.
    """

    app_id: str = "demo-app"
    app_key: str = "demo-app-secret"
    user: str = "data@example.com"
    user_key: str = "demo-password"
    tenant: str = "demo-winery"
    permissions: tuple[str, ...] | None = None
    forbidden_status: int = 401
    unknown_tenant_status: int = 401
    unverified: bool = True
    undocumented_filters: Literal["refused", "seen", "accepted"] = "refused"
    cursor_elsewhere: Literal["ignored", "refused", "works"] = "ignored"
    end_cursor: Literal["absent", "null", "empty"] = "absent"
    unstable_pages: bool = False
    rate_limit: tuple[int, float] | None = (100, 60.0)
    deep_page_seconds: float = 60.0
    retry_after: bool = False
    status_code_text: bool = False
    trash_key: str = "trash"
    gzip: bool = True

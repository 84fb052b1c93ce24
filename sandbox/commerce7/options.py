"""Options of the Commerce7 stand-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Credentials, limits, and answers to what the documentation leaves open.

    Attributes:
        app_id: User name of the app's Basic credentials.
        app_key: Password of the app's Basic credentials.
        user: E-mail address of a staff user with the role "Data", the older way to log in.
        user_key: Password of that user.
        tenant: The only tenant that has installed the app.
        permissions: What the app may read, None for everything.
        forbidden_status: HTTP status for a missing permission.
        unknown_tenant_status: HTTP status for a missing or another tenant.
        unverified: Whether the lists exist that nobody has shown to exist.
        undocumented_filters: Where `updatedAt` is accepted besides the documented lists: nowhere,
            where a client relies on it, or on every list whose records have the member.
        cursor_elsewhere: What `cursor` does on lists that are not documented as cursor endpoints.
        end_cursor: What the last page has as its cursor.
        cursor_order: What lists with a cursor are sorted by.
        opaque_cursors: Whether a cursor is something else than the id of the next row.
        made_up_cursors: What a cursor does that is not the id of a row.
        unstable_pages: Whether the order of page mode differs from request to request.
        rate_limit: Number of requests and window in seconds, None for no limit.
        deep_page_seconds: Seconds for which a page beyond 100 blocks the next such page.
        retry_after: Whether a 429 says how long to wait.
        status_code_text: Whether `statusCode` of error bodies is a string.
        trash_key: Member of the envelope with the rows of `/trash`.
        gzip: Whether answers are compressed for clients that accept it.
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
    cursor_order: Literal["id", "time"] = "id"
    opaque_cursors: bool = False
    made_up_cursors: Literal["work", "refused", "ignored"] = "work"
    unstable_pages: bool = False
    rate_limit: tuple[int, float] | None = (100, 60.0)
    deep_page_seconds: float = 60.0
    retry_after: bool = False
    status_code_text: bool = False
    trash_key: str = "trash"
    gzip: bool = True

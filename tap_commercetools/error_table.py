"""The error table of commercetools.

Source of statuses and codes: the vendor's API specification and release notes.
"""

from __future__ import annotations

import json
from typing import Any

from tap_engine.http.error_table import FOREIGN, GATEWAY, RETRIED, Action, Rule

_FORBIDDEN = ("insufficient_scope", "access_denied", "AssociateMissingPermission")

RULES = (
    *GATEWAY,
    # A query that ran too long is a 400 here, not a 5xx.
    Rule(
        400,
        Action.SMALLER_PAGE,
        codes=("QueryTimedOut", "ContentTooLarge", "QueryComplexityLimitExceeded"),
    ),
    Rule(413, Action.SMALLER_PAGE, codes=("ContentTooLarge",)),
    Rule(400, Action.QUERY_REFUSED),
    Rule(
        401,
        Action.NEW_TOKEN,
        meaning=(
            "a new token was rejected as well; either the API client was deleted or its secret"
            " changed, or api_url and auth_url belong to different regions"
        ),
    ),
    Rule(403, Action.REFUSED, codes=_FORBIDDEN),
    Rule(
        404,
        Action.NOT_FOUND,
        codes=("ResourceNotFound",),
        meaning="is project_key right, and the feature in this project?",
    ),
    Rule(404, Action.REFUSED, meaning="is project_key right, and the feature in this project?"),
    *RETRIED,
)

IN_STORE_RULES = (
    # Not REFUSED, which `skip_forbidden_streams` would forgive: the setting is wrong.
    *GATEWAY,
    Rule(404, Action.FAIL, meaning="is there a store with this key? See store_keys"),
    *RULES,
)
"""For lists of a store."""

GRAPHQL_RULES = (
    # Errors can come with status 200: the same codes, whatever the status.
    Rule(
        200,
        Action.SMALLER_PAGE,
        codes=("QueryComplexityLimitExceeded", "QueryTimedOut", "ContentTooLarge"),
    ),
    Rule(
        200,
        Action.RETRY,
        codes=("BadGateway", "General", "OverCapacity", "PendingOperation", "TooManyRequests"),
    ),
    Rule(200, Action.NEW_TOKEN, codes=("invalid_token",)),
    Rule(200, Action.QUERY_REFUSED),
    # Whoever says so, even a firewall: REST is there instead.
    *(Rule(status, Action.REFUSED) for status in (403, 404, 405)),
    *RULES,
)
"""For `/graphql`."""

TOKEN_RULES = (
    *GATEWAY,
    *(
        Rule(
            status,
            Action.REFUSED,
            meaning="check client_id, client_secret and scopes, and that region is the project's",
        )
        for status in (400, 401, 403, 404)
    ),
    *RETRIED,
)


def read_error(body: bytes) -> tuple[str, str]:
    """Return code and message of an error body.

    The form is `{statusCode, message, errors: [{code, message}]}`; the token endpoint adds
    `error` and `error_description`, and GraphQL has codes in `errors[].extensions`. The code of
    anything else is `FOREIGN`.
    """
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return FOREIGN, "no JSON in the body"
    if not isinstance(answer, dict):
        return FOREIGN, ""
    if not {"statusCode", "errors", "error"} & set(answer):
        return FOREIGN, str(answer.get("message") or "")
    errors = answer.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    first = first if isinstance(first, dict) else {}
    more = first.get("extensions")
    code = first.get("code") or (more.get("code") if isinstance(more, dict) else None)
    message = answer.get("message") or answer.get("error_description") or first.get("message")
    return str(code or answer.get("error") or ""), str(message or "")

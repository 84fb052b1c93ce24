"""The error table of commercetools.

Source of statuses and codes: the vendor's API specification and release notes.
"""

from __future__ import annotations

import json
from typing import Any

from tap_engine.http.error_table import RETRIED, Action, Rule

RULES = (
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
    Rule(403, Action.REFUSED),
    Rule(404, Action.REFUSED, meaning="is project_key right, and the feature in this project?"),
    *RETRIED,
)

IN_STORE_RULES = (
    # Not REFUSED, which `skip_forbidden_streams` would forgive: the setting is wrong.
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
    *RULES,
)
"""For `/graphql`."""

TOKEN_RULES = (
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
    `error` and `error_description`, and GraphQL has codes in `errors[].extensions`.
    """
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return "", "no JSON in the body"
    if not isinstance(answer, dict):
        return "", ""
    errors = answer.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    first = first if isinstance(first, dict) else {}
    more = first.get("extensions")
    code = first.get("code") or (more.get("code") if isinstance(more, dict) else None)
    message = answer.get("message") or answer.get("error_description") or first.get("message")
    return str(code or answer.get("error") or ""), str(message or "")

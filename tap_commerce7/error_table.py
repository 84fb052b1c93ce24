"""The error table of Commerce7.

Source of statuses and types: developer documentation and what public clients report.
"""

from __future__ import annotations

import json
from typing import Any

from tap_engine.http.error_table import FOREIGN, GATEWAY, RETRIED, Action, Rule

_WHO = "app id or secret is wrong, the tenant has not installed the app, or a permission is missing"

RULES = (
    *GATEWAY,
    # A 401 can mean bad credentials as well as a permission that the app lacks for one endpoint.
    Rule(401, Action.REFUSED, meaning=_WHO),
    Rule(403, Action.REFUSED, meaning=_WHO),
    Rule(404, Action.NOT_FOUND, codes=("notFound",)),
    Rule(404, Action.REFUSED),
    # Documented is 422 alone; other APIs say 400 where they mean the query.
    Rule(400, Action.QUERY_REFUSED),
    Rule(422, Action.QUERY_REFUSED),
    *RETRIED,
)


def read_error(body: bytes) -> tuple[str, str]:
    """Return type and message of an error body.

    The form is `{statusCode, type, message, errors}`, with `errors` sometimes empty or absent; the
    edge in front of the API answers HTML. The code of anything else is `FOREIGN`.
    """
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return FOREIGN, "no JSON in the body"
    if not isinstance(answer, dict):
        return FOREIGN, ""
    if not {"statusCode", "type", "errors"} & set(answer):
        return FOREIGN, str(answer.get("message") or "")
    return str(answer.get("type") or ""), str(answer.get("message") or "")

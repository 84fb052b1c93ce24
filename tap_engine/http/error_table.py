"""Error tables: what to do about a status and error code. Each API declares one."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Action(enum.Enum):
    """What to do about an answer that is not a success."""

    RETRY = enum.auto()
    """Ask again after a pause."""
    NEW_TOKEN = enum.auto()
    """Get a new token and ask again, once."""
    SMALLER_PAGE = enum.auto()
    """Ask for fewer rows; with one row per page, ask again after a pause."""
    REFUSED = enum.auto()
    """These credentials do not give access to the stream."""
    NOT_FOUND = enum.auto()
    """The API itself says that there is no such endpoint or object."""
    QUERY_REFUSED = enum.auto()
    """The API does not accept this filter, sort or parameter."""
    FAIL = enum.auto()
    """Fail."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an error table.

    Attributes:
        status: HTTP status.
        action: What to do.
        codes: The API's own error codes that the rule applies to; empty for any.
        meaning: What it usually means, for the user.
    """

    status: int
    action: Action
    codes: tuple[str, ...] = ()
    meaning: str = ""


FOREIGN = "not of the API"
"""Code of a body that is not an error of the API: a firewall, a proxy or a gateway answered."""

GATEWAY: tuple[Rule, ...] = (
    *(
        Rule(
            status,
            Action.RETRY,
            codes=(FOREIGN,),
            meaning="not an answer of the API; is there a firewall or a proxy in between?",
        )
        for status in (401, 403)
    ),
    Rule(404, Action.FAIL, codes=(FOREIGN,), meaning="not an answer of the API"),
)
"""Refusals by something in between; they say nothing about the credentials."""

RETRIED: tuple[Rule, ...] = tuple(
    Rule(status, Action.RETRY) for status in (408, 425, 429, 500, 502, 503, 504)
)
"""Statuses that any API may send temporarily."""


def rule_for(rules: Sequence[Rule], status: int, code: str) -> Rule:
    """Return the first rule that applies; unknown 5xx are retried, anything else unknown fails."""
    for rule in rules:
        if rule.status == status and (not rule.codes or code in rule.codes):
            return rule
    server_side = status >= 500  # noqa: PLR2004
    return Rule(status, Action.RETRY if server_side else Action.FAIL)

"""The language of the `where` parameter.

The grammar is what the vendor's documentation shows. `and` binds tighter than `or`. A name is one
member; deeper members are in parentheses: `masterData(current(key = "x"))`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, VisitError

from sandbox.commercetools import conditions
from sandbox.commercetools.conditions import Condition, Literal, Not, Present, Within
from sandbox.commercetools.errors import ApiError, invalid_input

if TYPE_CHECKING:
    from collections.abc import Mapping

GRAMMAR = r"""
?start: either
?either: all ("or" all)*
?all: term ("and" term)*
?term: "not" "(" either ")" -> negation
    | "(" either ")"
    | field OPERATOR value -> compare
    | field "in" values -> inside
    | field "not" "in" values -> outside
    | field "contains" "any" values -> inside
    | field "contains" "all" values -> contains_all
    | field "is" "defined" -> defined
    | field "is" "not" "defined" -> undefined
    | field "is" "empty" -> empty
    | field "is" "not" "empty" -> filled
    | field "matches" "ignore" "case" value -> ignore_case
    | field "within" "circle" "(" NUMBER "," NUMBER "," NUMBER ")" -> circle
    | field "(" either ")" -> nested
field: NAME | QUOTED_NAME
values: "(" value ("," value)* ")" | VARIABLE
value: STRING -> string
    | NUMBER -> number
    | "true" -> true
    | "false" -> false
    | VARIABLE -> variable

OPERATOR: "<=" | ">=" | "!=" | "<>" | "=" | "<" | ">"
NAME: /[A-Za-z_][A-Za-z0-9_-]*/
QUOTED_NAME: /`[^`]+`/
VARIABLE: /:[A-Za-z_][A-Za-z0-9_-]*/
STRING: /"(\\.|[^"\\])*"/
NUMBER: /-?\d+(\.\d+)?([eE][+-]?\d+)?/
%ignore /\s+/
"""

PARSER = Lark(GRAMMAR, parser="lalr")

TIMES = ("createdAt", "lastModifiedAt")


def parse_predicate(text: str, variables: Mapping[str, list[str]]) -> Condition:
    """Parse one `where` parameter.

    Args:
        text: The predicate.
        variables: Values of the `var.` parameters by name, for placeholders like `:name`.

    Raises:
        ApiError: 400 `InvalidInput` for wrong syntax or a placeholder without a value.
    """
    try:
        condition: Condition = _Builder(variables).transform(PARSER.parse(text))
    except UnexpectedInput as error:
        why = f"Syntax error while parsing 'where'. Unexpected input at column {error.column}."
        raise invalid_input(parameter="where", why=why) from error
    except VisitError as error:
        if isinstance(error.orig_exc, ApiError):
            raise error.orig_exc from None
        raise
    return condition


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Turns the syntax tree into conditions, with one member for each rule of the grammar."""

    either = conditions.Either
    all = conditions.All
    negation = Not
    inside = Within
    defined = Present
    ignore_case = conditions.IgnoreCase
    nested = conditions.Nested

    def __init__(self, variables: Mapping[str, list[str]]) -> None:
        super().__init__()
        self._variables = variables

    def field(self, token: Token) -> str:
        return token.strip("`")

    def compare(self, field: str, sign: Token, literal: Literal) -> Condition:
        if field in TIMES and literal.instant is None:
            why = f"'{literal.value}' is no date-time, which {field} needs."
            raise invalid_input(parameter="where", why=why)
        return conditions.Compare(field, str(sign), literal)

    def outside(self, field: str, literals: tuple[Literal, ...]) -> Condition:
        return Not(Within(field, literals))

    def contains_all(self, field: str, literals: tuple[Literal, ...]) -> Condition:
        return Within(field, literals, every=True)

    def undefined(self, field: str) -> Condition:
        return Not(Present(field))

    def empty(self, field: str) -> Condition:
        return Not(Present(field, filled=True))

    def filled(self, field: str) -> Condition:
        return Present(field, filled=True)

    def circle(self, field: str, longitude: Token, latitude: Token, metres: Token) -> Condition:
        return conditions.Circle(field, float(longitude), float(latitude), float(metres))

    def values(self, *literals: Any) -> tuple[Literal, ...]:
        if isinstance(literals[0], Token):
            return tuple(Literal(value, variable=True) for value in self._lookup(literals[0]))
        return literals

    def string(self, token: Token) -> Literal:
        return Literal(re.sub(r"\\(.)", r"\1", token[1:-1]))

    def number(self, token: Token) -> Literal:
        return Literal(int(token) if re.fullmatch(r"-?\d+", token) else float(token))

    def true(self) -> Literal:
        return Literal(value=True)

    def false(self) -> Literal:
        return Literal(value=False)

    def variable(self, token: Token) -> Literal:
        return Literal(self._lookup(token)[0], variable=True)

    def _lookup(self, token: Token) -> list[str]:
        name = token[1:]
        if not self._variables.get(name):
            why = f"The variable 'var.{name}' has no value."
            raise invalid_input(parameter="where", why=why)
        return self._variables[name]

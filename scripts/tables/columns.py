"""Columns of the staging models, from the JSON schemas."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.tables import arrays
from scripts.tables.names import snake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SCALARS = {
    "string": ("text", "text"),
    "integer": ("bigint", "integer"),
    "number": ("numeric", "number"),
    "boolean": ("boolean", "boolean"),
}
PERSONAL = " Personal, or may be: empty with `personal_members: false`."
_FORMATS = {"date-time": ("timestamp", "timestamp"), "date": ("date", "date")}


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        about: What it holds.
        sql: How it is read; empty for the further columns of a macro that makes several.
        reference: Path of the member if it refers to another record.
    """

    name: str
    type: str
    about: str
    sql: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Place:
    """Where columns are read from: the row of a stream, or an element of an array.

    Attributes:
        path: Path of the array, with `[]` behind it; empty for the row itself.
        element: SQL of the element; empty for the row itself.
    """

    platform: str
    stream: str
    path: str = ""
    element: str = ""
    tables: frozenset[str] = field(default_factory=frozenset)
    """Paths of arrays that have tables of their own."""

    def whole(self, names: Sequence[str]) -> str:
        """Return the full path of a member."""
        inner = ".".join(names)
        return f"{self.path}.{inner}" if self.path else inner

    def arguments(self, names: Sequence[str]) -> str:
        """Return the arguments of a macro that reads a member."""
        rest = names
        value = self.element
        if not self.element:
            value = f'source_row."{names[0]}"'
            rest = names[1:]
        return ", ".join([f"'{value}'", *(f"'{name}'" for name in rest)])

    def matches(self, patterns: Iterable[str], names: Sequence[str]) -> bool:
        """Return whether one of the patterns means a member."""
        path = f"{self.stream}.{self.whole(names)}"
        return any(re.fullmatch(_pattern(each), path) for each in patterns)


def _pattern(text: str) -> str:
    return fnmatch.translate(text.replace("[", "[[]"))


def types_of(node: dict[str, Any]) -> set[str]:
    """Return the types of a member, without null."""
    types = node.get("type", [])
    return {types} if isinstance(types, str) else {*types} - {"null"}


def columns(place: Place, schema: dict[str, Any]) -> list[Column]:
    """Return the columns for the members of a record or element, in the order of the schema.

    Where `clubId` and `club.id` would have the same name, the outer one remains.
    """
    found: dict[str, Column] = {}
    for column in _inside(place, (), schema, personal=False):
        known = found.get(column.name)
        if known is None or known.about.count(".") > column.about.count("."):
            found[column.name] = column
    return [*found.values()]


def _inside(
    place: Place, at: tuple[str, ...], schema: dict[str, Any], *, personal: bool
) -> Iterator[Column]:
    for name, node in schema.get("properties", {}).items():
        names = (*at, name)
        if not _is_left_out(place, names, node):
            level = node.get("x-sensitive", "none")
            yield from _columns_of(place, names, node, personal=personal or level != "none")


def _is_left_out(place: Place, names: tuple[str, ...], node: dict[str, Any]) -> bool:
    if node.get("x-sensitive") == "secret" or place.whole(names) in place.tables:
        return True
    if "x-embeds" in node and names != ("payload",):
        return True
    left_out = place.matches(arrays.LEFT_OUT[place.platform], names)
    return left_out and not place.matches(arrays.KEPT[place.platform], names)


def _columns_of(
    place: Place, names: tuple[str, ...], node: dict[str, Any], *, personal: bool
) -> Iterator[Column]:
    """Yield the columns of one member."""
    members = {*node.get("properties", ())}
    types = types_of(node)
    as_json = place.matches(arrays.AS_JSON[place.platform], names)
    if {"centAmount", "currencyCode"} <= members:
        yield from _money(place, names)
    elif place.platform == "commercetools" and "typeId" in members:
        for inner in sorted(members - {"typeId"}):
            yield _reference(place, (*names, inner))
    elif members and not as_json:
        yield from _inside(place, names, node, personal=personal)
    elif types == {"object"} and names[-1] in arrays.LOCALIZED and place.platform != "commerce7":
        yield from _localized(place, names, personal=personal)
    elif len(types) == 1 and not types & {"object", "array"}:
        yield from _scalar(place, names, node, personal=personal)
    else:
        yield from _json(place, names, node, personal=personal)


def _name(place: Place, names: tuple[str, ...]) -> str:
    path = ".".join(names)
    if f"{place.stream}.{place.whole(names)}" in arrays.RENAMED:
        return arrays.RENAMED[f"{place.stream}.{place.whole(names)}"]
    for prefix in arrays.PREFIXES.get(place.stream, ()) if not place.element else ():
        if path.startswith(prefix):
            path = path.removeprefix(prefix)
            break
    return snake(path.replace(".", "_"))


def _money(place: Place, names: tuple[str, ...]) -> Iterator[Column]:
    """Yield the columns of an amount; `price.value` is called `price`."""
    shown = names[:-1] if len(names) > 1 and names[-1] == "value" else names
    name, path = _name(place, shown), place.whole(names)
    sql = f"{{{{ money('{name}', {place.arguments(names)}) }}}}"
    yield Column(f"{name}_minor", "bigint", f"`{path}` in minor units, such as cents.", sql)
    yield Column(name, "numeric", f"`{path}` in major units.")
    yield Column(f"{name}_currency", "text", f"Currency of `{path}`.")


def _reference(place: Place, names: tuple[str, ...]) -> Column:
    path = place.whole(names)
    return Column(
        _name(place, names),
        "text",
        f"`{path}`.",
        _call("json_text", place, names),
        reference=path.rpartition(".")[0],
    )


def _localized(place: Place, names: tuple[str, ...], *, personal: bool) -> Iterator[Column]:
    name, path = _name(place, names), place.whole(names)
    macro, more = ("personal_localized", PERSONAL) if personal else ("localized", "")
    sql = f"{{{{ {macro}('{name}', {place.arguments(names)}) }}}}"
    about = f"`{path}` in the best of the languages in `locales`.{more}"
    yield Column(name, "text", about, sql)
    yield Column(f"{name}_localized", "jsonb", f"`{path}` in all languages.{more}")


def _scalar(
    place: Place, names: tuple[str, ...], node: dict[str, Any], *, personal: bool
) -> Iterator[Column]:
    (kind,) = types_of(node)
    name, path = _name(place, names), place.whole(names)
    type_, macro = _FORMATS.get(node.get("format", ""), _SCALARS[kind])
    plain = not place.element and len(names) == 1
    sql = f'source_row."{names[0]}"' if plain else _call(f"json_{macro}", place, names)
    amount = kind in {"integer", "number"} and names[-1] in arrays.CENTS
    if place.platform == "commerce7" and amount and not place.matches(arrays.NOT_CENTS, names):
        value = f"'{sql}'" if plain else sql.strip("{} ")
        sql = f"{{{{ cents('{name}', {value}) }}}}"
        yield Column(f"{name}_minor", type_, f"`{path}`, in cents.", sql)
        yield Column(name, "numeric", f"`{path}` in major units.")
        return
    about = f"`{path}`, in UTC." if type_ == "timestamp" else f"`{path}`."
    reference = path if path.endswith("Id") else ""
    yield _perhaps_personal(Column(name, type_, about, sql, reference), personal=personal)


def _json(
    place: Place, names: tuple[str, ...], node: dict[str, Any], *, personal: bool
) -> Iterator[Column]:
    """Yield a JSON column, unless a secret is inside.

    Raises:
        ValueError: There is one.
    """
    path = place.whole(names)
    levels = {*_levels(node)}
    if "secret" in levels:
        msg = f"{place.stream}.{path}: secrets inside; leave it out or make it a table"
        raise ValueError(msg)
    column = Column(
        _name(place, names), "jsonb", f"`{path}`, as JSON.", _call("json_value", place, names)
    )
    yield _perhaps_personal(column, personal=personal or bool(levels - {"none"}))


def _levels(node: dict[str, Any]) -> Iterator[str]:
    yield node.get("x-sensitive", "none")
    for inner in node.get("properties", {}).values():
        yield from _levels(inner)
    if isinstance(node.get("items"), dict):
        yield from _levels(node["items"])


def _perhaps_personal(column: Column, *, personal: bool) -> Column:
    if not personal:
        return column
    inner = column.sql.strip("{} ") if column.sql.startswith("{{") else f"'{column.sql}'"
    about = f"{column.about}{PERSONAL}"
    return Column(column.name, column.type, about, f"{{{{ personal({inner}) }}}}", column.reference)


def _call(macro: str, place: Place, names: Sequence[str]) -> str:
    return f"{{{{ {macro}({place.arguments(names)}) }}}}"

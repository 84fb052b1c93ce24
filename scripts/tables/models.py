"""The staging models: one per stream that is on by default, one per array that matters."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scripts.declarations import TAPS, streams
from scripts.tables import arrays
from scripts.tables.columns import PERSONAL, Column, Place, columns, types_of
from scripts.tables.names import singular, snake
from tap_commercetools.delete_messages import DELETED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.declarations import StreamFacts
    from scripts.tables.arrays import Array
    from tap_engine.singer.tap import EngineTap

IN_DELETIONS = {about.stream for about in DELETED.values() if about.stream}


@dataclass(frozen=True)
class Level:
    """One of the arrays around the rows of a model, outermost first.

    Attributes:
        lists: SQL of the arrays.
        alias: What an element is called in SQL.
        key: The column that tells elements apart.
        of_element: Whether it is a member of the element, and not its place.
    """

    lists: tuple[str, ...]
    alias: str
    key: Column
    of_element: bool


@dataclass(frozen=True)
class Model:
    """One staging model.

    Attributes:
        key: Names of the key columns.
        members: Types of the columns of the loader's table that it reads.
        source_key: Key members of the stream by the names of their columns.
        deletes: The member that dates a record, if `deletions` says what is gone.
        levels: Arrays around the rows; none for the model of a stream.
        parent: Name of the model of the stream; empty for that itself.
        array: Name of the array; empty for the model of a stream.
    """

    platform: str
    stream: str
    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    members: dict[str, str]
    source_key: dict[str, str]
    deletes: str
    incremental: bool
    levels: tuple[Level, ...] = ()
    parent: str = ""
    array: str = ""


def platform_of(tap: type[EngineTap]) -> str:
    """Return the name of a tap's platform."""
    return tap.name.removeprefix("tap-")


@functools.cache
def models() -> tuple[Model, ...]:
    """Return all models, those of a stream's arrays after the stream's own."""
    return tuple(
        model
        for tap in TAPS
        for stream in streams(tap)
        if stream.on
        for model in _models_of(platform_of(tap), stream)
    )


def model_name(platform: str, table: str) -> str:
    """Return the name of a model."""
    return f"stg_{platform}__{table}"


def _models_of(platform: str, stream: StreamFacts) -> Iterator[Model]:
    tables = arrays.ARRAYS[platform].get(stream.name, ())
    paths = {each.name: _paths(each, tables) for each in tables}
    place = Place(
        platform, stream.name, tables=frozenset(path for each in paths.values() for path in each)
    )
    single = singular(stream.name)
    source_key = {f"{single}_id" if key == "id" else snake(key): key for key in stream.key}
    if stream.key == ("key",):
        source_key = {f"{single}_key": "key"}
    named = {member: name for name, member in source_key.items()}
    found = [
        replace(column, name=named.get(_member(column), column.name))
        for column in columns(place, stream.schema)
    ]
    parent = Model(
        platform=platform,
        stream=stream.name,
        name=model_name(platform, stream.name),
        about=f"One row per record of the stream `{stream.name}`.",
        key=tuple(source_key),
        columns=(*_first(found, source_key),),
        members={name: _loaded(node) for name, node in stream.schema["properties"].items()},
        source_key=source_key,
        deletes=_dated(stream) if platform == "commercetools" else "",
        incremental=stream.name in arrays.INCREMENTAL[platform],
    )
    yield _only_read(parent)
    for each in tables:
        yield _only_read(_inside(parent, stream, each, tables, place.tables))


def _member(column: Column) -> str:
    return column.sql.removeprefix('source_row."').removesuffix('"')


def _first(found: list[Column], key: dict[str, str]) -> list[Column]:
    return sorted(found, key=lambda column: column.name not in key)


def _dated(stream: StreamFacts) -> str:
    if stream.name not in IN_DELETIONS:
        return ""
    return "createdAt" if "createdAt" in stream.schema["properties"] else str(stream.cursor)


def _loaded(node: dict[str, Any]) -> str:
    """Return the type of the column that target-postgres makes."""
    types = types_of(node)
    if types & {"object", "array"}:
        return "jsonb"
    if node.get("format") in {"date-time", "date"}:
        return "timestamp" if node["format"] == "date-time" else "date"
    return {"integer": "bigint", "number": "numeric", "boolean": "boolean"}.get(
        next(iter(types)), "text"
    )


def _paths(array: Array, tables: tuple[Array, ...]) -> list[str]:
    """Return the full paths of an array."""
    outer = _around(array, tables)
    if not outer:
        return [*array.paths]
    return [f"{start}[].{path}" for start in _paths(outer, tables) for path in array.paths]


def _around(array: Array, tables: tuple[Array, ...]) -> Array | None:
    return next((each for each in tables if each.name == array.inside), None)


def _inside(
    parent: Model,
    stream: StreamFacts,
    array: Array,
    tables: tuple[Array, ...],
    paths: frozenset[str],
) -> Model:
    """Return the model of an array."""
    single = singular(stream.name)
    chain = [array]
    while outer := _around(chain[0], tables):
        chain.insert(0, outer)
    levels: list[Level] = []
    node = stream.schema
    element = ""
    for number, each in enumerate(chain, 1):
        node = _element(node, each.paths)
        alias = f"each_{number}"
        lists = tuple(_list(element, path) for path in each.paths)
        element = f"{alias}.value"
        members = node.get("properties", {})
        of_element = "id" in members and "typeId" not in members and not each.by_place
        last = each is array
        name = singular(each.name)
        if of_element:
            key = Column(f"{name}_id", "text", "Id of the element, or its place if it has none.")
        elif last:
            key = Column("position", "bigint", "Place in the array, from 0.")
        else:
            key = Column(f"{name}_position", "bigint", "Place of the array around it, from 0.")
        levels.append(Level(lists, alias, key, of_element))
    path = _paths(array, tables)[-1] + "[]"
    place = Place(parent.platform, stream.name, path, element, paths)
    keys = (*parent.key, *(level.key.name for level in levels))
    return Model(
        platform=parent.platform,
        stream=stream.name,
        name=model_name(parent.platform, f"{single}_{array.name}"),
        about=f"One row per element of {_listed(_paths(array, tables))} of `{stream.name}`.",
        key=keys,
        columns=tuple(
            replace(column, name=f"{singular(array.name)}_{column.name}")
            if column.name in keys
            else column
            for column in _elements(place, node, levels[-1], array)
        ),
        members=parent.members,
        source_key=parent.source_key,
        deletes=parent.deletes,
        incremental=parent.incremental,
        levels=tuple(levels),
        parent=parent.name,
        array=array.name,
    )


def _elements(place: Place, node: dict[str, Any], level: Level, array: Array) -> Iterator[Column]:
    """Yield the columns of an element, without its key."""
    if "typeId" in node.get("properties", {}):
        for inner in sorted({*node["properties"]} - {"typeId"}):
            sql = f"{{{{ json_text('{place.element}', '{inner}') }}}}"
            about = f"`{place.path}.{inner}`."
            name = f"{singular(array.name)}_{inner}"
            yield Column(name, "text", about, sql, reference=place.path)
    elif "properties" in node:
        for column in columns(place, node):
            if column.name != "id":
                yield column
            elif not level.of_element:
                name = f"{singular(array.name)}_id"
                yield replace(column, name=name, reference=column.about.strip("`."))
    else:
        # Whole records, whose members nobody documents.
        sql = f"{{{{ personal(json_text('{place.element}', 'id')) }}}}"
        yield Column("customer_id", "text", f"`{place.path}.id`.{PERSONAL}", sql)


def _element(node: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema of the elements that the last of the paths leads to."""
    for name in paths[-1].split("."):
        node = node["properties"][name.removesuffix("[]")]
        if name.endswith("[]"):
            node = node["items"]
    return node.get("items", node) if isinstance(node.get("items", {}), dict) else node


def _list(element: str, path: str) -> str:
    """Return a macro that reads an array."""
    first, _, rest = path.partition("[].")
    names = first.split(".")
    value = element
    if not element:
        value = f'source_row."{names.pop(0)}"'
    arguments = ", ".join([f"'{value}'", *(f"'{name}'" for name in names)])
    if rest:
        inner = f"json_path({arguments})" if names else f"'{value}'"
        return f"json_all({inner}, '{rest}')"
    return f"json_list({arguments})" if path.endswith("Variant") else f"json_path({arguments})"


def _listed(paths: list[str]) -> str:
    return " and ".join(f"`{path}`" for path in paths)


def _only_read(model: Model) -> Model:
    """Return a model that names only the members that it reads."""
    texts = [column.sql for column in model.columns]
    texts += [text for level in model.levels for text in level.lists]
    needed = {*model.source_key.values(), model.deletes}
    members = {
        name: type_
        for name, type_ in model.members.items()
        if name in needed or any(f'source_row."{name}"' in text for text in texts)
    }
    return replace(model, members=members)

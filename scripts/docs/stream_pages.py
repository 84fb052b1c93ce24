"""Writes docs/streams-*.md: every stream with what a user may want to know before selecting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.declarations import streams
from scripts.docs.diagrams import diagram
from scripts.docs.members import Member
from tap_commercetools.change_history import RECORDED
from tap_commercetools.delete_messages import types_for
from tap_commercetools.tap import TapCommercetools

if TYPE_CHECKING:
    from scripts.declarations import StreamFacts
    from tap_engine.singer.tap import EngineTap

DOMAINS = (
    "Orders",
    "Quotes",
    "Customers",
    "Business units",
    "Clubs",
    "Reservations",
    "Products",
    "Assortment",
    "Prices and stock",
    "Inventory",
    "Discounts",
    "Marketing",
    "Shipping and tax",
    "Events",
    "Configuration",
)
"""What `x-domain` of a schema may be: chapters of the pages, in their order."""

READING = {
    "ChangeHistoryStream": "by windows of time",
    "DeletionsStream": "by id, several ranges at once",
    "AssociateStream": "as one list per business unit, asked for as one of its associates",
    "ChildStream": "as one list per object of `{parent}`",
    "Commerce7Stream": "by page number",
    "CommercetoolsStream": "by id, several ranges at once",
    "CursorStream": "by cursor",
    "CustomObjectsStream": "by id, several ranges at once; of all containers, or of those you name",
    "CustomerChildStream": "as one list per customer",
    "InStoreStream": "by id, several ranges at once; of the project, or of the stores you name",
    "MessagesStream": "by id, several ranges at once",
    "OffsetStream": "by offset, up to 10,000 records",
    "SettingsStream": "by page number",
    "SingleObjectStream": "as one object",
    "TrashStream": "by cursor",
    "TypedStream": "as one list per object type",
    "UnsortedChildStream": "as one list per object of `{parent}`",
    "VariantProjectionsStream": "by id, several ranges at once",
}
"""How a list is read in full, by the class that a stream is declared with."""

INTRODUCTION = """\
# Streams of {tap}

Generated from the code and the schemas. What a cell means:

- **Replication**: what changed since the bookmark (incremental), or everything in every run (full
  table), and how everything is read.
- **Needs**: {needs}.
- **Deletes**: what shows that a record is gone at the source. `full table`: rows that are gone are
  marked after each complete reading. `{job}`: the job of
  [meltano.yml](../meltano.yml) that reads everything again for that.{more}
- **On**: whether the stream is selected unless you say otherwise, and why not.

The name of a stream leads to its schema. Types of members, and their names, are those of the API.

Each domain has a diagram with the keys of its streams and the shortest reference from each to
others. Lines lead to streams of the domain; a member marked FK leads to a stream of another one,
whose name stands before it.
"""

NEEDS = {
    "tap-commerce7": "permission of the app, with Read",
    "tap-commercetools": "any one of these scopes of the API client",
}

MORE = {
    "tap-commerce7": "",
    "tap-commercetools": (
        " Besides, some deletes leave\n  a message in `messages`, and some are in the platform's"
        " Change History."
    ),
}


EMBEDDING = (
    "\nSecrets of any stream of this tap also stay home inside of {places}, at any depth; the"
    " catalog lists their names below these members."
)


def page(tap: type[EngineTap]) -> str:
    """Write the page of one tap."""
    parts = [
        INTRODUCTION.format(tap=tap.name, needs=NEEDS[tap.name], job=_job(tap), more=MORE[tap.name])
    ]
    for domain, members in domains(tap).items():
        parts.append(f"## {domain}\n")
        parts.append("| stream | columns | key | replication | needs | deletes | on |")
        parts.append("| --- | --- | --- | --- | --- | --- | --- |")
        parts += [_row(tap, stream) for stream in members]
        secrets = [
            f"`{stream.name}.{Member(stream.name, crumbs, {}).path}`"
            for stream in members
            for crumbs in stream.secrets
        ]
        if secrets:
            parts.append(f"\nSecrets that stay home unless you select them: {', '.join(secrets)}.")
        embedding = [
            f"`{stream.name}.{Member(stream.name, crumbs, {}).path}`"
            for stream in members
            for crumbs in stream.embedding
        ]
        if embedding:
            parts.append(EMBEDDING.format(places=", ".join(embedding)))
        parts.append(f"\n{diagram(tap, members)}\n")
    return "\n".join(parts).rstrip() + "\n"


def domains(tap: type[EngineTap]) -> dict[str, list[StreamFacts]]:
    """Give the streams of each domain.

    Raises:
        ValueError: A schema names no domain, or one that does not exist.
    """
    found: dict[str, list[StreamFacts]] = {}
    for stream in streams(tap):
        domain = stream.schema.get("x-domain")
        if domain not in DOMAINS:
            msg = f"{stream.name}.json: x-domain is {domain}, not one of {', '.join(DOMAINS)}"
            raise ValueError(msg)
        found.setdefault(domain, []).append(stream)
    return dict(sorted(found.items(), key=lambda item: DOMAINS.index(item[0])))


def _row(tap: type[EngineTap], stream: StreamFacts) -> str:
    package = tap.name.replace("-", "_")
    if not stream.on and not stream.off_because:
        msg = f"stream {stream.name} is off by default and does not say why: off_because"
        raise ValueError(msg)
    cells = (
        f"[{stream.name}](../{package}/schemas/{stream.name}.json)",
        str(len(stream.schema["properties"])),
        ", ".join(f"`{name}`" for name in stream.key),
        f"{_replication(stream)} {READING[stream.base].format(parent=stream.parent)}",
        needs(stream),
        _deletes(tap, stream),
        "yes" if stream.on else f"no: {stream.off_because}",
    )
    return f"| {' | '.join(cells)} |"


def _replication(stream: StreamFacts) -> str:
    return f"incremental on `{stream.cursor}`; in full" if stream.cursor else "full table,"


def needs(stream: StreamFacts) -> str:
    """Name the scope or permission, without what is the same for all."""
    text = stream.needs.removeprefix("scope ").removeprefix("app permission ")
    return text.removesuffix(" (read)") or "not documented"


def _deletes(tap: type[EngineTap], stream: StreamFacts) -> str:
    shown = []
    if not stream.forgotten:
        if stream.cursor:
            shown.append(f"`{_job(tap)}`")
        elif stream.activates:
            shown.append("full table")
        else:
            shown.append("full table, with `emit_activate_version_messages: true`")
    if tap.name == "tap-commercetools":
        shown += [f"message `{name}`" for name in types_for(stream.name)]
        shown += ["Change History"] if stream.name in RECORDED else []
    remark = stream.schema.get("x-deletes", "")
    return "; ".join(part for part in (", ".join(shown), remark) if part)


def delete_table() -> str:
    """Write what tells of deletes in which incremental stream of commercetools."""
    lines = [
        "",
        "| stream | `deletions` | `emit_tombstones` | `change_history` |",
        "| --- | --- | --- | --- |",
    ]
    for stream in streams(TapCommercetools):
        if stream.cursor and not stream.forgotten:
            types = ", ".join(f"`{kind}`" for kind in types_for(stream.name))
            recorded = "yes" if stream.name in RECORDED else "no"
            cells = (f"`{stream.name}`", "yes" if types else "no", types or "no", recorded)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def _job(tap: type[EngineTap]) -> str:
    return f"reconcile-{tap.name.removeprefix('tap-')}"

"""Writes docs/streams-*.md: what users want to know about a stream before they select it."""

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
"""The values of `x-domain` in schemas: the chapters of the pages, in order."""

READING = {
    "AssociatePager": "by id",
    "ByCursor": "by cursor",
    "ById": "by id, in parallel ranges",
    "ByObjectType": "by page number",
    "ByOffset": "by offset, up to 10,000 records",
    "ByPageOrCursor": "by page number, or by cursor if there are many and it takes one",
    "ByParent": "by page number",
    "ByVariant": "by id, in parallel ranges, or product after product",
    "ByWindow": "by time window",
    "ReferencePager": "by id",
    "SingleObject": "as a single object",
    "UnsortedChildPager": "by id",
}
"""How a full scan reads a list, by the pager that a stream declares for it."""

LISTS = {
    "AssociateStream": "one list per business unit, on behalf of one of its associates",
    "ChildStream": "one list per object of `{parent}`",
    "CustomObjectsStream": "all containers, or those in `custom_object_containers`",
    "InStoreStream": "the project's list, or those of the stores in `store_keys`",
    "TypedStream": "one list per object type",
    "VariantProjectionsStream": "the project's list, or those of the stores in `store_keys`",
}
"""The lists of a stream, by its base class, for streams with more than one."""

INTRODUCTION = """\
# Streams of {tap}

This page is generated from the code and the schemas. The columns:

- **Replication**: whether a run reads the changes since the bookmark (incremental) or everything
  (full table), and how a full scan reads the stream.
- **Needs**: {needs}.
- **Deletes**: what shows that a record was deleted at the source. `full table`: the target marks or
  removes rows that are gone after each full scan. `{job}`: the job in
  [meltano.yml](../meltano.yml) that runs a full scan for this purpose.{more}
- **On**: whether the stream is selected by default; if not, why. `If there`: not every source has
  the stream, and a run only warns of a source that does not.

The name of a stream links to its schema. Names and types of members are those of the API.
{units}
Each domain has a diagram with the keys of its streams and, for each stream it refers to, the
shortest reference. A line connects two streams of the domain. A member marked FK refers to a stream
of another domain, which is shown as its type.
"""

NEEDS = {
    "tap-commerce7": "the app permission, with read access",
    "tap-commercetools": "the scope of the API client; any one of those listed is enough",
}

UNITS = {
    "tap-commerce7": (
        "Amounts of money are minor units of the tenant's currency; percentages of coupons are"
        " hundredths\n(1500 is 15 %).\n"
    ),
    "tap-commercetools": "",
}

MORE = {
    "tap-commerce7": "",
    "tap-commercetools": (
        " Some deletes also leave a\n  message in `messages`, and some are recorded in the"
        " platform's Change History."
    ),
}


EMBEDDING = (
    "\nSecrets of any stream of this tap also stay home inside of {places}, at any depth; the"
    " catalog lists their names below these members."
)


def page(tap: type[EngineTap]) -> str:
    """Write the page of one tap."""
    parts = [
        INTRODUCTION.format(
            tap=tap.name,
            needs=NEEDS[tap.name],
            job=_job(tap),
            more=MORE[tap.name],
            units=UNITS[tap.name],
        )
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
            parts.append(f"\nSecrets, deselected by default: {', '.join(secrets)}.")
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
    """Return the streams of each domain.

    Raises:
        ValueError: A schema has no domain, or an unknown one.
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
        msg = f"stream {stream.name} is off by default without a reason in off_because"
        raise ValueError(msg)
    cells = (
        f"[{stream.name}](../{package}/schemas/{stream.name}.json)",
        str(len(stream.schema["properties"])),
        ", ".join(f"`{name}`" for name in stream.key),
        _replication(stream),
        needs(stream),
        _deletes(tap, stream),
        _on(stream),
    )
    return f"| {' | '.join(cells)} |"


def _on(stream: StreamFacts) -> str:
    """Write whether a stream is on, and why a source may lack it."""
    on = "yes" if stream.on else f"no: {stream.off_because}"
    return f"{on}. If there: {stream.may_be_absent}" if stream.may_be_absent else on


def _replication(stream: StreamFacts) -> str:
    mode = f"incremental on `{stream.cursor}`; full scan" if stream.cursor else "full table,"
    lists = LISTS.get(stream.base, "").format(parent=stream.parent)
    return f"{mode} {READING[stream.pager]}" + (f"; {lists}" if lists else "")


def needs(stream: StreamFacts) -> str:
    """Return the scope or permission, without the words that are the same for all."""
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
    """Write a table of what reports deletes of each incremental commercetools stream."""
    lines = [
        "",
        "| stream | `deletions` | `change_history` |",
        "| --- | --- | --- |",
    ]
    for stream in streams(TapCommercetools):
        if stream.cursor and not stream.forgotten:
            types = ", ".join(f"`{kind}`" for kind in types_for(stream.name))
            recorded = "yes" if stream.name in RECORDED else "no"
            cells = (f"`{stream.name}`", types or "no", recorded)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def _job(tap: type[EngineTap]) -> str:
    return f"reconcile-{tap.name.removeprefix('tap-')}"

"""Generated parts of docs/privacy.md, from `x-sensitive` and `x-reason` in the schemas.

`pii` marks personal data. `identifier` marks personal data that identifies a person and that a
stream map can hash (a string, or a string in a list of objects). `possible` marks members that only
sometimes hold personal data; `x-reason` says why. A schema without any of these marks has
`x-sensitive: none` at its root.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import yaml

from scripts.declarations import env_name, select_pattern, streams
from scripts.docs.members import members_of
from scripts.docs.relations import relations
from tap_engine.records.pruning import SENSITIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scripts.docs.members import Member
    from tap_engine.singer.tap import EngineTap


@functools.cache
def personal(tap: type[EngineTap]) -> tuple[Member, ...]:
    """Return the outermost members with personal data.

    Raises:
        ValueError: A schema has neither marks nor `none`.
    """
    found: dict[tuple[str, tuple[str, ...]], Member] = {}
    for member in members_of(tap):
        outer = ((member.stream, member.crumbs[:to]) for to in range(len(member.crumbs)))
        if member.node.get(SENSITIVE) in {"pii", "identifier", "possible"} and not any(
            place in found for place in outer
        ):
            found[member.stream, member.crumbs] = member
    reviewed = {stream for stream, _ in found}
    for stream in streams(tap):
        if (stream.name in reviewed) == (stream.schema.get(SENSITIVE) == "none"):
            msg = f'{stream.name}.json: mark personal data, or its absence: "{SENSITIVE}": "none"'
            raise ValueError(msg)
    return tuple(found.values())


def table(tap: type[EngineTap]) -> str:
    """Write a table of the members that hold, or may hold, personal data."""
    lines = ["", "| stream | holds | may hold |", "| --- | --- | --- |"]
    for stream, found in _by_stream(tap).items():
        reasons: dict[str, list[Member]] = defaultdict(list)
        for each in found:
            reasons[each.node.get("x-reason", "")].append(each)
        sure = _grouped(reasons.pop("", []))
        may = [f"{_names(these)} ({why})" for why, these in reasons.items()]
        lines.append(f"| `{stream}` | {sure} | {'<br>'.join(may)} |")
    return "\n".join([*lines, "", ""])


def _by_stream(tap: type[EngineTap]) -> dict[str, list[Member]]:
    """Return the members for the table, except `externalUserId`, which nearly all streams have."""
    found = defaultdict(list)
    for each in personal(tap):
        if each.name != "externalUserId":
            found[each.stream].append(each)
    return found


def _names(found: Sequence[Member]) -> str:
    """Write names only, because some members occur in many places."""
    outer = {each.name for each in found if len(each.names) == 1}
    inner = {each.name for each in found if len(each.names) > 1}
    texts = [f"`{name}`, also inside other members" for name in sorted(outer & inner)]
    texts += [f"`{name}`" for name in sorted(outer - inner)]
    texts += [f"`{name}` inside other members" for name in sorted(inner - outer)]
    return ", ".join(texts)


def _grouped(found: Iterable[Member]) -> str:
    """Write members, grouping places that have the same ones."""
    names_of = defaultdict(list)
    for each in found:
        place, _, name = each.path.rpartition(".")
        names_of[place].append(f"`{name}`")
    places_of = defaultdict(list)
    for place, names in names_of.items():
        places_of[", ".join(names)].append(place)
    return "<br>".join(_group(places, names) for names, places in places_of.items())


def _group(places: Sequence[str], names: str) -> str:
    inside = ", ".join(f"`{place}`" for place in places if place)
    top = [names] if "" in places else []
    return "; also ".join(top + ([f"in {inside}: {names}"] if inside else []))


def nothing(tap: type[EngineTap]) -> str:
    """Write which streams have no personal data."""
    names = [f"`{each.name}`" for each in streams(tap) if each.name not in _by_stream(tap)]
    return f"\nNo personal data in {', '.join(names[:-1])} and {names[-1]}.\n\n"


def select(tap: type[EngineTap]) -> str:
    """Write `select` rules that leave out personal data."""
    lines = ["", "```yaml"]
    for comment, patterns in select_groups(tap).items():
        lines += [f"# {comment}", *(f'- "!{pattern}"' for pattern in patterns)]
    return "\n".join([*lines, "```", "", ""])


def select_groups(tap: type[EngineTap]) -> dict[str, list[str]]:
    """Return the patterns, without their `!`, by the comment above them."""
    return {
        comment: _patterns(tap, [each for each in personal(tap) if each.node[SENSITIVE] == level])
        for comment, level in {
            "Identifies a person; remove these lines if you hash the values instead:": "identifier",
            "Other personal data:": "pii",
            "May be personal; remove the lines for members that are not, in your case:": "possible",
        }.items()
    }


def _patterns(tap: type[EngineTap], wanted: Sequence[Member]) -> list[str]:
    """Return few patterns that cover these members and no others.

    A pattern covers all streams if several have such a member, else one stream, else one member.
    """
    places = {(each.stream, each.owner) for each in wanted}
    chosen: set[str] = set()
    for each in wanted:
        name = each.name if len(each.names) == 1 else f"*.{each.name}"
        exact = select_pattern(each.stream, each.owner)
        for pattern in (f"*.{name}", f"{each.stream}.{name}", exact):
            covered = _covered(tap, pattern, each.name)
            several = len({stream for stream, _ in covered}) > 1 or not pattern.startswith("*")
            if several and covered <= places:
                chosen.add(pattern)
                break
    return sorted(chosen, key=lambda pattern: (not pattern.startswith("*"), pattern))


@functools.cache
def _covered(tap: type[EngineTap], pattern: str, name: str) -> set[tuple[str, tuple[str, ...]]]:
    """Return the members of a given name that a pattern covers."""
    matches = matcher(pattern)
    named = [(each.stream, each.owner) for each in members_of(tap) if each.name == name]
    return {place for place in named if matches(*place)}


def matcher(pattern: str) -> Callable[[str, tuple[str, ...]], bool]:
    """Compile a pattern of `select`, without its `!`, as Meltano interprets it."""
    stream, *names = pattern.split(".")
    streams_match = re.compile(fnmatch.translate(stream)).match
    crumbs = ".".join(f"properties.{name}" for name in names)
    crumbs_match = re.compile(fnmatch.translate(crumbs)).match
    return lambda name, owner: bool(streams_match(name) and crumbs_match(".".join(owner)))


def stream_maps(tap: type[EngineTap]) -> str:
    """Write stream maps that hash the members that identify a person."""
    config = {
        "stream_maps": maps(tap),
        "stream_map_config": {"hash_seed": f"${env_name(tap, 'hash_seed')}"},
    }
    text = yaml.safe_dump({"config": config}, sort_keys=False, width=1000)
    return f"\n```yaml\n{text}```\n\n"


def maps(tap: type[EngineTap]) -> dict[str, dict[str, str]]:
    """Return expressions by stream and member; null and missing values become null."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for each in personal(tap):
        if each.node[SENSITIVE] == "identifier":
            member, _, inner = each.path.partition("[].")
            found[each.stream][member] = _expression(member, inner)
    return dict(found)


def _expression(member: str, inner: str) -> str:
    if not inner:
        return f"{_hash('record', member)} if record.get('{member}') else None"
    hashed = f"{{**each, '{inner}': {_hash('each', inner)}}}"
    changed = f"{hashed} if each.get('{inner}') else each"
    records = f"record.get('{member}')"
    return f"[{changed} for each in {records}] if {records} else {records}"


def _hash(record: str, member: str) -> str:
    # The platforms ignore case in e-mail addresses; equal ones must have equal hashes.
    lower = ".lower()" if member.lower().endswith("email") else ""
    return f"sha256(config['hash_seed'] + {record}['{member}']{lower})"


def person(tap: type[EngineTap]) -> str:
    """Write a table of the members by which to find the records of a person."""
    ids = defaultdict(list, {"customers": ["`id`"]})
    for relation in relations(tap):
        if relation.target == "customers":
            end = "" if relation.member.name.endswith("Id") else ".id"
            ids[relation.member.stream].append(f"`{relation.member.path}{end}`")
    mails = defaultdict(list)
    for each in personal(tap):
        if each.name.lower().endswith("email") and each.node[SENSITIVE] != "possible":
            mails[each.stream].append(f"`{each.path}`")
    lines = ["", "| stream | by the customer's id | by e-mail |", "| --- | --- | --- |"]
    lines += [
        f"| `{stream}` | {', '.join(ids[stream])} | {', '.join(mails[stream])} |"
        for stream in sorted(ids.keys() | mails.keys())
    ]
    return "\n".join([*lines, "", ""])

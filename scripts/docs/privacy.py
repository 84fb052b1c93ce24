"""The generated parts of docs/privacy.md."""

from __future__ import annotations

import fnmatch
import functools
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import yaml

from scripts.declarations import env_name, select_pattern, streams
from scripts.docs.members import members_of
from scripts.docs.personal import HASHED, personal
from scripts.docs.relations import relations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scripts.docs.members import Member
    from scripts.docs.personal import Personal
    from tap_engine.singer.tap import EngineTap


def table(tap: type[EngineTap]) -> str:
    """Write which members of which streams hold or may hold personal data."""
    lines = ["", "| stream | holds | may hold |", "| --- | --- | --- |"]
    for stream, found in _by_stream(tap).items():
        sure = _grouped(each for each in found if not each.may)
        reasons: dict[str, list[Personal]] = defaultdict(list)
        for each in found:
            if each.may:
                reasons[each.may].append(each)
        may = [f"{_names(these)} ({why})" for why, these in reasons.items()]
        lines.append(f"| `{stream}` | {sure} | {'<br>'.join(may)} |")
    return "\n".join([*lines, "", ""])


def _by_stream(tap: type[EngineTap]) -> dict[str, list[Personal]]:
    """Give what the table lists; who changed a record is the same in all streams, and not in it."""
    found = defaultdict(list)
    for each in personal(tap):
        if each.member.name != "externalUserId":
            found[each.member.stream].append(each)
    return found


def _names(found: list[Personal]) -> str:
    """Write members without their places, which are many for some."""
    outer = {each.member.name for each in found if each.member.depth == 1}
    inner = {each.member.name for each in found if each.member.depth > 1}
    texts = [f"`{name}`, also inside other members" for name in sorted(outer & inner)]
    texts += [f"`{name}`" for name in sorted(outer - inner)]
    texts += [f"`{name}` inside other members" for name in sorted(inner - outer)]
    return ", ".join(texts)


def _grouped(found: Iterable[Personal]) -> str:
    """Write members, those of the same names in several places together."""
    names_of = defaultdict(list)
    for each in found:
        place, _, name = each.member.path.rpartition(".")
        names_of[place].append(f"`{name}`")
    places_of = defaultdict(list)
    for place, names in names_of.items():
        places_of[tuple(names)].append(place)
    return "<br>".join(_group(places, names) for names, places in places_of.items())


def _group(places: list[str], names: tuple[str, ...]) -> str:
    inside = [f"`{place}`" for place in places if place]
    rest = f"in {', '.join(inside)}: {', '.join(names)}"
    return f"{', '.join(names)}{'; also ' + rest if inside else ''}" if "" in places else rest


def nothing(tap: type[EngineTap]) -> str:
    """Name the streams without personal data."""
    names = [f"`{each.name}`" for each in streams(tap) if each.name not in _by_stream(tap)]
    return f"\nNo personal data in {', '.join(names[:-1])} and {names[-1]}.\n\n"


def select(tap: type[EngineTap]) -> str:
    """Write the lines of `select` that leave personal data out."""
    lines = ["", "```yaml"]
    for comment, patterns in select_groups(tap).items():
        lines += [f"# {comment}", *(f'- "!{pattern}"' for pattern in patterns)]
    return "\n".join([*lines, "```", "", ""])


def select_groups(tap: type[EngineTap]) -> dict[str, list[str]]:
    """Give the patterns, without their `!`, by what they are about."""
    hashable = [each.member for each in personal(tap) if each.hashable]
    sure = [each.member for each in personal(tap) if not (each.may or each.hashable)]
    may = [each.member for each in personal(tap) if each.may]
    return {
        "What identifies; leave these lines out if you hash it instead:": _patterns(tap, hashable),
        "Other personal data:": _patterns(tap, sure),
        "What may hold some; leave out the lines of what does not at yours:": _patterns(tap, may),
    }


def _patterns(tap: type[EngineTap], wanted: list[Member]) -> list[str]:
    """Cover members with few patterns that cover no other member.

    A pattern goes for all streams where more than one has such a member, or for one stream, or for
    this very member.
    """
    places = {(each.stream, each.owner) for each in wanted}
    chosen: dict[str, None] = {}
    for each in wanted:
        name = each.name if each.depth == 1 else f"*.{each.name}"
        exact = select_pattern(each.stream, each.owner)
        for pattern in (f"*.{name}", f"{each.stream}.{name}", exact):
            covered = _covered(tap, pattern, each.name)
            several = len({stream for stream, _ in covered}) > 1 or not pattern.startswith("*")
            if several and covered <= places:
                chosen[pattern] = None
                break
    return sorted(chosen, key=lambda pattern: (not pattern.startswith("*"), pattern))


@functools.cache
def _covered(tap: type[EngineTap], pattern: str, name: str) -> set[tuple[str, tuple[str, ...]]]:
    """Give the members of a name that a pattern covers."""
    matches = matcher(pattern)
    named = [(each.stream, each.owner) for each in members_of(tap) if each.name == name]
    return {place for place in named if matches(*place)}


def matcher(pattern: str) -> Callable[[str, tuple[str, ...]], bool]:
    """Compile a pattern of `select`, without its `!`, the way Meltano reads it."""
    stream, *names = pattern.split(".")
    streams_match = re.compile(fnmatch.translate(stream)).match
    crumbs = ".".join(f"properties.{name}" for name in names)
    crumbs_match = re.compile(fnmatch.translate(crumbs)).match
    return lambda name, owner: bool(streams_match(name) and crumbs_match(".".join(owner)))


def stream_maps(tap: type[EngineTap]) -> str:
    """Write the stream maps that hash what identifies."""
    config = {
        "stream_maps": maps(tap),
        "stream_map_config": {"hash_seed": f"${env_name(tap, 'hash_seed')}"},
    }
    text = yaml.safe_dump({"config": config}, sort_keys=False, width=1000)
    return f"\n```yaml\n{text}```\n\n"


def maps(tap: type[EngineTap]) -> dict[str, dict[str, str]]:
    """Give the expressions by stream and member; null and missing stay null."""
    return {
        stream: dict(_expression(path) for path in paths)
        for stream, paths in HASHED[tap.name].items()
    }


def _expression(path: str) -> tuple[str, str]:
    member, _, inner = path.partition("[].")
    if not inner:
        return member, f"{_hash('record', member)} if record.get('{member}') else None"
    hashed = f"{{**each, '{inner}': {_hash('each', inner)}}}"
    changed = f"{hashed} if each.get('{inner}') else each"
    records = f"record.get('{member}')"
    return member, f"[{changed} for each in {records}] if {records} else {records}"


def _hash(record: str, member: str) -> str:
    # Platforms do not mind the case of an e-mail; equal ones are to be equal in all streams.
    lower = ".lower()" if member.lower().endswith("email") else ""
    return f"sha256(config['hash_seed'] + {record}['{member}']{lower})"


def person(tap: type[EngineTap]) -> str:
    """Write by which members the records of one person are found."""
    ids: dict[str, dict[str, None]] = defaultdict(dict)
    for each in relations(tap):
        if each.target == "customers" and not _LOGGED & set(each.member.path.split(".")):
            end = "" if each.member.name.endswith("Id") else ".id"
            ids[each.member.stream][f"`{each.member.path}{end}`"] = None
    mails: dict[str, dict[str, None]] = defaultdict(dict)
    for found in personal(tap):
        if found.member.name.lower().endswith("email") and not found.may:
            mails[found.member.stream][f"`{found.member.path}`"] = None
    ids["customers"] = {"`id`": None}
    lines = ["", "| stream | by the customer's id | by e-mail |", "| --- | --- | --- |"]
    lines += [
        f"| `{stream}` | {', '.join(ids.get(stream, ()))} | {', '.join(mails.get(stream, ()))} |"
        for stream in sorted(ids.keys() | mails.keys())
    ]
    return "\n".join([*lines, "", ""])


_LOGGED = {"createdBy", "lastModifiedBy"}

"""Entity-relationship diagrams in Mermaid, which GitHub and GitLab render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.docs.relations import shortest

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from scripts.declarations import StreamFacts
    from scripts.docs.relations import Relation
    from tap_engine.singer.tap import EngineTap


def diagram(tap: type[EngineTap], domain: Sequence[StreamFacts]) -> str:
    """Draw the streams of a domain: their keys, and references within and beyond the domain."""
    inside = {stream.name for stream in domain}
    lines = ["```mermaid", "erDiagram"]
    for stream in domain:
        relations = list(shortest(tap, stream.name))
        lines += [f"    {stream.name} {{", *_attributes(stream, relations, inside), "    }"]
        lines += [_line(each) for each in relations if each.target in inside]
    return "\n".join([*lines, "```"])


def _attributes(
    stream: StreamFacts, relations: Sequence[Relation], inside: Container[str]
) -> Iterator[str]:
    """Write the key, and references to other domains, with the referenced stream as type."""
    targets = {each.member.path: each.target for each in relations}
    for name in stream.key:
        target = targets.get(name, "")
        if target and target not in inside:
            yield f"        {target} {name} PK, FK"
        else:
            kind = stream.schema["properties"][name]["type"]
            yield f"        {kind} {name} {'PK, FK' if target else 'PK'}"
    for each in relations:
        name, path = each.member.name, each.member.path
        if each.target not in inside and path not in stream.key:
            # Mermaid does not allow dots in names, but it does in comments.
            yield f"        {each.target} {name} FK" + (f' "{path}"' if path != name else "")


def _line(relation: Relation) -> str:
    many = "o{" if "[]" in relation.member.path else "o|"
    return f'    {relation.member.stream} }}o--{many} {relation.target} : "{relation.member.path}"'

"""Checks that meltano.yml, docs/settings.md and .env.example agree with the code about the taps.

Prints one line per difference and ends with 1 if there is any.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from scripts.declarations import (
    TAPS,
    env_name,
    own_settings,
    sdk_settings,
    select_pattern,
    streams,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_engine.tap import EngineTap

ROOT = Path(__file__).resolve().parent.parent

Facts = dict[str, tuple[Any, ...]]
"""What a file says about settings: name -> (kind, default, sensitive), or less."""


def main() -> None:
    """Compare everything."""
    found = list(differences())
    if found:
        sys.exit("\n".join(found))


def differences() -> Iterator[str]:
    """Name every difference between the files and the code."""
    tables = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    environment = (ROOT / ".env.example").read_text(encoding="utf-8")
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    extractors = {plugin["name"]: plugin for plugin in project["plugins"]["extractors"]}
    for tap in TAPS:
        own = {s.name: (s.kind, s.default, s.sensitive) for s in own_settings(tap)}
        sdk = {s.name: (s.kind, s.default, s.sensitive) for s in sdk_settings(tap)}
        extractor = extractors[tap.name]
        yield from _compare(f"meltano.yml, {tap.name}", own | sdk, _in_meltano(extractor))
        yield from _compare(f"docs/settings.md, {tap.name}", own, _in_table(tables, tap))
        variables = {env_name(tap, name): (default,) for name, (_, default, _) in own.items()}
        yield from _compare(".env.example", variables, _in_environment(environment, tap))
        yield from _compare_select(tap, extractor["select"])
        yield from _compare_capabilities(tap, extractor["capabilities"])
        yield from _unknown_groups(tap, extractor["settings_group_validation"])


def _compare(where: str, code: Facts, file: Facts) -> Iterator[str]:
    for name in sorted(code.keys() | file.keys()):
        if name not in file:
            yield f"{where}: {name} is missing"
        elif name not in code:
            yield f"{where}: {name} does not exist in the code"
        elif code[name] != file[name]:
            yield f"{where}: {name} is {file[name]}, in the code {code[name]}"


def _in_meltano(extractor: Mapping[str, Any]) -> Facts:
    return {
        setting["name"]: (setting["kind"], setting.get("value"), setting.get("sensitive", False))
        for setting in extractor["settings"]
    }


def _in_table(page: str, tap: type[EngineTap]) -> Facts:
    start = page.index(f"begin generated: settings of {tap.name} ")
    block = page[start : page.index("end generated", start)]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|", block, re.MULTILINE)
    facts: Facts = {}
    for name, kind, default in rows:
        value = re.fullmatch(r"`(.*)`", default.strip())
        facts[name] = (
            kind.strip().removesuffix(", secret"),
            _value(value[1]) if value else None,
            kind.strip().endswith(", secret"),
        )
    return facts


def _in_environment(text: str, tap: type[EngineTap]) -> Facts:
    prefix = env_name(tap, "")
    lines = re.findall(rf"^#?({prefix}\w+)=(.*)$", text, re.MULTILINE)
    return {name: (_value(value) if value else None,) for name, value in lines}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _compare_select(tap: type[EngineTap], patterns: Iterable[str]) -> Iterator[str]:
    """Meltano selects what matches `*.*`, so whatever is off by default has to be listed."""
    wanted = {"*.*"}
    for stream in streams(tap):
        if not stream.on:
            wanted.add(f"!{stream.name}.*")
        wanted |= {f"!{select_pattern(stream.name, crumb)}" for crumb in stream.secrets}
    for pattern in sorted(wanted ^ set(patterns)):
        state = "is missing" if pattern in wanted else "has no reason in the code"
        yield f'meltano.yml, {tap.name}: select pattern "{pattern}" {state}'


def _compare_capabilities(tap: type[EngineTap], listed: Iterable[str]) -> Iterator[str]:
    for name in sorted({each.value for each in tap.capabilities} ^ set(listed)):
        yield f"meltano.yml, {tap.name}: capability {name} is on one side only"


def _unknown_groups(tap: type[EngineTap], groups: Iterable[list[str]]) -> Iterator[str]:
    known = {setting.name for setting in own_settings(tap)}
    for name in sorted({name for group in groups for name in group} - known):
        yield f"meltano.yml, {tap.name}: settings_group_validation names unknown {name}"


if __name__ == "__main__":
    main()

"""Generates documentation from the code.

Some files are generated as a whole. In others, only the text between a line with
`begin generated: <what>` and the next line with `end generated` is replaced. With `--check`,
nothing is written, and the exit code is 1 if a file is out of date.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
import textwrap
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.declarations import TAPS, env_name, own_settings
from scripts.docs import hub, marts, privacy, stream_pages
from scripts.tables.files import STAGING, VERSION, macros_version, staging

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.declarations import Setting
    from tap_engine.singer.tap import EngineTap

ROOT = Path(__file__).resolve().parent.parent
FILES = ("docs/settings.md", "meltano.yml", ".env.example")
PAGES = ("docs/deletes.md", "docs/privacy.md", "docs/tables.md")
BLOCK = re.compile(
    r"^(?P<begin>[^\n]*begin generated: (?P<what>[^\n]*?)(?: -->)?\n)"
    r".*?"
    r"(?P<end>^[^\n]*end generated)",
    re.DOTALL | re.MULTILINE,
)


def main() -> None:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 on a difference"
    )
    check = parser.parse_args().check
    stale = False
    for path, new in outputs().items():
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if old == new:
            continue
        name = str(path.relative_to(ROOT))
        if check:
            stale = True
            sys.stdout.writelines(
                difflib.unified_diff(
                    old.splitlines(keepends=True),
                    new.splitlines(keepends=True),
                    name,
                    f"{name} as generated from the code",
                )
            )
        else:
            write(path, new)
            print(f"{'wrote' if new else 'removed'} {name}")
    if stale:
        sys.exit("out of date; run: .venv/bin/python -m scripts.generate_docs")


def write(path: Path, text: str) -> None:
    """Write a file, or remove it if it has no text."""
    if not text:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def outputs() -> dict[Path, str]:
    """Return the text of every generated file by path; empty for those that have to go."""
    files = {
        ROOT / name: filled((ROOT / name).read_text(encoding="utf-8")) for name in (*FILES, *PAGES)
    }
    for tap in TAPS:
        short = tap.name.removeprefix("tap-")
        files[ROOT / "docs" / f"streams-{short}.md"] = stream_pages.page(tap)
        files[ROOT / "hub" / "extractors" / f"{tap.name}.yml"] = hub.page(tap)
    files[ROOT / VERSION] = macros_version()
    tables = {ROOT / STAGING / name: text for name, text in staging().items()}
    gone = {path: "" for path in (ROOT / STAGING).rglob("*.*") if path not in tables}
    return files | gone | tables


def filled(text: str) -> str:
    """Replace the generated blocks of a file.

    Raises:
        KeyError: There is no such block.
    """

    def fill(match: re.Match[str]) -> str:
        return match["begin"] + blocks()[match["what"]]() + match["end"]

    return BLOCK.sub(fill, text)


def blocks() -> dict[str, Callable[[], str]]:
    """Return the functions that write the generated blocks, by name."""
    of_taps = {
        f"{what} of {tap.name}": partial(make, tap) for tap in TAPS for what, make in MAKERS.items()
    }
    return of_taps | {
        "deletes of tap-commercetools": stream_pages.delete_table,
        "marts": marts.section,
    }


def setting_table(tap: type[EngineTap]) -> str:
    """Write the settings as a Markdown table."""
    lines = ["", "| setting | kind | default | meaning |", "| --- | --- | --- | --- |"]
    for setting in own_settings(tap):
        default = "required" if setting.required else ""
        if setting.default is not None:
            default = f"`{literal(setting)}`"
        kind = f"{setting.kind}, secret" if setting.sensitive else setting.kind
        lines.append(f"| `{setting.name}` | {kind} | {default} | {setting.description} |")
    return "\n".join([*lines, "", ""])


def env_lines(tap: type[EngineTap]) -> str:
    """Write the environment variables; optional ones are commented out."""
    lines = []
    for setting in own_settings(tap):
        lines += textwrap.wrap(
            setting.description,
            96,
            initial_indent="# ",
            subsequent_indent="# ",
            break_on_hyphens=False,
        )
        needed = setting.required or setting.name in NEEDED
        default = "" if setting.default is None else literal(setting)
        lines += [f"{'' if needed else '#'}{env_name(tap, setting.name)}={default}", ""]
    return "\n".join(lines)


def literal(setting: Setting) -> str:
    """Return a default as text that reads the same in YAML, JSON and .env files."""
    value: Any = setting.default
    return value if isinstance(value, str) else json.dumps(value)


NEEDED = {"app_id", "app_secret"}
"""Not required by the schema, which also allows legacy credentials, but usually needed."""

MAKERS: dict[str, Callable[[type[EngineTap]], str]] = {
    "settings": setting_table,
    "plugin": hub.meltano_block,
    "environment": env_lines,
    "personal data": privacy.table,
    "streams without personal data": privacy.nothing,
    "select without personal data": privacy.select,
    "stream maps": privacy.stream_maps,
    "one person": privacy.person,
}

if __name__ == "__main__":
    main()

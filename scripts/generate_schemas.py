"""Writes one JSON Schema file per stream into both tap packages.

The field listings are not part of the repository; name their directory with `--reference` or in
the environment variable TAP_REFERENCE. `--check` writes nothing and exits 1 when a file differs,
is missing or is left over.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from schemas import commerce7, commercetools

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent


class Source(NamedTuple):
    """A field listing and the package its schemas go to."""

    listing: str
    package: str
    build: Callable[[dict[str, Any]], dict[str, dict[str, Any]]]


SOURCES = (
    Source("commerce7-fields.yaml", "tap_commerce7", commerce7.build),
    Source("commercetools-resources.yaml", "tap_commercetools", commercetools.build),
)


# Type lists and key lists on one line: half the lines, and a diff shows the member it is about.
_STRING_LIST = re.compile(r'\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]')


def _compact_lists(text: str) -> str:
    return _STRING_LIST.sub(lambda match: "[" + re.sub(r"\s+", " ", match[1]) + "]", text)


def rendered(reference: Path) -> dict[Path, str]:
    """Return the text of every schema file by its path.

    Args:
        reference: Directory of the field listings.

    Raises:
        FileNotFoundError: A listing is not in the directory.
    """
    files = {}
    for source in SOURCES:
        text = (reference / source.listing).read_text(encoding="utf-8")
        for stream, schema in source.build(yaml.load(text, Loader=yaml.CSafeLoader)).items():
            path = ROOT / source.package / "schemas" / f"{stream}.json"
            files[path] = _compact_lists(json.dumps(schema, indent=2)) + "\n"
    return files


def differing(files: dict[Path, str]) -> list[Path]:
    """Return the files on disk that are missing, differ or belong to no stream, sorted."""
    present = {
        path for source in SOURCES for path in (ROOT / source.package / "schemas").glob("*.json")
    }
    changed = {
        path
        for path, text in files.items()
        if path not in present or path.read_text(encoding="utf-8") != text
    }
    return sorted(changed | (present - files.keys()))


def main(arguments: list[str] | None = None) -> int:
    """Write or check the schema files and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", default=os.environ.get("TAP_REFERENCE"))
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    if not options.reference:
        parser.error("name the directory of the field listings: --reference or TAP_REFERENCE")
    try:
        files = rendered(Path(options.reference))
    except FileNotFoundError as error:
        parser.error(f"no field listing at {error.filename}")
    changed = differing(files)
    for path in changed:
        print(path.relative_to(ROOT))
    if options.check:
        return 1 if changed else 0
    for path in changed:
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())

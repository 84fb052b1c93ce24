"""What the documents point to exists: links, anchors, files, commands."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
ROOMS = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."} | {".ci"}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def prose(page: Path) -> str:
    """The text of a page without its code blocks, in which # begins a comment."""
    return re.sub(r"^( *)```.*?^\1```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


def test_all_pages_are_there() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "state.md"} < {p.name for p in PAGES}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@each_page
def test_named_files_are_there(page: Path) -> None:
    for name in re.findall(r"`([\w.*-]+/[\w./*-]*)`", prose(page)):
        if name.split("/")[0] in ROOMS or name.startswith("tap_"):
            assert list(ROOT.glob(name.rstrip("/"))) or "NAME" in name, name


@each_page
def test_commands_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    known = set(re.findall(r"^(\w+)\)$", (ROOT / "run").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\./run (\w+)", text)) <= known
    # The modules need what is installed in .venv.
    assert re.findall(r"(?<!\.venv/bin/)python -m [\w.]+", text) == []
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert find_spec(module), module
    for file in re.findall(r"\./run test [^`\n]*?(tests/[\w./]+)", text):
        assert (ROOT / file).exists(), file

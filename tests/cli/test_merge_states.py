"""`--merge-states`: prints the state that follows from those of all shards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tests.support import catalog_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command
    from tests.faults.source import Source


def test_an_ordinary_run_goes_on_from_the_merged_state(
    command: Command, sources: dict[str, Source], tmp_path: Path
) -> None:
    tap = TapCommercetools
    config, files = sources[tap.name].config(), []
    catalog = catalog_of(tap, ["customers", "products"])
    for number in (1, 2):
        ended = command(tap, config={**config, "shard": f"{number}/2"}, catalog=catalog)
        assert ended.code == 0
        files.append(tmp_path / f"shard-{number}.json")
        states = [json.loads(line) for line in ended.out.splitlines() if '"STATE"' in line[:20]]
        files[-1].write_text(json.dumps(states[-1]["value"]))
    merged = command(tap, "--merge-states", *map(str, files))
    assert (merged.code, merged.err) == (0, "")
    state: dict[str, Any] = json.loads(merged.out)
    assert list(state) == ["bookmarks", "tap", "source"]
    bookmarks = [json.loads(file.read_text())["bookmarks"] for file in files]
    assert set(state["bookmarks"]) == set(bookmarks[0])
    assert command(tap, config=config, catalog=catalog, state=state).code == 0
    missing = command(tap, "--merge-states", str(files[1]))
    assert missing.code == 1
    assert missing.lines == ["states cannot be merged: shards are missing: 1/2"]
    assert missing.out == ""


def test_what_cannot_be_merged_ends_in_one_clear_line(command: Command, tmp_path: Path) -> None:
    tap = TapCommercetools
    nothing = command(tap, "--merge-states")
    assert nothing.code == 1
    assert nothing.lines == [
        "states cannot be merged: no states given; name the file of each shard's state"
    ]
    path = tmp_path / "a.json"
    path.write_text("{")
    broken = command(tap, "--merge-states", str(path))
    assert (broken.code, len(broken.lines)) == (1, 1)
    assert broken.lines[0].startswith(f"states cannot be merged: {path} cannot be read: ")
    alone = command(tap, str(path))
    assert (alone.code, len(alone.lines)) == (1, 1)
    assert "unexpected arguments" in alone.lines[0]


def test_a_tap_without_shards_does_not_offer_to_merge_states(command: Command) -> None:
    ended = command(TapCommerce7, "--merge-states")
    assert ended.code == 2
    assert "No such option '--merge-states'" in ended.err

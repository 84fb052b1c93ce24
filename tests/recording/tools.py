"""Records runs of both taps, and replays them."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from sandbox.replay import Replay
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.recording.recorder import Recorder
from tap_engine.recording.rewriting import read, write
from tap_engine.singer import record
from tests.faults.source import narrowed
from tests.support import catalog_of, commerce7_config, commercetools_config, run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox.standin import StandIn
    from tap_engine.singer.tap import EngineTap
    from tests.support import Output

UNTHROTTLED: dict[str, dict[str, Any]] = {
    TapCommercetools.name: {},
    TapCommerce7.name: {"max_requests_per_minute": 100_000},
}
TAPS: tuple[type[EngineTap], ...] = (TapCommercetools, TapCommerce7)


def build(kind: type[EngineTap], **options: Any) -> StandIn:
    """Build the stand-in of a tap."""
    if kind is TapCommerce7:
        return build_commerce7(**{"size": 0.3, "rate_limit": None, **options})
    return build_commercetools(**{"size": 0.3, **options})


@dataclass
class Recording:
    """A run and what was recorded of it.

    Attributes:
        folder: The recording.
        recorder: What made it, with its replacements.
        output: What the run printed.
    """

    folder: Path
    recorder: Recorder
    output: Output

    @property
    def text(self) -> str:
        """Everything that was written."""
        files = sorted(self.folder.iterdir())
        return "\n".join(file.read_text(encoding="utf-8") for file in files)

    @property
    def index(self) -> dict[str, Any]:
        """The first of the files."""
        found: dict[str, Any] = json.loads((self.folder / "recording.json").read_text())
        return found

    def replaced(self, record: dict[str, Any]) -> dict[str, Any]:
        """Replace values of a record; members that the tap adds keep their names."""
        rewriter = self.recorder.rewriter
        assert rewriter
        value = read(json.dumps(record, default=float))
        own = {name: value.pop(name) for name in record if name.startswith("_sdc")}
        rewritten = rewriter.value([value])[0]
        rewritten |= {name: rewriter.replacer.text(moment) for name, moment in own.items()}
        found: dict[str, Any] = json.loads(write(rewritten))
        return found

    def replaced_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """Replace values of a state as in the recording."""
        rewritten = self.recorder._state(read(json.dumps(state)), "")
        found: dict[str, Any] = json.loads(write(rewritten))
        return found


def recorded(
    kind: type[EngineTap],
    stand_in: StandIn,
    folder: Path,
    streams: Iterable[str],
    *,
    state: dict[str, Any] | None = None,
    **settings: Any,
) -> Recording:
    """Run a tap on some streams, and record it."""
    names = tuple(streams)
    made: list[Recorder] = []

    class Kept(Recorder):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    class Recorded(narrowed(kind, names)):  # type: ignore[misc]
        def run(self) -> int:
            return record.recorded(self, str(folder), super().run)

    Recorded.__name__ = kind.__name__
    make = commerce7_config if kind is TapCommerce7 else commercetools_config
    with stand_in.serve() as server, mock.patch.object(record, "Recorder", Kept):
        output = run(Recorded, make(server.url, **settings), streams=names, state=state)
    logging.getLogger().filters.clear()
    return Recording(folder, made[0], output)


def replayed(kind: type[EngineTap], recording: Recording) -> tuple[Output, Replay]:
    """Run a tap on what was recorded."""
    replay = Replay(recording.folder)
    names = tuple(recording.index["streams"])
    file = recording.folder / "state.json"
    state = json.loads(file.read_text()) if file.exists() else None
    with replay.serve() as server:
        output = run(
            narrowed(kind, names),
            {**replay.settings(server.url), "retry_max_seconds": 5, **UNTHROTTLED[kind.name]},
            catalog=catalog_of(narrowed(kind, names), names),
            state=state,
        )
    return output, replay

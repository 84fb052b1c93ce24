"""The command line in this process: the real entry point, without the seconds a new one takes."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools
from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine.singer import cli
from tests.faults.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_engine.singer.tap import EngineTap

TAPS: list[type[EngineTap]] = [TapCommercetools, TapCommerce7]


@dataclass
class Ended:
    """How a command ended: exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """List the error lines, without time and logger."""
        parts = [line.split("|", 3) for line in self.err.splitlines() if "| ERROR" in line]
        return [part[-1].strip() for part in parts]


class Command(Protocol):
    """Runs a command line; settings go into a file that `--config` names."""

    def __call__(
        self,
        tap: type[EngineTap],
        *arguments: str,
        config: Any = None,
        state: Any = None,
        catalog: Any = None,
    ) -> Ended:
        """Run it to its end."""


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Run command lines and undo what they do to logging and to this process."""
    root, hook, filters = logging.getLogger(), sys.excepthook, list(warnings.filters)
    handlers, level = list(root.handlers), root.level

    def run(tap: type[EngineTap], *arguments: str, **files: Any) -> Ended:
        words = [tap.name]
        for name, value in files.items():
            if value is not None:
                path = tmp_path / f"{name}.json"
                path.write_text(value if isinstance(value, str) else json.dumps(value))
                words += [f"--{name}", str(path)]
        monkeypatch.setattr(sys, "argv", [*words, *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main(tap)
        sys.stdout.flush()
        out, err = capfd.readouterr()
        _restore(root, handlers)
        code = left.value.code
        return Ended(code if isinstance(code, int) else 0, out, err)

    yield run
    _restore(root, handlers)
    root.setLevel(level)
    sys.excepthook = hook
    logging.captureWarnings(capture=False)
    warnings.filters[:] = filters  # type: ignore[index]


def _restore(root: logging.Logger, handlers: list[logging.Handler]) -> None:
    for handler in [each for each in root.handlers if each not in handlers]:
        root.removeHandler(handler)


@pytest.fixture(scope="session")
def sources() -> Iterator[dict[str, Source]]:
    """Serve one of each, by the name of its tap."""
    one = build_commercetools(size=0.05)
    two = build_commerce7(size=0.05, rate_limit=None)
    with one.serve() as first, two.serve() as second:
        yield {
            TapCommercetools.name: Source(TapCommercetools, one, first.url, "/demo/zones", 4),
            TapCommerce7.name: Source(TapCommerce7, two, second.url, "/v1/note", 1),
        }


@pytest.fixture(params=TAPS, ids=lambda tap: tap.name)
def tap(request: pytest.FixtureRequest) -> type[EngineTap]:
    """Each of the two taps."""
    kind: type[EngineTap] = request.param
    return kind


@pytest.fixture
def source(tap: type[EngineTap], sources: dict[str, Source]) -> Iterator[Source]:
    """Give the served source of a tap, with an empty log and without faults."""
    chosen = sources[tap.name]
    chosen.stand_in.requests.clear()
    yield chosen
    chosen.stand_in.faults.clear()

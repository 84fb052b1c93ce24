"""What the scripts print, and how they end."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def say(text: str) -> None:
    """Print what happens now."""
    print(f"==> {text}", flush=True)


def print_table(heads: tuple[str, ...], lines: Iterable[tuple[object, ...]]) -> None:
    """Print a table; the first column is text, the others are numbers."""
    cells = [tuple(map(str, line)) for line in (heads, *lines)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for first, *rest in cells:
        print("  " + "  ".join([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]))


def end_on_sigterm() -> None:
    """End on SIGTERM like on Ctrl+C, so that servers are stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

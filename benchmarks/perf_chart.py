"""Draws panels of horizontal bars as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.perf_report import Panel

WIDTH = 760
LABELS = 230
VALUES = 80
BAR = 16
STEP = 24
TITLE = 40
MARGIN = 20
OWN, OTHER, INK, PAPER = "#2563a8", "#b8bec7", "#22272e", "#ffffff"
FONT = "font-family='Helvetica, Arial, sans-serif'"


def draw(panels: Sequence[Panel]) -> str:
    """Draw panels one below the other; each has a scale of its own, from zero."""
    parts: list[str] = []
    top = MARGIN
    for panel in panels:
        parts.append(_text(MARGIN, top + 16, panel.title, weight="bold"))
        top += TITLE - MARGIN // 2
        parts += _bars(panel, top)
        top += STEP * len(panel.bars) + MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img"'
    label = escape("; ".join(panel.title for panel in panels), {'"': "&quot;"})
    paper = f'<rect width="{WIDTH}" height="{top}" fill="{PAPER}"/>'
    return "\n".join([f'{head} aria-label="{label}">', paper, *parts, "</svg>", ""])


def _bars(panel: Panel, top: int) -> list[str]:
    parts: list[str] = []
    scale = (WIDTH - LABELS - VALUES - MARGIN) / max(value for _, value in panel.bars)
    for number, (name, value) in enumerate(panel.bars):
        y = top + STEP * number
        colour = OWN if name in panel.own else OTHER
        width = max(1, value * scale)
        parts.append(_text(LABELS - 10, y + 13, name, anchor="end"))
        parts.append(
            f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'
        )
        parts.append(
            _text(LABELS + width + 6, y + 13, f"{value:,.3g}" if value < 100 else f"{value:,.0f}")
        )
    return parts


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    style = f'{FONT} font-size="12" font-weight="{weight}" text-anchor="{anchor}" fill="{INK}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'

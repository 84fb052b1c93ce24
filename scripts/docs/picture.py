"""Draws the streams of a domain and what they refer to, as SVG.

Boxes stand below each other. A row of a box is a member that leads to another stream; when that
one is in the same picture, a line runs along the right side to its head.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from scripts.declarations import streams
from scripts.docs.domains import domains
from scripts.docs.relations import shortest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scripts.declarations import StreamFacts
    from scripts.docs.relations import Relation
    from tap_engine.singer.tap import EngineTap

# Units of the view box; it has no fixed width, so it fits a page as well as a phone.
WIDTH, MARGIN, TOP = 760, 20, 84
HEAD, ROW, GAP, LANE = 48, 36, 34, 20
FONT = "font-family='Helvetica, Arial, sans-serif'"
INK, FAINT, PAPER = "#1c2733", "#5b6875", "#ffffff"
COLORS = ("#1f5fa8", "#b3471b", "#2b7a3d", "#7b3fa0", "#8a6d00", "#00757a", "#a8285f", "#4a5568")
LONGEST = 37
"""Characters of a path that fit into a row."""


@dataclass
class Box:
    """One stream of the picture.

    Attributes:
        top: Of the box.
    """

    facts: StreamFacts
    rows: list[Relation]
    top: int = 0

    @property
    def height(self) -> int:
        """Height of the box."""
        return HEAD + ROW * (1 + len(self.rows)) + 8

    def middle(self, row: int) -> int:
        """Height of the middle of a row; 0 is the key's."""
        return self.top + HEAD + ROW * row + ROW // 2 + 4


@dataclass
class Line:
    """From the rows that refer to a stream along a lane to the stream's head.

    Attributes:
        ends: Heights at which the line leaves its rows.
        head: Height of its arrow.
    """

    target: str
    ends: list[int]
    head: int
    lane: int = field(default=0)

    @property
    def span(self) -> tuple[int, int]:
        """Top and bottom."""
        return min(*self.ends, self.head), max(*self.ends, self.head)


def picture(tap: type[EngineTap], domain: str) -> str:
    """Draw one domain; the text of the SVG file."""
    names = domains(tap)[domain]
    facts = {stream.name: stream for stream in streams(tap)}
    boxes = {name: Box(facts[name], list(shortest(tap, name))) for name in names}
    order = arranged(names, boxes)
    bottom = TOP
    for name in order:
        boxes[name].top = bottom
        bottom += boxes[name].height + GAP
    lines = laid(boxes)
    lanes = 1 + max((line.lane for line in lines), default=-1)
    right = WIDTH - MARGIN - LANE * lanes - (LANE if lanes else 0)
    colors = dict(zip((line.target for line in lines), itertools.cycle(COLORS), strict=False))
    title = f"{tap.name}: {domain}"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {bottom}' {FONT}>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{WIDTH}' height='{bottom}' fill='{PAPER}'/>",
        _text(MARGIN, 38, title, 27, weight=700),
        _text(MARGIN, 65, "Grey: stream of another domain. Dashed: off by default.", 17, FAINT),
        *(_line(line, right, colors[line.target]) for line in lines),
        *itertools.chain.from_iterable(_box(boxes[name], right, colors) for name in order),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def arranged(names: Sequence[str], boxes: dict[str, Box]) -> list[str]:
    """Order boxes so that lines are short: swap two as long as that helps."""
    order = list(names)
    pairs = [
        (name, row.target) for name in names for row in boxes[name].rows if row.target in boxes
    ]

    def length(candidate: list[str]) -> tuple[int, int]:
        place = {name: number for number, name in enumerate(candidate)}
        upwards = sum(place[target] < place[name] for name, target in pairs)
        return sum(abs(place[name] - place[target]) for name, target in pairs), upwards

    better = True
    while better:
        better = False
        for one, two in itertools.combinations(range(len(order)), 2):
            swapped = order.copy()
            swapped[one], swapped[two] = swapped[two], swapped[one]
            if length(swapped) < length(order):
                order, better = swapped, True
    return order


def laid(boxes: dict[str, Box]) -> list[Line]:
    """Make a line for each stream that others of the picture refer to, short ones further in."""
    lines = []
    for name, box in boxes.items():
        ends = [
            other.middle(number)
            for other in boxes.values()
            for number, row in enumerate(other.rows, 1)
            if row.target == name
        ]
        if ends:
            lines.append(Line(name, ends, box.top + HEAD // 2))
    lines.sort(key=lambda line: line.span[1] - line.span[0])
    for number, line in enumerate(lines):
        taken = {other.lane for other in lines[:number] if _overlap(line.span, other.span)}
        line.lane = next(lane for lane in itertools.count() if lane not in taken)
    return lines


def _overlap(one: tuple[int, int], two: tuple[int, int]) -> bool:
    return one[0] <= two[1] + ROW and two[0] <= one[1] + ROW


def _line(line: Line, right: int, color: str) -> str:
    x = right + LANE * (line.lane + 1)
    top, bottom = line.span
    fork = [f"M{right},{y - 8} L{right + 12},{y} L{right},{y + 8}" for y in line.ends]
    stubs = [f"M{right},{y} H{x}" for y in line.ends]
    arrow = (
        f"M{right + 13},{line.head - 7} L{right + 2},{line.head} L{right + 13},{line.head + 7} Z"
    )
    path = " ".join([*stubs, *fork, f"M{x},{top} V{bottom}", f"M{x},{line.head} H{right + 8}"])
    return (
        f"<path d='{path}' fill='none' stroke='{color}' stroke-width='2.5'/>"
        f"<path d='{arrow}' fill='{color}'/>"
    )


def _box(box: Box, right: int, colors: dict[str, str]) -> Iterable[str]:
    width = right - MARGIN
    color = colors.get(box.facts.name, INK)
    dashes = "" if box.facts.on else " stroke-dasharray='9 6'"
    yield (
        f"<rect x='{MARGIN}' y='{box.top}' width='{width}' height='{box.height}' rx='8'"
        f" fill='#f6f8fa' stroke='{color}' stroke-width='2.5'{dashes}/>"
    )
    yield _text(MARGIN + 16, box.top + 33, box.facts.name, 25, color, weight=700)
    y = box.middle(0) + 7
    yield _text(MARGIN + 16, y, ", ".join(box.facts.key), 20, INK, weight=700)
    yield _text(right - 16, y, "key", 19, FAINT, anchor="end")
    for number, row in enumerate(box.rows, 1):
        y = box.middle(number) + 7
        yield _text(MARGIN + 16, y, shortened(row.member.path), 20)
        inside = row.target in colors
        size, ink = (20, colors[row.target]) if inside else (17, FAINT)
        yield _text(right - 16, y, row.target, size, ink, anchor="end")


def shortened(path: str) -> str:
    """Cut a path that is too long for a row in its middle, between names."""
    if len(path) <= LONGEST:
        return path
    first, *names = path.split(".")
    while len(names) > 1 and len(f"{first}…{'.'.join(names)}") > LONGEST:
        names.pop(0)
    short = f"{first}…{'.'.join(names)}"
    if len(short) > LONGEST:
        short = f"…{names[-1]}"
    return short if len(short) <= LONGEST else f"{short[: LONGEST - 1]}…"


def _text(  # noqa: PLR0913 - one SVG element, spelled out
    x: int,
    y: int,
    text: str,
    size: int,
    color: str = INK,
    *,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f"<text x='{x}' y='{y}' font-size='{size}' font-weight='{weight}' fill='{color}'"
        f" text-anchor='{anchor}'>{escape(text)}</text>"
    )

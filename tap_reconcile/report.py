"""What a comparison prints: a table for people, one JSON object for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_reconcile.merge import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_reconcile.merge import Example, Tally
    from tap_reconcile.streams import Result

EQUAL, DIFFERENT, NOT_COMPARED = 0, 1, 2
"""Exit codes."""

HEADS = ("stream", "source", "table", "missing", "extra", "stale", "newer", "verdict")


@dataclass(frozen=True)
class Report:
    """All results.

    Attributes:
        until: Moment up to which rows were compared, None when the source did not answer.
        asked_until: It is the one that the user asked for.
        start_date: Lower bound of streams with a replication key.
    """

    tap: str
    schema: str
    results: list[Result]
    until: str | None
    asked_until: bool
    start_date: str | None

    @property
    def code(self) -> int:
        """Exit code; not to know weighs more than a difference."""
        if not self.results or any(result.tally is None for result in self.results):
            return NOT_COMPARED
        different = any(result.tally and result.tally.differs for result in self.results)
        return DIFFERENT if different else EQUAL

    def as_json(self) -> str:
        """Render one JSON object in one line."""
        return json.dumps(
            {
                "tap": self.tap,
                "schema": self.schema,
                "start_date": self.start_date,
                "until": self.until,
                "exit_code": self.code,
                "streams": [_members(result) for result in self.results],
            },
            ensure_ascii=False,
        )

    def as_text(self) -> str:
        """Render a table, the first keys of what differs, and how to read it."""
        return "\n".join([*_table(self.results), *self._details(), *self._summary()])

    def _details(self) -> Iterator[str]:
        for result in self.results:
            if result.tally is None:
                yield f"{result.stream}: not compared: {result.reason}"
                continue
            for kind in KINDS:
                shown = result.tally.examples[kind]
                left = getattr(result.tally, kind) - len(shown)
                for example in shown:
                    yield f"{result.stream}: {kind}: {_described(example)}"
                if shown and left:
                    yield f"{result.stream}: {kind}: and {left:,} more"
            if result.tally.older:
                yield (
                    f"{result.stream}: {result.tally.older:,} rows of the table are older than the"
                    " start date, or than what the source keeps, and were not compared"
                )

    def _summary(self) -> Iterator[str]:
        verdicts = [result.verdict for result in self.results]
        counts = [f"{verdicts.count(each)} {each}" for each in ("equal", "differs", "not compared")]
        yield f"{len(verdicts)} streams of {self.tap} in schema {self.schema}: {', '.join(counts)}"
        if self.until is None:
            return
        what = "--until" if self.asked_until else "when this comparison began"
        yield f"compared up to {self.until} ({what}); later changes count as newer"
        if self.code != EQUAL and not self.asked_until and "differs" in verdicts:
            yield (
                "changed since the last load? Give --until the time at which it began, to set that"
                " aside"
            )


def _table(results: list[Result]) -> Iterator[str]:
    lines: list[tuple[str, ...]] = [HEADS]
    for result in results:
        tally = result.tally
        names = HEADS[1:-1]
        cells = (f"{getattr(tally, name):,}" if tally else "-" for name in names)
        lines.append((result.stream, *cells, result.verdict))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *figures, verdict in lines:
        aligned = (cell.rjust(width) for cell, width in zip(figures, widths[1:-1], strict=True))
        yield "  ".join([first.ljust(widths[0]), *aligned, verdict])


def _described(example: Example) -> str:
    """Name a row on one line, whatever its key holds."""
    key = "/".join(example.key)
    name = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in key)
    sides = (("source", example.source), ("table", example.table))
    moments = ", ".join(f"{side} {at}" for side, at in sides if at is not None)
    return f"{name} ({moments})" if moments else name


def _members(result: Result) -> dict[str, Any]:
    head = {"stream": result.stream, "verdict": result.verdict}
    if result.tally is None:
        return {**head, "reason": result.reason}
    return {**head, **_figures(result.tally), "examples": _examples(result.tally)}


def _figures(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in ("source", "table", *KINDS, "older")}


def _examples(tally: Tally) -> dict[str, list[dict[str, Any]]]:
    return {
        kind: [{"key": each.key, "source": each.source, "table": each.table} for each in found]
        for kind, found in tally.examples.items()
    }

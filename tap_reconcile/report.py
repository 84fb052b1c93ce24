"""Renders the results: a table for people, a JSON object for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_reconcile.compare import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_reconcile.compare import Comparison, Example, Key
    from tap_reconcile.deletes import Done
    from tap_reconcile.streams import Result

EQUAL, DIFFERENT, NOT_COMPARED = 0, 1, 2
"""Exit codes."""

HEADS = ("stream", "source", "table", "missing", "extra", "stale", "newer", "verdict")


@dataclass(frozen=True)
class Report:
    """The results of all streams.

    Attributes:
        until: Time up to which changes were compared; None if the source did not answer.
        asked_until: Whether that is the time given with --until.
        start_date: Lower bound for streams with a replication key.
        show: Most keys to show of what was done about deletes; as JSON all are there.
    """

    tap: str
    schema: str
    results: list[Result]
    until: str | None
    asked_until: bool
    start_date: str | None
    show: int = 5

    @property
    def code(self) -> int:
        """The exit code; a stream that could not be compared or settled outranks a difference.

        Streams that the source lacks do not matter, unless there are no others.

        Where deletes were to be settled, what is missing or stale waits for the next load.
        """
        there = [result for result in self.results if not result.absent]
        if not there or any(result.comparison is None for result in there):
            return NOT_COMPARED
        if any(result.deletes and result.deletes.refused for result in self.results):
            return NOT_COMPARED
        return DIFFERENT if any(map(_matters, self.results)) else EQUAL

    def as_json(self) -> str:
        """Render one JSON object on one line."""
        return json.dumps(
            {
                "tap": self.tap,
                "schema": self.schema,
                "start_date": self.start_date,
                "until": self.until,
                "exit_code": self.code,
                "streams": [_members(result) for result in self.results],
            }
        )

    def as_text(self) -> str:
        """Render a table, the first keys of each difference, and a summary."""
        return "\n".join([*_table(self.results), *self._details(), *self._summary()])

    def _details(self) -> Iterator[str]:
        for result in self.results:
            if result.comparison is None:
                yield f"{result.stream}: {result.verdict}: {result.reason}"
                continue
            for kind in KINDS:
                shown = result.comparison.examples[kind]
                left = getattr(result.comparison, kind) - len(shown)
                for example in shown:
                    yield f"{result.stream}: {kind}: {_described(example)}"
                if shown and left:
                    yield f"{result.stream}: {kind}: and {left:,} more"
            if result.comparison.older:
                yield (
                    f"{result.stream}: {result.comparison.older:,} rows of the table were not"
                    " compared: they are older than the start date, or the source has expired them"
                )
            if result.deletes:
                yield from (
                    f"{result.stream}: {line}" for line in _deletes(result.deletes, self.show)
                )
            if result.advice:
                yield f"{result.stream}: {result.advice}"

    def _summary(self) -> Iterator[str]:
        verdicts = [result.verdict for result in self.results]
        counts = [f"{verdicts.count(each)} {each}" for each in ("equal", "differs", "not compared")]
        if "absent" in verdicts:
            counts.append(f"{verdicts.count('absent')} absent")
        yield f"{len(verdicts)} streams of {self.tap} in schema {self.schema}: {', '.join(counts)}"
        if self.until is None:
            return
        what = "--until" if self.asked_until else "when this comparison began"
        yield f"compared up to {self.until} ({what}); later changes count as newer"
        if self.code != EQUAL and not self.asked_until and "differs" in verdicts:
            yield (
                "to set aside changes since the last load, pass the time at which it began as"
                " --until"
            )


def _table(results: list[Result]) -> Iterator[str]:
    lines: list[tuple[str, ...]] = [HEADS]
    for result in results:
        comparison = result.comparison
        names = HEADS[1:-1]
        cells = (f"{getattr(comparison, name):,}" if comparison else "-" for name in names)
        lines.append((result.stream, *cells, result.verdict))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *figures, verdict in lines:
        aligned = (cell.rjust(width) for cell, width in zip(figures, widths[1:-1], strict=True))
        yield "  ".join([first.ljust(widths[0]), *aligned, verdict])


def _described(example: Example) -> str:
    """Describe a row on one line, whatever characters its key contains."""
    name = _printable(example.key)
    sides = (("source", example.source), ("table", example.table))
    moments = ", ".join(f"{side} {at}" for side, at in sides if at is not None)
    return f"{name} ({moments})" if moments else name


def _matters(result: Result) -> bool:
    """Return whether a difference is left that this command was to see or to settle."""
    comparison, done = result.comparison, result.deletes
    if comparison is None:
        return False
    return comparison.extra > 0 if done and not done.wish.dry_run else comparison.differs


def _printable(key: Key) -> str:
    text = "/".join(key)
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _members(result: Result) -> dict[str, Any]:
    head = {"stream": result.stream, "verdict": result.verdict}
    if result.comparison is None:
        return {**head, "reason": result.reason}
    members = {**head, **_figures(result.comparison), "examples": _examples(result.comparison)}
    if result.deletes:
        members["deletes"] = _done(result.deletes)
    if result.advice:
        members["advice"] = result.advice
    return members


def _done(done: Done) -> dict[str, Any]:
    none: list[Key] = []
    return {
        "dry_run": done.wish.dry_run,
        "marked": none if done.wish.remove else done.gone,
        "removed": done.gone if done.wish.remove else none,
        "unmarked": done.back,
        "found_at_source": done.found,
        "changed_meanwhile": done.changed,
        "refused": done.refused or None,
    }


def _deletes(done: Done, show: int) -> Iterator[str]:
    """Say in lines what was done about deletes of a stream."""
    verb = "removed" if done.wish.remove else "marked as deleted"
    if done.refused:
        yield f"nothing {verb}: {done.refused}"
        return
    would = "would be " if done.wish.dry_run else ""
    for what, keys in ((verb, done.gone), ("unmarked", done.back)):
        for key in keys[:show]:
            yield f"{would}{what}: {_printable(key)}"
        if keys[:show] and len(keys) > show:
            yield f"{would}{what}: and {len(keys) - show:,} more"
    none = "" if done.gone or done.back or done.found or done.changed else ", nothing to do"
    yield f"{would}{verb}: {len(done.gone):,} rows; unmarked: {len(done.back):,} rows{none}"
    if done.found:
        yield f"{done.found:,} rows left alone: the source has them after all"
    if done.changed:
        yield f"{done.changed:,} rows left alone: they have changed in the table meanwhile"


def _figures(comparison: Comparison) -> dict[str, int]:
    return {name: getattr(comparison, name) for name in ("source", "table", *KINDS, "older")}


def _examples(comparison: Comparison) -> dict[str, list[dict[str, Any]]]:
    return {
        kind: [{"key": each.key, "source": each.source, "table": each.table} for each in found]
        for kind, found in comparison.examples.items()
    }

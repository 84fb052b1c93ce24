"""The report of a probe, for people as Markdown and for programs as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_engine.probing.question import Answered
    from tap_engine.probing.source import Report, View

MOST_PATHS = 12
"""So many paths are named per stream in Markdown; JSON has all of them."""

NOT_SEEN = "not seen"


def as_json(report: Report, tap: str, version: str) -> str:
    """Return the report as one JSON object."""
    return json.dumps(
        {
            "tap": tap,
            "version": version,
            "requests": report.requests,
            "questions": [_question(each) for each in report.answers],
            "streams": [_stream(view) for view in report.views],
        },
        indent=2,
    )


def _question(each: Answered) -> dict[str, Any]:
    outcome, finding = each.outcome, each.finding
    return {
        "name": each.question.name,
        "question": each.question.asks,
        "documents": each.question.documents,
        "answer": finding.outcome if finding else None,
        "detail": finding.detail if finding else each.reason,
        "account": outcome.says if outcome else NOT_SEEN,
        "tap": outcome.tap if outcome else "",
        "expected": outcome.expected if outcome else None,
    }


def _stream(view: View) -> dict[str, Any]:
    members = view.members
    return {
        "stream": view.stream,
        "presence": view.presence,
        "note": view.note,
        "rows_seen": len(view.rows),
        "undeclared": members.undeclared if members else {},
        "contradicting": members.contradicting if members else {},
        "unseen": members.unseen if members else [],
    }


def as_markdown(report: Report, tap: str, version: str) -> str:
    """Return the report as Markdown."""
    return "\n".join(
        [
            f"# What this account answers {tap} {version}",
            "",
            f"{report.requests} requests. Values of records are not in this report.",
            "",
            "## Questions",
            "",
            *_table(
                ("question", "documents", "this account", "the tap"),
                [_row(each) for each in report.answers],
            ),
            "",
            "## Streams",
            "",
            *_table(
                ("stream", "seen", "not in the schema", "of another type", "not in these rows"),
                [_stream_row(view) for view in report.views],
            ),
            "",
            "## What the tap does differently here",
            "",
            *_differences(report),
            "",
        ]
    )


def _row(each: Answered) -> tuple[str, ...]:
    outcome, finding = each.outcome, each.finding
    if finding is None or outcome is None:
        return each.question.asks, each.question.documents, f"{NOT_SEEN}: {each.reason}", ""
    said = f"{outcome.says}: {finding.detail}" if finding.detail else outcome.says
    return each.question.asks, each.question.documents, f"**{said}**", outcome.tap


def _stream_row(view: View) -> tuple[str, ...]:
    seen = f"{view.presence}: {view.note}" if view.note else view.presence
    members = view.members
    if members is None:
        return view.stream, seen, "", "", ""
    return (
        view.stream,
        f"{seen}, {len(view.rows)} rows",
        _paths([f"{path} ({', '.join(types)})" for path, types in members.undeclared.items()]),
        _paths([f"{path} ({', '.join(types)})" for path, types in members.contradicting.items()]),
        _paths(members.unseen),
    )


def _paths(paths: Sequence[str]) -> str:
    more = len(paths) - MOST_PATHS
    text = ", ".join(paths[:MOST_PATHS])
    return f"{text} and {more} more" if more > 0 else text


def _differences(report: Report) -> Iterator[str]:
    found = False
    for each in report.answers:
        outcome = each.outcome
        if outcome is not None and not outcome.expected:
            found = True
            yield f"- {each.question.asks} {outcome.says}: {outcome.tap}."
    for name, paths in _drift(report.views).items():
        found = True
        yield f"- {name} {paths}: passed on and reported as drift, without a column of its own."
    if not found:
        yield "Nothing: the account answers as the tap works best."


def _drift(views: Sequence[View]) -> Mapping[str, str]:
    return {
        view.stream: _paths([*view.members.undeclared, *view.members.contradicting])
        for view in views
        if view.members and (view.members.undeclared or view.members.contradicting)
    }


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for cells in lines:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

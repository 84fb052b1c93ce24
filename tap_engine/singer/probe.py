"""The output of `--probe`: what an account answers to what the documentation leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_engine.probing import asker
from tap_engine.probing.report import as_json, as_markdown
from tap_engine.probing.source import probe

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap

MARKDOWN, JSON = "markdown", "json"


def probe_account(tap: EngineTap, form: str) -> int:
    """Probe the account of a tap, print a report and return the exit code: 1 if it shows nothing.

    Args:
        tap: The tap.
        form: `markdown` or `json`.
    """
    http = tap.current_run.http
    tap.logger.info(
        "probe: at most %d requests within %.0f seconds, all of which only read; rows are looked at"
        " and dropped, the report holds names, types and statuses",
        asker.MOST_REQUESTS,
        asker.MOST_SECONDS,
    )
    report = probe(tap.probed(asker.Asker(http, tap.read_error, tap.logger)))
    render = as_json if form == JSON else as_markdown
    text = render(report, tap.name, tap.plugin_version)
    print(tap.redactor(text))  # noqa: T201 (this is the command's output)
    return 0 if report.learned else 1

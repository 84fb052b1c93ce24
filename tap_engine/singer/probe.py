"""The output of `--probe`: what an account answers to what the documentation leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_engine.probing import asker, report
from tap_engine.probing.source import probe

if TYPE_CHECKING:
    from tap_engine.singer.tap import EngineTap


def probe_account(tap: EngineTap, *, as_json: bool) -> int:
    """Probe the account of a tap, print a report and return the exit code: 1 if it shows nothing.

    Args:
        tap: The tap.
        as_json: Print it for programs instead of people.
    """
    http = tap.current_run.http
    tap.logger.info(
        "probe: at most %d requests within %.0f seconds, all of which only read; rows are looked at"
        " and dropped, the report holds names, types and statuses",
        asker.MOST_REQUESTS,
        asker.MOST_SECONDS,
    )
    found = probe(tap.probed(asker.Asker(http, tap.read_error, tap.logger)))
    render = report.as_json if as_json else report.as_markdown
    text = render(found, tap.name, tap.plugin_version)
    print(tap.redactor(text))  # noqa: T201 (this is the command's output)
    return 0 if found.learned else 1

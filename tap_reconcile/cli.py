"""The command line of tap-reconcile."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tap_commerce7.tap import TapCommerce7
from tap_commercetools.tap import TapCommercetools
from tap_engine import timestamps
from tap_engine.errors import SettingsError, TapError, TerminatedError
from tap_engine.singer import cli
from tap_reconcile.database import FORM, Database
from tap_reconcile.merge import Bounds
from tap_reconcile.report import NOT_COMPARED, Report
from tap_reconcile.streams import compare_all, last_moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.singer.stream import EngineStream
    from tap_engine.singer.tap import EngineTap

TAPS: dict[str, type[EngineTap]] = {tap.name: tap for tap in (TapCommerce7, TapCommercetools)}
URL_VARIABLE = "TAP_RECONCILE_DATABASE_URL"

logger = logging.getLogger("tap-reconcile")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line.

    Exits with 0 when all streams are equal, 1 when one differs, 2 when one could not be compared,
    128 + signal when it was stopped.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s | %(levelname)-8s | %(message)s"
    )
    try:
        report = _report(options)
        _print(report.as_json() if options.json else report.as_text())
        code = report.code
    except TerminatedError as signal:
        logger.error("stopped by signal %d; nothing can be said", signal.signum)  # noqa: TRY400
        logging.shutdown()
        # Without waiting for worker threads: one may sit in a request for minutes.
        os._exit(128 + signal.signum)
    except (TapError, OSError, ValueError) as error:
        logger.error("%s", error)  # noqa: TRY400
        code = NOT_COMPARED
    sys.exit(code)


def _print(text: str) -> None:
    """Print the result.

    Raises:
        SettingsError: Nobody reads it.
    """
    # A key may hold what the terminal's encoding does not have.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        print(text, flush=True)  # noqa: T201 (this is the command's output)
    except OSError as error:
        # Otherwise the interpreter complains once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        msg = f"cannot print the result: {error}"
        raise SettingsError(msg) from None


def _report(options: argparse.Namespace) -> Report:
    """Compare what the command line asks for.

    Raises:
        TapError: Nothing can be compared.
        OSError: A file cannot be read.
        ValueError: A file is no JSON, or a variable holds no value of its setting's type.
    """
    tap = _make_tap(options)
    run = tap.current_run
    if run.settings.shard:
        msg = "setting shard: the table holds the rows of all shards; compare without it"
        raise SettingsError(msg)
    tap.needs_schemas = False
    chosen = _choose(tap, options.streams)
    url = options.database or os.environ.get(URL_VARIABLE)
    if not url:
        msg = f"which database? Give --database {FORM}, or set {URL_VARIABLE}"
        raise SettingsError(msg)
    database = Database(url, tap.redactor)
    schema = options.schema or tap.name.replace("-", "_")
    database.check(schema)
    bounds = Bounds(until=options.until, show=options.show)
    try:
        results = list(compare_all(chosen, database, schema, bounds))
    finally:
        run.http.stop()
    return Report(
        tap=tap.name,
        schema=schema,
        results=results,
        until=last_moment(run.http, options.until),
        asked_until=options.until is not None,
        start_date=run.settings.start_date,
    )


def _make_tap(options: argparse.Namespace) -> EngineTap:
    """Set up the tap as its own command line does, which leaves with 1 where it cannot."""
    tap = TAPS[options.tap]
    try:
        config = tap.cb_config(None, None, tuple(options.config))  # type: ignore[arg-type] # unused
        if options.catalog is None:
            return cli.build(tap, config, None, None)
        with options.catalog.open(encoding="utf-8") as catalog:
            return cli.build(tap, config, None, catalog)
    except SystemExit:
        sys.exit(NOT_COMPARED)


def _choose(tap: EngineTap, names: list[str] | None) -> list[EngineStream]:
    """Pick the streams that are named, or those that are selected.

    Raises:
        SettingsError: There is no such stream, or none is selected.
    """
    streams: dict[str, EngineStream] = tap.streams  # type: ignore[assignment]
    if unknown := sorted(set(names or ()) - set(streams)):
        msg = f"{tap.name} has no stream {', '.join(unknown)}"
        raise SettingsError(msg)
    chosen = [
        stream
        for name, stream in streams.items()
        if (stream.selected if names is None else name in names)
    ]
    if not chosen:
        msg = "no stream is selected"
        raise SettingsError(msg)
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tap-reconcile",
        description=(
            "Compare ids and replication timestamps of a source with the tables that"
            " target-postgres made of it. Both sides are only read."
        ),
        epilog="Exit code: 0 all equal, 1 a stream differs, 2 a stream could not be compared.",
        allow_abbrev=False,
    )
    parser.add_argument("tap", choices=TAPS, help="whose streams")
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE",
        help="settings of the tap; may be repeated; ENV takes them from environment variables",
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help=f"{FORM}; better in the variable {URL_VARIABLE}, where other users cannot see it",
    )
    parser.add_argument("--schema", help="schema of the tables (tap_commerce7, tap_commercetools)")
    parser.add_argument(
        "--streams", nargs="+", metavar="STREAM", help="which; by default those that are selected"
    )
    parser.add_argument("--catalog", type=Path, metavar="FILE", help="catalog that selects streams")
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    parser.add_argument(
        "--until",
        type=_moment,
        metavar="TIMESTAMP",
        help=(
            "when the last complete load began, ISO 8601: what changed later counts as newer, not"
            " as a difference; by default the time when the comparison begins"
        ),
    )
    parser.add_argument(
        "--show",
        type=_count,
        default=5,
        metavar="N",
        help="most keys to show of each kind of difference (default 5)",
    )
    return parser


def _moment(text: str) -> str:
    try:
        return timestamps.canonical(text)
    except ValueError:
        msg = f"{text!r:.60} is no ISO 8601 timestamp"
        raise argparse.ArgumentTypeError(msg) from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        msg = f"{text!r:.60} is no number of 0 or more"
        raise argparse.ArgumentTypeError(msg)
    return int(text)

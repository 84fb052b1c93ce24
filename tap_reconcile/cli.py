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
from tap_reconcile.compare import Bounds
from tap_reconcile.database import FORM, Database
from tap_reconcile.deletes import Most, Wish
from tap_reconcile.report import NOT_COMPARED, Report
from tap_reconcile.streams import compare_all, last_moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.singer.stream import EngineStream
    from tap_engine.singer.tap import EngineTap

TAPS: dict[str, type[EngineTap]] = {tap.name: tap for tap in (TapCommerce7, TapCommercetools)}
URL_VARIABLE = "TAP_RECONCILE_DATABASE_URL"
MOST = "5%"
"""Default of --most."""

logger = logging.getLogger("tap-reconcile")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line.

    Exits with 0 if all streams are equal, 1 if one differs, 2 if one could not be compared, and
    128 + signal if a signal stopped it.
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
        logger.error("stopped by signal %d; the comparison is incomplete", signal.signum)  # noqa: TRY400
        logging.shutdown()
        # Does not wait for worker threads: one may be in a request for minutes.
        os._exit(128 + signal.signum)
    except (TapError, OSError, ValueError) as error:
        logger.error("%s", error)  # noqa: TRY400
        code = NOT_COMPARED
    sys.exit(code)


def _print(text: str) -> None:
    """Print the result.

    Raises:
        SettingsError: Standard output is closed.
    """
    # A key may contain characters that the terminal's encoding lacks.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        print(text, flush=True)  # noqa: T201 (this is the command's output)
    except OSError as error:
        # Otherwise the interpreter reports the error again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        msg = f"cannot print the result: {error}"
        raise SettingsError(msg) from None


def _report(options: argparse.Namespace) -> Report:
    """Run the comparison that the command line asks for.

    Raises:
        TapError: Nothing can be compared.
        OSError: A file cannot be read.
        ValueError: A file is not JSON, or an environment variable has the wrong type.
    """
    wish = _wish(options)
    tap = _make_tap(options)
    run = tap.current_run
    if run.settings.shard:
        msg = "setting shard: the table holds the rows of all shards; remove the setting to compare"
        raise SettingsError(msg)
    chosen = _choose(tap, options.streams)
    url = options.database or os.environ.get(URL_VARIABLE)
    if not url:
        msg = f"no database given: use --database {FORM}, or set {URL_VARIABLE}"
        raise SettingsError(msg)
    database = Database(url, tap.redactor)
    schema = options.schema or tap.name.replace("-", "_")
    database.check(schema)
    bounds = Bounds(until=options.until, show=options.show)
    try:
        results = list(compare_all(chosen, database, schema, bounds, wish))
    finally:
        run.http.stop()
    return Report(
        tap=tap.name,
        schema=schema,
        results=results,
        until=last_moment(run.http, options.until),
        asked_until=options.until is not None,
        start_date=run.settings.start_date,
        show=options.show,
    )


def _wish(options: argparse.Namespace) -> Wish | None:
    """Return what is to become of rows that are gone at the source.

    Raises:
        SettingsError: There are options about it, but none that says so.
    """
    if options.action:
        return Wish(options.action == "delete", options.most or Most(MOST), options.dry_run)
    if options.most or options.dry_run:
        msg = "--most and --dry-run go with --mark-deleted or --delete"
        raise SettingsError(msg)
    return None


def _make_tap(options: argparse.Namespace) -> EngineTap:
    """Build the tap as its own command line does, but exit with 2 on errors."""
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
    """Return the named streams, or the selected ones if none is named.

    Raises:
        SettingsError: There is no such stream, or no stream is selected.
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
            "Compare the ids and replication timestamps of a source with the tables that"
            " target-postgres loaded from it. Changes neither side, except for the tables with"
            " --mark-deleted or --delete."
        ),
        epilog=(
            "Exit codes: 0 all streams equal, 1 a stream differs, 2 a stream was not compared or"
            " its deletes were refused. With --mark-deleted or --delete, only rows that are left"
            " although the source does not have them are a difference."
        ),
        allow_abbrev=False,
    )
    parser.add_argument("tap", choices=TAPS, help="the tap that loaded the tables")
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE",
        help="settings of the tap; may be repeated; ENV reads environment variables",
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help=f"{FORM}; prefer the variable {URL_VARIABLE}, which other users cannot see",
    )
    parser.add_argument(
        "--schema", help="schema of the tables (default: tap_commerce7 or tap_commercetools)"
    )
    parser.add_argument(
        "--streams",
        nargs="+",
        metavar="STREAM",
        help="streams to compare (default: those selected)",
    )
    parser.add_argument("--catalog", type=Path, metavar="FILE", help="catalog that selects streams")
    parser.add_argument(
        "--json", action="store_true", help="print a JSON object instead of a table"
    )
    parser.add_argument(
        "--until",
        type=_moment,
        metavar="TIMESTAMP",
        help=(
            "when the last complete load began, ISO 8601: later changes count as newer, not as a"
            " difference (default: the start of the comparison)"
        ),
    )
    parser.add_argument(
        "--show",
        type=_count,
        default=5,
        metavar="N",
        help="how many keys to show for each kind of difference (default: 5)",
    )
    _add_deletes(parser)
    return parser


def _add_deletes(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "deletes", "what becomes of rows that the source does not have, when it is asked again"
    )
    actions = group.add_mutually_exclusive_group()
    for action, text in (
        ("mark-deleted", "set _sdc_deleted_at, and clear it where the source has the row again"),
        ("delete", "remove such rows, and clear marks where the source has the row again"),
    ):
        actions.add_argument(
            f"--{action}", dest="action", action="store_const", const=action, help=text
        )
    group.add_argument(
        "--most",
        type=_most,
        metavar="N",
        help=f"leave a stream alone if more rows, or more per cent of its rows, would go ({MOST}%)",
    )
    group.add_argument("--dry-run", action="store_true", help="only print what would be done")


def _most(text: str) -> Most:
    try:
        return Most(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _moment(text: str) -> str:
    try:
        return timestamps.canonical(text)
    except ValueError:
        msg = f"{text!r:.60} is not an ISO 8601 timestamp"
        raise argparse.ArgumentTypeError(msg) from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        msg = f"{text!r:.60} is not a non-negative integer"
        raise argparse.ArgumentTypeError(msg)
    return int(text)

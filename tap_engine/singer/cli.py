"""The command line of both taps: options, exit codes, and a single line for each failure."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import click
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._util import load_json  # the SDK's JSON reader, exact with numbers
from singer_sdk.singerlib import Catalog

from tap_engine.errors import AbortedError, SettingsError, StateError, TapError, TerminatedError
from tap_engine.singer.check import check, print_schemas
from tap_engine.singer.tap import EngineTap
from tap_engine.state import shards
from tap_engine.state.merge import merge_files

if TYPE_CHECKING:
    from collections.abc import Callable

MARKDOWN, JSON = "markdown", "json"
"""Forms of the report of a probe."""


class CommandTap(EngineTap):
    """A tap with a command line."""

    @classmethod
    def invoke(  # type: ignore[override]  # noqa: PLR0913 (one argument for each option)
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        state: Any = None,
        catalog: Any = None,
        probing: str | None = None,
        folder: str | None = None,
        merge_states: bool = False,
        files: tuple[str, ...] = (),
    ) -> None:
        """Do what the command line asks for."""
        if about:
            cls.print_about(about_format)
        elif merge_states:
            print_merged_state(cls, files)
        elif files:
            give_up(cls.logger, f"unexpected arguments: {' '.join(files)} (see --help)")
        else:
            tap = build(cls, config, state, catalog)
            work = partial(probe, tap, as_json=probing == JSON) if probing else tap.run
            work = partial(record, tap, folder, work) if folder else work
            sys.exit(run_guarded(tap, work))

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Add our own options; the one that merges states only where there are shards."""
        command = super().get_singer_command()
        for parameter in command.params:
            # --test needs to know the selected streams, even if --catalog comes after it.
            parameter.is_eager |= parameter.name == "catalog"
        command.params += [
            click.Option(
                ["--probe", "probing"],
                is_flag=False,
                flag_value=MARKDOWN,
                type=click.Choice([MARKDOWN, JSON]),
                help="Ask the account what the documentation of the API leaves open, and print a"
                " report without values of records; --probe=json prints it for programs.",
            ),
            click.Option(
                ["--record", "folder"],
                metavar="FOLDER",
                is_eager=True,  # as `--test` has to know it
                help="Write the requests and answers of the run or probe into FOLDER, with every"
                " value replaced.",
            ),
        ]
        if shards.NAME in cls.config_jsonschema["properties"]:
            merge = "Merge the states of all shards, given as FILES, and print the result."
            command.params += [
                click.Option(["--merge-states"], is_flag=True, help=merge),
                click.Argument(["files"], nargs=-1),
            ]
        return command

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the settings files, each of which must be a JSON object."""
        try:
            return super().cb_config(ctx, param, value)
        except TypeError:
            give_up(cls.logger, "a config file is not a JSON object")

    @classmethod
    def cb_discover(
        cls,
        ctx: click.Context,
        param: click.Option,  # noqa: ARG003 (fixed by click)
        value: bool,
    ) -> None:
        """Print the catalog for `--discover`, which needs no settings and no API."""
        if not value:
            return
        config = ctx.params.get("config")
        given = config and {"config": config.config, "parse_env_config": config.parse_env}
        cls(**given or {}, validate_config=False, setup_mapper=False).run_discovery()
        ctx.exit()

    @classmethod
    def cb_test(
        cls,
        ctx: click.Context,
        param: click.Option,  # noqa: ARG003 (fixed by click)
        value: str,
    ) -> None:
        """Check the connection for `--test`, or print SCHEMA messages for `--test=schema`."""
        if value == "disabled":
            return
        config = ctx.params.get("config")
        tap = build(cls, config, None, ctx.params.get("catalog"))
        work = partial(print_schemas if value == "schema" else check, tap)
        if folder := ctx.params.get("folder"):
            work = partial(record, tap, folder, work)
        ctx.exit(run_guarded(tap, work))


def main(tap: type[EngineTap]) -> None:
    """Run the command line of a tap; the console scripts call this."""
    # Imported modules stay in memory; scanning them repeatedly takes a fifth of the start-up time.
    gc.freeze()
    try:
        tap.cli()
    except TerminatedError as signal:  # before anything was written
        sys.exit(128 + signal.signum)
    except OSError as error:  # such as a missing settings file
        give_up(tap.logger, str(error))
    except ValueError as error:  # such as a settings file that is not JSON
        give_up(tap.logger, f"cannot read the input: {error}")


def build(tap: type[EngineTap], config: Any, state: Any, catalog: Any) -> EngineTap:
    """Build the tap from the files of the command line; exit if they are invalid."""
    try:
        return tap(
            config=config.config if config else {},
            state=_read_json("state", state, may_be_empty=True),
            catalog=_read_catalog(catalog),
            parse_env_config=bool(config and config.parse_env),
            validate_config=True,
        )
    except ConfigValidationError as error:
        give_up(tap.logger, f"settings: {_hide_values(tap, error)}")
    except (TapError, ValueError) as error:
        give_up(tap.logger, str(error))


def print_merged_state(tap: type[EngineTap], files: tuple[str, ...]) -> None:
    """Merge the states of all shards and print the result."""
    try:
        print(merge_files(tap.name, files))  # noqa: T201 (this is the command's output)
    except StateError as error:
        give_up(tap.logger, f"states cannot be merged: {error}")


# Importing what only these two need would take 4 % of every start-up. The taps' own part of it is
# imported by their methods `probed` and `recorded`.


def probe(tap: EngineTap, *, as_json: bool) -> int:
    """Probe the account of a tap, print a report and return the exit code."""
    from tap_engine.singer.probe import probe_account  # noqa: PLC0415

    return probe_account(tap, as_json=as_json)


def record(tap: EngineTap, folder: str, work: Callable[[], int]) -> int:
    """Do something, record what is asked and answered meanwhile, and return the exit code."""
    from tap_engine.singer.record import recorded  # noqa: PLC0415

    return recorded(tap, folder, work)


def run_guarded(tap: EngineTap, work: Callable[[], int]) -> int:
    """Run, and turn each failure into a log line and an exit code."""
    try:
        return _run(tap, work)
    except OSError as error:  # output is broken, so the state cannot be written either
        # Otherwise the interpreter reports the error again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        broken = isinstance(error, BrokenPipeError)
        reason = "the target stopped reading" if broken else f"cannot write: {error}"
        tap.logger.error("%s; stopping too", reason)  # noqa: TRY400
        return 1
    finally:
        tap.stop()  # whatever happened, a request that is stuck must not hold up the exit


def _run(tap: EngineTap, work: Callable[[], int]) -> int:
    try:
        try:
            code: int = work()
        except AbortedError as carrier:
            raise carrier.error from None
    except TerminatedError as signal:
        _leave_after_signal(tap, signal.signum)
    except TapError as error:
        _end_early(tap)
        tap.logger.error("%s", error)  # noqa: TRY400
        return 1
    except OSError:  # see `run_guarded`
        raise
    except Exception:
        _end_early(tap)
        raise
    return code


def _end_early(tap: EngineTap) -> None:
    """Drop what was asked for, and write the last STATE if anything was asked for."""
    tap.stop()
    if "connection" in vars(tap) and tap.connection.http.sent:
        tap.write_last_state()
        tap.writer.flush()


def give_up(logger: logging.Logger, message: str) -> NoReturn:
    """Exit with a message and code 1."""
    logger.error("%s", message)
    sys.exit(1)


def _leave_after_signal(tap: EngineTap, signum: int) -> NoReturn:
    """Write the last STATE and exit with 128 + signal.

    Does not wait for worker threads: one may be in a request for minutes.
    """
    with contextlib.suppress(OSError):  # the target may be gone as well
        tap.write_last_state()
        tap.writer.flush()
    tap.logger.error("stopped by signal %d; the next run resumes from the last state", signum)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(128 + signum)


def _read_json(name: str, source: Any, *, may_be_empty: bool = False) -> dict[str, Any] | None:
    if source is None:
        return None
    text = source.read()
    if may_be_empty and not text.strip():
        return None
    try:
        value: Any = load_json(text)
    except ValueError as error:
        msg = f"the {name} file is not valid JSON: {error}"
        raise SettingsError(msg) from None
    if not isinstance(value, dict):
        msg = f"the {name} file is not a JSON object"
        raise SettingsError(msg)
    return value


def _read_catalog(source: Any) -> Catalog | None:
    data = _read_json("catalog", source)
    if data is None:
        return None
    try:
        if isinstance(data["streams"], list):
            return Catalog.from_dict(data)
    except (AttributeError, KeyError, TypeError):
        pass
    msg = 'the catalog file is not of the form {"streams": [{"tap_stream_id": ...}]}'
    raise SettingsError(msg)


def _hide_values(tap: type[EngineTap], error: ConfigValidationError) -> str:
    """Join validation errors, without any values of secret settings that they quote."""
    properties = tap.config_jsonschema["properties"]
    secrets = [name for name, definition in properties.items() if definition.get("secret")]
    lines = []
    for line in error.errors:
        secret = next((name for name in secrets if f"config['{name}']" in line), None)
        lines.append(f"{secret} has the wrong type" if secret else line)
    return "; ".join(lines)

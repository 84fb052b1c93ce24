"""The command line of both taps: options, and what each of them does."""

from __future__ import annotations

import sys
from typing import Any

import click

from tap_engine import cli, shards
from tap_engine.tap import EngineTap


class CommandTap(EngineTap):
    """A tap with its command line, where every way to fail ends in one line and an exit code."""

    @classmethod
    def invoke(  # type: ignore[override]  # noqa: PLR0913 (one for each option)
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        state: Any = None,
        catalog: Any = None,
        merge_states: bool = False,
        files: tuple[str, ...] = (),
    ) -> None:
        """Run the tap as the command line asks for."""
        if about:
            cls.print_about(about_format)
            return
        if merge_states or files:
            cli.merge_states(cls, files, wanted=merge_states)
            return
        tap = cli.build(cls, config, state, catalog)
        sys.exit(cli.run_guarded(tap, tap.run))

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Add the option that merges the states of shards, where the tap has the setting."""
        command = super().get_singer_command()
        for parameter in command.params:
            # So that --test knows which streams are selected, wherever --catalog stands.
            parameter.is_eager |= parameter.name == "catalog"
        if shards.NAME in cls.config_jsonschema["properties"]:
            merge = "Print the state that follows from those of all shards, given as FILES."
            command.params += [
                click.Option(["--merge-states"], is_flag=True, help=merge),
                click.Argument(["files"], nargs=-1),
            ]
        return command

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the settings files, each of which has to hold a JSON object."""
        try:
            return super().cb_config(ctx, param, value)
        except TypeError:
            cli.stop(cls.logger, "a config file holds no JSON object")

    @classmethod
    def cb_discover(
        cls,
        ctx: click.Context,
        param: click.Option,  # noqa: ARG003 (fixed by click)
        value: bool,
    ) -> None:
        """Print the catalog for `--discover`; settings only matter where the API is asked."""
        if not value:
            return
        config = ctx.params.get("config")
        given = config and {"config": config.config, "parse_env_config": config.parse_env}
        offline = cls(**given or {}, validate_config=False, setup_mapper=False)
        if not offline.config.get("type_custom_fields"):
            offline.run_discovery()
            ctx.exit()
        tap = cli.build(cls, config, None, None)
        ctx.exit(cli.run_guarded(tap, tap.print_catalog))

    @classmethod
    def cb_test(
        cls,
        ctx: click.Context,
        param: click.Option,  # noqa: ARG003 (fixed by click)
        value: str,
    ) -> None:
        """Run the connection check for `--test`, the SDK's own for `--test=schema`."""
        if value == "disabled":
            return
        config = ctx.params.get("config")
        tap = cli.build(cls, config, None, ctx.params.get("catalog"))
        work = tap.print_schemas if value == "schema" else tap.check
        ctx.exit(cli.run_guarded(tap, work))

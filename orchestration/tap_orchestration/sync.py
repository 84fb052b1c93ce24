"""One run of `tap | target` for a tenant: what it starts with, what it keeps, how it fails."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any

import dagster as dg

from tap_orchestration import private_files, secret_values
from tap_orchestration.pipeline import Pipeline, PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_orchestration.tenants import Tenant, Tenants


def run(
    tenants: Tenants,
    tenant: Tenant,
    settings: Mapping[str, Any],
    state_name: str,
    begin: str | None = None,
) -> dict[str, Any]:
    """Run tap and target once, continuing from the saved state.

    Args:
        tenants: The tenants file.
        tenant: The tenant to read.
        settings: Settings of the tap besides the tenant's own.
        state_name: Name of the state to keep.
        begin: Name of the state to start from while there is no other.

    Returns:
        Metadata for the materialization.

    Raises:
        dagster.Failure: Tap or target failed; trying again continues from the saved state.
        OrchestrationError: Nothing could be started.
    """
    states = tenants.states
    state = states.read(tenant.name, state_name)
    if state is None and begin:
        state = states.read(tenant.name, begin)
    saved = False

    def save(state: dict[str, Any]) -> None:
        nonlocal saved
        states.write(tenant.name, state_name, state)
        saved = True

    began = time.monotonic()
    with _pipeline(tenants, tenant, settings, state) as pipeline:
        try:
            pipeline.run(save)
        except PipelineError as error:
            found = pipeline.measures.metadata(time.monotonic() - began)
            raise dg.Failure(str(error), metadata=found) from None
    if not saved and (state is None or pipeline.measures.records.total()):
        msg = (
            f"{tenants.target_of(tenant).command[0]} ended with 0, but printed no state: nothing"
            " says that records are stored"
        )
        raise dg.Failure(msg, allow_retries=False)
    return pipeline.measures.metadata(time.monotonic() - began)


def make_tables(tenants: Tenants, tenant: Tenant) -> None:
    """Let the target make all tables, by giving it the schemas alone.

    Raises:
        dagster.Failure: Tap or target failed.
        OrchestrationError: Nothing could be started.
    """
    with _pipeline(tenants, tenant, {}, None, "--test=schema") as pipeline:
        try:
            pipeline.run(lambda _state: None)
        except PipelineError as error:
            msg = f"the tables cannot be made: {error}"
            raise dg.Failure(msg) from None


@contextlib.contextmanager
def _pipeline(
    tenants: Tenants,
    tenant: Tenant,
    settings: Mapping[str, Any],
    state: dict[str, Any] | None,
    *options: str,
) -> Iterator[Pipeline]:
    target = tenants.target_of(tenant)
    given = [tenant.settings, target.settings]
    tap_settings, target_settings = secret_values.resolve(given, os.environ)
    with contextlib.ExitStack() as files:
        tap_config = files.enter_context(private_files.nameless(tap_settings | settings))
        target_config = files.enter_context(private_files.nameless(target_settings))
        tap = [*tenant.tap_command, "--config", private_files.path(tap_config)]
        tap_files = [tap_config.fileno()]
        if tenant.catalog:
            tap += ["--catalog", str(tenants.folder / tenant.catalog)]
        if state is not None:
            saved = files.enter_context(private_files.nameless(state))
            tap += ["--state", private_files.path(saved)]
            tap_files.append(saved.fileno())
        yield Pipeline(
            name=tenant.tap,
            tap=[*tap, *options],
            tap_files=tap_files,
            target=[*target.command, "--config", private_files.path(target_config)],
            target_files=[target_config.fileno()],
            environment=tenants.environment,
            mask=secret_values.Masker(os.environ[name] for name in secret_values.references(given)),
        )

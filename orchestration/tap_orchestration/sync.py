"""One run of `tap | target` for a tenant: what it starts with, what it keeps, how it fails."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from tap_orchestration import budget, environment, secret_values
from tap_orchestration.pipeline import Pipeline, PipelineError
from tap_orchestration.private_files import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_orchestration.states import States
    from tap_orchestration.tenants import Tenant, Tenants


@dataclass(frozen=True)
class Work:
    """What is to be read and loaded.

    Attributes:
        runs: How many runs share the tenant's budget.
        state: Name of the state that is kept.
        begin: Name of the state to begin with while there is no other.
        shard: Value of the tap's setting of that name.
    """

    tenant: Tenant
    runs: int
    state: str
    begin: str | None = None
    shard: str | None = None


def run(tenants: Tenants, states: States, work: Work) -> dict[str, Any]:
    """Run tap and target once, going on from the saved state.

    Returns:
        Metadata for the materialization.

    Raises:
        dagster.Failure: Tap or target failed; trying again goes on from the saved state.
        OrchestrationError: Nothing could be started.
    """
    tenant = work.tenant
    settings: dict[str, Any] = budget.rate(tenant, work.runs)
    if work.shard:
        settings["shard"] = work.shard
    state = states.read(tenant.name, work.state)
    if state is None and work.begin:
        state = states.read(tenant.name, work.begin)
    saved = False

    def save(state: dict[str, Any]) -> None:
        nonlocal saved
        states.write(tenant.name, work.state, state)
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
    given = (tenant.settings, target.settings)
    tap_settings, target_settings = (secret_values.resolve(each, os.environ) for each in given)
    names = {name for each in given for name in secret_values.references(each)}
    with private_folder() as folder:
        tap = [*tenant.tap_command, "--config", folder.write("tap.json", tap_settings | settings)]
        if tenant.catalog:
            tap += ["--catalog", str(tenants.folder / tenant.catalog)]
        if state is not None:
            tap += ["--state", folder.write("state.json", state)]
        yield Pipeline(
            name=tenant.tap,
            tap=[*tap, *options],
            target=[*target.command, "--config", folder.write("target.json", target_settings)],
            environment=environment.of_processes(tenants),
            mask=secret_values.Masker(os.environ[name] for name in names),
        )

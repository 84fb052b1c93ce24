"""Lets tap-reconcile mark the rows of a tenant that the source does not have any more."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import dagster as dg

from tap_orchestration import private_files, secret_values
from tap_orchestration.errors import OrchestrationError

if TYPE_CHECKING:
    from tap_orchestration.tenants import Tenant, Tenants

URL_VARIABLE = "TAP_RECONCILE_DATABASE_URL"


def mark(tenants: Tenants, tenant: Tenant) -> dict[str, Any]:
    """Compare a tenant with its tables and mark what is gone.

    Returns:
        Metadata for the materialization.

    Raises:
        dagster.Failure: A stream could not be compared or settled; the others were.
        OrchestrationError: tap-reconcile cannot be started, or the target is no PostgreSQL.
    """
    target = tenants.target_of(tenant)
    given = [tenant.settings, target.settings]
    tap_settings, target_settings = secret_values.resolve(given, os.environ)
    url = target_settings.get("sqlalchemy_url")
    if not url:
        msg = f"tenant {tenant.name}: deletes are marked where the target has sqlalchemy_url only"
        raise OrchestrationError(msg)
    with private_files.nameless(tap_settings | tenant.throttle(1)) as config:
        command = [*tenants.deletes.command, tenant.tap, "--config", private_files.path(config)]
        command += ["--mark-deleted", f"--most={tenants.deletes.most}", "--json"]
        if schema := target_settings.get("default_target_schema"):
            command.append(f"--schema={schema}")
        if tenant.catalog:
            command += ["--catalog", str(tenants.folder / tenant.catalog)]
        try:
            done = subprocess.run(  # noqa: S603 (the command is the operator's)
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                env={**tenants.environment, URL_VARIABLE: url},
                pass_fds=[config.fileno()],
                check=False,
            )
        except OSError as error:
            msg = f"cannot start {command[0]}: {error.strerror}"
            raise OrchestrationError(msg) from None
    return _metadata(done.stdout, done.returncode)


def _metadata(output: bytes, code: int) -> dict[str, Any]:
    """Return what tap-reconcile reports.

    Raises:
        dagster.Failure: It was not able to settle everything.
    """
    try:
        streams = json.loads(output)["streams"]
    except (ValueError, TypeError, KeyError):
        msg = f"tap-reconcile ended with {code} and reported nothing; its log says why"
        raise dg.Failure(msg) from None
    done = {each["stream"]: each["deletes"] for each in streams if each.get("deletes")}
    marked = {name: len(each["marked"]) for name, each in done.items()}
    found = {
        "marked": sum(marked.values()),
        "unmarked": sum(len(each["unmarked"]) for each in done.values()),
        **{f"marked/{name}": count for name, count in sorted(marked.items()) if count},
    }
    left = [f"{each['stream']}: {each['reason']}" for each in streams if each.get("reason")]
    left += [f"{name}: {each['refused']}" for name, each in done.items() if each["refused"]]
    if code:
        raise dg.Failure("; ".join(left) or "rows changed while they were compared", metadata=found)
    return found

"""`./run scale`: two tenants of 200,000 records, that of commercetools in shards, on Dagster."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import yaml

from scripts.console import end_on_sigterm, print_table, say
from scripts.dagster import servers
from scripts.declarations import on_by_default
from scripts.demo import compare
from scripts.demo.stand_ins import SOURCES
from scripts.demo.tenants import tenants_file, variables
from scripts.scale import report
from scripts.scale.server import DagsterError, Run, Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scripts.demo.stand_ins import StandIn

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = ROOT / ".scale"
STREAMS = on_by_default()
SHARDS = {"winery": 1, "shop": 4}
PATIENCE_SECONDS = 1800
KILL_AFTER_SECONDS = 12
"""Age of the tap whose worker is killed: it has been reading for a while by then."""

ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


def main() -> None:
    """Read the command line and run it."""
    parser = argparse.ArgumentParser(prog="./run scale", description=__doc__)
    parser.add_argument("--records", type=int, default=400_000, help="of both tenants together")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to each answer")
    parser.add_argument("--runs-at-once", type=int, default=2, help="of each tenant")
    options = parser.parse_args()
    end_on_sigterm()
    try:
        scale(options)
    except DagsterError as error:
        sys.exit(f"{error}\nWhat Dagster logged is in {HOME.relative_to(ROOT)}/dagster.log")
    except KeyboardInterrupt:
        sys.exit("stopped")


def scale(options: argparse.Namespace) -> None:
    """Load, kill a worker, merge, change something, load again, compare.

    Raises:
        DagsterError: No worker was killed, so that nothing was tried.
    """
    say(f"starting stand-ins with {options.records:,} customers, PostgreSQL and Dagster")
    counts = {"customers": options.records // len(SOURCES)}
    sources = [source.with_records(counts) for source in SOURCES]
    with contextlib.ExitStack() as stack:
        stand_ins, postgres = stack.enter_context(servers(HOME, sources))
        names = write_tenants(stand_ins, options.runs_at_once)
        server = stack.enter_context(serving(HOME, variables(postgres, HOME / "tenants.yml")))
        for stand_in in stand_ins:
            stand_in.latency(options.latency)

        shards = [
            f"{name}|{n}/{SHARDS[name]}" for name in names for n in range(1, SHARDS[name] + 1)
        ]
        say(f"backfill of {len(shards)} partitions; its page is at {server.address}")
        server.backfill("first_sync", shards)
        wait(server, lambda runs: done(runs, "first_sync", shards), killer())
        say("first syncs are complete; waiting for the sensor that merges their states")
        wait(server, lambda runs: done(runs, "merged_state", names))
        changes = [stand_in.change(3) for stand_in in stand_ins]
        say(f"incremental runs, after {sum(map(len, changes))} changes at the sources")
        server.backfill("incremental", names)
        wait(server, lambda runs: done(runs, "incremental", names))
        runs = server.runs()
        print_table(report.HEADS, report.rows_of(runs))
        print(f"  {report.summary(runs)}")
        if all(run.status == "SUCCESS" for run in runs):
            msg = "no worker was killed: the shards were too quick; use more --records"
            raise DagsterError(msg)
        for stand_in in stand_ins:
            tap = stand_in.source.tap
            compare.must_agree(tap, compare.compare(postgres, stand_in, STREAMS[tap]))


def write_tenants(stand_ins: Sequence[StandIn], runs_at_once: int) -> list[str]:
    """Write the tenants file and return the names of the tenants."""
    content = tenants_file(stand_ins)
    content.pop("schedules")
    for tenant, stand_in in zip(content["tenants"], stand_ins, strict=True):
        tenant |= {"shards": SHARDS[tenant["name"]]}
        tenant["budget"]["runs_at_once"] = runs_at_once
        tenant["target"]["settings"]["default_target_schema"] = stand_in.source.schema
        tenant.pop("schedule")
    (HOME / "tenants.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    return [tenant["name"] for tenant in content["tenants"]]


def wait(
    server: Server,
    complete: Callable[[Sequence[Run]], bool],
    meanwhile: Callable[[], Any] = lambda: None,
) -> None:
    """Wait until the runs are complete.

    Raises:
        DagsterError: They take too long, or one failed for good.
    """
    limit = time.monotonic() + PATIENCE_SECONDS
    while not complete(server.runs()):
        if time.monotonic() > limit:
            msg = f"nothing came of it within {PATIENCE_SECONDS} s"
            raise DagsterError(msg)
        meanwhile()
        time.sleep(1)


def done(runs: Sequence[Run], asset: str, partitions: Sequence[str]) -> bool:
    """Return whether all partitions of an asset are made.

    Raises:
        DagsterError: One failed as often as it may.
    """
    mine = [run for run in runs if run.asset == asset and run.partition in partitions]
    for partition in partitions:
        attempts = [run for run in mine if run.partition == partition]
        if len(attempts) > 3 and all(run.status in ENDED - {"SUCCESS"} for run in attempts):
            msg = f"{asset} of {partition} failed {len(attempts)} times"
            raise DagsterError(msg)
    made = {run.partition for run in mine if run.status == "SUCCESS"}
    return made == set(partitions)


def killer() -> Callable[[], None]:
    """Return what kills one worker of each tenant when its tap has been reading for a while."""
    killed: set[str] = set()

    def kill() -> None:
        for process in psutil.process_iter(["create_time", "cmdline", "ppid"]):
            words = process.info["cmdline"] or []
            name = next((Path(word).name for word in words[:2] if Path(word).name in STREAMS), "")
            first = name not in killed and not {"--state", "--test=schema"} & {*words}
            ours = any(str(ROOT / ".venv") in word for word in words[:2])
            old = time.time() - process.info["create_time"] > KILL_AFTER_SECONDS
            if name and first and ours and old:
                killed.add(name)
                say(f"killing a worker of {name} in the middle of a first sync")
                os.kill(process.info["ppid"], signal.SIGKILL)

    return kill


if __name__ == "__main__":
    main()

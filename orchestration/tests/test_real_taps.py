"""The real taps against the stand-ins: first syncs, merging and incremental runs bring all."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from tests.world import failure, metadata, tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

ROOT = Path(__file__).parent.parent.parent
BIN = ROOT / ".venv" / "bin"
SHARDS = {"tap-commerce7": 1, "tap-commercetools": 2}
STREAMS = ("customers", "orders", "products")


@contextmanager
def served(module: str, *options: str) -> Iterator[str]:
    """Run a stand-in and give its address."""
    command = [str(BIN / "python"), "-m", module, "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found
            yield found[0]
        finally:
            process.kill()


def ids(address: str, stream: str) -> list[str]:
    """Ids of the records of a stand-in, in order."""
    return sorted(row_id for row_id, _ in ask(address, f"/collections/{stream}/ids"))


def ask(address: str, path: str, body: object = None, method: str = "PUT") -> Any:
    """Look at the data of a stand-in, or change something."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(  # noqa: S310 (our own server)
        f"{address}/_control{path}", data, method=method if data else "GET"
    )
    with urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


@contextmanager
def served_shop(world: World, tap: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve one of the two platforms with a tenant of it; gives the stand-in's address."""
    module = f"sandbox.{tap.removeprefix('tap-')}"
    seven = tap == "tap-commerce7"
    monkeypatch.setenv("SHOP_SECRET", "demo-app-secret" if seven else "demo-secret")
    with served(module, *(["--no-rate-limit"] if seven else [])) as address:
        settings = {
            "tenant": "demo-winery",
            "app_id": "demo-app",
            "app_secret": {"env": "SHOP_SECRET"},
            "api_url": f"{address}/v1",
        } if seven else {
            "project_key": "demo",
            "client_id": "demo-client",
            "client_secret": {"env": "SHOP_SECRET"},
            "api_url": address,
            "auth_url": address,
            "history_url": f"{address}/history",
        }  # fmt: skip
        budget = {"requests_per_minute": 60_000}
        entry = tenant(tap=tap, command=[str(BIN / tap)], shards=SHARDS[tap], budget=budget)
        entry["settings"] = {**settings, "retry_max_seconds": 0}
        world.tenants(entry)
        yield address


@pytest.mark.parametrize("tap", SHARDS)
def test_first_syncs_then_incremental_runs_bring_everything(
    world: World, tap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served_shop(world, tap, monkeypatch) as shop:
        assert "not merged yet" in failure(world.materialize("incremental", "winery"))
        parts = [
            metadata(world.materialize("first_sync", f"winery|{number}/{SHARDS[tap]}"))
            for number in range(SHARDS[tap], 0, -1)
        ]
        for stream in STREAMS:
            rows = world.rows(stream=stream)
            assert sorted(rows) == ids(shop, stream), stream
            assert all(part[f"records/{stream}"] for part in parts), "each shard has some"
            assert sum(part[f"records/{stream}"] for part in parts) == len(rows)
        assert all(part["requests"] > 0 and part["waited_seconds"] >= 0 for part in parts)

        changed = ids(shop, "customers")[0]
        change = {"firstName": "Changed"}
        ask(shop, f"/collections/customers/records/{changed}?merge=1", change)
        assert world.materialize("merged_state", "winery").success
        before = len(world.rows(stream="customers"))
        found = metadata(world.materialize("incremental", "winery"))
        news = world.rows(stream="customers")[before:]
        assert changed in news
        assert len(news) == found["records/customers"] < before
        assert "shard" not in (world.state("incremental.json") or {"shard": 1})


def test_a_first_sync_of_commerce7_resumes_in_its_one_partition(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served_shop(world, "tap-commerce7", monkeypatch) as shop:
        match, options = r"/customer\?.*cursor=[0-9a-f]", {"status": 500}
        broken = {"match": match, "kind": "status", "after": 2, "options": options}
        ask(shop, "/faults", [broken], "POST")
        assert "ended with 1" in failure(world.materialize("first_sync", "winery|1/1"))
        everything = ids(shop, "customers")
        assert 0 < len(world.rows(stream="customers")) < len(everything)
        assert world.materialize("first_sync", "winery|1/1").success
        assert sorted(world.rows(stream="customers")) == everything


def test_the_tap_refuses_states_that_do_not_belong_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served_shop(world, "tap-commercetools", monkeypatch):
        assert world.materialize("first_sync", "winery|1/2").success
        state = world.state("shard-1-of-2.json")
        world.states.write("winery", "shard-2-of-2.json", state)
        world.states.write("winery", "shard-2-of-2.finished", {})
        message = failure(world.materialize("merged_state", "winery"))
        assert re.search(r"--merge-states: .*are both of shard 1/2", message), message

"""The real taps against the stand-ins: shards, merging and incremental runs bring everything."""

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
SHARDS = 2
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
    return sorted(row_id for row_id, _ in ask(address, f"/{stream}/ids"))


def ask(address: str, path: str, body: object = None) -> Any:
    """Look at the data of a stand-in, or change a record."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(  # noqa: S310 (our own server)
        f"{address}/_control/collections{path}", data, method="PUT" if data else "GET"
    )
    with urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


@pytest.fixture(params=["tap-commerce7", "tap-commercetools"])
def shop(
    request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Serve one of the two with a tenant of it; gives the stand-in's address."""
    tap = request.param
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
        entry = tenant(
            tap=tap, command=[str(BIN / tap)], shards=SHARDS, budget={"requests_per_minute": 60_000}
        )
        entry["settings"] = settings
        world.tenants(entry)
        yield address


def test_shards_then_incremental_runs_bring_everything(world: World, shop: str) -> None:
    assert "not merged yet" in failure(world.materialize("incremental", "winery"))
    parts = [
        metadata(world.materialize("first_sync", f"winery|{number}/{SHARDS}")) for number in (2, 1)
    ]
    for stream in STREAMS:
        rows = world.rows(stream=stream)
        assert sorted(rows) == ids(shop, stream), stream
        assert all(part[f"records/{stream}"] for part in parts), "each shard has some"
        assert sum(part[f"records/{stream}"] for part in parts) == len(rows)
    assert all(part["requests"] > 0 and part["waited_seconds"] >= 0 for part in parts)

    changed = ids(shop, "customers")[0]
    ask(shop, f"/customers/records/{changed}?merge=1", {"firstName": "Changed"})
    assert world.materialize("merged_state", "winery").success
    before = len(world.rows(stream="customers"))
    found = metadata(world.materialize("incremental", "winery"))
    news = world.rows(stream="customers")[before:]
    assert changed in news
    assert len(news) == found["records/customers"] < before
    assert "shard" not in (world.state("incremental.json") or {"shard": 1})


def test_the_tap_refuses_states_of_another_count(world: World, shop: str) -> None:
    del shop
    assert world.materialize("first_sync", "winery|1/2").success
    state = world.state("shard-1-of-2.json")
    world.states.write("winery", "shard-2-of-2.json", state)
    world.states.write("winery", "shard-2-of-2.finished", {})
    message = failure(world.materialize("merged_state", "winery"))
    assert re.search(r"--merge-states: .*are both of shard 1/2", message), message

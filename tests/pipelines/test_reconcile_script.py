"""`./run reconcile` compares what `./run sync` loads, with the same settings."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.pipelines.shop import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.pipelines.shop import Shop

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.xdist_group("pipelines"),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("installed"),
]


@pytest.fixture
def environment(shop: Shop) -> dict[str, str]:
    """Settings of the tap alone, as they stand in .env."""
    prefix = shop.tap.name.upper().replace("-", "_")
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TAP_", "TARGET_", "MELTANO_", "PG"))
    }
    return ours | {f"{prefix}_{name.upper()}": str(value) for name, value in shop.config.items()}


def script(environment: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.reconcile", "--json", *options],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_finds_tap_database_and_schema(shop: Shop, environment: dict[str, str]) -> None:
    stream = SMALL[shop.tap][0]
    done = script(environment, "--streams", stream)
    assert done.returncode == 2
    assert "target-postgres is not configured" in done.stderr
    environment["TARGET_POSTGRES_SQLALCHEMY_URL"] = shop.postgres.sqlalchemy_url
    environment["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"] = shop.schema
    done = script(environment, "--streams", stream)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tap"] == shop.tap.name
    assert [each["stream"] for each in json.loads(done.stdout)["streams"]] == [stream]


def test_it_compares_what_meltano_selects(shop: Shop, environment: dict[str, str]) -> None:
    first, second, _ = SMALL[shop.tap]
    prefix = shop.tap.name.upper().replace("-", "_")
    environment["TARGET_POSTGRES_SQLALCHEMY_URL"] = shop.postgres.sqlalchemy_url
    environment["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"] = shop.schema
    environment[f"{prefix}__SELECT"] = json.dumps([f"{first}.id", f"{second}.*"])
    done = script(environment)
    assert done.returncode == 0, done.stderr
    found = {each["stream"] for each in json.loads(done.stdout)["streams"]}
    assert found == {first, second}, "no other has a table"
    environment[f"{prefix}__SELECT"] = "[broken"
    done = script(environment)
    assert done.returncode == 2
    assert f"{shop.tap.name}: not compared: Meltano cannot say what it loads" in done.stderr


@pytest.fixture
def plain_server() -> Iterator[tuple[int, list[bytes]]]:
    """Give the port of a server that cannot do TLS, and what it is told nevertheless."""
    told: list[bytes] = []

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(8)  # asks for TLS
            self.request.sendall(b"N")
            told.append(self.request.recv(1024))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_address[1], told
        server.shutdown()


def test_it_connects_with_the_loader_s_tls(
    shop: Shop, environment: dict[str, str], plain_server: tuple[int, list[bytes]]
) -> None:
    port, told = plain_server
    parts = {"HOST": "127.0.0.1", "PORT": str(port), "USER": "loader", "PASSWORD": "p"}
    tls = {"DATABASE": "shop", "SSL_ENABLE": "true", "SSL_CERTIFICATE_AUTHORITY": "/etc/ca.pem"}
    environment |= {f"TARGET_POSTGRES_{name}": value for name, value in (parts | tls).items()}
    done = script(environment, "--streams", SMALL[shop.tap][0])
    assert done.returncode == 2
    assert told == [b""], "who asks for TLS says nothing without it"
    assert "does not support SSL, but SSL was required" in done.stderr

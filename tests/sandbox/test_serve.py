from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox.serve import Running

if TYPE_CHECKING:
    from sandbox.standin import StandIn


def test_a_taken_port_is_an_error(things: StandIn) -> None:
    with things.serve() as running:
        port = int(running.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            Running(things.app, port)
    with things.serve(port) as again:
        assert requests.get(f"{again.url}/things", timeout=5).ok


def test_stopping_twice_and_with_open_connections(things: StandIn) -> None:
    with requests.Session() as session:
        running = things.serve()
        assert session.get(f"{running.url}/things", timeout=5).ok
        running.stop()
        running.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{running.url}/things", timeout=5)


def test_the_command_prints_one_ready_line_and_stops_on_sigterm() -> None:
    command = [sys.executable, "-m", "sandbox.commercetools", "--port", "0", "--size", "0"]
    command += ["--rows", "customers=3", "--project", "shop"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split(" ready at ")[1].split()[0]
        assert url.endswith("/shop")
        counts = f"{url.removesuffix('/shop')}/_control/collections"
        assert requests.get(counts, timeout=5).json()["customers"] == 3
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""

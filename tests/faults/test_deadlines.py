"""No request takes for ever, and none is given up for time that is not the API's."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tap_engine.http import hosts
from tap_engine.http.rate_limit import RateLimiter
from tests.support import catalog_of, commerce7_config, commercetools_config, run, spawned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.source import Source

PROMPTLY = 12.0
"""Seconds for a whole process on a busy machine; what is stuck would take a minute."""


@contextlib.contextmanager
def dripping(whole: bytes, pause: float) -> Iterator[str]:
    """Serve one answer to whatever is asked, byte by byte, headers included."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            for byte in whole:
                connection.sendall(bytes([byte]))
                if ended.wait(pause):
                    return

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        ended.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()


@pytest.mark.parametrize("headers", [0, 2_000], ids=["body", "headers"])
def test_an_answer_that_drips_is_given_up(
    source: Source, errors: Callable[[], list[str]], headers: int
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nX-Long: " + b"x" * headers
    with dripping(head + b"\r\n\r\n" + b" " * 100_000, 0.02 if headers else 0.005) as url:
        make = commercetools_config if source.is_commercetools else commerce7_config
        config = make(url, request_timeout=0.5, retry_max_seconds=1)
        if source.is_commercetools:
            config["auth_url"] = source.url
        output = run(source.tap, config, streams=[source.stream])
    assert output.code == 1
    assert "no whole answer within 1.5 s" in errors()[0]
    assert "gave up after" in errors()[0]


def test_a_first_answer_that_is_slower_than_the_timeout_is_asked_for_again(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "FIRST_CONTACT_SECONDS", 0.1)
    source.stand_in.faults.add("", "slow", times=1, seconds=1)
    output = source.run(request_timeout=0.3, retry_max_seconds=30)
    assert output.code == 0
    assert "trying again in" in output.log
    assert output.latest(source.stream) == source.truth()


def test_time_in_the_rate_limit_is_no_time_of_the_request(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request waits longer for its slot than its whole retry budget."""

    def slow(_count: int, _seconds: float, **options: Any) -> RateLimiter:
        return RateLimiter(1, 0.6, **options)

    monkeypatch.setattr(f"{source.tap.__module__}.RateLimiter", slow)
    stream = "zones" if source.is_commercetools else "vendors"
    path = "/demo/zones" if source.is_commercetools else "/v1/vendor"
    source.stand_in.faults.add(f"^{path}", "status", status=503, times=2)
    limit: dict[str, Any] = {"max_requests_per_second": 1} if source.is_commercetools else {}
    output = source.run(stream, retry_max_seconds=0.3, concurrency=1, **limit)
    assert output.code == 0
    assert output.latest(stream) == source.truth(stream)


def test_a_request_that_is_stuck_does_not_hold_up_the_exit(source: Source, tmp_path: Path) -> None:
    other = "zones" if source.is_commercetools else "notes"
    path = "/demo/zones" if source.is_commercetools else "/v1/note"
    source.stand_in.faults.add(f"^{path}", "slow", times=-1, seconds=60)
    source.stand_in.faults.add(source.match, "slow", seconds=2)
    catalog = catalog_of(source.tap, [source.stream, other])
    config = source.config(concurrency=4, request_timeout=50)
    with spawned(source.tap, config, tmp_path, catalog=catalog) as process:
        started = time.monotonic()
        while not source.asked(path):  # ahead, while the first page of the other is awaited
            assert time.monotonic() - started < PROMPTLY
            time.sleep(0.02)
        process.stdout.close()  # type: ignore[union-attr]
        began = time.monotonic()
        log = process.stderr.read().decode()  # type: ignore[union-attr]
        assert process.wait(PROMPTLY) == 1
        assert time.monotonic() - began < PROMPTLY
    assert "the target stopped reading" in log

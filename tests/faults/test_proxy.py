"""A proxy's password is not logged, however the URL of the proxy is misunderstood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.faults.source import Source

PASSWORDS = ["hunter#w0rd", "hunter/w0rd", "12#w0rd", "12/w0rd", "hunter?w0rd", "x@hunter#w0rd"]
PASSWORDS += ["hunter[w0rd"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_no_part_of_the_password_is_logged(
    source: Source, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://user:{password}@127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    output = source.run(retry_max_seconds=0)
    assert output.code == 1
    assert "Traceback" not in output.log
    for part in ("hunter", "w0rd"):
        assert part not in output.log, output.log

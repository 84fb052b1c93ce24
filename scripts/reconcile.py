"""`./run reconcile`: compare the sources with what `./run sync` loaded."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from scripts import sync
from scripts.declarations import TAPS
from tap_reconcile.cli import URL_VARIABLE
from tap_reconcile.report import NOT_COMPARED

if TYPE_CHECKING:
    from collections.abc import Mapping


def main() -> None:
    """Compare one tap after the other; the worst exit code is the script's."""
    names = [tap.name for tap in TAPS]
    options = sys.argv[1:]
    named = [option for option in options if option in names]
    options = [option for option in options if option not in names]
    settings = sync.read_settings()
    if {"-h", "--help"} & set(options):
        sys.exit(_run(names[0], options, settings))
    taps = named or [name for name in names if sync.begun(name, settings)]
    if refusal := sync.lacking(taps, settings, loader=not settings.get(URL_VARIABLE)):
        print(refusal, file=sys.stderr)
        sys.exit(NOT_COMPARED)
    try:
        sys.exit(max(_run(tap, options, settings) for tap in taps))
    except KeyboardInterrupt:  # tap-reconcile got it as well and has said so
        sys.exit(128 + signal.SIGINT)


def database_url(settings: Mapping[str, str]) -> str:
    """Return a URL made of the loader's settings; its SQLAlchemy URL goes before the others."""
    own = settings.get(URL_VARIABLE) or settings.get("TARGET_POSTGRES_SQLALCHEMY_URL")
    if own:
        return own
    user, password, database = (
        quote(settings.get(f"TARGET_POSTGRES_{name}", ""), safe="")
        for name in ("USER", "PASSWORD", "DATABASE")
    )
    host = {"host": settings.get("TARGET_POSTGRES_HOST", "")}
    port = {"port": settings.get("TARGET_POSTGRES_PORT") or "5432"}
    return f"postgresql://{user}:{password}@/{database}?{urlencode({**host, **port})}"


def _run(tap: str, options: list[str], settings: Mapping[str, str]) -> int:
    """Compare one tap; the URL goes through the environment, where other users cannot see it.

    Returns:
        The exit code of tap-reconcile.
    """
    print(f"==> tap-reconcile {tap}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "tap_reconcile", tap, "--config=ENV"]
    if schema := settings.get("TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"):
        command.append(f"--schema={schema}")
    environment = {**settings, URL_VARIABLE: database_url(settings)}
    done = subprocess.run([*command, *options], cwd=sync.ROOT, env=environment, check=False)  # noqa: S603 (our own module)
    return sync.exit_code(done.returncode)


if __name__ == "__main__":
    main()

"""Runs dbt on `transform/`, in the database that target-postgres loads.

`python -m scripts.dbt build` takes the settings of target-postgres from the environment; all
arguments go to dbt. Meltano runs this as the utility `dbt-postgres`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "transform"
DBT = ROOT / ".tools" / "transform" / "bin" / "dbt"
LOCK = ROOT / ".tools" / "transform.lock"
URL = "TARGET_POSTGRES_SQLALCHEMY_URL"


def main() -> None:
    """Run dbt and end with its exit code."""
    with alone():
        sys.exit(run(sys.argv[1:], os.environ))


def run(arguments: list[str], settings: Mapping[str, str]) -> int:
    """Run dbt; its exit code is not 0 if a model or a test failed."""
    command = [str(DBT), *arguments]
    return subprocess.run(  # noqa: S603 (our own tool)
        command, cwd=PROJECT, env=environment(settings), check=False
    ).returncode


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait until no other dbt works on the project, as when the jobs of both platforms meet."""
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("dbt: waiting for another build to end", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of dbt: the settings, and those that profiles.yml reads."""
    return {"DBT_PROFILES_DIR": str(PROJECT), **settings, **connection(settings)}


def connection(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of the loader's SQLAlchemy URL under the names of its other settings."""
    if not settings.get(URL):
        return {}
    url = make_url(settings[URL])
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    parts = {
        "HOST": query.get("host") or url.host,
        "PORT": query.get("port") or url.port,
        "USER": url.username,
        "PASSWORD": url.password,
        "DATABASE": url.database,
        "SSL_ENABLE": "true" if "sslmode" in query else "false",
        "SSL_MODE": query.get("sslmode"),
        "SSL_CERTIFICATE_AUTHORITY": query.get("sslrootcert"),
    }
    return {f"TARGET_POSTGRES_{name}": str(value) for name, value in parts.items() if value}


if __name__ == "__main__":
    main()

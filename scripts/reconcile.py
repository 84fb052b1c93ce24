"""`./run reconcile`: compare the sources with what `./run sync` loaded.

Meltano says what that was: the selection and the settings of tap and loader, whether they come
from meltano.yml, .env or the environment.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from scripts import sync
from scripts.declarations import TAPS, env_name
from tap_reconcile.cli import URL_VARIABLE
from tap_reconcile.report import NOT_COMPARED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_engine.singer.tap import EngineTap


def main() -> None:
    """Compare one tap after the other; the worst exit code is the script's."""
    taps = {tap.name: tap for tap in TAPS}
    options = sys.argv[1:]
    named = [option for option in options if option in taps]
    options = [option for option in options if option not in taps]
    settings = sync.read_settings()
    if {"-h", "--help"} & set(options):
        sys.exit(_compare(TAPS[0], options, settings))
    names = named or [name for name in taps if sync.begun(name, settings)]
    if refusal := sync.lacking(names, settings, loader=not settings.get(URL_VARIABLE)):
        print(refusal, file=sys.stderr)
        sys.exit(NOT_COMPARED)
    try:
        sys.exit(max(_run(taps[name], options, settings) for name in names))
    except KeyboardInterrupt:  # tap-reconcile got it as well and has said so
        sys.exit(128 + signal.SIGINT)


def database_url(loader: Mapping[str, Any]) -> str:
    """Return a URL made of the loader's settings; its SQLAlchemy URL goes before the others."""
    if own := loader.get("sqlalchemy_url"):
        return str(own)
    user, password, database = (
        quote(str(loader.get(name) or ""), safe="") for name in ("user", "password", "database")
    )
    address = {"host": loader.get("host") or "", "port": loader.get("port") or 5432}
    query = urlencode({**address, **_tls(loader)}, quote_via=quote)
    return f"postgresql://{user}:{password}@/{database}?{query}"


def _tls(loader: Mapping[str, Any]) -> dict[str, str]:
    """Return libpq's parameters for the loader's TLS settings."""
    parameters = {}
    files = []
    if loader.get("ssl_enable"):
        parameters["sslmode"] = str(loader["ssl_mode"])
        files.append(("sslrootcert", "ssl_certificate_authority", "root.crt"))
    if loader.get("ssl_client_certificate_enable"):
        files.append(("sslcert", "ssl_client_certificate", "cert.crt"))
        files.append(("sslkey", "ssl_client_private_key", "pkey.key"))
    for parameter, name, stored in files:
        if value := str(loader.get(name) or ""):
            # Instead of a path, it may be a certificate, which the loader has put into this file.
            in_place = "-----BEGIN" in value
            parameters[parameter] = (
                f"{loader['ssl_storage_directory']}/{stored}" if in_place else value
            )
    return parameters


def _run(tap: type[EngineTap], options: list[str], settings: Mapping[str, str]) -> int:
    """Compare one tap with what Meltano says about it.

    Returns:
        The exit code of tap-reconcile, or NOT_COMPARED if Meltano fails.
    """
    print(f"==> tap-reconcile {tap.name}", file=sys.stderr, flush=True)
    chosen = any(option.startswith(("--streams", "--catalog")) for option in options)
    try:
        loader = _ask("config", "target-postgres")
        config = _ask("config", tap.name)
        catalog = None if chosen else _ask("catalog", tap.name)
    except subprocess.CalledProcessError:  # which has said why
        print(f"{tap.name}: not compared: Meltano cannot say what it loads", file=sys.stderr)
        return NOT_COMPARED
    environment = {
        **settings,
        **{
            env_name(tap, name): value if isinstance(value, str) else json.dumps(value)
            for name, value in config.items()
        },
        # Through the environment, where other users cannot see it.
        URL_VARIABLE: settings.get(URL_VARIABLE) or database_url(loader),
    }
    arguments = ["--config=ENV"]
    if schema := loader.get("default_target_schema"):
        arguments.append(f"--schema={schema}")
    with tempfile.TemporaryDirectory() as folder:
        if catalog is not None:
            file = Path(folder) / "catalog.json"
            file.write_text(json.dumps(catalog), encoding="utf-8")
            arguments.append(f"--catalog={file}")
        return _compare(tap, [*arguments, *options], environment)


def _compare(tap: type[EngineTap], arguments: list[str], environment: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "tap_reconcile", tap.name, *arguments]
    done = subprocess.run(command, cwd=sync.ROOT, env=environment, check=False)  # noqa: S603 (our own module)
    return sync.exit_code(done.returncode)


def _ask(what: str, plugin: str) -> Any:
    """Return the catalog or the settings that Meltano would give to a plugin.

    Raises:
        subprocess.CalledProcessError: Meltano failed.
    """
    command = [*sync.MELTANO, "--log-level=warning", "invoke", f"--dump={what}", plugin]
    done = subprocess.run(command, cwd=sync.ROOT, stdout=subprocess.PIPE, check=True)  # noqa: S603 (our own tool)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()

"""Runs of Meltano that see nothing of the user's own settings and state."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOREIGN = ("TAP_", "TARGET_", "MELTANO_", "SINGER_", "PG")


class PipelineError(Exception):
    """Meltano ended with an error; the message holds the end of its log."""


class Meltano:
    """Meltano in the environment `sandbox` of this project.

    Args:
        root: The project.
        folder: Where log and state are kept.
        settings: Environment variables that lead taps and loader to where they work.
    """

    def __init__(self, root: Path, folder: Path, settings: Mapping[str, str]) -> None:
        self._root = root
        self._folder = folder
        self._settings = settings
        self._log = folder / "meltano.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
            "MELTANO_DATABASE_URI": f"sqlite:///{folder.absolute()}/meltano.db",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
            **settings,
        }
        # Meltano reads .env by itself, but real credentials have no business here.
        self._no_dotenv = folder / "no.env"

    def having(self, more: Mapping[str, str]) -> Meltano:
        """Return the same Meltano with the same state and more settings."""
        return Meltano(self._root, self._folder, {**self._settings, **more})

    def run(self, *arguments: str) -> str:
        """Run `meltano run` with arguments and return its log.

        Raises:
            PipelineError: It failed.
        """
        return self._invoke("run", *arguments)

    def run_schedule(self, name: str) -> str:
        """Run a schedule of meltano.yml now and return its log.

        Raises:
            PipelineError: It failed.
        """
        return self._invoke("schedule", "run", name)

    def _invoke(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 (arguments are our own)
            [
                self._root / ".tools" / "meltano" / "bin" / "meltano",
                f"--env-file={self._no_dotenv}",
                "--environment=sandbox",
                "--log-format=uncolored",
                *arguments,
            ],
            cwd=self._root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"$ meltano {' '.join(arguments)}\n{done.stdout}\n")
        if done.returncode:
            end = "\n".join(done.stdout.splitlines()[-30:])
            msg = f"meltano {' '.join(arguments)} ended with {done.returncode}:\n{end}"
            raise PipelineError(msg)
        return done.stdout

"""The command that serves the Commerce7 stand-in: `python -m sandbox.commerce7`."""

from __future__ import annotations

from typing import Any

from sandbox.command import make_parser, serve
from sandbox.commerce7.app import build
from sandbox.commerce7.resources import COLLECTIONS


def main() -> None:
    """Parse the command line and serve until interrupted."""
    parser = make_parser("sandbox.commerce7", 8702, COLLECTIONS)
    parser.add_argument("--no-rate-limit", action="store_true", help="never answer 429")
    given = parser.parse_args()
    options: dict[str, Any] = {"rate_limit": None} if given.no_rate_limit else {}
    stand_in = build(
        given.size, given.seed, rows=dict(given.rows), latency=given.latency, **options
    )
    serve(stand_in, given.port, "Commerce7", "/v1")


if __name__ == "__main__":
    main()

"""The command that serves the commercetools stand-in: `python -m sandbox.commercetools`."""

from __future__ import annotations

from sandbox.command import make_parser, serve
from sandbox.commercetools.app import build
from sandbox.commercetools.resources import RESOURCES


def main() -> None:
    """Parse the command line and serve until interrupted."""
    parser = make_parser("sandbox.commercetools", 8701, RESOURCES)
    parser.add_argument("--project", default="demo", help="project key")
    given = parser.parse_args()
    stand_in = build(
        size=given.size,
        seed=given.seed,
        rows=dict(given.rows),
        latency=given.latency,
        project=given.project,
    )
    serve(stand_in, given.port, "commercetools", f"/{given.project}")


if __name__ == "__main__":
    main()

"""`python -m scripts.simulate first-sync|tenants`: one simulation with one's own assumptions."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING, Any

from scripts.simulate import first_sync, tables, tenants

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: dict[str, tuple[Any, Callable[[Any, int], Any]]] = {
    "first-sync": (first_sync.FirstSync, first_sync.simulate),
    "tenants": (tenants.Tenants, tenants.simulate),
}


def main() -> None:
    """Read the assumptions, simulate, print what came out."""
    parser = argparse.ArgumentParser(prog="python -m scripts.simulate", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for name, (assumptions, _) in KINDS.items():
        kind = kinds.add_parser(name, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        meanings = tables.documented(assumptions)
        kind.add_argument("--seed", type=int, default=1, help="of what happens by chance")
        for field in dataclasses.fields(assumptions):
            kind.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=type(field.default),
                default=field.default,
                help=meanings[field.name],
            )
    given = vars(parser.parse_args())
    assumptions, simulate = KINDS[given.pop("kind")]
    seed = given.pop("seed")
    result = simulate(assumptions(**given), seed)
    for name, value in dataclasses.asdict(result).items():
        shown = f"{value:,.1f}" if isinstance(value, float) else value
        print(f"{name.replace('_', ' ')}: {shown}")


if __name__ == "__main__":
    main()

"""The tables of docs/scale.md that come out of the simulations."""

from __future__ import annotations

import dataclasses
import math
import re
from functools import partial
from typing import TYPE_CHECKING

from scripts.simulate import first_sync, tenants
from scripts.simulate.first_sync import FirstSync
from scripts.simulate.tenants import Tenants

if TYPE_CHECKING:
    from collections.abc import Callable

SHARDS = (1, 2, 4, 8, 16, 32)
COMMERCE7 = FirstSync(page_rows=50, concurrency=1, budget_per_second=math.inf)
MANY = (
    ("as assumed", Tenants()),
    ("nothing ever changes", Tenants(changed_rows=0)),
    ("ten times as many changes", Tenants(changed_rows=1000)),
    ("every hour", Tenants(every_seconds=3600)),
    ("10,000 tenants", Tenants(tenants=10_000, days=0.25)),
)


def first_syncs() -> str:
    """Write how long a first sync of 100 million orders takes."""
    lines = [
        "",
        "| API | shards | hours | requests | machines | workers killed | what bounds it |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, given in (("commercetools", FirstSync()), ("Commerce7", COMMERCE7)):
        for shards in SHARDS:
            result = first_sync.simulate(dataclasses.replace(given, shards=shards))
            lines.append(
                f"| {name} | {shards} | {result.hours:.1f} | {result.requests:,}"
                f" | {result.machines} | {result.kills} | {result.bound} |"
            )
    return "\n".join([*lines, "", ""])


def many_tenants() -> str:
    """Write what 1,000 tenants every 15 minutes take."""
    lines = [
        "",
        "| case | machines | runs at once | requests a day | core hours | half done | all done |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, given in MANY:
        result = tenants.simulate(given)
        lines.append(
            f"| {name} | {result.machines} | {result.at_once} | {result.requests:,}"
            f" | {result.core_hours:,.0f} | {result.median_seconds:,.0f} s"
            f" | {result.last_seconds:,.0f} s |"
        )
    return "\n".join([*lines, "", ""])


def assumptions(given: FirstSync | Tenants) -> str:
    """Write what a simulation assumes, with what its module says of it."""
    meanings = documented(type(given))
    lines = ["", "| assumption | value | meaning |", "| --- | ---: | --- |"]
    for field in dataclasses.fields(given):
        value = f"{getattr(given, field.name):,}"
        lines.append(f"| `{field.name}` | {value} | {meanings[field.name]} |")
    return "\n".join([*lines, "", ""])


def documented(assumptions: type[FirstSync | Tenants]) -> dict[str, str]:
    """Read the `Attributes` of a docstring."""
    text = (assumptions.__doc__ or "").partition("Attributes:\n")[2]
    joined = re.sub(r"\n {12}", " ", text)
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return dict(line.split(": ", 1) for line in lines)


BLOCKS: dict[str, Callable[[], str]] = {
    "first syncs": first_syncs,
    "many tenants": many_tenants,
    "assumptions about first syncs": partial(assumptions, FirstSync()),
    "assumptions about tenants": partial(assumptions, Tenants()),
}
"""What `scripts.generate_docs` writes between the marks of docs/scale.md."""

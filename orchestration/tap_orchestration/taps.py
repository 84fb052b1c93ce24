"""What has to be known of the two taps; everything else goes through their command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TapName = Literal["tap-commerce7", "tap-commercetools"]


@dataclass(frozen=True)
class TapFacts:
    """Facts about a tap.

    Attributes:
        source_setting: Setting that says whose data are read.
        rate_setting: Setting that limits the requests of one process.
        rate_seconds: The time that it counts in.
        default_rate: What the tap takes without the setting; None for no limit.
        divided: Whether what is counted is asked for by all shards. Commerce7 counts no requests
            for cursor lists, and only shard 1 asks for others.
    """

    source_setting: str
    rate_setting: str
    rate_seconds: int
    default_rate: int | None
    divided: bool


TAPS: dict[TapName, TapFacts] = {
    "tap-commerce7": TapFacts("tenant", "max_requests_per_minute", 60, 90, divided=False),
    "tap-commercetools": TapFacts("project_key", "max_requests_per_second", 1, None, divided=True),
}

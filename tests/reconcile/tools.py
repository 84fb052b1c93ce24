"""What the tests of this folder share."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tap_commercetools.tap import TapCommercetools
from tap_reconcile.source import pages
from tests.support import commerce7_config, commercetools_config, join_workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_reconcile.compare import Entry
    from tests.reading.tools import Source


@contextlib.contextmanager
def read(source: Source, *streams: str, **settings: Any) -> Iterator[list[Entry]]:
    """Read streams to their end."""
    make = commercetools_config if source.tap is TapCommercetools else commerce7_config
    tap = source.tap(config=make(source.url, **{"retry_max_seconds": 5, **settings}))
    run = tap.current_run
    http = run.http
    try:
        rows: list[Entry] = []
        for stream in streams:
            for page in pages(tap.streams[stream], run.settings.start_date):  # type: ignore[arg-type]
                rows += page
        yield rows
    finally:
        http.stop()
        join_workers()

"""Serves a stand-in with the records of the benchmarks.

`python -m benchmarks.serve commercetools '{"customers": 20000}'` prints the URL; it ends when its
standard input does, so that it never outlives the process that started it.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys

from benchmarks.data import fill
from sandbox.commerce7.app import build as build_commerce7
from sandbox.commercetools.app import build as build_commercetools


def main() -> None:
    """Load the data and serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve")
    parser.add_argument("platform", choices=("commercetools", "commerce7"))
    parser.add_argument("counts", type=json.loads, help="number of records by stream, as JSON")
    options = parser.parse_args()
    gc.disable()  # millions of rows: the collector must not walk through them again and again
    none = dict.fromkeys(options.counts, 0)
    stand_in = (
        build_commercetools(rows=none, gzip=False)
        if options.platform == "commercetools"
        else build_commerce7(rows=none, gzip=False, rate_limit=None)
    )
    fill(stand_in, options.platform, options.counts)
    gc.enable()
    gc.freeze()
    with stand_in.serve() as running:
        print(running.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

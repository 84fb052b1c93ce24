"""Lets `python -m tap_reconcile` run `tap-reconcile`."""

from tap_reconcile.cli import main

main()

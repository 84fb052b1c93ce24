"""`python -m tap_reconcile` is the same as `tap-reconcile`."""

from tap_reconcile.cli import main

main()

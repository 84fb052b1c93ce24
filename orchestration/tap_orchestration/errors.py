"""The error for what has to be corrected before a run can start."""

from __future__ import annotations

import dagster as dg


class OrchestrationError(dg.Failure):
    """A mistake in the tenants file or the environment, or a state that does not allow a run.

    The message says in one line what to do, without secrets. Dagster does not retry: trying again
    changes nothing.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, allow_retries=False)

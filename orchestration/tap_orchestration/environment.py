"""The environment of the processes that are started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tap_orchestration.secret_values import references

if TYPE_CHECKING:
    from tap_orchestration.tenants import Tenants


def of_processes(tenants: Tenants) -> dict[str, str]:
    """Give our environment without the secrets of all tenants.

    What a process needs of them it is given in its settings file.
    """
    settings = [tenants.target.settings]
    for tenant in tenants.tenants:
        settings += [tenant.settings, tenant.target.settings]
    hidden = {name for each in settings for name in references(each)}
    return {name: value for name, value in os.environ.items() if name not in hidden}

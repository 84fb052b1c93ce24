"""The tenants file of `./run dagster --demo`: one tenant at each stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.meltano_file import extractor, fast_loader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scripts.demo.postgres import Postgres
    from scripts.demo.stand_ins import StandIn

# The credentials that everybody knows.
SECRETS = {"WINERY_APP_SECRET": "demo-app-secret", "SHOP_CLIENT_SECRET": "demo-secret"}

TENANTS: dict[str, dict[str, Any]] = {
    "tap-commerce7": {
        "name": "winery",
        "settings": {
            "tenant": "demo-winery",
            "app_id": "demo-app",
            "app_secret": {"env": "WINERY_APP_SECRET"},
        },
        "budget": {"requests_per_minute": 6000},
    },
    "tap-commercetools": {
        "name": "shop",
        "settings": {
            "project_key": "demo",
            "client_id": "demo-client",
            "client_secret": {"env": "SHOP_CLIENT_SECRET"},
        },
        "shards": 8,
        "budget": {"runs_at_once": 2},
    },
}


def variables(postgres: Postgres, file: Path) -> dict[str, str]:
    """Return the environment variables that the file refers to, and where it is itself."""
    return {
        **SECRETS,
        "WAREHOUSE_URL": postgres.sqlalchemy_url,
        "TENANTS_FILE": str(file),
    }


def tenants_file(stand_ins: Sequence[StandIn]) -> dict[str, Any]:
    """Make the file's content for running stand-ins."""
    return {
        "schedules": {"minutely": "* * * * *"},
        "retries": {"count": 2, "delay_seconds": 5},
        "target": {
            "command": ["target-postgres"],
            "settings": {"sqlalchemy_url": {"env": "WAREHOUSE_URL"}, **fast_loader()},
        },
        "tenants": [_tenant(stand_in) for stand_in in stand_ins],
    }


def _tenant(stand_in: StandIn) -> dict[str, Any]:
    source = stand_in.source
    # The rate follows from the budget.
    addresses = {name: value for name, value in stand_in.settings.items() if "_url" in name}
    tenant, ours = TENANTS[source.tap], extractor(source.tap)["config"]
    return {
        **tenant,
        "tap": source.tap,
        "settings": {**tenant["settings"], **addresses, **ours},
        "schedule": "minutely",
        "target": {"settings": {"default_target_schema": tenant["name"]}},
    }

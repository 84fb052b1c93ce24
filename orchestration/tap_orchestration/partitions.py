"""Partitions: a tenant and a shard such as `shop|2/4` for first syncs, a tenant for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from tap_orchestration.tenants import Tenant, Tenants

TENANT_TAG = "tap/tenant"
"""Tag of every run: its tenant."""

SLOT_TAG = "tap/slot"
"""Tag of every run: one of the tenant's slots; see `tags`."""

PARTITION_TAG = "dagster/partition"
"""Set by Dagster on the runs of a partition, however they were launched."""

_SEPARATOR = "|"


@dataclass(frozen=True)
class Shard:
    """One part of a tenant's first sync, counted from 1; `1/1` is all of it."""

    tenant: str
    number: int
    of: int

    @property
    def key(self) -> str:
        """The partition key."""
        return f"{self.tenant}{_SEPARATOR}{self}"

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def settings(self) -> dict[str, str]:
        """The tap's setting; none where one run reads everything."""
        return {"shard": str(self)} if self.of > 1 else {}

    @property
    def state(self) -> str:
        """Name of the shard's state."""
        return f"shard-{self.number}-of-{self.of}.json"

    @property
    def finished(self) -> str:
        """Name of the file that says that the shard is complete."""
        return f"shard-{self.number}-of-{self.of}.finished"

    @property
    def failed(self) -> str:
        """Name of the file that says that attempts to read all of a tenant in one run are over."""
        return f"shard-{self.number}-of-{self.of}.failed"

    @classmethod
    def of_key(cls, key: str) -> Shard:
        """Parse a partition key."""
        tenant, setting = key.split(_SEPARATOR)
        number, of = setting.split("/")
        return cls(tenant, int(number), int(of))


def shards(tenant: Tenant) -> list[Shard]:
    """Return the shards of a tenant."""
    return [Shard(tenant.name, number, tenant.shards) for number in range(1, tenant.shards + 1)]


def tenant_partitions(tenants: Tenants) -> dg.StaticPartitionsDefinition:
    """Return a partition for each tenant."""
    return dg.StaticPartitionsDefinition([tenant.name for tenant in tenants.tenants])


def shard_partitions(tenants: Tenants) -> dg.StaticPartitionsDefinition:
    """Return a partition for each shard; those of one tenant stand together."""
    return dg.StaticPartitionsDefinition(
        [shard.key for tenant in tenants.tenants for shard in shards(tenant)]
    )


def tenant_of_shards(tenants: Tenants) -> dg.StaticPartitionMapping:
    """Map shards to their tenant, which therefore waits for all of them."""
    return dg.StaticPartitionMapping(
        {shard.key: tenant.name for tenant in tenants.tenants for shard in shards(tenant)}
    )


def tags(tenants: Tenants, key: str) -> dict[str, str]:
    """Return the tags of a run, by which the queue limits how many there are at once.

    A tenant has as many slots as it may have runs at once, and each slot takes one run. Shards are
    dealt to the slots in turn; runs of the whole tenant take the first. So one limit in
    dagster.yaml, one run per slot, holds the number of every tenant.

    Partitions that are not of the tenants file, such as those of other code in the same Dagster,
    get no tags.
    """
    name = key.partition(_SEPARATOR)[0]
    for tenant in tenants.tenants:
        if tenant.name == name:
            numbers = {name: 1} | {shard.key: shard.number for shard in shards(tenant)}
            if key in numbers:
                slot = (numbers[key] - 1) % tenant.runs_at_once + 1
                return {TENANT_TAG: name, SLOT_TAG: f"{name}/{slot}"}
    return {}

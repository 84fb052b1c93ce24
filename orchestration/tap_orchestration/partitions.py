"""Partitions: a tenant and a shard such as `winery|2/4` for first syncs, a tenant for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from tap_orchestration.tenants import Tenant, Tenants

TENANT_TAG = "tap/tenant"
"""On every run: whose it is."""

SLOT_TAG = "tap/slot"
"""On every run: one of the places that a tenant has for runs; see slot."""

PARTITION_TAG = "dagster/partition"
"""Set by Dagster on the runs of a partition, however they were launched."""

_SEPARATOR = "|"


@dataclass(frozen=True)
class Shard:
    """One part of a tenant's first sync.

    Attributes:
        number: Which, from 1.
        of: How many there are.
    """

    tenant: str
    number: int
    of: int

    @property
    def key(self) -> str:
        """The partition key."""
        return f"{self.tenant}{_SEPARATOR}{self.setting}"

    @property
    def setting(self) -> str:
        """Value of the taps' setting `shard`."""
        return f"{self.number}/{self.of}"

    @classmethod
    def of_key(cls, key: str) -> Shard:
        """Read a partition key."""
        tenant, setting = key.split(_SEPARATOR)
        number, of = setting.split("/")
        return cls(tenant, int(number), int(of))


def shards(tenant: Tenant) -> list[Shard]:
    """Divide a tenant's first sync."""
    return [Shard(tenant.name, number, tenant.shards) for number in range(1, tenant.shards + 1)]


def shard_partitions(tenants: Tenants) -> dg.StaticPartitionsDefinition:
    """All shards of all tenants; those of one tenant stand together."""
    return dg.StaticPartitionsDefinition(
        [shard.key for tenant in tenants.tenants for shard in shards(tenant)]
    )


def tenant_partitions(tenants: Tenants) -> dg.StaticPartitionsDefinition:
    """All tenants."""
    return dg.StaticPartitionsDefinition([tenant.name for tenant in tenants.tenants])


def tenant_of_shards(tenants: Tenants) -> dg.StaticPartitionMapping:
    """What a shard leads to: its tenant, which therefore waits for all of its shards."""
    return dg.StaticPartitionMapping(
        {shard.key: tenant.name for tenant in tenants.tenants for shard in shards(tenant)}
    )


def tags(tenants: Tenants, key: str) -> dict[str, str]:
    """Tags of a run, by which the queue limits how many there are at once.

    A tenant has as many slots as it may have runs at once, and each slot takes one run. Shards are
    dealt to the slots in turn; runs of the whole tenant take the first. So one limit in
    dagster.yaml, one run per slot, holds the number of every tenant.

    Returns:
        The tags; none for partitions that are not of the tenants file, such as those of other code
        in the same Dagster.
    """
    name = key.partition(_SEPARATOR)[0]
    for tenant in tenants.tenants:
        if tenant.name == name:
            slots = {
                shard.key: (shard.number - 1) % tenant.runs_at_once for shard in shards(tenant)
            }
            slots[name] = 0
            if key in slots:
                return {TENANT_TAG: name, SLOT_TAG: f"{name}/{slots[key] + 1}"}
    return {}

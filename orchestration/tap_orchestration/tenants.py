"""The tenants file: what is read, for whom, within which budget, and where it is loaded.

Everything is checked when the file is read, but for environment variables: their values are
needed only by the run that uses them, which may be on another machine.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from tap_orchestration.errors import OrchestrationError
from tap_orchestration.secret_values import environment_without, references
from tap_orchestration.states import States

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_SHARDS = 1024
"""What the setting `shard` takes."""

PLACE = frozenset({
    *("sqlalchemy_url", "host", "port", "database", "dbname", "default_target_schema", "schema"),
    *("account", "project", "project_id", "dataset", "dataset_id", "bucket", "prefix"),
    *("path", "filepath", "destination_path", "output_path", "folder"),
})  # fmt: skip
"""Settings by which targets usually say where rows go."""

TapName = Literal["tap-commerce7", "tap-commercetools"]


class TapFacts(NamedTuple):
    """What has to be known of a tap; everything else goes through its command line.

    Attributes:
        source_setting: Setting that names the tenant or project.
        rate_setting: Setting that limits the requests of one process.
        rate_seconds: The time in which it counts them.
        most_shards: How many shards the tap can be run in.
    """

    source_setting: str
    rate_setting: str
    rate_seconds: int
    most_shards: int


TAPS: dict[TapName, TapFacts] = {
    "tap-commerce7": TapFacts("tenant", "max_requests_per_minute", 60, 1),
    "tap-commercetools": TapFacts("project_key", "max_requests_per_second", 1, MOST_SHARDS),
}

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""Safe in partition keys, tags, names of schedules and paths of states."""

Command = Annotated[list[str], Field(min_length=1)]


def schedule_name(name: str) -> str:
    """Return the name of a schedule of the file in Dagster, which takes no hyphens."""
    return f"incremental_{name}".replace("-", "_")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Budget(_Strict):
    """Limits on the requests to a tenant's API, for all runs together.

    Attributes:
        runs_at_once: Most runs of the tenant's first sync at once.
        requests_per_second: Most requests per second that the platform counts, divided among the
            runs at once.
        requests_per_minute: The same by the minute; one of both.
    """

    runs_at_once: int = Field(default=4, ge=1)
    requests_per_second: float | None = Field(default=None, gt=0)
    requests_per_minute: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if self.requests_per_second and self.requests_per_minute:
            msg = "give requests_per_second or requests_per_minute, not both"
            raise ValueError(msg)
        return self

    @property
    def per_minute(self) -> float | None:
        """Requests per minute, whichever unit was given."""
        return self.requests_per_minute or (
            self.requests_per_second and self.requests_per_second * 60
        )


class Target(_Strict):
    """A Singer target.

    Attributes:
        command: How to start it; `--config FILE` is added.
        settings: Its settings; the values may be `{env: NAME}`.
        place: Names of the settings that say where rows go; without, those of `PLACE`, or all where
            there is none of them.
    """

    command: Command = ["target-postgres"]
    settings: dict[str, Any] = {}
    place: list[str] = []

    @property
    def rows(self) -> object:
        """Where rows go: equal for two tenants that would write into the same tables."""
        names = set(self.place or PLACE) & set(self.settings)
        if not names:
            return self.command, self.settings
        if "sqlalchemy_url" in names:  # replaces these
            names -= {"host", "port", "database"}
        return sorted((name, str(self.settings[name])) for name in names)


class TargetOfTenant(_Strict):
    """Where a tenant differs from the common target; its settings override the common ones."""

    command: Command | None = None
    settings: dict[str, Any] = {}


class Retries(_Strict):
    """How often a failed tap or target is retried, from the saved state."""

    count: int = Field(default=3, ge=0)
    delay_seconds: float = Field(default=60, ge=0)


class Tenant(_Strict):
    """One tenant of Commerce7 or one project of commercetools.

    Attributes:
        command: How to start the tap; without, its name.
        catalog: Catalog file with the selection, relative to the tenants file.
        shards: Into how many parts the first sync is divided; 1 with tap-commerce7.
        schedule: Name of one of the schedules of the file; without, incremental runs are
            started by hand.
        target: What differs from the common target; see Tenants.target_of.
    """

    name: Name
    tap: TapName
    command: Command | None = None
    settings: dict[str, Any]
    catalog: Path | None = Field(default=None, strict=False)
    shards: int = Field(default=1, ge=1, le=MOST_SHARDS)
    budget: Budget = Budget()
    schedule: str | None = None
    target: TargetOfTenant = TargetOfTenant()

    @model_validator(mode="after")
    def _settings_are_ours(self) -> Self:
        facts = TAPS[self.tap]
        if not self.settings.get(facts.source_setting):
            msg = f"settings lack {facts.source_setting}"
            raise ValueError(msg)
        if self.shards > facts.most_shards:
            msg = f"{self.tap} reads a tenant in one run; set concurrency instead of shards"
            raise ValueError(msg)
        if "shard" in self.settings:
            msg = "setting shard is given to each run by itself; say how many with shards"
            raise ValueError(msg)
        if facts.rate_setting in self.settings:
            msg = f"setting {facts.rate_setting} follows from the budget; give it there"
            raise ValueError(msg)
        references([self.settings, self.target.settings])
        return self

    @property
    def tap_command(self) -> list[str]:
        """The command that starts the tap."""
        return list(self.command or [self.tap])

    @property
    def runs_at_once(self) -> int:
        """Most runs of the first sync at once."""
        return min(self.shards, self.budget.runs_at_once)

    def throttle(self, runs: int) -> dict[str, int]:
        """Return the tap's setting for one of several runs that share the budget.

        Raises:
            OrchestrationError: Less than one request would be left for each.
        """
        if self.budget.per_minute is None:
            return {}
        _, setting, seconds, _ = TAPS[self.tap]
        # Rounded down: the sum must not exceed the budget.
        share = int(self.budget.per_minute * seconds / 60 / runs)
        if share < 1:
            msg = (
                f"tenant {self.name}: its budget divided by {runs} runs at once leaves less than 1"
                f" for {setting}; lower shards or budget.runs_at_once"
            )
            raise OrchestrationError(msg)
        return {setting: share}


class Tenants(_Strict):
    """The whole file.

    Attributes:
        state: Where states are kept: a folder, relative to the file, or a URL of fsspec.
        schedules: Cron expressions by name.
        target: The target of all tenants, as far as they do not say otherwise.
    """

    state: str = "states"
    schedules: dict[Name, str] = {}
    retries: Retries = Retries()
    target: Target = Target()
    tenants: Annotated[list[Tenant], Field(min_length=1)]
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        references(self.target.settings)
        for tenant in self.tenants:
            if tenant.schedule is not None and tenant.schedule not in self.schedules:
                msg = f"tenant {tenant.name}: there is no schedule {tenant.schedule!r}"
                raise ValueError(msg)
        for what, key in self._keys().items():
            _refuse_twins("tenants", what, ((tenant.name, key(tenant)) for tenant in self.tenants))
        names = ((name, schedule_name(name)) for name in self.schedules)
        _refuse_twins("schedules", "have one name in Dagster", names)
        return self

    def _keys(self) -> dict[str, Callable[[Tenant], object]]:
        """Return what no two tenants may have in common, by what to say of them."""
        return {
            "have one name": lambda tenant: tenant.name,
            "read the same source": lambda tenant: (
                tenant.tap,
                tenant.settings[TAPS[tenant.tap].source_setting],
            ),
            "load into the same place, where each would remove rows of the other; give them a"
            " schema or folder each": lambda tenant: self.target_of(tenant).rows,
        }

    def __getitem__(self, name: str) -> Tenant:
        """Return a tenant.

        Raises:
            OrchestrationError: There is none of that name.
        """
        for tenant in self.tenants:
            if tenant.name == name:
                return tenant
        msg = f"the tenants file has no tenant {name!r}"
        raise OrchestrationError(msg)

    def target_of(self, tenant: Tenant) -> Target:
        """Return the target of a tenant."""
        return Target(
            command=tenant.target.command or self.target.command,
            settings={**self.target.settings, **tenant.target.settings},
            place=self.target.place,
        )

    @cached_property
    def states(self) -> States:
        """The states of all tenants."""
        return States(self.state, self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """Environment of taps and targets: ours, without the secrets of all tenants."""
        given = [self.target.settings]
        for tenant in self.tenants:
            given += [tenant.settings, tenant.target.settings]
        return environment_without(given)


def _refuse_twins(kind: str, what: str, keys: Iterable[tuple[str, object]]) -> None:
    """Refuse two of one kind with the same key."""
    seen: dict[str, str] = {}
    for name, key in keys:
        if twin := seen.get(repr(key)):
            msg = f"{kind} {twin} and {name} {what}"
            raise ValueError(msg)
        seen[repr(key)] = name

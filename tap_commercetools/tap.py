"""Settings, streams and console entry point of tap-commercetools."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from singer_sdk import typing as th

from tap_commercetools import custom_fields, errors
from tap_commercetools.auth import CommercetoolsAuthenticator
from tap_commercetools.message_keeping import MessageKeeping
from tap_commercetools.query import LONGEST_PAGE
from tap_commercetools.streams import STREAMS, Types
from tap_engine import filters, settings, shards
from tap_engine.cli import main as run_command_line
from tap_engine.command import CommandTap
from tap_engine.errors import SettingsError
from tap_engine.http import Http
from tap_engine.limiter import RateLimiter
from tap_engine.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tap_engine.stream import EngineStream


class TapCommercetools(CommandTap):
    """Singer tap for commercetools Composable Commerce."""

    name = "tap-commercetools"
    stream_types: ClassVar[tuple[type[EngineStream], ...]] = STREAMS

    config_jsonschema = th.PropertiesList(
        th.Property(
            "project_key",
            th.StringType,
            required=True,
            title="Project key",
            description="Key of the commercetools project.",
        ),
        th.Property(
            "client_id",
            th.StringType,
            required=True,
            title="Client id",
            description="Id of an API client with view scopes.",
        ),
        th.Property(
            "client_secret",
            th.StringType,
            required=True,
            secret=True,
            title="Client secret",
            description="Secret of the API client.",
        ),
        th.Property(
            "scopes",
            th.ArrayType(th.StringType),
            title="Scopes",
            description=(
                "Scopes to ask for, such as view_orders:my-project; without, the token has all"
                " scopes of the API client."
            ),
        ),
        th.Property(
            "region",
            th.StringType,
            default="europe-west1.gcp",
            title="Region",
            description=(
                "Region of the project, such as us-central1.gcp, us-east-2.aws, europe-west1.gcp,"
                " eu-central-1.aws or australia-southeast1.gcp."
            ),
        ),
        th.Property(
            "api_url",
            th.StringType,
            title="API URL",
            description="Replaces the API host of the region; may end with the project key.",
        ),
        th.Property(
            "auth_url",
            th.StringType,
            title="Auth URL",
            description="Replaces the token host of the region.",
        ),
        th.Property(
            "history_url",
            th.StringType,
            title="Change History URL",
            description=(
                "Replaces the Change History host of the region; may end with the project key."
            ),
        ),
        th.Property(
            "page_size",
            th.IntegerType,
            default=LONGEST_PAGE,
            title="Page size",
            description=(
                f"Rows per request, 1 to {LONGEST_PAGE}; shrinks by itself when the API finds a"
                " page too big."
            ),
        ),
        th.Property(
            "max_requests_per_second",
            th.IntegerType,
            title="Requests per second",
            description="Throttle; without, the tap sends as fast as concurrency allows.",
        ),
        th.Property(
            "custom_object_containers",
            th.ArrayType(th.StringType),
            title="Custom object containers",
            description="Containers to read custom objects from; without, all.",
        ),
        th.Property(
            "emit_tombstones",
            th.BooleanType,
            default=False,
            title="Emit tombstones",
            description=(
                "Mark deleted records in their own stream with _sdc_deleted_at, where the project"
                " tells of deletes by message; needs the scope view_messages."
            ),
        ),
        th.Property(
            "store_keys",
            th.ArrayType(th.StringType),
            title="Store keys",
            description=(
                "Read streams that stores have lists of from the lists of these stores, as scopes"
                " of a store allow; the key of the store becomes part of the key of their rows. See"
                " docs/filters.md."
            ),
        ),
        filters.setting(
            "Query predicates by stream, such as"
            ' {"orders": "customerId = \\"...\\""}: only what matches is read.'
        ),
        th.Property(
            shards.NAME,
            th.StringType,
            title="Shard",
            description=(
                "Part of a first sync that is divided among processes, such as 2/8 for the second"
                " of eight: only its ids are read; see docs/scale.md."
            ),
        ),
        *settings.shared(concurrency=4, lookback_seconds=120),
    ).to_dict()

    def check_settings(self) -> None:
        """Check what the settings' JSON schema cannot."""
        settings.require(self.config, "project_key", "client_id", "client_secret")
        settings.header(self.config, "user_agent")
        settings.number(self.config, "concurrency", 1, settings.MOST_CONCURRENCY)
        settings.number(self.config, "page_size", 1, LONGEST_PAGE)
        settings.number(self.config, "lookback_seconds", 0, 86_400 * 366)
        settings.number(self.config, "request_timeout", 0.1, 3600)
        settings.number(self.config, "retry_max_seconds", 0, 86_400)
        if self.config.get("max_requests_per_second") is not None:
            settings.number(self.config, "max_requests_per_second", 1, 10_000)
        if not all(key.strip() for key in self.store_keys):
            msg = "setting store_keys holds an empty key"
            raise SettingsError(msg)
        if self.store_keys and self.config.get("emit_tombstones"):
            msg = (
                "settings: emit_tombstones and store_keys exclude each other: the messages do not"
                " say which stores a deleted record was in"
            )
            raise SettingsError(msg)
        filters.check(self.config, self.stream_types)
        _ = self.shard, self.start_date, self.project_url, self.history_url, self.auth_url

    @property
    def source(self) -> str:
        """The project's key."""
        return str(self.config["project_key"])

    @cached_property
    def redactor(self) -> Redactor:
        """What masks the secret and the tokens."""
        redactor = Redactor()
        redactor.add_pair(
            str(self.config.get("client_id", "")), str(self.config.get("client_secret") or "")
        )
        return redactor

    @cached_property
    def project_url(self) -> str:
        """Base URL of the project's collections."""
        return self._of_project("api_url", "api")

    @cached_property
    def history_url(self) -> str:
        """URL of the project's Change History."""
        return self._of_project("history_url", "history")

    def _of_project(self, setting: str, host: str) -> str:
        project = str(self.config["project_key"])
        given = self.config.get(setting) or f"https://{host}.{self._region}.commercetools.com"
        url = settings.base_url(setting, str(given))
        return url if url.endswith(f"/{project}") else f"{url}/{project}"

    @cached_property
    def auth_url(self) -> str:
        """Base URL of the token host."""
        given = self.config.get("auth_url") or f"https://auth.{self._region}.commercetools.com"
        return settings.base_url("auth_url", str(given))

    @property
    def _region(self) -> str:
        return str(self.config.get("region") or "")

    @property
    def page_size(self) -> int:
        """Rows per request."""
        return int(self.config["page_size"])

    @property
    def containers(self) -> list[str] | None:
        """Containers of custom objects to read, sorted; None for all."""
        names = self.config.get("custom_object_containers")
        return sorted(set(names)) if names else None

    @property
    def store_keys(self) -> list[str]:
        """Keys of the stores to read, sorted; none for the project's lists."""
        return sorted(set(self.config.get("store_keys") or ()))

    @cached_property
    def authenticator(self) -> CommercetoolsAuthenticator:
        """What signs requests."""
        return CommercetoolsAuthenticator(
            auth_url=self.auth_url,
            client_id=str(self.config["client_id"]),
            client_secret=str(self.config["client_secret"]),
            scopes=self.config.get("scopes") or (),
            http=lambda: self.http,
            redactor=self.redactor,
        )

    @cached_property
    def message_keeping(self) -> MessageKeeping:
        """What the project says about its messages."""
        return MessageKeeping(self)

    @cached_property
    def limiters(self) -> tuple[RateLimiter, ...]:
        """The throttle, if one is set."""
        most = self.config.get("max_requests_per_second")
        return (RateLimiter(int(most), 1.0, sleep=self.http.sleep),) if most else ()

    def type_custom_fields(self, streams: Sequence[EngineStream]) -> None:
        """Declare the custom fields that the project's types define."""
        defined = custom_fields.read_types(self.definitions(Types(self)))
        custom_fields.apply(streams, defined)

    def make_http(self) -> Http:
        """Set up the session."""
        return Http(
            concurrency=self.concurrency,
            timeout=float(self.config["request_timeout"]),
            retry_max_seconds=float(self.config["retry_max_seconds"]),
            user_agent=self.config.get("user_agent") or f"{self.name}/{self.plugin_version}",
            read_error=errors.read_error,
            redactor=self.redactor,
            logger=self.logger,
            correlation_header="X-Correlation-ID",
        )

    def scope_opens(
        self, granted: Collection[str], scopes: Collection[str], store: str = ""
    ) -> bool:
        """Tell whether a token's scopes open a collection that any of `scopes` opens.

        A scope reads `name:projectKey`, or `name:projectKey:storeKey` for the lists of one store;
        `manage_x` includes `view_x` and `manage_project` all. Scopes of a store do not open the
        project's collections.

        Args:
            granted: Scopes of the token.
            scopes: Names of scopes, any one of which is enough.
            store: Key of the store whose list it is; empty for the project's.
        """
        project = str(self.config["project_key"])
        places = {project, f"{project}:{store}"} if store else {project}
        names = {
            name for name, _, rest in (scope.partition(":") for scope in granted) if rest in places
        }
        wanted = {*scopes, *(scope.replace("view_", "manage_", 1) for scope in scopes)}
        return bool(names & {*wanted, "manage_project"})


def main() -> None:
    """Run the command line of tap-commercetools."""
    run_command_line(TapCommercetools)

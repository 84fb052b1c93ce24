"""Settings, streams and console entry point of tap-commercetools."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from tap_commercetools import error_table
from tap_commercetools.auth import CommercetoolsAuthenticator
from tap_commercetools.connection import Connection
from tap_commercetools.graphql import PAGES_AT_ONCE
from tap_commercetools.query import LONGEST_PAGE
from tap_commercetools.region import REGIONS, read_region
from tap_commercetools.streams import STREAMS
from tap_engine.errors import SettingsError
from tap_engine.http.rate_limit import RateLimiter
from tap_engine.http.redaction import Redactor
from tap_engine.singer import settings
from tap_engine.singer.cli import CommandTap
from tap_engine.singer.cli import main as run_command_line
from tap_engine.singer.settings import BOOLEAN, INTEGER, TEXT, TEXTS, WORDS, setting
from tap_engine.singer.urls import base_url

if TYPE_CHECKING:
    from tap_commercetools.probed import ProbedProject
    from tap_engine.errors import StreamError
    from tap_engine.probing.asker import Asker
    from tap_engine.recording.recorder import Recorded
    from tap_engine.singer.stream import EngineStream

PATH_WORDS = ("graphql", "in-store", "oauth", "token", "no-such-list")
"""Words in paths that no stream has."""


class TapCommercetools(CommandTap):
    """Singer tap for commercetools Composable Commerce."""

    name = "tap-commercetools"
    stream_types: ClassVar[tuple[type[EngineStream], ...]] = STREAMS
    read_error = staticmethod(error_table.read_error)

    config_jsonschema = settings.declare(
        setting(
            "project_key", TEXT, "Project key", "Key of the commercetools project.", required=True
        ),
        setting(
            "client_id",
            TEXT,
            "Client ID",
            "ID of an API client with view scopes.",
            required=True,
        ),
        setting(
            "client_secret",
            TEXT,
            "Client secret",
            "Secret of the API client.",
            required=True,
            secret=True,
        ),
        setting(
            "scopes",
            WORDS,
            "Scopes",
            "Scopes to request, such as view_orders:my-project, as a list or in one string,"
            " separated by spaces. By default, the token has all scopes of the API client.",
        ),
        setting(
            "region",
            TEXT,
            "Region",
            "Region of the project, such as us-central1.gcp, us-east-2.aws, europe-west1.gcp,"
            " eu-central-1.aws or australia-southeast1.gcp; or the project's API host.",
            default=REGIONS[0],
        ),
        setting(
            "api_url",
            TEXT,
            "API URL",
            "Overrides the API host of the region; may end with the project key.",
        ),
        setting("auth_url", TEXT, "Auth URL", "Overrides the token host of the region."),
        setting(
            "history_url",
            TEXT,
            "Change History URL",
            "Overrides the Change History host of the region; may end with the project key.",
        ),
        setting(
            "page_size",
            INTEGER,
            "Page size",
            f"Rows per request, 1 to {LONGEST_PAGE}. The tap asks for fewer when the API rejects a"
            " page as too big.",
            default=LONGEST_PAGE,
        ),
        setting(
            "max_requests_per_second",
            INTEGER,
            "Requests per second",
            "Maximum number of requests per second. By default, only concurrency limits the rate.",
        ),
        setting(
            "custom_object_containers",
            TEXTS,
            "Custom object containers",
            "Containers to read custom objects from; all by default.",
        ),
        setting(
            "use_graphql",
            BOOLEAN,
            "Use GraphQL",
            "Ask GraphQL where ids and timestamps are enough, as for tap-reconcile; REST has whole"
            " records only.",
            default=True,
        ),
        setting(
            "store_keys",
            TEXTS,
            "Store keys",
            "Keys of the stores to read, for API clients with scopes of stores. Streams for which"
            " stores have lists are then read from these lists, and the store's key becomes part of"
            " their primary key; see docs/filters.md.",
        ),
        settings.stream_filters(
            "Query predicates by stream, such as"
            ' {"orders": "customerId = \\"...\\""}. Only matching records are read.'
        ),
        setting(
            "shard",
            TEXT,
            "Shard",
            "Which part of a first sync to read, such as 2/8 for the second of eight processes"
            " that divide the ids among them; see docs/scale.md.",
        ),
        *settings.shared(concurrency=4, lookback_seconds=120),
    )

    @cached_property
    def connection(self) -> Connection:
        """The connection to the project."""
        config = self.config
        settings.require(config, "project_key", "client_id", "client_secret")
        self._check_stores()
        http = self.make_http("X-Correlation-ID")
        project_url, auth_url = (
            self._url_of_project("api_url", "api"),
            self._url("auth_url", "auth"),
        )
        history_url = self._url_of_project("history_url", "history")
        for url, name in (
            (project_url, "api_url"),
            (auth_url, "auth_url"),
            (history_url, "history_url"),
        ):
            http.name_host(url, name if config.get(name) else "region")
        limiters: tuple[RateLimiter, ...] = ()
        if config.get("max_requests_per_second") is not None:
            most = int(settings.number(config, "max_requests_per_second", 1, 10_000))
            limiters = (RateLimiter(most, 1.0, sleep=http.sleep),)
        authenticator = CommercetoolsAuthenticator(
            auth_url=auth_url,
            client_id=str(config["client_id"]),
            client_secret=str(config["client_secret"]),
            scopes=settings.words(config, "scopes"),
            http=http,
            redactor=self.redactor,
        )
        containers = config.get("custom_object_containers")
        return Connection(
            http,
            settings.read_settings(config),
            authenticator,
            limiters=limiters,
            project_key=self.source,
            project_url=project_url,
            history_url=history_url,
            page_size=int(settings.number(config, "page_size", 1, LONGEST_PAGE)),
            containers=sorted(set(containers)) if containers else None,
            graphql=bool(config.get("use_graphql", True)),
            logger=self.logger,
            fail=self._failed,
        )

    def _failed(self, stream: str, error: StreamError) -> None:
        self.current_run.failed(stream, error)

    def _check_stores(self) -> None:
        stores = self.config.get("store_keys") or ()
        if not all(key.strip() for key in stores):
            msg = "setting store_keys contains an empty key"
            raise SettingsError(msg)

    def _url(self, name: str, host: str) -> str:
        config = self.config
        if given := config.get(name):
            return base_url(name, str(given))
        region = str(config.get("region") or "")
        if not region and config.get("api_url") and config.get("auth_url"):
            region = REGIONS[0]  # only the Change History would need it
        return f"https://{host}.{read_region(region)}.commercetools.com"

    def _url_of_project(self, name: str, host: str) -> str:
        url, project = self._url(name, host), self.source
        return url if url.endswith(f"/{project}") else f"{url}/{project}"

    @property
    def source(self) -> str:
        """The project key."""
        return str(self.config["project_key"])

    @cached_property
    def redactor(self) -> Redactor:
        """Masks the secret and the tokens."""
        redactor = Redactor()
        redactor.add_pair(
            str(self.config.get("client_id", "")), str(self.config.get("client_secret") or "")
        )
        return redactor

    def probed(self, asker: Asker) -> ProbedProject:
        """Return the project as the questions of a probe see it."""
        from tap_commercetools.probed import ProbedProject  # noqa: PLC0415
        from tap_commercetools.questions import QUESTIONS  # noqa: PLC0415

        return ProbedProject(asker, self.streams, self.connection, QUESTIONS)  # type: ignore[arg-type]

    def recorded(self) -> Recorded:
        """Return what a recording has to know of this tap."""
        from tap_engine.recording.recorder import Recorded  # noqa: PLC0415
        from tap_engine.singer import record  # noqa: PLC0415

        pages = (f"page{number}" for number in range(PAGES_AT_ONCE))
        names, sensitive = record.declared(STREAMS, *pages)
        connection = self.connection
        return Recorded(
            tap=self.name,
            version=self.plugin_version,
            bases={
                "api": connection.project_url,
                "auth": connection.authenticator.url,
                "history": connection.history_url,
            },
            mounts={"api": "/api/{source}", "auth": "/auth", "history": "/history/{source}"},
            addresses={
                **{f"{name}_url": f"{{url}}/{name}" for name in ("api", "auth", "history")},
                "client_id": "recorded",
                "client_secret": "nobody's",
            },
            source_setting="project_key",
            config=self.config,
            names=names,
            sensitive=sensitive,
            words=record.path_words(STREAMS, *PATH_WORDS),
            state_words=record.state_words(self),
        )

    def refusal_hint(self) -> str:
        """Return which project the token's scopes are of, if it is another one."""
        others = self.connection.other_projects
        if not others:
            return ""
        return (
            f"setting project_key: the token's scopes are for project {', '.join(others)}, not for"
            f" {self.source}"
        )


def main() -> None:
    """Run the command line of tap-commercetools."""
    run_command_line(TapCommercetools)

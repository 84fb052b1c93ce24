"""Settings, streams and console entry point of tap-commerce7."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from tap_commerce7 import error_table
from tap_commerce7.auth import Commerce7Authenticator
from tap_commerce7.connection import Connection
from tap_commerce7.paging import SECONDS_PER_BRAKED_PAGE
from tap_commerce7.streams import STREAMS
from tap_commerce7.tenant import read_tenant
from tap_engine.errors import SettingsError
from tap_engine.http.rate_limit import RateLimiter
from tap_engine.http.redaction import Redactor
from tap_engine.singer import settings
from tap_engine.singer.cli import CommandTap
from tap_engine.singer.cli import main as run_command_line
from tap_engine.singer.settings import INTEGER, TEXT, setting
from tap_engine.singer.urls import base_url

if TYPE_CHECKING:
    from tap_commerce7.probed import ProbedTenant
    from tap_engine.probing.asker import Asker
    from tap_engine.recording.recorder import Recorded
    from tap_engine.singer.stream import EngineStream


class TapCommerce7(CommandTap):
    """Singer tap for Commerce7."""

    name = "tap-commerce7"
    stream_types: ClassVar[tuple[type[EngineStream], ...]] = STREAMS
    read_error = staticmethod(error_table.read_error)

    config_jsonschema = settings.declare(
        setting(
            "tenant",
            TEXT,
            "Tenant",
            "Tenant ID: the first part of the host name of the tenant's admin panel, or the panel's"
            " address.",
            required=True,
        ),
        setting("app_id", TEXT, "App ID", "App ID from the App Development Center."),
        setting("app_secret", TEXT, "App secret key", "Secret key of the app.", secret=True),
        setting(
            "username",
            TEXT,
            "User name (legacy)",
            "E-mail of a staff user with the Data role, for tenants in onboarding.",
        ),
        setting("password", TEXT, "Password (legacy)", "Password of that user.", secret=True),
        setting(
            "api_url",
            TEXT,
            "API URL",
            "Base URL of the API, including the version.",
            default="https://api.commerce7.com/v1",
        ),
        setting(
            "max_requests_per_minute",
            INTEGER,
            "Requests per minute",
            "Maximum number of requests per minute, for those that the vendor limits (all except"
            " cursor lists). Its limit is 100 per tenant, shared by all apps of the tenant.",
            default=90,
        ),
        settings.stream_filters(
            "Query parameters by stream, such as"
            ' {"orders": {"customerId": "..."}}. Only matching records are read.'
        ),
        *settings.shared(concurrency=4, lookback_seconds=300),
    )

    @cached_property
    def connection(self) -> Connection:
        """The connection to the tenant."""
        config = self.config
        settings.require(config, "tenant")
        if self.source != config["tenant"]:
            self.logger.info("setting tenant: read as %s", self.source)
        # If this undeclared setting were ignored, every process would read the whole tenant.
        if config.get("shard") or os.environ.get("TAP_COMMERCE7_SHARD"):
            msg = (
                "setting shard: tap-commerce7 reads a tenant in one process; raise concurrency"
                " instead"
            )
            raise SettingsError(msg)
        authenticator = self._authenticator()
        http = self.make_http()
        most = int(settings.number(config, "max_requests_per_minute", 1, 100_000))
        api_url = base_url("api_url", str(config["api_url"]))
        http.name_host(api_url, "api_url")
        return Connection(
            http,
            settings.read_settings(config),
            authenticator,
            limiter=RateLimiter(most, 60.0, sleep=http.sleep),
            deep_page_limiter=RateLimiter(1, SECONDS_PER_BRAKED_PAGE, sleep=http.sleep),
            api_url=api_url,
        )

    def _authenticator(self) -> Commerce7Authenticator:
        config = self.config
        legacy = bool(config.get("username") or config.get("password"))
        if legacy and (config.get("app_id") or config.get("app_secret")):
            msg = "settings: use either app_id and app_secret, or username and password, not both"
            raise SettingsError(msg)
        user, password = ("username", "password") if legacy else ("app_id", "app_secret")
        settings.require(config, user, password)
        return Commerce7Authenticator(
            user=str(config[user]), password=str(config[password]), tenant=self.source
        )

    @property
    def source(self) -> str:
        """The tenant ID."""
        return read_tenant(str(self.config["tenant"]))

    @cached_property
    def redactor(self) -> Redactor:
        """Masks the credentials."""
        redactor = Redactor()
        for user, password in (("app_id", "app_secret"), ("username", "password")):
            redactor.add_pair(
                str(self.config.get(user) or ""), str(self.config.get(password) or "")
            )
        return redactor

    def probed(self, asker: Asker) -> ProbedTenant:
        """Return the tenant as the questions of a probe see it."""
        from tap_commerce7.probed import ProbedTenant  # noqa: PLC0415
        from tap_commerce7.questions import QUESTIONS  # noqa: PLC0415

        return ProbedTenant(asker, self.streams, self.connection, QUESTIONS)  # type: ignore[arg-type]

    def recorded(self) -> Recorded:
        """Return what a recording has to know of this tap."""
        from tap_engine.recording.recorder import Recorded  # noqa: PLC0415
        from tap_engine.singer import record  # noqa: PLC0415

        names, sensitive = record.declared(STREAMS)
        return Recorded(
            tap=self.name,
            version=self.plugin_version,
            bases={"api": self.connection.api_url},
            mounts={"api": "/api"},
            addresses={"api_url": "{url}/api", "app_id": "recorded", "app_secret": "nobody's"},
            source_setting="tenant",
            config={**self.config, "tenant": self.source},
            names=names,
            sensitive=sensitive,
            words=record.path_words(STREAMS, "no-such-list", "allocation", "group", "query"),
            state_words=record.state_words(self),
        )


def main() -> None:
    """Run the command line of tap-commerce7."""
    run_command_line(TapCommerce7)

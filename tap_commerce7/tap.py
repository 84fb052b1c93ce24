"""Settings, streams and console entry point of tap-commerce7."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from singer_sdk import typing as th

from tap_commerce7 import errors, meta_data
from tap_commerce7.auth import Commerce7Authenticator
from tap_commerce7.streams import STREAMS
from tap_engine import filters, settings
from tap_engine.cli import main as run_command_line
from tap_engine.command import CommandTap
from tap_engine.errors import SettingsError
from tap_engine.http import Http
from tap_engine.limiter import RateLimiter
from tap_engine.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_engine.stream import EngineStream


class TapCommerce7(CommandTap):
    """Singer tap for Commerce7."""

    name = "tap-commerce7"
    stream_types: ClassVar[tuple[type[EngineStream], ...]] = STREAMS

    config_jsonschema = th.PropertiesList(
        th.Property(
            "tenant",
            th.StringType,
            required=True,
            title="Tenant",
            description="Tenant id: the first label of the tenant's admin address.",
        ),
        th.Property(
            "app_id",
            th.StringType,
            title="App id",
            description="App id from the App Development Center.",
        ),
        th.Property(
            "app_secret",
            th.StringType,
            secret=True,
            title="App secret key",
            description="Secret key of the app.",
        ),
        th.Property(
            "username",
            th.StringType,
            title="User name (legacy)",
            description="E-mail of a staff user with the Data role, for tenants in onboarding.",
        ),
        th.Property(
            "password",
            th.StringType,
            secret=True,
            title="Password (legacy)",
            description="Password of that user.",
        ),
        th.Property(
            "api_url",
            th.StringType,
            default="https://api.commerce7.com/v1",
            title="API URL",
            description="Base URL of the API, version included.",
        ),
        th.Property(
            "max_requests_per_minute",
            th.IntegerType,
            default=90,
            title="Requests per minute",
            description=(
                "Throttle for the requests that the vendor counts (all but cursor lists; its limit"
                " is 100 per tenant, shared by all apps of the tenant)."
            ),
        ),
        filters.setting(
            "Documented query parameters by stream, such as"
            ' {"orders": {"customerId": "..."}}: only what matches is read.'
        ),
        *settings.shared(concurrency=1, lookback_seconds=300),
    ).to_dict()

    def check_settings(self) -> None:
        """Check what the settings' JSON schema cannot."""
        settings.require(self.config, "tenant")
        # An undeclared variable would be ignored, and every process would read the whole tenant.
        if self.config.get("shard") or os.environ.get("TAP_COMMERCE7_SHARD"):
            msg = (
                "setting shard: tap-commerce7 reads a tenant in one process;"
                " raise concurrency instead"
            )
            raise SettingsError(msg)
        legacy = self.config.get("username") or self.config.get("password")
        if legacy and (self.config.get("app_id") or self.config.get("app_secret")):
            msg = "settings: give either app_id and app_secret, or username and password, not both"
            raise SettingsError(msg)
        if legacy:
            settings.require(self.config, "username", "password")
        else:
            settings.require(self.config, "app_id", "app_secret")
        settings.header(self.config, "tenant", "user_agent")
        settings.number(self.config, "concurrency", 1, settings.MOST_CONCURRENCY)
        settings.number(self.config, "max_requests_per_minute", 1, 100_000)
        settings.number(self.config, "lookback_seconds", 0, 86_400 * 366)
        settings.number(self.config, "request_timeout", 0.1, 3600)
        settings.number(self.config, "retry_max_seconds", 0, 86_400)
        filters.check(self.config, self.stream_types)
        _ = self.start_date, self.api_url

    @property
    def source(self) -> str:
        """The tenant."""
        return str(self.config["tenant"])

    @cached_property
    def redactor(self) -> Redactor:
        """What masks the credentials."""
        redactor = Redactor()
        for user, password in (("app_id", "app_secret"), ("username", "password")):
            redactor.add_pair(
                str(self.config.get(user) or ""), str(self.config.get(password) or "")
            )
        return redactor

    @cached_property
    def api_url(self) -> str:
        """Base URL of the API."""
        return settings.base_url("api_url", str(self.config["api_url"]))

    @cached_property
    def authenticator(self) -> Commerce7Authenticator:
        """What signs requests."""
        legacy = bool(self.config.get("username"))
        return Commerce7Authenticator(
            user=str(self.config["username" if legacy else "app_id"]),
            password=str(self.config["password" if legacy else "app_secret"]),
            tenant=str(self.config["tenant"]),
        )

    @cached_property
    def limiter(self) -> RateLimiter:
        """Throttle of what the vendor counts."""
        most = int(self.config["max_requests_per_minute"])
        return RateLimiter(most, 60.0, sleep=self.http.sleep)

    @cached_property
    def deep_page_limiter(self) -> RateLimiter:
        """Throttle of numbered pages beyond the hundredth: one request in 60 seconds."""
        return RateLimiter(1, 60.0, sleep=self.http.sleep)

    def type_custom_fields(self, streams: Sequence[EngineStream]) -> None:
        """Declare the metadata that the tenant configured."""
        meta_data.apply(streams, meta_data.read_configs(self))

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
        )


def main() -> None:
    """Run the command line of tap-commerce7."""
    run_command_line(TapCommerce7)

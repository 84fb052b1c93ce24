"""What streams need to ask a commercetools project; made once by the tap."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from tap_commercetools import error_table
from tap_commercetools.envelope import json_members
from tap_commercetools.message_keeping import MessageKeeping
from tap_engine.errors import StreamError
from tap_engine.http.call import Call

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Collection, Sequence

    from tap_commercetools.auth import CommercetoolsAuthenticator
    from tap_engine.http.error_table import Rule
    from tap_engine.http.rate_limit import RateLimiter
    from tap_engine.http.session import Http
    from tap_engine.reading.run import ReadSettings
    from tap_engine.records import json_text


OF_PROJECTS = ("view_", "manage_")
"""What the scopes begin with that name a project."""


class Connection:
    """Session, credentials, limits and URLs of one project.

    Args:
        project_url: Base URL of the project's lists.
        history_url: URL of the project's Change History.
        limiters: The throttle, if one is set.
        page_size: Most rows per request.
        containers: Containers of custom objects to read; None for all.
        graphql: Whether GraphQL may be asked where ids are enough; not any more once it is refused.
        fail: Remembers the error of a stream that goes on, so that the run ends with it.
    """

    def __init__(  # noqa: PLR0913 (one for each setting that matters for requests)
        self,
        http: Http,
        settings: ReadSettings,
        authenticator: CommercetoolsAuthenticator,
        *,
        limiters: Sequence[RateLimiter],
        project_key: str,
        project_url: str,
        history_url: str,
        page_size: int,
        containers: list[str] | None,
        graphql: bool,
        logger: logging.Logger,
        fail: Callable[[str, StreamError], object],
    ) -> None:
        self.http = http
        self.settings = settings
        self.authenticator = authenticator
        self.limiters = limiters
        self.project_url = project_url
        self.history_url = history_url
        self.page_size = page_size
        self.containers = containers
        self.graphql = graphql
        self._project_key = project_key
        self._logger = logger
        self._fail = fail

    def call(
        self,
        stream: str,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        rules: Sequence[Rule] = error_table.RULES,
        smallest_page: bool = True,
    ) -> Call:
        """Build a request.

        Args:
            stream: Name for messages.
            url: Absolute URL.
            params: Query parameters.
            rules: Error table.
            smallest_page: The page cannot get any smaller.
        """
        return Call(
            stream=stream,
            url=url,
            params=params,
            rules=rules,
            auth=self.authenticator,
            renew=self.authenticator.renew,
            limiters=self.limiters,
            smallest_page=smallest_page,
        )

    @cached_property
    def message_keeping(self) -> MessageKeeping:
        """Whether and how long the project keeps messages."""
        return MessageKeeping(lambda: self.project, self._logger, self._fail)

    @cached_property
    def project(self) -> json_text.Members:
        """The project's own record.

        Raises:
            TapError: The credentials may not read it, or the API fails.
        """
        return self.http.send(self.call("project settings", self.project_url), json_members)

    @cached_property
    def catalog_model(self) -> str:
        """The project's product catalog model; empty if the token may not ask for it."""
        if self.lacks_scope(("view_project_settings",)):
            return ""
        try:
            model = msgspec.json.decode(self.project.get("productCatalogModel", b"null"))
        except StreamError as error:
            self._logger.info("the product catalog model could not be read: %s", error)
            return ""
        return model if isinstance(model, str) else ""

    @property
    def other_projects(self) -> list[str]:
        """Keys of the projects that the token's scopes are of, if none is of this project."""
        parts = (scope.split(":") for scope in self.authenticator.granted() or ())
        places = {part[1] for part in parts if len(part) > 1 and part[0].startswith(OF_PROJECTS)}
        return [] if self._project_key in places else sorted(places)

    def lacks_scope(self, scopes: Collection[str], store: str = "") -> bool:
        """Return whether the token certainly gives no access to a list that any of `scopes` opens.

        A scope reads `name:projectKey`, or `name:projectKey:storeKey` for the lists of one store;
        `manage_x` includes `view_x`, and `manage_project` includes all. Scopes of a store do not
        open the project's lists.

        Args:
            scopes: Names of scopes, any one of which is enough.
            store: Key of the store whose list it is; empty for the project's.
        """
        granted = self.authenticator.granted()
        if granted is None:
            return False
        project = self._project_key
        places = {project, f"{project}:{store}"} if store else {project}
        parts = (scope.partition(":") for scope in granted)
        names = {name for name, _, place in parts if place in places}
        wanted = {*scopes, *(scope.replace("view_", "manage_", 1) for scope in scopes)}
        return not names & {*wanted, "manage_project"}

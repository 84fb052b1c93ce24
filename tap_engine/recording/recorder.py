"""Collects what was asked and answered, and writes it down at the end, with values replaced.

Until then it is in memory only: the order of ids can be kept only once all of them are known, and
nothing is ever stored as it was sent.
"""

from __future__ import annotations

import json
import random
import re
import secrets
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tap_engine.ids import UUID
from tap_engine.recording import kept
from tap_engine.recording.exchange import Exchange, in_order, sorted_by, text_of, without_tokens
from tap_engine.recording.replacing import Replacer
from tap_engine.recording.rewriting import Number, Rewriter, read, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import requests

FORMAT = 1
MOST_BYTES = 50_000_000
"""Bodies of answers beyond this are not recorded."""

LEAST_DAYS, MOST_DAYS = 30, 365
"""Times are moved back by a random number of days between these."""

INDEX, EXCHANGES, STATE = "recording.json", "exchanges.jsonl", "state.json"


@dataclass(frozen=True)
class Recorded:
    """What a tap says about itself, for a recording.

    Attributes:
        tap: Its name.
        version: Its version.
        bases: Base URLs of what is asked, by role.
        mounts: Paths that stand in for them at a replay; `{source}` is the replaced project.
        addresses: Settings with the URLs for a replay; `{url}` is that of the server.
        source_setting: Setting that names the project or tenant.
        config: Its settings.
        names: Names of members that schemas declare.
        sensitive: Those of them whose values may be personal or secret.
        words: Words in paths.
        state_words: Words in states.
    """

    tap: str
    version: str
    bases: Mapping[str, str]
    mounts: Mapping[str, str]
    addresses: Mapping[str, str]
    source_setting: str
    config: Mapping[str, Any]
    names: frozenset[str]
    sensitive: frozenset[str]
    words: frozenset[str]
    state_words: frozenset[str]


class Recorder:
    """Records one run or probe; safe to use from several threads.

    Args:
        folder: Where the recording goes; it must be empty or not exist.
        recorded: What the tap says about itself.
        mask: Masks known secrets, in case one got through.

    Raises:
        OSError: The folder cannot be used.
    """

    def __init__(self, folder: Path, recorded: Recorded, mask: Callable[[str], str]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            msg = f"{folder} is not empty"
            raise OSError(msg)
        self._folder = folder
        self._recorded = recorded
        self._mask = mask
        self._exchanges: list[Exchange] = []
        self._bytes = 0
        self._complete = True
        self._closed = False
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self.rewriter: Rewriter | None = None
        self.state: dict[str, Any] | None = None
        self.streams: list[str] = []

    def answered(
        self, request: requests.PreparedRequest, answer: requests.Response, body: bytes, took: float
    ) -> None:
        """Take note of an answer."""
        exchange = self._exchange(request, took)
        if exchange is None:
            return
        exchange.status = answer.status_code
        exchange.headers = {
            name: value for name, value in answer.headers.items() if kept.HEADERS.fullmatch(name)
        }
        exchange.body = without_tokens(body.decode("utf-8", "replace"))
        self._note(exchange)

    def failed(self, request: requests.PreparedRequest, took: float) -> None:
        """Take note of a request that got no answer."""
        if exchange := self._exchange(request, took):
            self._note(exchange)

    def _note(self, exchange: Exchange) -> None:
        with self._lock:
            if self._closed:
                return
            self._complete &= self._bytes + len(exchange.body) <= MOST_BYTES
            if self._complete:
                self._bytes += len(exchange.body)
                self._exchanges.append(exchange)

    def _exchange(self, request: requests.PreparedRequest, took: float) -> Exchange | None:
        """Take a request apart; None for one that goes somewhere else."""
        url = str(request.url)
        bases = {role: base for role, base in self._recorded.bases.items() if url.startswith(base)}
        if not bases:
            self._complete = False
            return None
        role = max(bases, key=lambda role: len(bases[role]))
        parts = urlsplit(url.removeprefix(bases[role]))
        is_json = "json" in str(request.headers.get("Content-Type", ""))
        return Exchange(
            role,
            str(request.method),
            parts.path,
            parse_qsl(parts.query, keep_blank_values=True),
            read(text_of(request.body)) if is_json and request.body else None,
            at=time.monotonic() - self._began - took,
            took=took,
        )

    def write(self) -> int:
        """Write the recording and return the number of exchanges in it.

        Raises:
            OSError: It cannot be written.
        """
        with self._lock:
            self._closed = True
        self._make_rewriter()
        with (self._folder / EXCHANGES).open("w", encoding="utf-8") as file:
            for exchange in self._exchanges:
                file.write(self._mask(json.dumps(self._rewritten(exchange))) + "\n")
        if self.state is not None:
            state = write(self._state(read(json.dumps(self.state, default=str)), ""))
            (self._folder / STATE).write_text(self._mask(state), encoding="utf-8")
        index = self._mask(json.dumps(self._index(), indent=2))
        (self._folder / INDEX).write_text(index, encoding="utf-8")
        return len(self._exchanges)

    def _make_rewriter(self) -> None:
        texts = [exchange.body for exchange in self._exchanges]
        for exchange in self._exchanges:
            texts += [exchange.path, json.dumps(exchange.params), json.dumps(exchange.query)]
        texts += [json.dumps(self.state, default=str), json.dumps(self._settings(), default=str)]
        ids = {found for text in texts for found in UUID.findall(text)}
        recorded = self._recorded
        self.rewriter = Rewriter(
            Replacer(
                secrets.token_bytes(32),
                random.SystemRandom().randint(LEAST_DAYS, MOST_DAYS),
                ids,
                in_order([*map(sorted_by, self._exchanges), *self._lists]),
            ),
            names=recorded.names,
            sensitive=recorded.sensitive,
            words=recorded.words,
        )

    @property
    def _values(self) -> Rewriter:
        assert self.rewriter is not None  # noqa: S101 (made first)
        return self.rewriter

    def _rewritten(self, exchange: Exchange) -> dict[str, Any]:
        values = self._values
        return {
            "role": exchange.role,
            "method": exchange.method,
            "path": values.path(exchange.path),
            "params": [[name, values.parameter(name, v)] for name, v in exchange.params],
            "query": self._graphql(exchange.query),
            "status": exchange.status,
            "headers": {n: self._header(n, v) for n, v in exchange.headers.items()},
            "body": values.body(exchange.body, failed=exchange.status >= 400),  # noqa: PLR2004
            "at": round(exchange.at, 3),
            "took": round(exchange.took, 3),
        }

    def _graphql(self, query: Any) -> Any:
        """Rewrite the variables of a query; its text is the tap's own."""
        if not isinstance(query, dict) or "variables" not in query:
            return query
        return {**query, "variables": self._variables(query["variables"])}

    def _variables(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._variables(inner) for name, inner in value.items()}
        if isinstance(value, str) and '"' in value:
            return self._values.predicate(value)
        return value

    def _header(self, name: str, value: str) -> str:
        if name.lower() == "content-type":
            return value
        if re.fullmatch(r"[\d.]+", value):
            return value
        return self._values.replacer.header_date(value) or self._values.replacer.text(value)

    def _index(self) -> dict[str, Any]:
        recorded, replacer = self._recorded, self._values.replacer
        source = replacer.text(str(recorded.config[recorded.source_setting]))
        mounts = {role: path.format(source=source) for role, path in recorded.mounts.items()}
        return {
            "format": FORMAT,
            "tap": recorded.tap,
            "version": recorded.version,
            "complete": self._complete,
            "exchanges": len(self._exchanges),
            "streams": self.streams,
            "mounts": mounts,
            "settings": {
                recorded.source_setting: source,
                **recorded.addresses,
                **{name: self._setting(name, v) for name, v in self._settings().items()},
                "concurrency": 1,
            },
        }

    def _settings(self) -> dict[str, Any]:
        config = self._recorded.config
        return {name: config[name] for name in kept.SETTINGS if config.get(name) is not None}

    @property
    def _lists(self) -> list[list[str]]:
        """Settings that are lists of texts, in which order they are read."""
        values = self._settings().values()
        return [sorted(map(str, value)) for value in values if isinstance(value, list)]

    def _setting(self, name: str, value: Any) -> Any:
        if name == "stream_filters":
            return {stream: self._filter(each) for stream, each in value.items()}
        if name == "start_date":
            return self._values.replacer.time(str(value)) or self._values.replacer.text(str(value))
        if isinstance(value, list):
            return [self._values.replacer.text(str(each)) for each in value]
        return value if isinstance(value, bool | int | str) else float(value)

    def _filter(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: each if isinstance(each, bool) else self._values.parameter(name, str(each))
                for name, each in value.items()
            }
        return self._values.predicate(str(value))

    def _state(self, value: Any, name: str) -> Any:
        """Rewrite a state: its numbers and words are the tap's own."""
        if isinstance(value, dict):
            return {key: self._state(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._state(inner, name) for inner in value]
        if not isinstance(value, str) or isinstance(value, Number) or name in {"left_out", "maps"}:
            return value
        if value.startswith("{"):  # members of entries are JSON text themselves
            return write(self._state(read(value), name))
        return value if value in self._own else self._values.replacer.text(value)

    @cached_property
    def _own(self) -> frozenset[str]:
        return self._recorded.state_words | self._recorded.names

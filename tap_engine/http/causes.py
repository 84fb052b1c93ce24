"""Why a request got no answer: the innermost of the errors that wrap each other."""

from __future__ import annotations

import socket

from tap_engine.http.redaction import excerpt

UNKNOWN_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
"""What name servers say of a host that does not exist; other failures of theirs may pass."""


def is_unknown_host(error: BaseException) -> bool:
    """Return whether name servers say that there is no such host."""
    cause = _innermost(error)
    return isinstance(cause, socket.gaierror) and cause.errno in UNKNOWN_HOST


def text(error: BaseException) -> str:
    """Return the innermost reason; the outer ones repeat URLs and object addresses."""
    last = _innermost(error)
    return excerpt(str(last).rsplit(">: ", 1)[-1] or type(last).__name__, 200)


def _innermost(error: BaseException) -> BaseException:
    seen: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and inner not in seen:
        seen.append(inner)
        reason = getattr(inner, "reason", None)
        argument = next((a for a in inner.args if isinstance(a, BaseException)), None)
        inner = reason if isinstance(reason, BaseException) else argument or inner.__cause__
    return seen[-1]

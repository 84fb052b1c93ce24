"""The errors of both taps; their messages are what the user sees.

Every message may be printed: none contains a header, a token, a secret or a whole body.
"""

from __future__ import annotations


class TapError(Exception):
    """The run cannot go on; the message is the one line that the user sees."""


class SettingsError(TapError):
    """A setting is missing, unusable or contradicts another."""


START_AGAIN = (
    "remove the stream's entry from the state (with Meltano: run with --full-refresh) to read it"
    " from the start"
)


class StateError(TapError):
    """The state handed to the tap is not one that it could have written."""


class CredentialsError(TapError):
    """The platform rejects the credentials."""


class UnreachableError(TapError):
    """No request to the platform gets an answer."""


class StreamError(TapError):
    """One stream cannot be read; the others can.

    The run goes on with the other streams, keeps this one's state as it was and ends non-zero.

    Attributes:
        status: HTTP status of the answer that ended it; None without one.
        reason: What the API said, without what differs from stream to stream; empty if unknown.
    """

    status: int | None = None
    reason: str = ""


class RequestError(StreamError):
    """A request failed for good: it is not worth retrying, or the retry budget is spent."""


class SourceError(StreamError):
    """The source answered in a way that makes a complete reading impossible."""


class RefusedError(StreamError):
    """The credentials do not give access to this stream (missing scope, permission or endpoint)."""


class IncompleteError(StreamError):
    """The source counts more records than it returned; the scan is not bookmarked."""


class GapError(StreamError):
    """Records are gone from the source that nobody had read; the rest was read and bookmarked."""


class NotFoundError(RefusedError):
    """There is no such endpoint or parent object."""


class AbsentError(NotFoundError):
    """The source does not have this stream, which not every source has."""


class QueryRefusedError(StreamError):
    """The API does not accept this query (an unknown filter, field or sort)."""


class BetterWayError(QueryRefusedError):
    """The list can be read in a better way than the one that was begun; nothing is wrong."""


class FilterRefusedError(StreamError):
    """The API does not accept the filter that `stream_filters` gives a stream."""


class BadBodyError(Exception):
    """A success status whose body is not the JSON that was asked for; the request is retried."""


class ErrorInBodyError(Exception):
    """A success status whose body reports an error; the error table says what to do about it."""


class StoppedError(Exception):
    """The run is being stopped; ends the work of other threads."""


class AbortedError(BaseException):
    """Carries an error that ends the run past the SDK, which would log it as unexpected."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class TerminatedError(BaseException):
    """SIGTERM or SIGINT arrived between two complete lines of output.

    Attributes:
        signum: Number of the signal.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum

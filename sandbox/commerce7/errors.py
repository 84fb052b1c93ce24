"""The refusals of the Commerce7 stand-in, each as one exception."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal and the body it is answered with."""

    def __init__(
        self,
        status: int,
        type_: str,
        message: str,
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type_
        self.message = message
        self.errors = errors
        self.headers = headers or {}

    def body(self, *, status_text: bool) -> dict[str, Any]:
        """Render the error; `errors` is left out when there is no list, as the API does.

        Args:
            status_text: Send `statusCode` as a numeric string, which has been seen too.
        """
        body: dict[str, Any] = {
            "statusCode": str(self.status) if status_text else self.status,
            "type": self.type,
            "message": self.message,
        }
        if self.errors is not None:
            body["errors"] = self.errors
        return body


def unauthenticated(status: int = 401) -> ApiError:
    """Refuse the credentials or the tenant; the wording is the one of the real API."""
    return ApiError(status, "unauthorized", "Unauthenticated User", errors=[])


def forbidden(status: int) -> ApiError:
    """Refuse an app without the permission; the real body is unknown for 403."""
    return ApiError(status, "unauthorized", "Unauthorized", errors=[])


def not_found() -> ApiError:
    """Answer an unknown id or path."""
    return ApiError(404, "notFound", "Not found", errors=[])


def unknown_parameter(name: str) -> ApiError:
    """Refuse a query parameter; this one comes without `errors`."""
    return ApiError(422, "validationError", f"Invalid query param: {name}")


def invalid(field: str, message: str) -> ApiError:
    """Refuse the value of a known query parameter."""
    return ApiError(
        422,
        "validationError",
        "One or more elements is missing or invalid",
        errors=[{"field": field, "message": message}],
    )


def too_many_requests(wait_seconds: int | None) -> ApiError:
    """Refuse a request over the allowance; body and headers of the real API are unknown.

    Args:
        wait_seconds: Value of `Retry-After`, None to send no such header.
    """
    headers = {} if wait_seconds is None else {"Retry-After": str(wait_seconds)}
    return ApiError(429, "tooManyRequests", "Too Many Requests", errors=[], headers=headers)

"""The error answers of the Commerce7 stand-in."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An error that the API answers with."""

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
        self.headers = headers or {}
        self.body: dict[str, Any] = {"statusCode": status, "type": type_, "message": message}
        if errors is not None:
            self.body["errors"] = errors


def unauthenticated(status: int = 401) -> ApiError:
    """Return the error for unknown credentials or tenants, in the words of the real API."""
    return ApiError(status, "unauthorized", "Unauthenticated User", errors=[])


def forbidden(status: int) -> ApiError:
    """Return the error for a missing permission; the real body of a 403 is unknown."""
    return ApiError(status, "unauthorized", "Unauthorized", errors=[])


def not_found() -> ApiError:
    """Return the error for an unknown id or path."""
    return ApiError(404, "notFound", "Not found", errors=[])


def unknown_parameter(name: str) -> ApiError:
    """Return the error for an unknown query parameter, which comes without `errors`."""
    return ApiError(422, "validationError", f"Invalid query param: {name}")


def invalid(field: str, message: str) -> ApiError:
    """Return the error for a bad value of a known query parameter."""
    errors = [{"field": field, "message": message}]
    text = "One or more elements is missing or invalid"
    return ApiError(422, "validationError", text, errors=errors)


def too_many_requests(wait_seconds: int | None) -> ApiError:
    """Return the error for requests over the limit; the real body and headers are unknown.

    Args:
        wait_seconds: Value of `Retry-After`, None to omit the header.
    """
    headers = {} if wait_seconds is None else {"Retry-After": str(wait_seconds)}
    return ApiError(429, "tooManyRequests", "Too Many Requests", errors=[], headers=headers)

"""The error answers of the commercetools stand-in."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response


class ApiError(Exception):
    """An error that the API answers with.

    Args:
        status: HTTP status.
        code: Error code of the API, such as `InvalidInput`.
        message: Text of the error.
        members: More members of the entry in `errors`.
    """

    def __init__(self, status: int, code: str, message: str, **members: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "statusCode": status,
            "message": message,
            "errors": [{"code": code, "message": message, **members}],
        }

    def response(self) -> Response:
        """Return the HTTP answer."""
        return Response(msgspec.json.encode(self.body), self.status, media_type="application/json")


class AuthError(ApiError):
    """An error about credentials: the body also has the members OAuth prescribes."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.body |= {"error": code, "error_description": message}


def invalid_input(parameter: str, why: str) -> ApiError:
    """Return the error for a bad query parameter."""
    return ApiError(400, "InvalidInput", f"Malformed parameter: {parameter}: {why}")


def not_found(path: str) -> ApiError:
    """Return the error for a path that leads nowhere."""
    return ApiError(404, "ResourceNotFound", f"The Resource with path '{path}' was not found.")

"""Errors as Stripe's API answers them: what is wrong, in its words and its envelope (docs.stripe.com/api/errors)."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is no success.

    Attributes:
        status: The HTTP status.
        message: What is wrong, for people.
        kind: `invalid_request_error` or `api_error`.
        code: Stripe's code for it, or None.
        param: The parameter that is wrong, or None.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        """Say what is wrong."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://docs.stripe.com/error-codes#{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        return {"error": error}


def missing(noun: str, object_id: str, param: str, *, status: int = 404) -> ApiError:
    """No such object: 404 where it is what the URL names, 400 where a parameter does."""
    return ApiError(status, f"No such {noun}: '{object_id}'", code="resource_missing", param=param)


def unrecognized(method: str, path: str) -> ApiError:
    """No such route."""
    return ApiError(404, f"Unrecognized request URL ({method}: {path}).")


def unknown_parameter(name: str) -> ApiError:
    """A parameter that the route does not have."""
    return ApiError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)

"""Stripe's error shape. Source: Stripe's API reference, "Errors"."""

from typing import Any


class Refused(Exception):
    """A request that Stripe answers with an error; `more` are further fields of it."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int = 400,
        kind: str = "invalid_request_error",
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        told = {"type": kind, "message": message, "code": code, "param": param, **more}
        self.error = {key: value for key, value in told.items() if value is not None}


def missing(kind: str, object_id: str) -> Refused:
    """There is no such object."""
    return Refused(
        f"No such {kind}: '{object_id}'", code="resource_missing", param="id", status=404
    )


def declined(message: str, decline_code: str, **more: Any) -> Refused:
    """The bank said no."""
    return Refused(
        message,
        code="card_declined",
        decline_code=decline_code,
        status=402,
        kind="card_error",
        **more,
    )

"""Refusals as problem documents: the one error shape of REST, and the only status codes of it.

Source: RFC 9457.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Self

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from chargehub import errors
from chargehub.rest.edge import BODY_BYTES, BodyTooLarge, Edge, EdgeAnswers
from chargehub.rest.openapi import complete

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2  # a full queue is written within a second
ERRORS_SHOWN = 20  # more would be an attack on the reader

STATUS: Mapping[type[errors.Refused], int] = {
    errors.Refused: 422,
    errors.Invalid: 422,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.NotInstalled: 501,
    errors.TooMany: 429,
}


class FieldProblem(BaseModel):
    """What is wrong with one field; `field` is its path, like `body.evses.0.power_w`."""

    field: str
    detail: str


class ObstacleBody(BaseModel):
    """One of several things in the way: `id` of what it is, when, and why."""

    id: str | None
    starts_at: datetime
    ends_at: datetime
    code: str
    detail: str

    @classmethod
    def of(cls, obstacle: errors.Obstacle) -> Self:
        return cls(**asdict(obstacle))


class Problem(BaseModel):
    """Why a request was not done. `code` is for programs, `detail` for people.

    `obstacles`: what stands in the way one by one, where there may be several things.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] | None = None
    obstacles: list[ObstacleBody] | None = None


def install(app: FastAPI) -> None:
    """Make every error of this application a problem document, and declare them in OpenAPI."""
    app.add_exception_handler(errors.Refused, refused)
    app.add_exception_handler(errors.Unavailable, unavailable)
    app.add_exception_handler(OperationalError, unavailable)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http_refused)
    app.add_middleware(Edge, answers=EdgeAnswers(too_large, unstorable, internal))
    app.openapi = partial(_openapi, app, app.openapi)  # type: ignore[method-assign]


def _openapi(app: FastAPI, generate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        complete(generate(), schema, MEDIA_TYPE)
    return generate()


def problem(
    status: int,
    code: str,
    detail: str,
    field_problems: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document as a response."""
    document = _document(status, code, detail)
    return _response(document.model_copy(update={"errors": list(field_problems) or None}), headers)


def _document(status: int, code: str, detail: str) -> Problem:
    return Problem(
        type=f"urn:chargehub:problem:{code}",
        title=code.replace("_", " ").capitalize(),
        status=status,
        code=code,
        detail=detail,
    )


def _response(document: Problem, headers: Mapping[str, str] | None) -> Response:
    return Response(
        orjson.dumps(document.model_dump(mode="json", exclude_none=True)),
        document.status,
        headers,
        media_type=MEDIA_TYPE,
    )


def too_large(most_bytes: int) -> Response:
    """The answer to a body over the limit."""
    return problem(413, "too_large", f"The body is larger than {most_bytes // 1024} KiB.")


def unstorable() -> Response:
    """The answer to an address with a NUL in it, which PostgreSQL cannot hold."""
    return problem(422, "invalid", "The address has characters that cannot be stored.")


def internal() -> Response:
    """The answer to a fault of ours; what it was stands in the log, not here."""
    detail = "Something went wrong in the hub. It was noted; please try again later."
    return problem(500, "internal", detail)


def status_of(error: errors.Refused) -> int:
    """The status code of a refusal: that of the nearest kind it descends from."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


async def refused(request: Request, error: Exception) -> Response:
    """A refusal of ours: its own code and sentence."""
    assert isinstance(error, errors.Refused)
    status = status_of(error)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.TooMany):
        headers["Retry-After"] = str(error.retry_after_s)
    obstacles = [ObstacleBody.of(one) for one in error.obstacles] or None
    document = _document(status, error.code, error.detail)
    return _response(document.model_copy(update={"obstacles": obstacles}), headers)


async def unavailable(request: Request, error: Exception) -> Response:
    """The hub cannot store or read right now."""
    if isinstance(error, OperationalError):
        log.warning("database does not answer", error=str(error.orig))
        error = errors.Unavailable("The hub cannot reach its database right now; try again.")
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return problem(503, "unavailable", str(error), headers=headers)


async def malformed(request: Request, error: Exception) -> Response:
    """A request that does not fit its schema. What was sent is not repeated: it may be secret."""
    assert isinstance(error, RequestValidationError)
    shown = [_field_problem(fault) for fault in error.errors()[:ERRORS_SHOWN]]
    return problem(422, "invalid", "The request does not fit. See `errors`.", shown)


def _field_problem(fault: Mapping[str, Any]) -> FieldProblem:
    if fault["type"] == "json_invalid":
        where = fault["loc"][-1]
        return FieldProblem(field="body", detail=f"The body is not JSON (character {where}).")
    path = ".".join(str(part) for part in fault["loc"])[:200]
    return FieldProblem(field=path, detail=fault["msg"].removeprefix("Value error, "))


async def http_refused(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: no such route, wrong method, unreadable body."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    if status == 413:
        return too_large(int(error.detail) if isinstance(error, BodyTooLarge) else BODY_BYTES)
    if status == 404:
        return problem(404, "not_found", "There is nothing at this address.")
    if status == 405:
        detail = f"This address does not answer to {request.method}."
        return problem(405, "method_not_allowed", detail, headers=error.headers)
    if status == 400:
        fault = FieldProblem(field="body", detail="The body cannot be read as JSON.")
        return problem(422, "invalid", "The request does not fit. See `errors`.", [fault])
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    return problem(status, code, str(error.detail), headers=error.headers)

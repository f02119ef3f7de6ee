"""Every error of REST has one shape, and says nothing that is nobody's business."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx2
import orjson
import pytest
from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPBearer
from pydantic import Field
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from chargehub import errors
from chargehub.rest import problems
from chargehub.rest.bodies import Body, Instant
from chargehub.rest.edge import BODY_BYTES
from tests.rest.app import application, client

router = APIRouter()


class SlotTaken(errors.Conflict):
    code = "slot_taken"


class Late(SlotTaken):
    """A kind of a kind keeps its status and its parent's code."""


class Part(Body):
    number: Annotated[int, Field(ge=1, le=50)]


class Wanted(Body):
    name: str
    at: Instant | None = None
    parts: Annotated[list[Part], Field(default_factory=list)]


FAULTS: dict[str, Exception] = {
    "invalid": errors.Invalid("The slot ends before it starts."),
    "unauthenticated": errors.Unauthenticated("Log in first."),
    "forbidden": errors.Forbidden("Only an operator may do this."),
    "missing": errors.NotFound("There is no such station."),
    "conflict": errors.Conflict("It is taken."),
    "taken": SlotTaken("Somebody was faster. Choose another slot."),
    "late": Late("Somebody was faster. Choose another slot."),
    "many": errors.TooMany("Too many requests. Try again in 7 seconds.", 7),
    "unavailable": errors.Unavailable("The hub takes no changes right now."),
    "database": OperationalError("SELECT secret", {"key": "chk_1"}, Exception("disk on fire")),
    "fault": RuntimeError("the secret is 42"),
}


@router.get("/faults/{name}")
async def get_fault(name: str) -> None:
    raise FAULTS[name]


@router.post("/things")
async def post_thing(wanted: Wanted) -> dict[str, Any]:
    return {"name": wanted.name}


@router.get("/things")
async def get_things(since: Instant, limit: int = 1) -> dict[str, Any]:
    return {"since": since}


@router.put("/things/{name}", dependencies=[Depends(HTTPBearer(auto_error=False))])
async def put_thing(name: str) -> None: ...


@router.get("/broken-stream")
async def get_broken_stream() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"first"
        raise RuntimeError("too late")

    return StreamingResponse(parts())


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with client(application(router)) as http:
        yield http


@pytest.mark.parametrize(
    ("name", "status", "code", "headers"),
    [
        ("invalid", 422, "invalid", {}),
        ("unauthenticated", 401, "unauthenticated", {"www-authenticate": "Bearer"}),
        ("forbidden", 403, "forbidden", {}),
        ("missing", 404, "not_found", {}),
        ("conflict", 409, "conflict", {}),
        ("taken", 409, "slot_taken", {}),
        ("late", 409, "slot_taken", {}),
        ("many", 429, "too_many_requests", {"retry-after": "7"}),
        ("unavailable", 503, "unavailable", {"retry-after": "2"}),
    ],
)
async def test_a_refusal_is_a_problem_document(
    http: httpx2.AsyncClient, name: str, status: int, code: str, headers: dict[str, str]
) -> None:
    answer = await http.get(f"/faults/{name}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": f"urn:chargehub:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": str(FAULTS[name]),
    }
    assert headers.items() <= dict(answer.headers).items()


async def test_a_fault_of_ours_tells_nothing_and_is_logged_once(http: httpx2.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await http.get("/faults/fault")

    assert answer.status_code == 500
    assert answer.json() == {
        "type": "urn:chargehub:problem:internal",
        "title": "Internal",
        "status": 500,
        "code": "internal",
        "detail": "Something went wrong in the hub. It was noted; please try again later.",
    }
    [entry] = logs
    assert entry["event"] == "request failed"
    assert entry["route"] == "/faults/{name}"
    assert entry["log_level"] == "error"


async def test_a_database_that_does_not_answer_is_503_without_its_words(
    http: httpx2.AsyncClient,
) -> None:
    answer = await http.get("/faults/database")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["detail"] == "The hub cannot reach its database right now; try again."


async def test_a_stream_that_breaks_after_its_start_is_cut_off(http: httpx2.AsyncClient) -> None:
    with pytest.raises(RuntimeError, match="too late"):
        await http.get("/broken-stream")


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (b"{", [("body", "The body is not JSON (character 1).")]),
        (b'{"name": "\xe9"}', [("body", "The body cannot be read as JSON.")]),
        (b"[" * 5000, [("body", "The body cannot be read as JSON.")]),
        (b"{}", [("body.name", "Field required")]),
        (b'{"name": 3}', [("body.name", "Input should be a valid string")]),
        (
            b'{"name": "a\\u0000"}',
            [("body.name", "The text has characters that cannot be stored.")],
        ),
        (b'{"name": "\\ud800"}', [("body.name", "The text has characters that cannot be stored.")]),
        (b'{"name": "a", "b": 1}', [("body.b", "Extra inputs are not permitted")]),
        (
            b'{"name": "a", "\\ud800": 1}',
            [
                (
                    "body",
                    "Input should be a valid string, unable to parse raw data as a unicode string",
                )
            ],
        ),
        (
            b'{"name": "a", "parts": [{"number": 1}, {"number": true}, {"number": 51}]}',
            [
                ("body.parts.1.number", "Input should be a valid integer"),
                ("body.parts.2.number", "Input should be less than or equal to 50"),
            ],
        ),
        (
            b'{"name": "a", "parts": [{"number": NaN}]}',
            [("body.parts.0.number", "Input should be a valid integer")],
        ),
        (
            b'{"name": "a", "at": 0}',
            [
                (
                    "body.at",
                    "Give an instant as text with its zone, like 2026-03-02T08:00:00Z"
                    " or 09:00:00+01:00.",
                )
            ],
        ),
    ],
)
async def test_a_request_that_does_not_fit_is_told_field_by_field(
    http: httpx2.AsyncClient, body: bytes, faults: list[tuple[str, str]]
) -> None:
    headers = {"content-type": "application/json"}

    answer = await http.post("/things", content=body, headers=headers)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:chargehub:problem:invalid",
        "title": "Invalid",
        "status": 422,
        "code": "invalid",
        "detail": "The request does not fit. See `errors`.",
        "errors": [{"field": field, "detail": detail} for field, detail in faults],
    }


async def test_an_error_never_repeats_what_was_sent(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/things", json={"name": ["correct horse battery staple"]})

    assert answer.status_code == 422
    assert "horse" not in answer.text


async def test_many_faults_are_told_up_to_a_limit(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/things", json={"name": "a", "parts": [{}] * 1000})

    assert len(answer.json()["errors"]) == 20


async def test_faults_of_the_query_name_their_parameter(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/things", params={"since": "2026-03-02T08:00:00", "limit": "x"})

    assert [fault["field"] for fault in answer.json()["errors"]] == ["query.since", "query.limit"]


async def test_an_unknown_address_and_a_wrong_method_have_the_same_shape(
    http: httpx2.AsyncClient,
) -> None:
    nowhere = await http.get("/nothing")
    wrong = await http.delete("/things")

    assert nowhere.status_code == 404
    assert nowhere.json()["code"] == "not_found"
    assert nowhere.json()["detail"] == "There is nothing at this address."
    assert wrong.status_code == 405
    assert wrong.json()["code"] == "method_not_allowed"
    assert wrong.headers["allow"]


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_body_over_the_limit_is_refused(
    http: httpx2.AsyncClient, is_announced: bool
) -> None:
    body = orjson.dumps({"name": "a" * BODY_BYTES})

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    content: Any = body if is_announced else parts()
    answer = await http.post(
        "/things", content=content, headers={"content-type": "application/json"}
    )

    assert answer.status_code == 413
    assert answer.json() == {
        "type": "urn:chargehub:problem:too_large",
        "title": "Too large",
        "status": 413,
        "code": "too_large",
        "detail": "The body is larger than 64 KiB.",
    }


@pytest.mark.parametrize("address", ["/faults/a%00b", "/things?since=%00"])
async def test_an_address_with_a_nul_is_refused(http: httpx2.AsyncClient, address: str) -> None:
    answer = await http.get(address)

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"


@pytest.mark.parametrize("address", ["/things", "/nowhere", "/faults/fault", "/faults/a%00b"])
async def test_no_answer_is_guessed_at_or_kept(http: httpx2.AsyncClient, address: str) -> None:
    """Browsers must take JSON for nothing else, and no cache may keep what can hold a secret."""
    answer = await http.get(address)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_every_kind_of_refusal_has_a_status() -> None:
    kinds = errors.Refused.__subclasses__()

    named = [kind for kind in kinds if kind.__module__ == "chargehub.errors"]

    assert set(named) <= set(problems.STATUS)


def test_openapi_declares_the_problems() -> None:
    document = application(router).openapi()

    put = document["paths"]["/api/v1/things/{name}"]["put"]["responses"]
    post = document["paths"]["/api/v1/things"]["post"]["responses"]
    assert set(put) == {"200", "401", "403", "404", "409", "422", "503", "default"}
    assert set(post) == {"200", "409", "413", "422", "429", "503", "default"}
    assert post["422"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    schemas = document["components"]["schemas"]
    assert {"Problem", "FieldProblem"} <= set(schemas)
    assert "HTTPValidationError" not in schemas
    assert application(router).openapi() == document

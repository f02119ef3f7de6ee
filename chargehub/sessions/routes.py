"""Sessions and CDRs over REST: start, watch, stop, read, correct."""

import asyncio
from collections.abc import AsyncIterable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from chargehub.people.access import CurrentActor, CurrentOperator, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import (
    CurrentPage,
    CurrentStore,
    IdempotencyKey,
    Now,
    Page,
    idempotent,
    page,
)
from chargehub.sessions import pages, remote, rules, tables
from chargehub.sessions.bodies import (
    CdrBody,
    CorrectionRequest,
    SessionBody,
    SessionRequest,
    session_body,
)
from chargehub.sessions.cdr import CdrView
from chargehub.store.work import Reads, Work

router = APIRouter(tags=["sessions"])

Role = Annotated[Literal["driver", "owner"], Query()]
Writer = Annotated[Actor, Depends(needs("sessions:write"))]
OVER = ("closed", "failed")
LOOK_AGAIN_S = 15.0  # a stream looks by itself that often: live messages may be lost


@router.post("/sessions", status_code=201, response_model=SessionBody)
async def post_session(
    wanted: SessionRequest,
    actor: Writer,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> Any:
    """Start charging at an EVSE from afar. Watch the session until it is active."""
    return await idempotent(
        store, actor.account_id, key, "POST /sessions", wanted, _start, actor, wanted.evse_id, now
    )


def _start(work: Work, actor: Actor, evse_id: str, now: datetime) -> dict[str, Any]:
    return session_body(work, remote.start_remote(work, actor, evse_id, now))


@router.get("/sessions", response_model=Page[SessionBody])
async def get_sessions(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage, role: Role = "driver"
) -> Any:
    """Your sessions, as driver or at your stations, newest first."""
    return await store.read(_sessions, actor.account_id, role, asked)


def _sessions(reads: Reads, account_id: str, role: str, asked: CurrentPage) -> Any:
    rows = pages.page_of_sessions(reads, account_id, role, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), lambda row: session_body(reads, row))


@router.get("/sessions/{session_id}", response_model=SessionBody)
async def get_session(session_id: str, actor: CurrentActor, store: CurrentStore) -> Any:
    """A session as it stands now."""
    return await store.read(_seen, actor, session_id)


def _seen(reads: Reads, actor: Actor, session_id: str) -> dict[str, Any]:
    return session_body(reads, remote.seen_by(reads, actor, session_id))


@router.post(
    "/sessions/{session_id}/stop",
    status_code=202,
    response_model=SessionBody,
)
async def post_stop(session_id: str, actor: Writer, store: CurrentStore, now: Now) -> Any:
    """Ask the station to stop. Offline stations are asked when they return; the meter decides."""
    return await store.do(_stop, actor, session_id, now)


def _stop(work: Work, actor: Actor, session_id: str, now: datetime) -> dict[str, Any]:
    return session_body(work, remote.stop_remote(work, actor, session_id, now))


async def _may_watch(session_id: str, actor: CurrentActor, store: CurrentStore) -> None:
    """Judged before the stream begins: behind a started answer nobody can be refused."""
    await store.read(remote.seen_by, actor, session_id)


@router.get(
    "/sessions/{session_id}/stream",
    response_class=EventSourceResponse,
    dependencies=[Depends(_may_watch)],
)
async def get_stream(
    session_id: str, request: Request, actor: CurrentActor, store: CurrentStore
) -> AsyncIterable[ServerSentEvent]:
    """The session as server-sent events: once now, then whenever it changes, until it is over."""
    with request.app.state.hub.live.watch(f"session:{session_id}") as changed:
        shown: dict[str, Any] | None = None
        while True:
            changed.clear()
            current = await store.read(_seen, actor, session_id)
            if current != shown:
                yield ServerSentEvent(data=current, event="session")
            if current["status"] in OVER:
                return
            shown = current
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await changed.wait()


@router.get("/sessions/{session_id}/cdrs", response_model=list[CdrBody])
async def get_cdrs_of_session(session_id: str, actor: CurrentActor, store: CurrentStore) -> Any:
    """Every CDR and credit note of a session, oldest first."""
    return await store.read(_cdrs_of, actor, session_id)


def _cdrs_of(reads: Reads, actor: Actor, session_id: str) -> list[CdrBody]:
    session = remote.seen_by(reads, actor, session_id)
    return [CdrBody.of(record) for record in pages.cdrs_of_session(reads, session.id)]


@router.get("/cdrs", response_model=Page[CdrBody])
async def get_cdrs(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage, role: Role = "driver"
) -> Any:
    """Your CDRs and credit notes, as driver or of your stations, newest first."""
    rows = await store.read(
        pages.page_of_cdrs, actor.account_id, role, asked.after_id(), asked.fetch
    )
    return page(rows, asked, lambda row: (row.id,), CdrBody.of)


@router.get("/cdrs/{cdr_id}", response_model=CdrBody)
async def get_cdr(cdr_id: str, actor: CurrentActor, store: CurrentStore) -> Any:
    """One CDR or credit note."""
    record = await store.read(tables.cdr, cdr_id)
    return CdrBody.of(_party(record, actor))


def _party(record: CdrView | None, actor: Actor) -> CdrView:
    is_party = record is not None and actor.account_id in (record.driver_id, record.owner_id)
    if record is None or not (is_party or actor.is_operator):
        raise rules.NoSuchSession("There is no CDR with this id.")
    return record


@router.post("/cdrs/{cdr_id}/corrections", status_code=201, response_model=CdrBody)
async def post_correction(
    cdr_id: str,
    wanted: CorrectionRequest,
    _operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
) -> Any:
    """Correct a CDR: a credit note takes it back and a new one replaces it, which is answered."""
    correction = remote.Correction(cdr_id, wanted.energy_wh, wanted.reason)
    return CdrBody.of(await store.do(remote.correct_cdr, correction, now))

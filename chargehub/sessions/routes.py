"""Sessions and CDRs over REST: start, watch, stop, read, correct."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from chargehub.errors import TooMany
from chargehub.people.access import CurrentActor, CurrentOperator, Standing, needs
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
from chargehub.sessions import claiming, pages, remote, rules, tables
from chargehub.sessions.bodies import (
    LISTED_READINGS,
    CdrBody,
    ClaimedBody,
    ClaimRequest,
    CorrectionRequest,
    SessionBody,
    SessionRequest,
    StationSessionBody,
    judged_body,
    session_body,
)
from chargehub.sessions.cdr import CdrView
from chargehub.stations import registration
from chargehub.store.work import Reads, Work

router = APIRouter(tags=["sessions"])

Role = Annotated[Literal["driver", "owner"], Query()]
StationId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("sessions:write"))]
OVER = ("closed", "failed")
LOOK_AGAIN_S = 15.0  # a stream looks by itself that often: live messages may be lost
STREAMS_AT_ONCE = 20  # of one account: each reads the session anew at every change


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


@router.post("/sessions/claims", status_code=201, response_model=ClaimedBody)
async def post_claim(
    wanted: ClaimRequest,
    actor: Writer,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> Any:
    """Take over what a card of yours charged, offline, before it was registered; you pay for it."""
    who = actor.account_id
    route = "POST /sessions/claims"
    return await idempotent(
        store,
        who,
        key,
        route,
        wanted,
        _claim,
        actor,
        claiming.Claim(wanted.id_token, wanted.station_id),
        now,
    )


def _claim(work: Work, actor: Actor, wanted: claiming.Claim, now: datetime) -> dict[str, Any]:
    claimed = claiming.claim(work, actor, wanted, now)
    return {"sessions": [session_body(work, session) for session in claimed]}


@router.get("/sessions", response_model=Page[SessionBody])
async def get_sessions(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage, role: Role = "driver"
) -> Any:
    """Your sessions, as driver or at your stations, newest first."""
    return await store.read(_sessions, actor.account_id, role, asked)


def _sessions(reads: Reads, account_id: str, role: str, asked: CurrentPage) -> Any:
    rows = pages.page_of_sessions(reads, account_id, role, asked.after_id(), asked.fetch)
    return page(
        rows, asked, lambda row: (row.id,), lambda row: session_body(reads, row, LISTED_READINGS)
    )


@router.get("/sessions/{session_id}", response_model=SessionBody)
async def get_session(session_id: str, actor: CurrentActor, store: CurrentStore) -> Any:
    """A session as it stands now."""
    return await store.read(_seen, actor, session_id)


def _seen(reads: Reads, actor: Actor, session_id: str) -> dict[str, Any]:
    return judged_body(reads, remote.seen_by(reads, actor, session_id))


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


async def _one_of_few(request: Request, actor: CurrentActor) -> AsyncIterator[None]:
    """Counts the streams of an account as long as they last. Raises TooMany."""
    state = request.app.state
    if not hasattr(state, "streams"):
        state.streams = Counter()
    streams: Counter[str] = state.streams
    if streams[actor.account_id] >= STREAMS_AT_ONCE:
        detail = f"You watch {STREAMS_AT_ONCE} sessions already. Close a stream to open another."
        raise TooMany(detail, retry_after_s=int(LOOK_AGAIN_S))
    streams[actor.account_id] += 1
    try:
        yield
    finally:
        streams[actor.account_id] -= 1
        if not streams[actor.account_id]:
            del streams[actor.account_id]


@router.get(
    "/sessions/{session_id}/stream",
    response_class=EventSourceResponse,
    dependencies=[Depends(_may_watch), Depends(_one_of_few)],
)
async def get_stream(
    session_id: str, request: Request, actor: CurrentActor, store: CurrentStore, stands: Standing
) -> AsyncIterable[ServerSentEvent]:
    """The session as server-sent events: once now, then whenever it changes.

    It ends when the session is over, or the login or key that asked for it.
    """
    with request.app.state.hub.live.watch(f"session:{session_id}") as changed:
        shown: dict[str, Any] | None = None
        while True:
            changed.clear()
            try:
                may_see, current = await asyncio.gather(
                    stands(), store.read(_seen, actor, session_id)
                )
            except rules.NoSuchSession:  # it was a cable's, and went to the driver who asked
                return
            if not may_see:
                return
            if current != shown:
                yield ServerSentEvent(data=current, event="session")
            if current["status"] in OVER:
                return
            shown = current
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await changed.wait()


@router.get("/sessions/{session_id}/cdrs", response_model=Page[CdrBody])
async def get_cdrs_of_session(
    session_id: str, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Any:
    """Every CDR and credit note of a session, oldest first."""
    rows = await store.read(_cdrs_of, actor, session_id, asked)
    return page(rows, asked, lambda row: (row.id,), CdrBody.of)


def _cdrs_of(
    reads: Reads, actor: Actor, session_id: str, asked: CurrentPage
) -> tuple[CdrView, ...]:
    session = remote.seen_by(reads, actor, session_id)
    return pages.cdrs_of_session(reads, session.id, asked.after_id(), asked.fetch)


@router.get("/stations/{station_id}/sessions")
async def get_station_sessions(
    station_id: StationId, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[StationSessionBody]:
    """A station's sessions as the station knows them, newest first. For its owner."""
    await store.read(registration.seen_station, actor, station_id)
    rows = await store.read(pages.sessions_at_station, station_id, asked.after_id(), asked.fetch)
    is_whole = actor.is_operator
    return page(
        rows, asked, lambda row: (row.id,), lambda row: StationSessionBody.of(row, is_whole)
    )


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
    operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> Any:
    """Correct a CDR: a credit note takes it back and a new one replaces it, which is answered."""
    correction = remote.Correction(cdr_id, wanted.energy_wh, wanted.reason)
    route, body = "POST /cdrs/{cdr_id}/corrections", f"{cdr_id} {wanted.model_dump_json()}"
    who = operator.account_id
    return await idempotent(store, who, key, route, body, _correct, correction, now)


def _correct(work: Work, wanted: remote.Correction, now: datetime) -> dict[str, Any]:
    return CdrBody.of(remote.correct_cdr(work, wanted, now)).model_dump(mode="json")

"""Codes over REST: the driver has them, and whoever is given one starts with it, once."""

import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field

from chargehub.people.access import needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore, IdempotencyKey, Now, idempotent
from chargehub.rest.throttle import Throttle, Throttled
from chargehub.sessions import letting_in
from chargehub.sessions.code_bodies import AccessCodeBody, CurrentSecret, PublicUrl, StartedBody
from chargehub.store.work import Work

router = APIRouter(tags=["sessions"])

BookingId = Annotated[str, Path(max_length=36)]
EvseId = Annotated[str, Path(max_length=36)]
# Reading the code takes the scope of starting, for whoever reads it can start.
Writer = Annotated[Actor, Depends(needs("sessions:write"))]
_GUESSES = Depends(Throttled("access_code", rate_per_s=0.2, burst=10))
# Tries a second and at once, from all addresses: in a day one of a million guessers is right, and
# it takes 25 addresses to keep everybody with a code from starting there.
_OF_EVSE = (5, 100)


class CodeStart(Body):
    """A code as its driver told it; case, spaces and hyphens do not count."""

    code: Annotated[str, Field(min_length=1, max_length=20)]


async def _tries(request: Request) -> Throttle:
    """The one of the running application: tries by EVSE, wherever they come from."""
    state = request.app.state
    if not hasattr(state, "code_tries"):
        state.code_tries = Throttle(*_OF_EVSE)
    tries: Throttle = state.code_tries
    return tries


@router.get("/bookings/{booking_id}/access-code")
async def get_access_code(
    booking_id: BookingId,
    actor: Writer,
    store: CurrentStore,
    secret: CurrentSecret,
    public_url: PublicUrl,
    now: Now,
) -> AccessCodeBody:
    """The code of a confirmed booking of yours, to start with or to give to who comes."""
    found = await store.read(letting_in.code_of, actor, booking_id, secret, now)
    return AccessCodeBody.of(found, public_url)


@router.post("/bookings/{booking_id}/access-code")
async def post_access_code(
    booking_id: BookingId,
    actor: Writer,
    store: CurrentStore,
    secret: CurrentSecret,
    public_url: PublicUrl,
    now: Now,
) -> AccessCodeBody:
    """Take back the code that you gave to somebody, and have another."""
    found = await store.do(letting_in.renew_code, actor, booking_id, secret, now)
    return AccessCodeBody.of(found, public_url)


@router.post(
    "/evses/{evse_id}/starts",
    status_code=201,
    response_model=StartedBody,
    dependencies=[_GUESSES],
)
async def post_start(
    evse_id: EvseId,
    wanted: CodeStart,
    store: CurrentStore,
    secret: CurrentSecret,
    tries: Annotated[Throttle, Depends(_tries)],
    now: Now,
    key: IdempotencyKey = None,
) -> Any:
    """Start charging at an EVSE with a booking's code; nobody has to log in for it."""
    tries.take(evse_id, time.monotonic())
    route = "POST /evses/{evse_id}/starts"
    return await idempotent(
        store, evse_id, key, route, wanted, _start, evse_id, wanted, secret, now
    )


def _start(
    work: Work, evse_id: str, wanted: CodeStart, secret: bytes, now: datetime
) -> dict[str, Any]:
    session = letting_in.start_with_code(work, evse_id, wanted.code, secret, now)
    return StartedBody.of(session, now).model_dump(mode="json")

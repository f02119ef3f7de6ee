"""Codes over REST: the driver has them, and whoever is given one starts with it, once."""

import time
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from chargehub.people.access import needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore, IdempotencyKey, Now, idempotent
from chargehub.rest.throttle import Throttle, Throttled
from chargehub.sessions import letting_in
from chargehub.sessions.access_codes import shown, start_url
from chargehub.sessions.letting_in import Code
from chargehub.sessions.rules import PLUG_IN_WITHIN
from chargehub.store.work import Work

router = APIRouter(tags=["sessions"])

BookingId = Annotated[str, Path(max_length=36)]
EvseId = Annotated[str, Path(max_length=36)]
# Reading the code takes the scope of starting, for whoever reads it can start.
Writer = Annotated[Actor, Depends(needs("sessions:write"))]
_GUESSES = Depends(Throttled("access_code", rate_per_s=0.2, burst=10))
_OF_EVSE = (0.2, 20)  # tries a second and at once, from all addresses: nobody mistypes more often


class AccessCodeBody(BaseModel):
    """What somebody types to start the session of your booking at its EVSE, without an account.

    It counts from `valid_from` until `valid_until`, and once; read it again after a start that
    failed. `url` is the same as the text of a QR code.
    """

    booking_id: str
    evse_id: str
    code: str
    url: str
    valid_from: datetime
    valid_until: datetime

    @classmethod
    def of(cls, found: Code, public_url: str) -> Self:
        booking = found.booking
        return cls(
            booking_id=booking.id,
            evse_id=booking.evse_id,
            code=shown(found.code),
            url=start_url(public_url, booking.evse_id, found.code),
            valid_from=booking.opens_at,
            valid_until=booking.arrive_by,
        )


class CodeStart(Body):
    """A code as its driver told it; case, spaces and hyphens do not count."""

    code: Annotated[str, Field(min_length=1, max_length=20)]


class StartedBody(BaseModel):
    """The station was asked to start. Plug the car in until `plug_in_by`.

    More is told to the driver who booked, and who pays.
    """

    evse_id: str
    status: str
    plug_in_by: datetime


async def _secret(request: Request) -> bytes:
    secret: str = request.app.state.hub.settings.secret
    return secret.encode()


async def _public_url(request: Request) -> str:
    settings = request.app.state.hub.settings
    return settings.public_url or f"http://{settings.http}"


CurrentSecret = Annotated[bytes, Depends(_secret)]
PublicUrl = Annotated[str, Depends(_public_url)]


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
    body = StartedBody(
        evse_id=evse_id, status=session.status, plug_in_by=session.due_at or now + PLUG_IN_WITHIN
    )
    return body.model_dump(mode="json")

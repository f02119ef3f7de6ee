"""What is told of a booking's code, and of a session that was asked for without an account."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Depends, Request
from pydantic import BaseModel

from chargehub.sessions.access_codes import shown, start_url
from chargehub.sessions.letting_in import Code
from chargehub.sessions.rules import PLUG_IN_WITHIN
from chargehub.sessions.tables import SessionView


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


class StartedBody(BaseModel):
    """The station was asked to start. Plug the car in until `plug_in_by`.

    More is told to the driver who booked, and who pays.
    """

    evse_id: str
    status: str
    plug_in_by: datetime

    @classmethod
    def of(cls, session: SessionView, now: datetime) -> Self:
        return cls(
            evse_id=session.evse_id or "",
            status=session.status,
            plug_in_by=session.due_at or now + PLUG_IN_WITHIN,
        )


async def _secret(request: Request) -> bytes:
    secret: str = request.app.state.hub.settings.secret
    return secret.encode()


async def _public_url(request: Request) -> str:
    settings = request.app.state.hub.settings
    return settings.public_url or f"http://{settings.http}"


CurrentSecret = Annotated[bytes, Depends(_secret)]
PublicUrl = Annotated[str, Depends(_public_url)]

"""Bookings that end at another time, over REST: what that means, and doing it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel

from chargehub.bookings import cancelling, changes, extending, tables
from chargehub.bookings.bodies import BookingBody
from chargehub.bookings.change_bodies import EndQuote, EndRequest
from chargehub.bookings.changes import ChangeView
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Instant
from chargehub.rest.manners import CurrentStore, Now
from chargehub.store.work import Reads

router = APIRouter(tags=["bookings"])

BookingId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("bookings:write"))]


class ChangeBody(BaseModel):
    """When a booking was to end, and then. `state` asked: its deposit is not held yet; taken_back:
    that was refused."""

    state: Literal["asked", "made", "taken_back"]
    was_ends_at: datetime
    ends_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, change: ChangeView) -> Self:
        return cls.model_validate({name: getattr(change, name) for name in cls.model_fields})


class ChangesBody(BaseModel):
    """What was changed of a booking, the newest first."""

    items: list[ChangeBody]


@router.get("/bookings/{booking_id}/end")
async def get_end(
    booking_id: BookingId,
    actor: CurrentActor,
    store: CurrentStore,
    now: Now,
    ends_at: Annotated[Instant, Query(description="When the slot would end.")],
) -> EndQuote:
    """What it means to end your booking then; the same as PUT would do."""
    return EndQuote.of(await store.read(extending.quote, actor, booking_id, ends_at, now))


@router.put("/bookings/{booking_id}/end")
async def put_end(
    booking_id: BookingId, wanted: EndRequest, actor: Writer, store: CurrentStore, now: Now
) -> BookingBody:
    """End your booking later or earlier, also while you charge. Twice is once.

    A longer one stands when its deposit is held; if that is refused it ends as before. A shorter
    one frees the time; its deposit goes down only while cancelling is free.
    """
    changed = await store.do(extending.set_end, actor, booking_id, wanted.ends_at, now)
    return BookingBody.of(changed)


@router.get("/bookings/{booking_id}/changes")
async def get_changes(
    booking_id: BookingId, actor: CurrentActor, store: CurrentStore
) -> ChangesBody:
    """When the booking was to end before, and what became of longer ones."""
    found = await store.read(_changes, actor, booking_id)
    return ChangesBody(items=[ChangeBody.of(change) for change in found])


def _changes(reads: Reads, actor: Actor, booking_id: str) -> Sequence[ChangeView]:
    booking = cancelling.seen_by(actor, tables.booking(reads, booking_id))
    return changes.changes_of(reads, booking.id)

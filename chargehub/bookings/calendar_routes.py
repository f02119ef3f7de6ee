"""The calendar of an EVSE over REST, for everybody."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel

from chargehub.bookings.availability import Availability, Stretch
from chargehub.bookings.calendar import calendar_of, check
from chargehub.people.access import FOR_ANYBODY, KnownActor
from chargehub.rest.bodies import Instant
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Throttled

router = APIRouter()

# Two months of a busy EVSE are thousands of bookings to read, and nobody is asked who they are.
_THROTTLE = Depends(Throttled("calendar", rate_per_s=5, burst=30))


class StretchBody(BaseModel):
    """A time in which one thing is true of an EVSE.

    `booking_id`: for its owner alone, of a booking that fills the time with its slot and buffer.
    """

    starts_at: datetime
    ends_at: datetime
    availability: Availability
    booking_id: str | None

    @classmethod
    def of(cls, stretch: Stretch, is_owner: bool) -> Self:
        return cls(
            starts_at=stretch.span.start,
            ends_at=stretch.span.end,
            availability=stretch.availability,
            booking_id=stretch.booking.booking_id if is_owner and stretch.booking else None,
        )


class CalendarBody(BaseModel):
    """When an EVSE can be had: in order, without a gap, all of the time asked for."""

    items: list[StretchBody]


@router.get(
    "/evses/{evse_id}/calendar",
    dependencies=[_THROTTLE],
    openapi_extra=FOR_ANYBODY,
    tags=["bookings"],
)
async def get_calendar(
    evse_id: Annotated[str, Path(max_length=36)],
    actor: KnownActor,
    store: CurrentStore,
    now: Now,
    start: Annotated[Instant, Query(alias="from", description="From when on.")],
    to: Annotated[Instant, Query(description="Until when, 62 days later at most.")],
) -> CalendarBody:
    """When an EVSE is free, and what it is at other times, without who booked it.

    In all that is free each slot of the policy's shortest length on its grid can be booked by any
    driver now, and nowhere else. Blocked: kept by the owner, who still may charge. Closed: outside
    opening hours. Unbookable: open, but sooner or later than the policy lets book, or too short
    between two others. Before a booking, as long as the buffer lasts, it is booked already.
    """
    found, is_owner = await store.read(calendar_of, actor, evse_id, check(start, to), now)
    return CalendarBody(items=[StretchBody.of(one, is_owner) for one in found])

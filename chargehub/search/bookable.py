"""Can a driver book what they look for, by the owner's policy? Pure."""

from datetime import UTC, datetime

from chargehub.bookings.rules import Policy, approve_by, check_times
from chargehub.errors import Invalid
from chargehub.units import Span

_FIRST = datetime(1, 1, 1, tzinfo=UTC)  # grids are counted from here, as bookings count them


def slot_for(during: Span, now: datetime, policy: Policy) -> Span | None:
    """The slot to book for that time: widened to the policy's grid. None: it cannot be had.

    What has begun is not booked but driven to, and is the time itself. A slot that the owner
    would have to agree to, and cannot in time, cannot be had.
    """
    if during.start <= now:
        return during
    late = -(during.end - _FIRST) % policy.grid
    slot = Span(during.start - (during.start - _FIRST) % policy.grid, during.end + late)
    try:
        check_times(slot, now, policy)
        if policy.mode == "request":
            approve_by(slot, now, policy)
    except Invalid:
        return None
    return slot

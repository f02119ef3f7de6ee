"""What stands in the way of a slot: bookings that have lapsed give way to it."""

from datetime import datetime

from chargehub.bookings import approving, rules, tables
from chargehub.bookings.steps import Ending, release
from chargehub.bookings.tables import BookingView
from chargehub.store.work import Reads, Work
from chargehub.units import Span

EXPIRED = Ending("expired")


def give_way(work: Work, evse_id: str, span: Span, now: datetime) -> None:
    """Let go of holds that were not paid, and of requests that were not answered in time."""
    for other in tables.overlapping(work, evse_id, span):
        if not rules.has_lapsed(other, now):
            continue
        if other.status == "held":
            release(work, other, EXPIRED, now)
        else:
            approving.decline_unanswered(work, other, now)


def standing(reads: Reads, evse_id: str, span: Span, now: datetime) -> tuple[BookingView, ...]:
    """The bookings that keep an EVSE in that time, buffers included, in order."""
    found = tables.overlapping(reads, evse_id, span)
    return tuple(one for one in found if not rules.has_lapsed(one, now))

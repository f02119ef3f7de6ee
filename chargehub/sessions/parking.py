"""Cars that stay after their session has ended, within a booking that asks a fee for that.

Such a session is billed when the car is gone, so that its driver gets one bill. No meter tells of
the car: what the EVSE says of itself does, and a time of which it says nothing costs nothing.
"""

from datetime import datetime, timedelta

from chargehub.bookings import policies
from chargehub.bookings import tables as bookings
from chargehub.sessions import presence, rules, stays
from chargehub.sessions.cdr import is_broken_off
from chargehub.sessions.presence import Presence
from chargehub.sessions.rules import Life
from chargehub.sessions.tables import SessionView
from chargehub.stations import timeline
from chargehub.store.work import Reads, Work
from chargehub.units import Span

LOOK_EVERY = timedelta(minutes=1)
WAITED_FOR_AT_MOST = timedelta(hours=24)  # then it is billed by what is known; most are capped
_INSTANT = timedelta(microseconds=1)
_GONE = "ev_disconnected"


def is_awaited(work: Work, session: SessionView, life: Life, now: datetime) -> bool:
    """True while a session that is over is not billed yet, for its car still stands there.

    Otherwise what is known of how long it stood there is kept, once. `session`: as it was before
    its end was told; an end that is told late is not waited for, for nobody looked.
    """
    if life.ended_at is None or not life.is_whole or not _asks_a_fee(work, session, life):
        return False
    if session.status != "ended" and not rules.is_live(life.ended_at, now):
        return False
    until = max(now, life.ended_at)
    found = _presence(work, session, Span(life.ended_at, until + _INSTANT))
    if found.left_at is None and until - life.ended_at < WAITED_FOR_AT_MOST:
        return True
    left_at = until if found.left_at is None else found.left_at
    if left_at > life.ended_at:
        stays.note(work, session.id, left_at, found.unknown)
    return False


def _asks_a_fee(reads: Reads, session: SessionView, life: Life) -> bool:
    """A booking whose owner stated what staying costs, and a driver who is billed for it."""
    if session.booking_id is None or not session.is_billable or life.stop_reason == _GONE:
        return False
    energy_wh = (life.end_wh or 0) - (life.start_wh or 0)
    booking = bookings.booking(reads, session.booking_id)
    if booking is None or is_broken_off(life.stop_reason, energy_wh):
        return False
    return policies.of_booking(booking).overstay is not None


def _presence(reads: Reads, session: SessionView, during: Span) -> Presence:
    """Until when the car stood there; another session there is another car, or pays for itself."""
    if session.evse_number is None:
        return Presence(during.start)
    of = session.station_id
    told = [
        *timeline.during(reads, of, session.evse_number, during),
        *timeline.during(reads, of, timeline.LINE, during),
    ]
    found = presence.presence(((one.at, one.word) for one in told), during)
    next_at = stays.followed_at(reads, session, during.start)
    if next_at is None or (found.left_at is not None and found.left_at <= next_at):
        return found
    before = Span(during.start, next_at)
    cut = (span.intersection(before) for span in found.unknown)
    return Presence(next_at, tuple(span for span in cut if span is not None))

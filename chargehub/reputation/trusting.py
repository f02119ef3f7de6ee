"""Work out how far drivers are trusted, when something of theirs has changed, and by the day."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import bindparam, text

from chargehub import events
from chargehub.bookings import record
from chargehub.bookings import tables as bookings
from chargehub.reputation import pages, tables
from chargehub.reputation.measuring import FACTS_DAYS, ONE_DAY
from chargehub.reputation.tiers import terms_of
from chargehub.sessions import tables as sessions
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Work

_WRITE = text("""
INSERT INTO driver_trust (driver_id, terms, rating_thousandths, sessions, looked_at)
VALUES (:driver_id, :terms, :rating, :sessions, :now)
ON CONFLICT (driver_id)
DO UPDATE SET terms = excluded.terms, rating_thousandths = excluded.rating_thousandths,
  sessions = excluded.sessions, looked_at = excluded.looked_at
""").bindparams(bindparam("now", type_=Instant()))  # the same words on both databases


def after_booking(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """A driver did not come."""
    booking = bookings.booking(work, event.booking_id)
    if booking is not None and event.reason == "no_show":
        reassess(work, booking.driver_id, now)


def after_session(work: Work, event: events.SessionClosed, now: datetime) -> None:
    """A driver has charged, and may have come to what was booked.

    Whoever is trusted already is looked at once a day: it means counting all that they did.
    """
    session = sessions.session(work, event.session_id)
    if session is None or session.driver_id is None:
        return
    if not record.is_fresh(work, session.driver_id, now - ONE_DAY):
        reassess(work, session.driver_id, now)


def after_review(work: Work, event: events.ReviewChanged, now: datetime) -> None:
    """What is said of a driver has changed."""
    review = pages.review(work, event.review_id)
    if review is not None and review.author == "owner":
        reassess(work, review.subject_id, now)


def reassess_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Look again, once a day, at drivers who are not trusted as others are; how many."""
    due = record.doubted(work, now - ONE_DAY, chunk.limit)
    return chunk.each(work, due, str, partial(reassess, now=now))


def reassess(work: Work, driver_id: str, now: datetime) -> None:
    """Work out how far a driver is trusted, from bookings, sessions and reviews."""
    found = tables.driver_facts(work, driver_id, now - timedelta(days=FACTS_DAYS))
    rated = pages.rated(work, now, "owner", subject_id=driver_id)
    work.execute(
        _WRITE,
        driver_id=driver_id,
        terms=terms_of(found.no_shows),
        rating=rated.thousandths,
        sessions=found.sessions,
        now=now,
    )

"""What happens to the bookings of a station that is taken out of service.

Each is cancelled as its owner's cancellation: the deposit goes back in full, the owner owes the
penalty. What the driver is told follows from the release (`search.offering`).
"""

from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import update

from chargehub.bookings import retirements
from chargehub.bookings.cancellation import owner_penalty
from chargehub.bookings.retirements import RETIREMENT, RetirementView
from chargehub.bookings.schema import RetirementRow
from chargehub.bookings.steps import Ending, release
from chargehub.bookings.tables import BookingView
from chargehub.store.chunk import ALL, SIZE, Chunk
from chargehub.store.work import Work


def note(work: Work, station_id: str, now: datetime) -> None:
    """From now on the station's bookings are cancelled, by `cancel_at_retired`."""
    work.add(RetirementRow(station_id=station_id, retired_at=now))


def cancel_at_retired(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Cancel bookings of stations that were retired, at most 50; how many."""
    done = 0
    for retirement in retirements.open_retirements(work, SIZE):
        due = retirements.waiting(work, retirement.station_id, chunk.limit)
        if not due:
            _finish(work, retirement, now)
            continue
        done += chunk.each(work, due, attrgetter("id"), partial(_cancel, now=now))
        if done >= SIZE:
            break
    return done


def penalty_minor(booking: BookingView, now: datetime) -> int:
    """What the owner owes for ending this booking now, in minor units of its currency."""
    return owner_penalty(booking, now) if booking.status == "confirmed" else 0


def _cancel(work: Work, booking: BookingView, now: datetime) -> None:
    is_asked = booking.status == "requested"
    ending = Ending(
        "declined" if is_asked else "cancelled",
        "owner",
        penalty_minor=penalty_minor(booking, now),
    )
    release(work, booking, ending, now)


def _finish(work: Work, retirement: RetirementView, now: datetime) -> None:
    is_it = RETIREMENT.c.station_id == retirement.station_id
    work.execute(update(RETIREMENT).where(is_it).values(done_at=now))

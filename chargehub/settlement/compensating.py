"""What a driver's overstay brought the owner pays the credit of the next driver, who met that car.

The hub gives the credit at once, out of its goodwill. What is owed of it by the owner is reckoned
anew whenever one of the two changes, and only the difference is posted: the credit itself stands.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, or_, select

from chargehub.bookings import tables as bookings
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.events import BookingReleased, DisputeClosed, SessionOpened, SessionSettled
from chargehub.ledger import actions as ledger
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import Entry, Transfer, moved, transfer_id
from chargehub.ledger.tables import ENTRY, TXN
from chargehub.sessions import stays
from chargehub.sessions import tables as sessions
from chargehub.sessions.cdr import CdrView
from chargehub.settlement import contesting, tables
from chargehub.settlement.contest import parts
from chargehub.settlement.contests import Subject, contests_of, taken
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work
from chargehub.units import Money

GOODWILL = "expense:goodwill"
KIND = "overstay_credit"
_STAYS_AT_MOST = timedelta(days=30)  # before the next booking: how far back its predecessor lies
_MOST = 50  # bookings that one car stood in the way of
_GIVEN_UP = or_(
    BOOKING.c.status == "no_show",
    (BOOKING.c.status == "cancelled") & (BOOKING.c.cancelled_by == "driver"),
)
_MET_THE_CAR = (
    select(BOOKING)
    .where(
        BOOKING.c.evse_id == bindparam("evse_id"),
        BOOKING.c.blocked_until > bindparam("after", type_=Instant()),
        BOOKING.c.starts_at >= bindparam("after", type_=Instant()),
        BOOKING.c.starts_at < bindparam("before", type_=Instant()),
        BOOKING.c.driver_id != bindparam("driver_id"),
        _GIVEN_UP,
    )
    .order_by(BOOKING.c.starts_at, BOOKING.c.id)
    .limit(_MOST)
)
_BEFORE = (
    select(BOOKING.c.session_id)
    .where(
        BOOKING.c.evse_id == bindparam("evse_id"),
        BOOKING.c.blocked_until > bindparam("since", type_=Instant()),
        BOOKING.c.ends_at <= bindparam("until", type_=Instant()),
        BOOKING.c.session_id.is_not(None),
    )
    .order_by(BOOKING.c.ends_at.desc())
    .limit(1)
)
_POSTED = (
    select(func.coalesce(func.sum(-ENTRY.c.amount), 0), func.count())
    .join(TXN, TXN.c.id == ENTRY.c.txn_id)
    .where(
        TXN.c.session_id == bindparam("session_id"),
        TXN.c.kind == KIND,
        ENTRY.c.account == GOODWILL,
    )
)


def follow_settlement(work: Work, event: SessionSettled | DisputeClosed, now: datetime) -> None:
    """What an overstay has brought is another amount by now."""
    session = sessions.session(work, event.session_id) if event.session_id else None
    if session is None or session.booking_id is None or session.cdr_id is None:
        return  # as most of them: nobody overstays without a booking
    cdr = sessions.cdr(work, session.cdr_id)
    if cdr is not None and (cdr.version > 1 or _overstay_minor(cdr)):
        reckon(work, session.id, now)


def follow_credit(work: Work, event: BookingReleased | SessionOpened, now: datetime) -> None:
    """A credit was given or taken back: by whom is it borne?"""
    booking = bookings.booking(work, event.booking_id) if event.booking_id else None
    if booking is None or _credit_minor(work, booking.id) is None:
        return
    before = work.value(
        _BEFORE,
        evse_id=booking.evse_id,
        since=booking.starts_at - _STAYS_AT_MOST,
        until=booking.starts_at,
    )
    if before is not None:
        reckon(work, before, now)


def reckon(work: Work, session_id: str, now: datetime) -> None:
    """Have the owner owe what an overstay's share is due of the credits that it caused, and no
    more. Twice is once."""
    work.flush()
    due = _due(work, session_id)
    row = work.one(_POSTED, session_id=session_id)
    assert row is not None
    posted_minor, count = int(row[0]), int(row[1])
    settled = tables.standing(work, session_id)
    due_minor = 0 if due is None else due.amount_minor
    if settled is None or due_minor == posted_minor:
        return
    more, owner_id = due_minor - posted_minor, settled.owner_id
    transfer = Transfer(
        id=transfer_id("session", session_id, KIND, count),
        kind=KIND,
        entries=_entries(work, owner_id, Money(more, settled.currency)),
        effective_at=now,
        session_id=session_id,
    )
    ledger.post(work, transfer)


def _entries(reads: Reads, owner_id: str, more: Money) -> tuple[Entry, ...]:
    """What the owner owes grows; or shrinks, and what was netted already is payable again."""
    amount, currency = more.amount_minor, more.currency
    receivable = f"owner:receivable:{owner_id}"
    if amount > 0:
        return moved(amount, currency, receivable, GOODWILL)
    owed = min(-amount, accounts.balance(reads, receivable, currency))
    given = (
        Entry(receivable, currency, -owed),
        Entry(f"owner:payable:{owner_id}", currency, amount + owed),
        Entry(GOODWILL, currency, -amount),
    )
    return tuple(entry for entry in given if entry.amount)


def _due(reads: Reads, session_id: str) -> Money | None:
    """How much of the owner's share of an overstay goes to whom its car stood in the way of.

    None: nothing is settled, or nobody overstayed.
    """
    found = contesting.settled(reads, Subject(session_id))
    row = tables.standing(reads, session_id)
    cdr = sessions.cdr(reads, row.cdr_id) if row is not None else None
    session = sessions.session(reads, session_id)
    booking = bookings.booking(reads, session.booking_id or "") if session else None
    if found is None or cdr is None or booking is None:
        return None
    back_minor = taken(contests_of(reads, Subject(session_id))).amount_minor
    paid_minor = found.captured_minor + found.credit_minor - back_minor
    overstay_minor = _overstay_minor(cdr)
    kept_minor = max(0, min(overstay_minor, paid_minor - (cdr.cost_minor - overstay_minor)))
    credited = [_credit_minor(reads, one.id) or 0 for one in _in_the_way_of(reads, booking, cdr)]
    return Money(min(sum(credited), parts(found, kept_minor).owner_minor), found.currency)


def _overstay_minor(cdr: CdrView) -> int:
    """What staying cost, by the CDR's lines. It is what is paid last of a cost."""
    return sum(line["amount_minor"] for line in cdr.lines if line["kind"].startswith("overstay"))


def _in_the_way_of(reads: Reads, booking: BookingView, cdr: CdrView) -> tuple[BookingView, ...]:
    """Bookings in the same coin that were given up, and began while the car stood there."""
    stood = stays.stay(reads, cdr.session_id)
    left_at = stood.left_at if stood is not None else None
    span = {"after": booking.ends_at, "before": max(cdr.ended_at, left_at or cdr.ended_at)}
    rows = reads.all(_MET_THE_CAR, evse_id=booking.evse_id, driver_id=booking.driver_id, **span)
    found = (BookingView(*row) for row in rows)
    return tuple(one for one in found if one.currency == cdr.currency)


def _credit_minor(reads: Reads, booking_id: str) -> int | None:
    """What a booking's driver was credited for it and still has had of it; None: never any."""
    given = accounts.transfer(reads, transfer_id("booking", booking_id, "credit"))
    if given is None:
        return None
    gone = accounts.transfer(reads, transfer_id("booking", booking_id, "credit_withdrawn"))
    entries = [*given.entries, *(gone.entries if gone is not None else ())]
    return sum(entry.amount for entry in entries if entry.account == GOODWILL)

"""What makes documents due: a settled session, a fee, a dispute's end; and the facts they name."""

from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, or_, select, update

from chargehub.bookings import tables as bookings
from chargehub.events import (
    BookingReleased,
    CardDisputeClosed,
    DisputeClosed,
    FeeCaptured,
    SessionSettled,
)
from chargehub.invoices import tables
from chargehub.invoices.rules import HUB, Party
from chargehub.invoices.schema import (
    ENTITY,
    INVOICE,
    MONTH,
    PARTY,
    SUBJECT,
    BillingParty,
    InvoiceMonth,
    InvoiceSubject,
    LegalEntity,
)
from chargehub.invoices.settling_up import settle_up
from chargehub.invoices.tables import SubjectView
from chargehub.jurisdictions.book import check_country
from chargehub.people.rules import Actor
from chargehub.settlement import shares
from chargehub.settlement import tables as settlements
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.hot import Hot
from chargehub.store.work import Work

AGAIN_AFTER = timedelta(days=1)  # what waits for a fact is looked at when it is told, and daily
_BEFORE = timedelta(days=40)  # a first month's documents begin in the month before
FORGET_AT_ONCE = 500
_HAS_MONTHS = Hot(select(MONTH.c.owner_id).where(MONTH.c.owner_id == bindparam("owner_id")))
_TAKE = Hot(  # so that a subject is looked at by one hub at a time
    update(SUBJECT).where(SUBJECT.c.id == bindparam("subject_id")).values(missing=SUBJECT.c.missing)
)


def follow_settled(work: Work, event: SessionSettled, now: datetime) -> None:
    """A session's cost stands, or stands anew: its driver is invoiced."""
    settled = settlements.standing(work, event.session_id)
    known = tables.subject(work, event.session_id)
    if known is None and settled is not None and settled.gross_minor > 0:
        known = SubjectView(
            event.session_id,
            False,
            shares.account_of(work, settled.owner_id),
            settled.driver_id,
            settled.vat_mode,
            now,
            None,
            None,
        )
        _open(work, known)
    if known is not None:
        _look(work, known, now)


def follow_fee(work: Work, event: FeeCaptured, now: datetime) -> None:
    """A booking's fee was taken, or went back."""
    known = tables.subject(work, event.booking_id)
    if known is None and event.captured_minor > 0:
        booking = bookings.booking(work, event.booking_id)
        if booking is None:
            return
        known = SubjectView(
            booking.id, True, booking.owner_id, booking.driver_id, "agent", now, None, None
        )
        _open(work, known)
    if known is not None:
        _look(work, known, now)


def follow_penalty(work: Work, event: BookingReleased, now: datetime) -> None:
    """An owner who owes the hub a penalty has it in the month's documents."""
    booking = bookings.booking(work, event.booking_id)
    if booking is not None and booking.penalty_minor > 0:
        _open_month(work, booking.owner_id, now)


def follow_dispute(work: Work, event: DisputeClosed | CardDisputeClosed, now: datetime) -> None:
    """Something may have gone back to the driver."""
    known = tables.subject(work, event.session_id or event.booking_id or "")
    if known is not None:
        _look(work, known, now)


def look_again(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """What waited for a fact, at most 50; how many they were."""
    due = tables.subjects_due(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("id"), partial(_look, now=now))


def tell_party(work: Work, actor: Actor, party: Party, now: datetime) -> None:
    """How somebody is named in invoices from now on; those that waited for it follow.

    Raises UnknownCountry.
    """
    check_country(party.country or "")
    values = {**asdict(party), "changed_at": now}
    del values["register_entry"]
    is_it = PARTY.c.account_id == actor.account_id
    if not work.execute(update(PARTY).where(is_it).values(**values)):
        work.insert(BillingParty, account_id=actor.account_id, **values)
    who = actor.account_id
    mine = or_(SUBJECT.c.owner_id == who, SUBJECT.c.driver_id == who)
    work.execute(update(SUBJECT).where(mine, SUBJECT.c.next_at.is_not(None)).values(next_at=now))
    is_it = MONTH.c.owner_id == who
    work.execute(update(MONTH).where(is_it, MONTH.c.missing.is_not(None)).values(next_at=now))


def tell_entity(work: Work, party: Party, time_zone: str, now: datetime) -> None:
    """Who runs the hub, from now on; what waited for it follows. Raises UnknownCountry."""
    check_country(party.country or "")
    values = {**asdict(party), "time_zone": time_zone, "changed_at": now}
    if not work.execute(update(ENTITY).where(ENTITY.c.id == HUB).values(**values)):
        work.insert(LegalEntity, id=HUB, **values)
    work.execute(update(SUBJECT).where(SUBJECT.c.next_at.is_not(None)).values(next_at=now))
    work.execute(update(MONTH).where(MONTH.c.missing.is_not(None)).values(next_at=now))


def forget_texts(work: Work, now: datetime) -> int:
    """Empty documents that need not be kept any more, at most 500: numbers and sums stay."""
    old = INVOICE.c.content.is_not(None), INVOICE.c.keep_until <= now
    due = [row.id for row in work.all(select(INVOICE.c.id).where(*old).limit(FORGET_AT_ONCE))]
    if not due:
        return 0
    return work.execute(update(INVOICE).where(INVOICE.c.id.in_(due)).values(content=None))


def _open(work: Work, subject: SubjectView) -> None:
    work.insert(InvoiceSubject, **asdict(subject))
    _open_month(work, subject.owner_id, subject.created_at)


def _open_month(work: Work, owner_id: str, now: datetime) -> None:
    if work.one(_HAS_MONTHS, owner_id=owner_id) is None:
        work.insert(InvoiceMonth, owner_id=owner_id, up_to=now - _BEFORE, next_at=now)


def _look(work: Work, subject: SubjectView, now: datetime) -> None:
    is_it = SUBJECT.c.id == subject.id
    work.execute(_TAKE, subject_id=subject.id)
    missing = settle_up(work, subject, now)
    next_at = now + AGAIN_AFTER if missing else None
    if (missing, next_at) == (subject.missing, subject.next_at):
        return
    values = {"missing": missing, "next_at": next_at}
    work.execute(update(SUBJECT).where(is_it).values(**values))

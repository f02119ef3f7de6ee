"""Holds that end before their booking or session does: a new one takes the place of the old.

A rail keeps a hold for days at most. In good time before its end the driver's present means of
payment is asked for a new hold; only when that stands is the old one given back, so the driver's
money is never free meanwhile and never taken twice. If it is refused the session is stopped,
while the old hold can still be captured; it is asked again every hour, for the station may be
deaf and the driver may find other means. What ends without a hold is taken at once, or owed.
"""

from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, select

from chargehub import events
from chargehub.payments import rules, tables
from chargehub.payments.steps import move, release
from chargehub.payments.tables import PAYMENT, PaymentRow
from chargehub.payments.views import MethodView, PaymentView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

_DUE = (
    select(PAYMENT)
    .where(PAYMENT.c.state == "authorised", PAYMENT.c.renew_at <= bindparam("now"))
    .order_by(PAYMENT.c.renew_at)
    .limit(bindparam("limit"))
)


def renew_due_holds(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask for new holds in place of those that end soon, at most 50; how many."""
    found = due(work, now, chunk.limit)
    return chunk.each(work, found, attrgetter("id"), partial(_renew, now=now))


def due(reads: Reads, now: datetime, limit: int) -> tuple[PaymentView, ...]:
    """Payments whose holds end soon, at most `limit`, the first to end first."""
    return tuple(PaymentView(*row) for row in reads.all(_DUE, now=now, limit=limit))


def _renew(work: Work, old: PaymentView, now: datetime) -> None:
    method = tables.default_method(work, old.driver_id) if old.driver_id else None
    if method is None:
        refused(work, old.id, old.id, now)
        return
    _ask(work, old, method, old.hold_minor, now)


def replace(work: Work, old: PaymentView, hold_minor: int, now: datetime) -> None:
    """Ask for a hold of another amount in place of one that stands."""
    method = tables.default_method(work, old.driver_id) if old.driver_id else None
    if method is not None:
        _ask(work, old, method, hold_minor, now)
    elif hold_minor > old.hold_minor:
        _tell(work, old, is_held=False)


def _ask(work: Work, old: PaymentView, method: MethodView, hold_minor: int, now: datetime) -> None:
    move(work, old, now, renew_at=None)
    payment_id = new_id()
    work.insert(
        PaymentRow,
        id=payment_id,
        driver_id=old.driver_id,
        renews=old.id,
        rail=method.rail,
        method=method.reference,
        currency=old.currency,
        hold_minor=hold_minor,
        state="requested",
        created_at=now,
        changed_at=now,
    )
    work.record(events.AuthorisationRequested(payment_id))


def take_over(work: Work, payment: PaymentView, old_id: str, now: datetime) -> None:
    """The new hold stands: it is the booking's or session's, unless that needs none any more."""
    old = tables.payment(work, old_id)
    assert old is not None, old_id
    is_greater = payment.hold_minor > old.hold_minor
    if old.state != "authorised":
        release(work, payment, now)
    else:
        release(work, old, now)
        move(work, payment, now, booking_id=old.booking_id, session_id=old.session_id)
    if is_greater:
        _tell(work, old, is_held=old.state == "authorised")


def refused(work: Work, payment_id: str, old_id: str, now: datetime) -> None:
    """There is no new hold: a session is stopped, and an hour later it is tried again."""
    old = tables.payment(work, old_id)
    assert old is not None, old_id
    payment = tables.payment(work, payment_id)
    assert payment is not None, payment_id
    if payment.hold_minor != old.hold_minor:
        _keep(work, payment, old, now)
    elif old.state == "authorised":
        move(work, old, now, renew_at=now + rules.RENEW_AGAIN)
        work.record(events.PaymentRefused(payment_id, None, old.session_id))


def _keep(work: Work, payment: PaymentView, old: PaymentView, now: datetime) -> None:
    """There is no hold of another amount: the old one counts, and ends when it always did."""
    if old.state == "authorised":
        move(work, old, now, renew_at=rules.renew_at(old.expires_at, now))
    if payment.hold_minor > old.hold_minor:
        _tell(work, old, is_held=False)


def _tell(work: Work, old: PaymentView, is_held: bool) -> None:
    if old.booking_id is not None:
        work.record(events.BookingChanged(old.booking_id, "held" if is_held else "refused"))

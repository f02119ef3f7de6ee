"""Money from drivers: held before a session, taken after it, given back where it was too much.

Every step is one compare-and-set of the payment with its events and its memo in the ledger. The
rail is asked by `effects.py`, outside any transaction; an action here records what it answered.
A session has one payment that answers for its cost, and PaymentCaptured tells of it once for
every CDR that is to be settled; a CDR that was replaced while the rail was busy is passed over.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

import structlog
from sqlalchemy import update

from chargehub import events
from chargehub.bookings import rules as booking_rules
from chargehub.bookings import tables as bookings
from chargehub.payments import crediting, hearing, renewing, rules, tables
from chargehub.payments.rail import Captured, Held, RailBroken, Refunded, Refusal, Released
from chargehub.payments.steps import (
    captured,
    facts,
    move,
    note_hold,
    note_hold_ended,
    release,
    standing_cdr,
    told,
    walk_up_deposit,
)
from chargehub.payments.tables import REFUND, PaymentRow, RefundRow
from chargehub.payments.views import PaymentView
from chargehub.sessions import tables as sessions
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.tables import SessionView
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.units import CurrencyMismatch, Money

log = structlog.get_logger(__name__)

NO_METHOD = Refusal("no_method", "There is no payment method. Add one, and the cost can be paid.")
NO_DRIVER = Refusal("no_driver", "Nobody is known to owe this.")


# --- holding -----------------------------------------------------------------------------------


def open_for_booking(work: Work, event: events.BookingHeld, now: datetime) -> None:
    """Ask for a booking's deposit to be held. Without a payment method it is refused at once."""
    booking = bookings.booking(work, event.booking_id)
    if booking is None or booking.status != "held" or tables.of_booking(work, booking.id):
        return
    deposit = Money(booking.deposit_minor, booking.currency)
    open_hold(work, Need(booking.driver_id, deposit, booking_id=booking.id), now)


def open_for_session(work: Work, event: events.SessionOpened, now: datetime) -> None:
    """Ask for a walk-up's deposit to be held; a booked session uses what its booking has.

    A session that is over already, is the owner's own use or costs nothing needs no hold.
    """
    session = sessions.session(work, event.session_id)
    if session is None:
        return
    if tables.of_session(work, session.id):
        _let_go_of_spare(work, session, now)
        return
    if _takes_over(work, session, now):
        return
    deposit = walk_up_deposit(work, session)
    if deposit is not None and session.driver_id is not None:
        open_hold(work, Need(session.driver_id, deposit, session_id=session.id), now)


def _takes_over(work: Work, session: SessionView, now: datetime) -> bool:
    """Bind the booking's payment to its session, unless an earlier session has used it."""
    payment = tables.live_of_booking(work, session.booking_id) if session.booking_id else None
    if payment is None or payment.session_id is not None or payment.wish == "release":
        return False
    if payment.state not in ("requested", "authorised"):
        return False  # the fee of a booking that ended before its driver came
    move(work, payment, now, session_id=session.id)
    return True


def _let_go_of_spare(work: Work, session: SessionView, now: datetime) -> None:
    """Held as a walk-up, then told to be at its booked EVSE: the booking's deposit goes back."""
    payment = tables.live_of_booking(work, session.booking_id) if session.booking_id else None
    if payment is not None and payment.session_id is None:
        release(work, payment, now)


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be held, of whom, and what for."""

    driver_id: str
    deposit: Money
    booking_id: str | None = None
    session_id: str | None = None


def open_hold(work: Work, need: Need, now: datetime, payment_id: str | None = None) -> None:
    """Ask for a hold; it is refused at once if there is no payment method."""
    method = tables.default_method(work, need.driver_id)
    payment_id = payment_id or new_id()
    work.insert(
        PaymentRow,
        id=payment_id,
        driver_id=need.driver_id,
        booking_id=need.booking_id,
        session_id=need.session_id,
        rail=method.rail if method else "",
        method=method.reference if method else "",
        currency=need.deposit.currency,
        hold_minor=need.deposit.amount_minor,
        state="requested" if method else "refused",
        refusal_code=None if method else NO_METHOD.code,
        refusal_detail=None if method else NO_METHOD.detail,
        created_at=now,
        changed_at=now,
    )
    if method:
        work.record(events.AuthorisationRequested(payment_id))
    else:
        work.record(events.PaymentRefused(payment_id, need.booking_id, need.session_id))


def record_authorisation(
    work: Work, event: events.AuthorisationRequested, outcome: Held | Refusal | None, now: datetime
) -> None:
    """Note what the rail said about a hold, and go on with what was asked for meanwhile."""
    payment = tables.payment(work, event.payment_id)
    if payment is None or outcome is None or payment.state != "requested":
        return
    match outcome:
        case Held():
            _held(work, payment, outcome, now)
        case Refusal():
            _refused(work, payment, outcome, now)
        case _:
            assert_never(outcome)


def _held(work: Work, payment: PaymentView, held: Held, now: datetime) -> None:
    if held.amount_minor != payment.hold_minor or held.capturable_minor < held.amount_minor:
        raise RailBroken(f"{payment.rail} was asked for {payment.hold_minor} and said {held}")
    payment = move(
        work,
        payment,
        now,
        state="authorised",
        capturable_minor=held.capturable_minor,
        rail_reference=held.reference,
        expires_at=held.expires_at,
        renew_at=rules.renew_at(held.expires_at, now),
    )
    note_hold(work, payment, now)
    if payment.renews is not None:
        renewing.take_over(work, payment, payment.renews, now)
        return
    if payment.wish == "release":
        release(work, payment, now)
        return
    work.record(events.PaymentAuthorised(payment.id, payment.booking_id, payment.session_id))
    if payment.wish == "capture":
        _request_capture(work, payment, now)


def _refused(work: Work, payment: PaymentView, why: Refusal, now: datetime) -> None:
    was_closed = payment.wish == "capture"
    move(work, payment, now, state="refused", wish=None, cdr_id=None, **told(why))
    if payment.renews is not None:
        renewing.refused(work, payment.id, payment.renews, now)
        return
    work.record(events.PaymentRefused(payment.id, payment.booking_id, payment.session_id))
    if was_closed and payment.session_id is not None:
        _collect(work, standing_cdr(work, payment.session_id), now)


# --- taking ------------------------------------------------------------------------------------


def request_capture(work: Work, event: events.SessionClosed, now: datetime) -> None:
    """Have a closed session's cost taken from its hold, or at once where there is none.

    What nobody can be asked for is a receivable: PaymentCaptured with 0. A session that costs
    nothing only gives its hold back.
    """
    if tables.answerable(work, event.session_id) is None:
        _collect(work, standing_cdr(work, event.session_id), now)


def _collect(work: Work, cdr: CdrView, now: datetime) -> None:
    payment = tables.live_of_session(work, cdr.session_id)
    step = rules.at_close(payment.state if payment else None, cdr.cost_minor)
    credit_minor = 0 if step == "nothing" else crediting.spend(work, cdr, now)
    due_minor = cdr.cost_minor - credit_minor
    if step == "take":
        _take(work, cdr, credit_minor, now)
    if payment is None or step in ("take", "nothing"):
        return
    if cdr.cost_minor == 0:
        release(work, payment, now)
        return
    if payment.currency != cdr.currency:
        raise CurrencyMismatch(f"payment {payment.id} cannot pay a cost in {cdr.currency}")
    payment = replace(payment, cdr_id=cdr.id, due_minor=due_minor, credit_minor=credit_minor)
    if step == "capture":
        _request_capture(work, payment, now)
    else:
        move(work, payment, now, wish="capture")


def _request_capture(work: Work, payment: PaymentView, now: datetime) -> None:
    assert payment.session_id is not None and payment.cdr_id is not None, payment
    ask_minor = rules.to_capture(payment.due_minor, payment.capturable_minor, payment.currency)
    if ask_minor == 0:  # credit pays it all, or it is less than a card can pay
        release(work, payment, now)
        _tell_captured(work, payment)
        return
    move(work, payment, now, state="capture_requested", wish=None, ask_minor=ask_minor)
    work.record(events.CaptureRequested(payment.id, payment.session_id, payment.cdr_id))


def _take(work: Work, cdr: CdrView, credit_minor: int, now: datetime) -> None:
    """A payment without a hold: what credit leaves is asked of what the driver pays with now."""
    due_minor = cdr.cost_minor - credit_minor
    ask_minor = rules.payable(due_minor, cdr.currency)
    method = tables.default_method(work, cdr.driver_id) if cdr.driver_id and ask_minor else None
    why = None if method or not ask_minor else (NO_METHOD if cdr.driver_id else NO_DRIVER)
    payment_id = new_id()
    work.insert(
        PaymentRow,
        id=payment_id,
        driver_id=cdr.driver_id,
        session_id=cdr.session_id,
        rail=method.rail if method else "",
        method=method.reference if method else "",
        currency=cdr.currency,
        capturable_minor=ask_minor if method else 0,
        ask_minor=ask_minor if method else 0,
        cdr_id=cdr.id,
        due_minor=due_minor,
        credit_minor=credit_minor,
        state="capture_requested" if method else "failed" if why else "captured",
        refusal_code=why.code if why else None,
        refusal_detail=why.detail if why else None,
        created_at=now,
        changed_at=now,
    )
    if method:
        work.record(events.CaptureRequested(payment_id, cdr.session_id, cdr.id))
    else:
        work.record(events.PaymentCaptured(payment_id, cdr.session_id, cdr.id, 0, credit_minor))


def record_capture(
    work: Work, event: events.CaptureRequested, outcome: Captured | Refusal | None, now: datetime
) -> None:
    """Note what the rail took. A refusal takes nothing: the cost is a receivable.

    Of a hold that has ended nothing can be taken any more; then it is asked for at once.
    """
    payment = tables.payment(work, event.payment_id)
    if payment is None or outcome is None or payment.state != "capture_requested":
        return
    match outcome:
        case Captured():
            payment = captured(work, payment, outcome, now)
        case Refusal():
            if payment.rail_reference is not None:
                work.record(events.ReleaseRequested(payment.id))
            if rules.is_gone(payment.expires_at, outcome.code, now):
                move(work, payment, now, state="failed", cdr_id=None, due_minor=0, **told(outcome))
                _collect(work, standing_cdr(work, event.session_id), now)
                return
            payment = move(work, payment, now, state="failed", **told(outcome))
        case _:
            assert_never(outcome)
    square(work, payment, now)


# --- giving back -------------------------------------------------------------------------------


def release_for_session(work: Work, event: events.SessionFailed, now: datetime) -> None:
    """A session never began: its hold goes back, unless it is that of a booking that stands."""
    payment = tables.live_of_session(work, event.session_id)
    if payment is None:
        return
    booking = bookings.booking(work, payment.booking_id) if payment.booking_id else None
    if booking is not None and booking.status in booking_rules.LIVE:
        move(work, payment, now, session_id=None)
    else:
        release(work, payment, now)


def record_release(
    work: Work, event: events.ReleaseRequested, outcome: Released | Refusal | None, now: datetime
) -> None:
    """Nothing is held any more. A rail that refuses has let go of the hold by itself before."""
    payment = tables.payment(work, event.payment_id)
    if payment is None or outcome is None or not rules.is_releasable(payment.state):
        return
    if isinstance(outcome, Refusal):
        log.warning("release refused", **facts(payment, outcome))
    if payment.state == "release_requested":
        move(work, payment, now, state="released")
    note_hold_ended(work, payment, now)


def adjust(work: Work, event: events.CdrCorrected, now: datetime) -> None:
    """A CDR was replaced: give back what is now too much; what is now too little is owed."""
    payment = tables.answerable(work, event.session_id)
    cdr = standing_cdr(work, event.session_id)
    if payment is None or payment.state == "requested":
        _collect(work, cdr, now)
    elif payment.cdr_id != cdr.id:
        hearing.take_back_returned(work, payment, now)
        credit_minor = crediting.spend(work, cdr, now)
        due = {"due_minor": cdr.cost_minor - credit_minor, "credit_minor": credit_minor}
        payment = move(work, payment, now, cdr_id=cdr.id, **due)
        if payment.state != "capture_requested":
            square(work, payment, now)


def square(work: Work, payment: PaymentView, now: datetime) -> None:
    """Give back what was taken beyond the standing cost, or else say what was taken.

    While the rail is still busy with a refund nothing is said: its answer comes back here.
    """
    if tables.open_refund(work, payment.id) is not None:
        return
    excess_minor = rules.to_refund(
        payment.captured_minor, payment.refunded_minor, payment.due_minor, payment.currency
    )
    if excess_minor == 0:
        _tell_captured(work, payment)
        return
    row = RefundRow(
        id=new_id(),
        payment_id=payment.id,
        amount_minor=excess_minor,
        currency=payment.currency,
        state="requested",
        created_at=now,
    )
    work.add(row)
    work.record(events.RefundRequested(row.id, payment.id, payment.session_id))


def _tell_captured(work: Work, payment: PaymentView) -> None:
    kept_minor = payment.captured_minor - payment.refunded_minor
    if payment.session_id is None and payment.booking_id is not None:
        work.record(events.FeeCaptured(payment.id, payment.booking_id, kept_minor))
        return
    assert payment.session_id is not None and payment.cdr_id is not None, payment
    told = (payment.session_id, payment.cdr_id, kept_minor, payment.credit_minor)
    work.record(events.PaymentCaptured(payment.id, *told))


def record_refund(
    work: Work, event: events.RefundRequested, outcome: Refunded | Refusal | None, now: datetime
) -> None:
    """Note what went back. What the rail would not take back is told as captured all the same:
    the ledger shows it as nobody's, until a person finds another way to return it.
    """
    payment = tables.payment(work, event.payment_id)
    wanted = tables.refund(work, event.refund_id)
    if payment is None or wanted is None or outcome is None or wanted.state != "requested":
        return
    change = update(REFUND).where(REFUND.c.id == wanted.id)
    if isinstance(outcome, Refusal):
        log.error("refund refused", refund=wanted.id, **facts(payment, outcome))
        work.execute(change.values(state="failed", finished_at=now, **told(outcome)))
        _tell_captured(work, payment)
        return
    if outcome.amount_minor != wanted.amount_minor:
        raise RailBroken(f"{payment.rail} was asked for {wanted.amount_minor}: {outcome}")
    work.execute(change.values(state="refunded", finished_at=now, rail_reference=outcome.reference))
    refunded_minor = payment.refunded_minor + wanted.amount_minor
    square(work, move(work, payment, now, refunded_minor=refunded_minor), now)

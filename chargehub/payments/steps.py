"""What every step of a payment is made of: the compare-and-set, its memo, the CDR that stands."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from chargehub import events
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Transfer, hold_ended, hold_placed, transfer_id
from chargehub.payments import rules
from chargehub.payments.rail import Captured, RailBroken, Refusal
from chargehub.payments.tables import PAYMENT
from chargehub.payments.views import PaymentView
from chargehub.sessions import tables as sessions
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.store.hot import Hot
from chargehub.store.work import Work
from chargehub.tariffs import pricing
from chargehub.tariffs import tables as tariffs
from chargehub.units import Money


class PaymentMoved(Exception):
    """Another unit of work changed the payment in between. The delivery is tried again."""


_CHANGEABLE = (
    *(
        "booking_id",
        "session_id",
        "hold_minor",
        "renew_at",
        "capturable_minor",
        "ask_minor",
        "captured_minor",
        "refunded_minor",
    ),
    *("rail_transfer", "rail_fee"),
    *("cdr_id", "due_minor", "credit_minor", "state", "wish", "rail_reference", "expires_at"),
    *("refusal_code", "refusal_detail", "revision", "changed_at"),
)
_MOVE = Hot(
    update(PAYMENT)
    .where(PAYMENT.c.id == bindparam("payment_id"), PAYMENT.c.revision == bindparam("seen"))
    .values({name: bindparam(f"new_{name}", type_=PAYMENT.c[name].type) for name in _CHANGEABLE})
)


def move(work: Work, payment: PaymentView, now: datetime, **values: Any) -> PaymentView:
    """Change the payment, if it still is as it was read. Raises PaymentMoved."""
    assert values.keys() <= set(_CHANGEABLE), values
    after = replace(payment, **values, revision=payment.revision + 1, changed_at=now)
    columns = {f"new_{name}": getattr(after, name) for name in _CHANGEABLE}
    if work.execute(_MOVE, payment_id=payment.id, seen=payment.revision, **columns) != 1:
        raise PaymentMoved(payment.id)
    return after


def told(why: Refusal) -> dict[str, str]:
    """A refusal as the columns that keep it, cut to their lengths."""
    return {"refusal_code": why.code[:60], "refusal_detail": why.detail[:300]}


def facts(payment: PaymentView, why: Refusal) -> dict[str, str | None]:
    """What an operator needs to find a refusal in the log."""
    return {"payment": payment.id, "session": payment.session_id, "code": why.code}


def captured(work: Work, payment: PaymentView, outcome: Captured, now: datetime) -> PaymentView:
    """The rail took it, and paid the owner what it was to pay. Raises RailBroken."""
    is_paid = payment.owner_minor in (None, 0) or (
        outcome.transfer is not None and outcome.amount_minor == payment.ask_minor
    )
    if not (0 < outcome.amount_minor <= payment.ask_minor and is_paid):
        raise RailBroken(f"{payment.rail} was asked for {payment.ask_minor} and said {outcome}")
    if payment.rail_reference is not None:
        note_hold_ended(work, payment, now)
    return move(
        work,
        payment,
        now,
        state="captured",
        captured_minor=outcome.amount_minor,
        rail_reference=outcome.reference,
        rail_transfer=outcome.transfer,
        rail_fee=outcome.fee,
    )


def release(work: Work, payment: PaymentView, now: datetime) -> None:
    """Give the hold back, or as soon as the rail has made it. Money taken is not touched."""
    if payment.state == "requested":
        move(work, payment, now, wish="release", cdr_id=None, due_minor=0)
    elif payment.state == "authorised":
        move(work, payment, now, state="release_requested", wish=None)
        work.record(events.ReleaseRequested(payment.id))


def note_hold(work: Work, payment: PaymentView, now: datetime) -> None:
    """The ledger's memo that a rail holds money; no money moves."""
    _note(work, payment, "hold", now)


def note_hold_ended(work: Work, payment: PaymentView, now: datetime) -> None:
    """The memo is taken back: the hold was captured or released. Noted once."""
    _note(work, payment, "hold_ended", now)


def note_hold_grown(work: Work, payment: PaymentView, more_minor: int, now: datetime) -> None:
    """The memo that a rail holds so much more, before the payment says so."""
    transfer = Transfer(
        id=transfer_id("payment", payment.id, "hold_grown", payment.hold_minor + more_minor),
        kind="hold_grown",
        entries=hold_placed(payment.id, more_minor, payment.currency),
        effective_at=now,
        session_id=payment.session_id,
        booking_id=payment.booking_id,
    )
    ledger.post(work, transfer)


def _note(work: Work, payment: PaymentView, kind: str, now: datetime) -> None:
    entries = hold_placed if kind == "hold" else hold_ended
    transfer = Transfer(
        id=transfer_id("payment", payment.id, kind),
        kind=kind,
        entries=entries(payment.id, payment.hold_minor, payment.currency),
        effective_at=now,
        session_id=payment.session_id,
        booking_id=payment.booking_id,
    )
    ledger.post(work, transfer)


def standing_cdr(work: Work, session_id: str) -> CdrView:
    """The CDR that stands for a closed session now, whichever one an event tells of."""
    session = sessions.session(work, session_id)
    assert session is not None and session.cdr_id is not None, session_id
    cdr = sessions.cdr(work, session.cdr_id)
    if cdr is None:  # written by an action before this one in the batch
        work.flush()
        cdr = sessions.cdr(work, session.cdr_id)
    assert cdr is not None, session.cdr_id
    return cdr


def walk_up_deposit(work: Work, session: SessionView) -> Money | None:
    """What to hold for a session that nobody booked. None: nothing."""
    is_running = session.status in ("starting", "active")
    if not (is_running and session.is_billable and session.tariff_snapshot_id):
        return None
    tariff = tariffs.snapshot(work, session.tariff_snapshot_id)
    evse = stations.evse(work, session.evse_id) if session.evse_id else None
    power_w = evse.power_w if evse else rules.USUAL_POWER_W
    deposit_minor = pricing.deposit(tariff, power_w, rules.WALK_UP)
    return Money(deposit_minor, tariff.currency) if deposit_minor else None

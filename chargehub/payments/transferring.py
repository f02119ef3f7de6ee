"""Payouts that a rail has made by itself, with a capture: they are paid when they are noted."""

from datetime import datetime

from chargehub import events
from chargehub.ledger import actions as ledger
from chargehub.ledger import rules as postings
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.payments.tables import PayoutRow
from chargehub.payments.views import PaymentView
from chargehub.store.columns import new_id
from chargehub.store.work import Work


def note_paid(work: Work, payment: PaymentView, owner_id: str, now: datetime) -> None:
    """An owner was sent `owner_minor` of a payment. What was not the owner's to have by now, since
    the cost was corrected meanwhile or another owes it to be netted, the owner owes."""
    assert payment.owner_minor, payment
    amount_minor, currency = payment.owner_minor, payment.currency
    payout_id = new_id()
    payable_minor = -accounts.balance(work, f"owner:payable:{owner_id}", currency)
    beyond_minor = max(0, amount_minor - payable_minor)
    steps = {
        "payout_beyond": postings.payout_beyond(owner_id, beyond_minor, currency),
        "payout_requested": postings.payout_requested(owner_id, amount_minor, currency),
        "payout_paid": postings.paid_at_capture(owner_id, amount_minor, currency),
    }
    for kind, entries in steps.items():
        _post(work, payout_id, kind, entries, now)
    work.insert(
        PayoutRow,
        id=payout_id,
        owner_id=owner_id,
        rail=payment.rail,
        destination=payment.destination,
        currency=currency,
        amount_minor=amount_minor,
        state="paid",
        rail_reference=payment.rail_transfer,
        requested_at=now,
        finished_at=now,
    )
    work.record(events.PayoutPaid(payout_id))


def _post(work: Work, payout_id: str, kind: str, entries: tuple[Entry, ...], now: datetime) -> None:
    if not any(entry.amount for entry in entries):
        return
    transfer = Transfer(
        id=transfer_id("payout", payout_id, kind),
        kind=kind,
        entries=entries,
        effective_at=now,
        payout_id=None if kind == "payout_beyond" else payout_id,  # a debt, none of the payout's
    )
    ledger.post(work, transfer)

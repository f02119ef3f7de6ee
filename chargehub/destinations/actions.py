"""Owners who are paid in the moment in which a cost is captured, and what the ledger says of it.

The owner is named when the hold is made, the part when it is captured: what happened between them
(a station was sold, its owners agreed, its meter is not believed) makes that part 0, and all is as
with any other payment. Each is decided once, before the rail is asked.
"""

from collections.abc import Mapping
from datetime import datetime

from chargehub.bookings import tables as bookings
from chargehub.destinations.rules import in_one_region
from chargehub.events import PaymentCaptured
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import LedgerError
from chargehub.payments import destined, payees, tables, transferring
from chargehub.payments.rules import payable
from chargehub.payments.views import PaymentView
from chargehub.sessions import tables as sessions
from chargehub.sessions import trusting
from chargehub.sessions.cdr import CdrView
from chargehub.settlement import actions as settlement
from chargehub.settlement import shares, split
from chargehub.settlement import tables as settlements
from chargehub.settlement.contests import Subject, contests_of
from chargehub.settlement.split import Terms
from chargehub.store.work import Reads, Work


class UnknownDestination(LedgerError):
    """A rail paid an account that the hub knows of no owner."""


def name_owner(work: Work, payment: PaymentView, countries: Mapping[str, str]) -> PaymentView:
    """Decide whose account a hold is for, or that it is for nobody's. `countries`: of the hub's
    own account at each rail that pays owners at the capture.

    It is for the one owner whose account is ready, in the hub's region, where no co-owners share.
    """
    owner_id, account = _owner_of(work, payment), None
    if owner_id is not None and payment.rail in countries:
        account = destined.account_of(work, owner_id, payment.rail)
    is_near = account is not None and in_one_region(countries[payment.rail], account.country)
    reference = account.reference if account is not None and is_near else None
    return destined.name(work, payment, reference)


def _owner_of(reads: Reads, payment: PaymentView) -> str | None:
    """Who alone earns what is paid; None: nobody alone, or nobody knows. A hold that follows
    another is for the same."""
    before = payment if payment.renews is None else tables.payment(reads, payment.renews)
    booking = bookings.booking(reads, before.booking_id) if before and before.booking_id else None
    session = sessions.session(reads, before.session_id) if before and before.session_id else None
    found = session or booking
    if found is None:
        return None
    holder = shares.holder(reads, found.station_id, found.owner_id, payment.created_at)
    return found.owner_id if holder == found.owner_id else None


def divide(
    work: Work, payment: PaymentView, countries: Mapping[str, str], terms: Terms
) -> PaymentView:
    """Decide how much of a capture goes to the owner whom the hold names."""
    cdr = sessions.cdr(work, payment.cdr_id) if payment.cdr_id else None
    is_to_pay = cdr is not None and payment.rail in countries and _is_sure(work, payment, cdr)
    owner_minor = _part(work, payment, cdr, terms) if cdr is not None and is_to_pay else 0
    return destined.divide(work, payment, owner_minor)


def _is_sure(reads: Reads, payment: PaymentView, cdr: CdrView) -> bool:
    """Nothing speaks against paying the owner now: who can be paid, and earns it alone still, of a
    bill that nobody disputes and its meter does not contradict, by no credit."""
    account = destined.account_of(reads, cdr.owner_id, payment.rail)
    holder = shares.holder(reads, cdr.station_id, cdr.owner_id, payment.changed_at)
    session = sessions.session(reads, cdr.session_id)
    return (
        (account is not None and account.reference == payment.destination)
        and holder == cdr.owner_id
        and payment.credit_minor == 0
        and settlements.standing(reads, cdr.session_id) is None
        and not contests_of(reads, Subject(cdr.session_id))
        and session is not None
        and trusting.trust(reads, session, cdr).verdict != "implausible"
    )


def _part(reads: Reads, payment: PaymentView, cdr: CdrView, terms: Terms) -> int:
    """What the settlement will let the owner have, less what the owner owes, as banks move it."""
    terms = settlements.terms_at(reads, cdr.station_id, terms)
    divided = split.divided(cdr.cost_minor, terms)
    vat_minor = divided.vat_minor if terms.vat_mode == "commissionaire" else 0
    earned = split.earned_minor(divided.owner_minor, payment.ask_minor, vat_minor)
    owed = accounts.balance(reads, f"owner:receivable:{cdr.owner_id}", cdr.currency)
    return payable(max(0, earned - owed), payment.currency)


def pay(work: Work, event: PaymentCaptured, now: datetime) -> None:
    """What the rail sent an owner with a capture is a payout that is paid, once; the earnings
    mature for it at once. In the unit that settles the cost, after it. Raises UnknownDestination.
    """
    payment = tables.payment(work, event.payment_id)
    if payment is None or payment.rail_transfer is None or not payment.owner_minor:
        return
    if tables.payout_by_reference(work, payment.rail, payment.rail_transfer) is not None:
        return
    account = payees.of_reference(work, payment.destination or "")
    if account is None:
        raise UnknownDestination(f"payment {payment.id} paid {payment.destination}")
    settlement.mature_now(work, event.session_id, account.owner_id, now)
    transferring.note_paid(work, payment, account.owner_id, now)

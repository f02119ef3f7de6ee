"""Payments of which a part goes to an owner's account at the capture: what was decided, and kept.

Who decides stands in `destinations`. A decision never changes once it is made, so that a rail is
asked for the same at every try; only what the rail refused is given up.
"""

from typing import Final

from sqlalchemy import update

from chargehub.payments import payees, tables, withheld
from chargehub.payments.payees import PayoutAccountView
from chargehub.payments.tables import PAYMENT
from chargehub.payments.views import PaymentView
from chargehub.people import tables as people
from chargehub.store.work import Reads, Work

NOBODY: Final = ""  # a destination that was decided on: none


def account_of(reads: Reads, owner_id: str, rail: str) -> PayoutAccountView | None:
    """The account by which a rail can pay an owner unasked; None: there is none, or it is not
    ready, or the owner is paid otherwise, or not verified, or payouts are withheld."""
    found = payees.of_owner(reads, owner_id)
    place = tables.preference(reads, owner_id)
    account = people.account(reads, owner_id)
    if found is None or place is None or account is None or not account.is_verified:
        return None
    is_chosen = (place.rail, place.destination) == (rail, found.reference) and found.rail == rail
    is_free = found.is_ready and withheld.why(reads, owner_id) is None
    return found if is_chosen and is_free else None


def name(work: Work, payment: PaymentView, reference: str | None) -> PaymentView:
    """Keep whose account a hold is for (None: nobody's), unless that is decided."""
    open_ = PAYMENT.c.id == payment.id, PAYMENT.c.destination.is_(None)
    work.execute(update(PAYMENT).where(*open_).values(destination=reference or NOBODY))
    return _reread(work, payment)


def give_up(work: Work, payment: PaymentView) -> PaymentView:
    """The rail cannot pay that account: the hold is for nobody's."""
    is_asked = PAYMENT.c.id == payment.id, PAYMENT.c.state == "requested"
    work.execute(update(PAYMENT).where(*is_asked).values(destination=NOBODY))
    return _reread(work, payment)


def divide(work: Work, payment: PaymentView, owner_minor: int) -> PaymentView:
    """Keep how much of what is asked for goes to the owner, unless that is decided."""
    assert 0 <= owner_minor <= payment.ask_minor, (payment, owner_minor)
    open_ = PAYMENT.c.id == payment.id, PAYMENT.c.owner_minor.is_(None)
    work.execute(update(PAYMENT).where(*open_).values(owner_minor=owner_minor))
    return _reread(work, payment)


def _reread(work: Work, payment: PaymentView) -> PaymentView:
    found = tables.payment(work, payment.id)
    assert found is not None, payment.id
    return found

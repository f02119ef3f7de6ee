"""A bank takes a top-up back: the balance is frozen, then freed or taken, and the rest is owed.

The money itself is followed by `card_disputes`; here stands what it means for the balance.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Entry, Transfer, TransferClash, transfer_id
from chargehub.payments import chargebacks, funds, prepaid
from chargehub.payments.chargebacks import CHARGEBACK, Chargeback, ChargebackRow
from chargehub.payments.prepaid import TOP_UP, TopUpView
from chargehub.store.work import Work
from chargehub.units import Money


def freeze(
    work: Work, chargeback_id: str, top_up: TopUpView, amount: Money, now: datetime
) -> Chargeback:
    """A bank has this much of a top-up: as much of the balance is kept, as far as it is there."""
    row = ChargebackRow(
        id=chargeback_id,
        top_up_id=top_up.id,
        account_id=top_up.account_id,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        state="frozen",
        opened_at=now,
    )
    work.add(row)
    _set_disputed(work, top_up.id, is_disputed=True)
    keep(work, top_up.account_id, _available(work, top_up.account_id, amount.currency), now)
    return _seen(work, chargeback_id)


def keep(work: Work, account_id: str, freed: Money, now: datetime) -> None:
    """This much of a balance can be spent again: a bank's claim on the account comes first.

    Call it after whatever frees what was set aside, or gives back what was spent.
    """
    left_minor = freed.amount_minor
    for found in chargebacks.frozen_of(work, account_id, freed.currency):
        more_minor = min(left_minor, found.amount_minor - found.frozen_minor)
        if more_minor <= 0:
            continue
        left_minor -= more_minor
        step = transfer_id("chargeback", found.id, "frozen", found.frozen_minor)
        entries = funds.set_aside(account_id, Money(more_minor, freed.currency))
        _change(work, found, frozen_minor=found.frozen_minor + more_minor)
        _post(work, step, "top_up_frozen", entries, now)


def release(work: Work, chargeback_id: str, now: datetime) -> None:
    """The bank gave it back: what was kept can be spent again."""
    found = _seen(work, chargeback_id)
    _change(work, found, state="released", frozen_minor=0, closed_at=now)
    if found.frozen_minor:
        step = transfer_id("chargeback", found.id, "released")
        entries = funds.free_again(found.account_id, Money(found.frozen_minor, found.currency))
        _post(work, step, "top_up_freed", entries, now)
    if not chargebacks.holds_back(work, found.top_up_id):
        _set_disputed(work, found.top_up_id, is_disputed=False)


def lose(work: Work, chargeback_id: str, now: datetime) -> Chargeback:
    """The bank gave it to the cardholder for good: it goes off the balance, and what is not there
    any more is owed."""
    found = _seen(work, chargeback_id)
    available = _available(work, found.account_id, found.currency)
    more_minor = min(available.amount_minor, found.amount_minor - found.frozen_minor)
    taken = {"taken_minor": found.frozen_minor + more_minor, "frozen_minor": 0}
    _change(work, found, state="lost", closed_at=now, **taken)
    lost = funds.Lost(
        Money(found.frozen_minor, found.currency),
        Money(more_minor, found.currency),
        Money(found.amount_minor - found.frozen_minor - more_minor, found.currency),
    )
    step = transfer_id("chargeback", found.id, "lost")
    _post(work, step, "top_up_lost", funds.charged_back(found.account_id, lost), now)
    return _seen(work, chargeback_id)


def pay(
    work: Work, chargeback_id: str, paid_minor: int, payment_id: str, now: datetime
) -> Chargeback:
    """A payment of its own took this much of what is owed. Call it once for a payment."""
    found = _seen(work, chargeback_id)
    owed_minor = min(paid_minor, found.owed_minor)
    who, currency = found.account_id, found.currency
    _change(work, found, paid_minor=found.paid_minor + owed_minor)
    if found.written_off_at is not None and owed_minor:
        entries = funds.recovered(who, Money(owed_minor, currency))
        _post(work, transfer_id("payment", payment_id, "recovered"), "recovered", entries, now)
    beyond = Money(paid_minor - owed_minor, currency)
    entries = funds.debt_paid(who, Money(owed_minor, currency), beyond)
    _post(work, transfer_id("payment", payment_id, "debt_paid"), "top_up_debt_paid", entries, now)
    return _seen(work, chargeback_id)


def write_off(work: Work, chargeback_id: str, now: datetime) -> None:
    """The hub counts on it no more; it can be paid all the same. Again changes nothing."""
    found = _seen(work, chargeback_id)
    if found.written_off_at is not None or not found.owed_minor:
        return
    _change(work, found, written_off_at=now)
    entries = funds.written_off(found.account_id, Money(found.owed_minor, found.currency))
    step = transfer_id("chargeback", found.id, "written_off")
    _post(work, step, "top_up_written_off", entries, now)


def _available(work: Work, account_id: str, currency: str) -> Money:
    return prepaid.balance(work, account_id, currency).available


def _seen(work: Work, chargeback_id: str) -> Chargeback:
    found = chargebacks.chargeback(work, chargeback_id)
    assert found is not None, chargeback_id
    return found


def _change(work: Work, seen: Chargeback, **values: Any) -> None:
    """As it was read: another hub may have changed it meanwhile. Raises TransferClash."""
    is_it = (
        CHARGEBACK.c.id == seen.id,
        CHARGEBACK.c.state == seen.state,
        CHARGEBACK.c.frozen_minor == seen.frozen_minor,
        CHARGEBACK.c.paid_minor == seen.paid_minor,
        CHARGEBACK.c.written_off_at.is_not_distinct_from(seen.written_off_at),
    )
    if work.execute(update(CHARGEBACK).where(*is_it).values(**values)) != 1:
        raise TransferClash(f"chargeback {seen.id} was changed meanwhile")


def _set_disputed(work: Work, top_up_id: str, *, is_disputed: bool) -> None:
    work.execute(update(TOP_UP).where(TOP_UP.c.id == top_up_id).values(is_disputed=is_disputed))


def _post(work: Work, step: str, kind: str, entries: tuple[Entry, ...], now: datetime) -> None:
    ledger.post(work, Transfer(step, kind, entries, now))

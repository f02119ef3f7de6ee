"""What drivers have prepaid: the rail's orders and the top-ups against the ledger."""

from collections import Counter
from typing import Any

from sqlalchemy import case, exists, func, select

from chargehub.audit.findings import Faults, compared
from chargehub.ledger.tables import ACCOUNT
from chargehub.payments.chargebacks import CHARGEBACK
from chargehub.payments.prepaid import ORDER, PAYBACK, TOP_UP
from chargehub.store.work import Reads

Sums = Counter[Any]
_TAKEN = TOP_UP.c.state == "taken"
_RETURNED = PAYBACK.c.state == "returned"
_SPENT = ORDER.c.is_done & ORDER.c.kind.in_(("take", "capture", "refund"))
_SPENT_MINOR = case((ORDER.c.kind == "refund", -ORDER.c.amount_minor), else_=ORDER.c.amount_minor)


def lots(reads: Reads) -> tuple[Faults, Sums]:
    """I12 of every driver and currency, and what is left by currency.

    Topped up = left + held + spent + paid back + taken back by banks; of a top-up as much went
    back as it says; and what is held is held for something.
    """
    due = _of(reads, TOP_UP, TOP_UP.c.amount_minor, _TAKEN)
    due.subtract(_of(reads, PAYBACK, PAYBACK.c.amount_minor, _RETURNED))
    due.subtract(_of(reads, ORDER, _SPENT_MINOR, _SPENT))
    due.subtract(_of(reads, CHARGEBACK, CHARGEBACK.c.taken_minor))
    has = _carried(reads, "driver:prepaid", "driver:prepaid_held")
    faults = compared(due, has, ("topped up less spent", "prepaid"))
    held = _carried(reads, "driver:prepaid_held")
    faults.join(compared(_held_for(reads), held, ("holds, paybacks and disputes", "held")))
    went = _sums(reads, (PAYBACK.c.top_up_id,), PAYBACK.c.amount_minor, PAYBACK.c.state != "failed")
    told = _sums(reads, (TOP_UP.c.id,), TOP_UP.c.back_minor)
    faults.join(compared(told, went, ("paid back of a top-up", "its paybacks")))
    left: Sums = Counter()
    for (_, currency), amount in has.items():
        left[currency] += amount
    return faults, left


def with_rails(reads: Reads) -> Sums:
    """Prepaid money that lies with the rails it came by, by currency."""
    lies = _sums(reads, (TOP_UP.c.currency,), TOP_UP.c.amount_minor, _TAKEN)
    lies.subtract(_sums(reads, (PAYBACK.c.currency,), PAYBACK.c.amount_minor, _RETURNED))
    lies.subtract(_sums(reads, (ORDER.c.currency,), _SPENT_MINOR, _SPENT))
    return lies


def _held_for(reads: Reads) -> Sums:
    """What of balances is kept by holds, by paybacks on their way and for banks that dispute."""
    ends = ORDER.alias("ends")
    is_over = exists().where(
        ends.c.origin == ORDER.c.id, ends.c.is_done, ends.c.kind.in_(("capture", "release"))
    )
    is_hold = ORDER.c.is_done, ORDER.c.kind == "hold", ~is_over
    held = _of(reads, ORDER, ORDER.c.amount_minor, *is_hold)
    held.update(_of(reads, PAYBACK, PAYBACK.c.amount_minor, PAYBACK.c.state == "requested"))
    held.update(_of(reads, CHARGEBACK, CHARGEBACK.c.frozen_minor))
    return held


def _carried(reads: Reads, *families: str) -> Sums:
    keys = ACCOUNT.c.holder, ACCOUNT.c.asset
    return _sums(reads, keys, -ACCOUNT.c.balance, ACCOUNT.c.family.in_(families))


def _of(reads: Reads, table: Any, amount: Any, *where: Any) -> Sums:
    return _sums(reads, (table.c.account_id, table.c.currency), amount, *where)


def _sums(reads: Reads, keys: tuple[Any, ...], amount: Any, *where: Any) -> Sums:
    statement = select(*keys, func.sum(amount)).where(*where).group_by(*keys)
    found: Sums = Counter()
    for *key, total in reads.all(statement):
        found[tuple(key) if len(key) > 1 else key[0]] += int(total)
    return found

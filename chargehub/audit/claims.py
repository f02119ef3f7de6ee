"""The laws of who is owed what: drivers' payments, owners' earnings, rails, credit."""

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, Table, func, or_, select

from chargehub.audit import debts, prepaid, reconciled
from chargehub.audit.books import count, faults_of
from chargehub.audit.findings import (
    Faults,
    Finding,
    Sums,
    by_currency,
    compared,
    finding,
    money,
)
from chargehub.ledger.tables import ACCOUNT, ENTRY, TXN
from chargehub.payments.card_disputes import CARD_DISPUTE
from chargehub.payments.credits import CREDIT
from chargehub.payments.reversals import REVERSAL
from chargehub.payments.tables import PAYMENT, PAYOUT, REFUND
from chargehub.settlement import compensating, sharing
from chargehub.settlement.contests import CONTEST
from chargehub.settlement.fees import FEE
from chargehub.settlement.split import REVERSE_CHARGE
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.tables import DeliveryRow
from chargehub.store.work import Reads, table_of

DELIVERY = table_of(DeliveryRow)
_OWNERS = (
    *("owner:accrued", "owner:payable", "owner:in_transit", "owner:dispute_hold"),
    *("owner:receivable", "owner:reversing"),
)
_RAILS = ("psp:pending", "psp:available", "psp:disputed")
MOVES_MONEY = ("payments.%", "settlement.%", "flow.settle%", "%disputes.%")  # of money
# By which an owner comes to owe, or has VAT that the hub set aside, or co-owners have what their
# agreement earned.
_BESIDE_EARNINGS = ("penalty", REVERSE_CHARGE, compensating.KIND, sharing.KIND)


def taken(reads: Reads) -> Finding:
    """I8: no more is taken than is held, and no more goes back or is disputed than was taken."""
    too_much = or_(
        PAYMENT.c.captured_minor > PAYMENT.c.capturable_minor,
        PAYMENT.c.refunded_minor > PAYMENT.c.captured_minor,
        PAYMENT.c.refunded_minor < 0,
    )
    faults = faults_of(reads, "payment", select(PAYMENT.c.id).where(too_much))
    faults.join(_refunds(reads))
    faults.join(faults_of(reads, "disputed of session", _disputed(SETTLEMENT, "session_id")))
    faults.join(faults_of(reads, "disputed of booking", _disputed(FEE, "booking_id")))
    captured = _sums(reads, (PAYMENT.c.currency,), PAYMENT.c.captured_minor)
    back = _sums(reads, (PAYMENT.c.currency,), PAYMENT.c.refunded_minor)
    payments = count(reads, PAYMENT)
    told = f"{payments} payments: {money(captured)} taken, {money(back)} of it given back."
    figures = {"payments": payments, **_named("taken", captured), **_named("given_back", back)}
    return finding("I8", "taken within what is held, given back within that", told, figures, faults)


def _refunds(reads: Reads) -> Faults:
    """Payments of which another amount went back than their refunds say."""
    back = func.coalesce(func.sum(REFUND.c.amount_minor), 0)
    is_of_it = (REFUND.c.payment_id == PAYMENT.c.id) & (REFUND.c.state == "refunded")
    unlike = (
        select(PAYMENT.c.id)
        .outerjoin(REFUND, is_of_it)
        .group_by(PAYMENT.c.id, PAYMENT.c.refunded_minor)
        .having(back != PAYMENT.c.refunded_minor)
    )
    return faults_of(reads, "refunds of payment", unlike)


def _disputed(settled: Table, subject: str) -> Any:
    """What is disputed of more than was captured for it."""
    key = settled.c[subject]
    return (
        select(key)
        .join(CONTEST, CONTEST.c[subject] == key)
        .where(settled.c.reversed_at.is_(None), CONTEST.c.state != "released")
        .group_by(key, settled.c.captured_minor)
        .having(func.sum(CONTEST.c.amount_minor) > settled.c.captured_minor)
    )


def lifetimes(reads: Reads) -> Finding:
    """I9: all that an owner ever earned was paid, or is on one of the owner's accounts."""
    owner = "owner_id", "currency"
    earned = _of(reads, SETTLEMENT, owner, "owner_minor", SETTLEMENT.c.reversed_at.is_(None))
    earned.update(_of(reads, FEE, owner, "owner_minor", FEE.c.reversed_at.is_(None)))
    borne = (CONTEST.c.state == "returned") & (CONTEST.c.bearer == "owner")
    earned.subtract(_of(reads, CONTEST, owner, "owner_minor", borne))
    earned.subtract(debts.given_up(reads))
    paid = _of(reads, PAYOUT, owner, "amount_minor", PAYOUT.c.state == "paid")
    paid.subtract(_of(reads, REVERSAL, owner, "amount_minor", REVERSAL.c.state == "taken"))
    owed = _owed(reads)
    has = _sums(
        reads,
        (ACCOUNT.c.holder, ACCOUNT.c.asset),
        -ACCOUNT.c.balance,
        ACCOUNT.c.family.in_(_OWNERS),
    )
    due = Counter(earned)
    due.subtract(paid)
    due.subtract(owed)
    faults = compared(due, has, ("earned and not paid", "on the accounts"))
    sums = [by_currency(one) for one in (earned, paid, owed, has)]
    names = ("earned", "paid", "charged", "left")
    told = ", ".join(f"{money(one)} {name}" for one, name in zip(sums, names, strict=True))
    figures: dict[str, int | str] = {"owners": len({who for who, _ in has})}
    for one, name in zip(sums, names, strict=True):
        figures |= _named(name, one)
    return finding("I9", "what owners earned is paid or still theirs", f"{told}.", figures, faults)


def _owed(reads: Reads) -> Sums:
    """What owners came to owe beside their earnings, by owner and currency."""
    statement = (
        select(ENTRY.c.account, ENTRY.c.asset, func.sum(ENTRY.c.amount))
        .join(TXN, TXN.c.id == ENTRY.c.txn_id)
        .where(TXN.c.kind.in_(_BESIDE_EARNINGS), ENTRY.c.account.like("owner:%"))
        .group_by(ENTRY.c.account, ENTRY.c.asset)
    )
    owed: Sums = Counter()
    for account, asset, amount in reads.all(statement):
        owed[account.rpartition(":")[2], asset] += int(amount)
    return owed


def rails(reads: Reads) -> Finding:
    """I10: what rails said they took and paid is what the ledger says they hold.

    What a rail did and nobody has settled yet is under way: its delivery is pending. One that is
    parked waits for a person, and excuses nothing.
    """
    told_by_rails = _sums(
        reads, (PAYMENT.c.currency,), PAYMENT.c.captured_minor - PAYMENT.c.refunded_minor
    )
    in_money = (PAYOUT.c.state == "paid") & PAYOUT.c.token_units.is_(None)
    told_by_rails.subtract(_sums(reads, (PAYOUT.c.currency,), PAYOUT.c.amount_minor, in_money))
    taken = REVERSAL.c.state == "taken"
    told_by_rails.update(_sums(reads, (REVERSAL.c.currency,), REVERSAL.c.amount_minor, taken))
    told_by_rails.update(prepaid.with_rails(reads))
    told_by_rails.update(reconciled.with_rails(reads))
    told_by_rails.subtract(_sums(reads, (CARD_DISPUTE.c.currency,), CARD_DISPUTE.c.beyond_minor))
    held = _sums(reads, (ENTRY.c.asset,), ENTRY.c.amount, ENTRY.c.account.in_(_RAILS))
    faults = compared(told_by_rails, held, ("rails", "ledger"))
    figures = {**_named("rails", told_by_rails), **_named("ledger", held)}
    title = "rails hold what the ledger says"
    of_money = or_(*(DELIVERY.c.follower.like(name) for name in MOVES_MONEY))
    owed = count(reads, DELIVERY, of_money, DELIVERY.c.state == "pending")
    parked = count(reads, DELIVERY, of_money, DELIVERY.c.state == "parked")
    if faults.count and parked:
        faults.add(f"{parked} deliveries of money are parked: GET /deliveries says why")
    elif faults.count and owed:
        told = f"{owed} deliveries of money are under way; ask again after them."
        return Finding("I10", title, "open", told, figures, tuple(faults.shown))
    told = f"{money(held)} by the ledger, and by what each rail answered."
    return finding("I10", title, told, figures, faults)


def credit(reads: Reads) -> Finding:
    """I12: of drivers' credit, what was given is left, or was spent or taken back; of what they
    prepaid, what was topped up is left or held, or was spent or paid back."""
    rows = _of(reads, CREDIT, ("driver_id", "currency"), "amount_minor")
    left = _carried(reads, "driver:credit")
    faults = compared(rows, left, ("given less spent", "on the account"))
    of_prepaid, prepaid_left = prepaid.lots(reads)
    faults.join(of_prepaid)
    given = _sums(reads, (CREDIT.c.currency,), CREDIT.c.amount_minor, CREDIT.c.kind == "given")
    rest = by_currency(left)
    told = f"{money(given)} given, {money(rest)} left with {len(left)} drivers."
    told += f" {money(prepaid_left)} prepaid is left."
    figures = {"drivers": len(left), **_named("given", given), **_named("left", rest)}
    figures |= _named("prepaid", prepaid_left)
    return finding("I12", "credit given = left + spent + taken back", told, figures, faults)


def _carried(reads: Reads, *families: str) -> Sums:
    """What the hub owes on these accounts, by holder and currency."""
    keys = ACCOUNT.c.holder, ACCOUNT.c.asset
    return _sums(reads, keys, -ACCOUNT.c.balance, ACCOUNT.c.family.in_(families))


def _of(
    reads: Reads, table: Table, keys: tuple[str, ...], amount: str, *where: ColumnElement[bool]
) -> Sums:
    return _sums(reads, tuple(table.c[key] for key in keys), table.c[amount], *where)


def _sums(
    reads: Reads,
    keys: tuple[ColumnElement[str], ...],
    amount: ColumnElement[int],
    *where: ColumnElement[bool],
) -> Sums:
    """Sums by one key, or by a tuple of several."""
    statement = select(*keys, func.sum(amount)).where(*where).group_by(*keys)
    sums: Sums = Counter()
    for *key, total in reads.all(statement):
        sums[tuple(key) if len(key) > 1 else key[0]] = int(total)
    return sums


def _named(name: str, sums: Sums) -> dict[str, int | str]:
    return {f"{name}_{currency}": amount for currency, amount in sorted(sums.items())}

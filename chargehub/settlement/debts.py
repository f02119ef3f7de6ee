"""What drivers pay later of a cost, after it was settled: also of what was written off.

Source: money.md 1.4, the row of a later retry.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from chargehub.ledger import actions as ledger
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import Entry, Transfer, TransferClash, netting_entries, transfer_id
from chargehub.ledger.tables import ENTRY, TXN
from chargehub.settlement import split, writing_off
from chargehub.settlement.split import Parties
from chargehub.settlement.tables import SETTLEMENT, SettlementView
from chargehub.store.columns import Instant
from chargehub.store.work import Work

_PAID = (  # as it was read: another hub may have let it mature or written it off meanwhile
    update(SETTLEMENT)
    .where(
        SETTLEMENT.c.cdr_id == bindparam("of_cdr"),
        SETTLEMENT.c.reversed_at.is_(None),
        SETTLEMENT.c.captured_minor == bindparam("seen_captured"),
        SETTLEMENT.c.matured_at.is_not_distinct_from(bindparam("seen_matured", type_=Instant())),
        SETTLEMENT.c.written_off_at.is_not_distinct_from(bindparam("seen_lost", type_=Instant())),
    )
    .values(captured_minor=bindparam("captured"), later_minor=bindparam("later"))
)
_POSTED = (
    select(ENTRY.c.account, func.sum(ENTRY.c.amount))
    .join(TXN, TXN.c.id == ENTRY.c.txn_id)
    .where(
        TXN.c.session_id == bindparam("session_id"),
        TXN.c.kind.in_(("debt_paid", "debt_undone")),
    )
    .group_by(ENTRY.c.account)
)


def was_paid(work: Work, payment_id: str, paid_minor: int) -> bool:
    """Whether this payment was noted already. Raises TransferClash if with another amount."""
    work.flush()
    earlier = accounts.transfer(work, _id_of(payment_id))
    if earlier is None:
        return False
    noted = [entry.amount for entry in earlier.entries if entry.account == "psp:pending"]
    if noted != [paid_minor]:
        raise TransferClash(f"payment {payment_id} was settled with {noted}, not {paid_minor}")
    return True


def pay(
    work: Work, settled: SettlementView, paid_minor: int, payment_id: str, now: datetime
) -> None:
    """Note what a payment took of what is owed for a settlement that stands."""
    _pay(work, settled, paid_minor, _id_of(payment_id), now)


def carry(work: Work, settled: SettlementView, later_minor: int, now: datetime) -> SettlementView:
    """What was paid later of the cost before its correction counts for the corrected one."""
    if later_minor == 0:
        return settled
    of_version = transfer_id("session", settled.session_id, "debt_carried", settled.version)
    return _pay(work, settled, later_minor, of_version, now)


def take_back(work: Work, settled: SettlementView, now: datetime) -> None:
    """Before a settlement is reversed, and after its maturity was: all that was paid later."""
    if settled.later_minor == 0:
        return
    work.flush()
    rows = work.all(_POSTED, session_id=settled.session_id)
    entries = tuple(Entry(code, settled.currency, -int(amount)) for code, amount in rows if amount)
    step = transfer_id("session", settled.session_id, "debt_undone", settled.version)
    _post(work, _step(settled, "debt_undone", step, entries, now))


def _pay(
    work: Work, settled: SettlementView, paid_minor: int, step: str, now: datetime
) -> SettlementView:
    after = _noted(work, settled, paid_minor)
    gained_minor = writing_off.unpaid_minor(work, settled) - writing_off.unpaid_minor(work, after)
    owed_minor = max(0, settled.gross_minor - settled.captured_minor - settled.credit_minor)
    taken_minor = min(owed_minor, paid_minor)
    parties = Parties(settled.owner_id, settled.driver_id, settled.currency)
    if settled.written_off_at is not None:
        entries = split.recovered_entries(taken_minor, gained_minor, parties)
        _post(work, _step(settled, "recovered", transfer_id(step, "recovered"), entries, now))
    entries = split.debt_paid_entries(taken_minor, paid_minor - taken_minor, parties)
    _post(work, _step(settled, "debt_paid", step, entries, now))
    if settled.matured_at is not None:  # the rest has; so does this, at once
        entries = split.maturity_entries(settled.owner_id, gained_minor, settled.currency)
        _post(work, _step(settled, "debt_mature", transfer_id(step, "mature"), entries, now))
        _net(work, settled, step, now)
    return after


def _noted(work: Work, settled: SettlementView, paid_minor: int) -> SettlementView:
    after = replace(
        settled,
        captured_minor=settled.captured_minor + paid_minor,
        later_minor=settled.later_minor + paid_minor,
    )
    changed = work.execute(
        _PAID,
        of_cdr=settled.cdr_id,
        captured=after.captured_minor,
        later=after.later_minor,
        seen_captured=settled.captured_minor,
        seen_matured=settled.matured_at,
        seen_lost=settled.written_off_at,
    )
    if changed != 1:
        raise TransferClash(f"the settlement of {settled.cdr_id} was changed meanwhile")
    return after


def _net(work: Work, settled: SettlementView, step: str, now: datetime) -> None:
    """What the owner owes is taken from what has matured, at once."""
    owner_id, currency = settled.owner_id, settled.currency
    owed = accounts.balance(work, f"owner:receivable:{owner_id}", currency)
    netted = min(owed, -accounts.balance(work, f"owner:payable:{owner_id}", currency))
    entries = netting_entries(owner_id, netted, currency) if netted > 0 else ()
    _post(work, _step(settled, "net", transfer_id(step, "net"), entries, now))


def _step(
    settled: SettlementView, kind: str, step: str, entries: tuple[Entry, ...], now: datetime
) -> Transfer:
    return Transfer(step, kind, entries, now, session_id=settled.session_id)


def _post(work: Work, transfer: Transfer) -> None:
    if transfer.entries:
        ledger.post(work, transfer)


def _id_of(payment_id: str) -> str:
    return transfer_id("payment", payment_id, "debt_paid")

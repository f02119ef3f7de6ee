"""The law of what drivers owe: nothing of it is lost, and nothing is given up twice."""

from collections import Counter

from sqlalchemy import func, select

from chargehub.commands.audit.findings import Finding, Sums, by_currency, compared, finding, money
from chargehub.ledger.tables import ACCOUNT, ENTRY
from chargehub.settlement.split import BAD_DEBT, RECEIVABLE
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.work import Reads


def debts(reads: Reads) -> Finding:
    """What standing settlements miss, drivers owe; but what was written off is the hub's loss."""
    owed, lost = _missing(reads)
    faults = compared(owed, _receivables(reads), ("missing of settlements", "receivable"))
    faults.join(compared(lost, _losses(reads), ("written off", "on the account")))
    told = f"{money(by_currency(owed))} owed by {len(owed)} drivers, "
    told += f"{money(by_currency(lost))} lost."
    figures: dict[str, int | str] = {"drivers": len(owed)}
    for name, sums in (("owed", owed), ("lost", lost)):
        figures |= {f"{name}_{coin}": amount for coin, amount in by_currency(sums).items()}
    return finding("debts", "what nobody paid is owed, or written off", told, figures, faults)


def _missing(reads: Reads) -> tuple[Sums, Sums]:
    """What standing settlements miss: by the drivers who owe it, and by where it was lost."""
    missing = SETTLEMENT.c.gross_minor - SETTLEMENT.c.captured_minor - SETTLEMENT.c.credit_minor
    is_lost = SETTLEMENT.c.written_off_at.is_not(None)
    keys = SETTLEMENT.c.driver_id, SETTLEMENT.c.currency, is_lost
    statement = (
        select(*keys, func.sum(missing))
        .where(SETTLEMENT.c.reversed_at.is_(None), missing > 0)
        .group_by(*keys)
    )
    owed: Sums = Counter()
    lost: Sums = Counter()
    for driver_id, currency, was_lost, amount in reads.all(statement):
        if was_lost:
            lost[BAD_DEBT, currency] += int(amount)
        else:
            owed[driver_id or "unknown", currency] += int(amount)
    return owed, lost


def _receivables(reads: Reads) -> Sums:
    columns = ACCOUNT.c.holder, ACCOUNT.c.asset, ACCOUNT.c.balance
    rows = reads.all(select(*columns).where(ACCOUNT.c.family == RECEIVABLE))
    return Counter({(holder, asset): int(balance) for holder, asset, balance in rows})


def _losses(reads: Reads) -> Sums:
    statement = (
        select(ENTRY.c.asset, func.sum(ENTRY.c.amount))
        .where(ENTRY.c.account == BAD_DEBT)
        .group_by(ENTRY.c.asset)
    )
    return Counter({(BAD_DEBT, asset): int(amount) for asset, amount in reads.all(statement)})

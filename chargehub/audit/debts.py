"""The law of what drivers owe: nothing of it is lost, and nothing is given up twice."""

from collections import Counter

from sqlalchemy import case, func, select

from chargehub.audit.findings import Finding, Sums, by_currency, compared, finding, money
from chargehub.ledger.tables import ACCOUNT, ENTRY
from chargehub.payments.chargebacks import CHARGEBACK, IS_OWED, OWED_MINOR
from chargehub.settlement.contests import CONTEST
from chargehub.settlement.split import BAD_DEBT, RECEIVABLE
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.work import Reads

_MISSING = SETTLEMENT.c.gross_minor - SETTLEMENT.c.captured_minor - SETTLEMENT.c.credit_minor
_IS_LOST = SETTLEMENT.c.written_off_at.is_not(None)
_BACK = (  # to drivers, at the owner's expense
    select(
        CONTEST.c.session_id,
        func.sum(CONTEST.c.owner_minor).label("owner_minor"),
        func.sum(CONTEST.c.amount_minor).label("amount_minor"),
        func.sum(CONTEST.c.vat_minor).label("vat_minor"),
    )
    .where(CONTEST.c.state == "returned", CONTEST.c.bearer == "owner")
    .group_by(CONTEST.c.session_id)
    .subquery()
)
_SHARE = SETTLEMENT.c.owner_minor - func.coalesce(_BACK.c.owner_minor, 0)
_PAID = (
    SETTLEMENT.c.captured_minor + SETTLEMENT.c.credit_minor - func.coalesce(_BACK.c.amount_minor, 0)
)
_VAT = case(  # of a sale of the hub's own it comes before the owner's share
    (
        SETTLEMENT.c.vat_mode == "commissionaire",
        SETTLEMENT.c.vat_minor - func.coalesce(_BACK.c.vat_minor, 0),
    ),
    else_=0,
)
_LEFT = case((_PAID > _VAT, _PAID - _VAT), else_=0)
_OWNERS_PART = case((_SHARE > _LEFT, _SHARE - _LEFT), else_=0)  # of what nobody paid


def debts(reads: Reads) -> Finding:
    """What standing settlements miss, and what is gone of top-ups that banks took back, drivers
    owe; what was written off of it is the hub's loss, but for the owner's part of a settlement,
    which is never paid out."""
    owed, lost = _missing(reads)
    _charged_back(reads, owed, lost)
    faults = compared(owed, _receivables(reads), ("missing", "receivable"))
    faults.join(compared(lost, _losses(reads), ("written off", "on the account")))
    told = f"{money(by_currency(owed))} owed by {len(owed)} drivers, "
    told += f"{money(by_currency(lost))} lost."
    figures: dict[str, int | str] = {"drivers": len(owed)}
    for name, sums in (("owed", owed), ("lost", lost)):
        figures |= {f"{name}_{coin}": amount for coin, amount in by_currency(sums).items()}
    return finding("debts", "what nobody paid is owed, or written off", told, figures, faults)


def given_up(reads: Reads) -> Sums:
    """By owner and currency: the owners' part of what was written off."""
    keys = SETTLEMENT.c.owner_id, SETTLEMENT.c.currency
    statement = (
        select(*keys, func.sum(_OWNERS_PART))
        .outerjoin(_BACK, _BACK.c.session_id == SETTLEMENT.c.session_id)
        .where(SETTLEMENT.c.reversed_at.is_(None), _IS_LOST)
        .group_by(*keys)
    )
    return Counter({(owner, coin): int(amount) for owner, coin, amount in reads.all(statement)})


def _missing(reads: Reads) -> tuple[Sums, Sums]:
    """What standing settlements miss: by the drivers who owe it, and by where the hub lost it."""
    keys = SETTLEMENT.c.driver_id, SETTLEMENT.c.currency, _IS_LOST
    statement = (
        select(*keys, func.sum(_MISSING), func.sum(_OWNERS_PART))
        .outerjoin(_BACK, _BACK.c.session_id == SETTLEMENT.c.session_id)
        .where(SETTLEMENT.c.reversed_at.is_(None), _MISSING > 0)
        .group_by(*keys)
    )
    owed: Sums = Counter()
    lost: Sums = Counter()
    for driver_id, currency, was_lost, amount, of_owners in reads.all(statement):
        if was_lost:
            lost[BAD_DEBT, currency] += int(amount) - int(of_owners)
        else:
            owed[driver_id or "unknown", currency] += int(amount)
    return owed, lost


def _charged_back(reads: Reads, owed: Sums, lost: Sums) -> None:
    """Add what drivers owe for top-ups."""
    keys = CHARGEBACK.c.account_id, CHARGEBACK.c.currency, CHARGEBACK.c.written_off_at.is_not(None)
    statement = select(*keys, func.sum(OWED_MINOR)).where(IS_OWED).group_by(*keys)
    for account_id, currency, was_lost, amount in reads.all(statement):
        if was_lost:
            lost[BAD_DEBT, currency] += int(amount)
        else:
            owed[account_id, currency] += int(amount)


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

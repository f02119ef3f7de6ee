"""The laws between the ledger and the books beside it: CDRs, settlements, fees, reversals.

Rows are counted where they break a law; only the first are named.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from chargehub.audit.findings import SHOWN, Faults, Finding, finding
from chargehub.ledger.rules import ENERGY_KIND
from chargehub.ledger.tables import ENTRY, TXN
from chargehub.sessions.schema import CDR
from chargehub.settlement.fees import FEE
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.work import Reads

CHUNK: Final = 2_000  # CDRs at a time
_LINES = select(CDR.c.id, CDR.c.cost_minor, CDR.c.lines).order_by(CDR.c.id).limit(CHUNK)


def count(reads: Reads, table: Any, *where: ColumnElement[bool]) -> int:
    """How many rows of a table are so."""
    found: int = reads.value(select(func.count()).select_from(table).where(*where))
    return found


def faults_of(reads: Reads, of: str, broken: Select[Any]) -> Faults:
    """What a statement gives: one row, with a name first, for each that breaks a law."""
    inner = broken.subquery()
    total = int(reads.value(select(func.count()).select_from(inner)))
    shown = reads.all(select(inner).limit(SHOWN)) if total else ()
    return Faults(total, [f"{of} {row[0]}" for row in shown])


def energy_of_cdrs(reads: Reads) -> dict[str, int]:
    """Wh by where they went, of all CDRs less their credit notes."""
    columns = (CDR.c.energy_wh, CDR.c.billed_wh, CDR.c.free_wh, CDR.c.unbilled_wh)
    row = reads.one(select(*(func.coalesce(func.sum(column), 0) for column in columns)))
    assert row is not None
    names = ("metered", "billed", "free", "unbilled")
    return {name: int(amount) for name, amount in zip(names, row, strict=True)}


def energy_by_cdr(reads: Reads) -> Faults:
    """CDRs whose own energy does not add up."""
    lost = CDR.c.energy_wh != CDR.c.billed_wh + CDR.c.free_wh + CDR.c.unbilled_wh
    return faults_of(reads, "CDR", select(CDR.c.id).where(lost))


def division(reads: Reads) -> Finding:
    """I7: what a CDR costs is the sum of its lines, and is divided, and posted, to the last."""
    faults = faults_of(reads, "settlement of CDR", _ill_divided())
    faults.join(faults_of(reads, "settlement, as posted, of CDR", _ill_posted()))
    faults.join(faults_of(reads, "fee of booking", _ill_divided_fees()))
    cdrs, of_lines = _lines(reads)
    faults.join(of_lines)
    settlements, fees = count(reads, SETTLEMENT), count(reads, FEE)
    told = f"{cdrs} CDRs are the sum of their lines; {settlements} settlements, {fees} fees."
    figures = {"cdrs": cdrs, "settlements": settlements, "fees": fees}
    return finding("I7", "gross = owner + fee + VAT", told, figures, faults)


def _ill_divided() -> Select[Any]:
    parts = SETTLEMENT.c.owner_minor, SETTLEMENT.c.fee_minor, SETTLEMENT.c.vat_minor
    owner, fee, vat = parts
    return (
        select(SETTLEMENT.c.cdr_id)
        .outerjoin(CDR, CDR.c.id == SETTLEMENT.c.cdr_id)
        .where(
            or_(
                SETTLEMENT.c.gross_minor != owner + fee + vat,
                CDR.c.id.is_(None),
                CDR.c.cost_minor != SETTLEMENT.c.gross_minor,
                *(part < 0 for part in parts),
            )
        )
    )


def _ill_divided_fees() -> Select[Any]:
    parts = FEE.c.owner_minor, FEE.c.fee_minor, FEE.c.vat_minor
    owner, fee, vat = parts
    wrong = or_(FEE.c.captured_minor != owner + fee + vat, *(part < 0 for part in parts))
    return select(FEE.c.booking_id).where(wrong)


def _ill_posted() -> Select[Any]:
    """Settlements whose transfer moved something else than they say."""
    columns = SETTLEMENT.c
    told = (
        ("owner:accrued:%", columns.owner_minor),
        ("income:%", columns.fee_minor),
        ("vat:%", columns.vat_minor),
        ("psp:pending", columns.later_minor - columns.captured_minor),
    )
    moved = (
        func.coalesce(func.sum(case((ENTRY.c.account.like(like), ENTRY.c.amount), else_=0)), 0)
        for like, _ in told
    )
    differs = [posted != -amount for posted, (_, amount) in zip(moved, told, strict=True)]
    amounts = (
        *(columns.owner_minor, columns.fee_minor, columns.vat_minor),
        *(columns.captured_minor, columns.later_minor),
    )
    return (
        select(columns.cdr_id)
        .outerjoin(
            ENTRY,
            and_(ENTRY.c.txn_id == columns.transfer_id, ENTRY.c.asset == columns.currency),
        )
        .group_by(columns.cdr_id, *amounts)
        .having(or_(*differs))
    )


def _lines(reads: Reads) -> tuple[int, Faults]:
    """How many CDRs and credit notes there are, and those that are not the sum of their lines."""
    read, after, faults = 0, "", Faults()
    while rows := reads.all(_LINES.where(CDR.c.id > after)):
        for cdr_id, cost_minor, lines in rows:
            if sum(line["amount_minor"] for line in lines) != cost_minor:
                faults.add(f"lines of CDR {cdr_id}")
        read, after = read + len(rows), rows[-1].id
    return read, faults


def corrections(reads: Reads) -> Finding:
    """I15: what takes a transfer back takes back just that, and once."""
    original, taken = TXN.alias("original"), ENTRY.alias("taken")
    lost = (
        select(TXN.c.id)
        .outerjoin(original, original.c.id == TXN.c.reverses)
        .where(TXN.c.reverses.is_not(None), original.c.id.is_(None))
    )
    of_either = or_(taken.c.txn_id == TXN.c.id, taken.c.txn_id == TXN.c.reverses)
    unlike = (
        select(TXN.c.id, taken.c.account, taken.c.asset)
        .join(taken, of_either)
        .where(TXN.c.reverses.is_not(None))
        .group_by(TXN.c.id, taken.c.account, taken.c.asset)
        .having(func.sum(taken.c.amount) != 0)
    )
    twice = (
        select(TXN.c.reverses)
        .where(TXN.c.reverses.is_not(None))
        .group_by(TXN.c.reverses)
        .having(func.count() > 1)
    )
    faults = faults_of(reads, "reversal of nothing", lost)
    faults.join(faults_of(reads, "reversal", unlike))
    faults.join(faults_of(reads, "reversed more than once:", twice))
    number = count(reads, TXN, TXN.c.reverses.is_not(None))
    told = f"{number} reversals, each the opposite of the one transfer that it names."
    title = "a correction takes back one transfer, once"
    return finding("I15", title, told, {"reversals": number}, faults)


def once(reads: Reads) -> Finding:
    """I16: however many work on a session, each of its CDRs is posted once."""
    stands = SETTLEMENT.c.reversed_at.is_(None)
    twice = (
        select(SETTLEMENT.c.session_id)
        .where(stands)
        .group_by(SETTLEMENT.c.session_id)
        .having(func.count() > 1)
    )
    faults = faults_of(reads, "session settled twice:", twice)
    figures = {
        "cdrs": count(reads, CDR, CDR.c.kind == "cdr"),
        "energy_transfers": count(reads, TXN, TXN.c.kind == ENERGY_KIND),
        "settlements_of_a_cost": count(reads, SETTLEMENT, SETTLEMENT.c.transfer_id.is_not(None)),
        "settle_transfers": count(reads, TXN, TXN.c.kind == "settle"),
    }
    cdrs, energy, settlements, transfers = figures.values()
    if cdrs != energy:
        faults.add(f"{cdrs} CDRs, {energy} transfers of their energy")
    if settlements != transfers:
        faults.add(f"{settlements} settlements, {transfers} transfers of them")
    told = f"{cdrs} CDRs and {settlements} settlements of a cost, with one transfer each."
    return finding("I16", "two workers on one session post once", told, figures, faults)

"""What an owner's month came to by the ledger: the hub's fees, and what the hub bought."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import CompoundSelect, or_, select, union

from chargehub.bookings.tables import BOOKING
from chargehub.invoices.rules import Sums
from chargehub.invoices.schema import SUBJECT
from chargehub.ledger.tables import ENTRY, TXN
from chargehub.sessions.schema import SESSION
from chargehub.settlement import shares
from chargehub.settlement.contests import CONTEST
from chargehub.settlement.fees import FEE
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.work import Reads

KINDS = (
    *("settle", "settle_reversed", "fee", "fee_reversed", "penalty"),
    *("dispute_refund", "dispute_undone"),
)
_OF_OWNER = ("owner:accrued", "owner:payable", "owner:receivable")


@dataclass(frozen=True, slots=True)
class Part:
    """What the transfers of one kind came to in one currency, and how many they were."""

    kind: str
    currency: str
    is_own_sale: bool
    count: int
    fee: Sums
    owner_minor: int


def parts(reads: Reads, owner_id: str, start: datetime, end: datetime) -> tuple[Part, ...]:
    """An owner's transfers from `start` up to, not at, `end`, summed by what they were for."""
    known = sorted(_moves(reads, owner_id, start, end), key=_ORDER)
    found = []
    for (currency, is_own_sale, kind), moves in groupby(known, key=_ORDER):
        of_kind = list(moves)
        fee_minor = sum(one.fee_minor for one in of_kind)
        vat_minor = sum(one.vat_minor for one in of_kind)
        owner_minor = sum(one.owner_minor for one in of_kind)
        fee = Sums(fee_minor + vat_minor, vat_minor)
        found.append(Part(kind, currency, is_own_sale, len(of_kind), fee, owner_minor))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Move:
    kind: str
    currency: str
    is_own_sale: bool
    fee_minor: int
    vat_minor: int
    owner_minor: int


_ORDER = attrgetter("currency", "is_own_sale", "kind")


def _moves(reads: Reads, owner_id: str, start: datetime, end: datetime) -> Iterable[_Move]:
    """Transfers that touch the owner's accounts, and those of agreements with co-owners of the
    owner's stations: towards drivers and the hub the owner sells alone. What the hub gave back to a
    driver at its own expense does not: the owner's price, and the fee for it, stand."""
    holders = (owner_id, *shares.owned(reads, owner_id))
    accounts = [f"{family}:{holder}" for holder in holders for family in _OF_OWNER]
    theirs = _theirs(holders, accounts, start, end)
    whose = or_(SESSION.c.owner_id == owner_id, BOOKING.c.owner_id == owner_id)
    wanted = (
        select(ENTRY, TXN.c.kind, SUBJECT.c.vat_mode)
        .join(TXN, TXN.c.id == ENTRY.c.txn_id)
        .join(SESSION, SESSION.c.id == TXN.c.session_id, isouter=True)
        .join(BOOKING, BOOKING.c.id == TXN.c.booking_id, isouter=True)
        .join(SUBJECT, SUBJECT.c.id == TXN.c.session_id, isouter=True)
        .where(TXN.c.id.in_(theirs), whose)
        .order_by(ENTRY.c.txn_id, ENTRY.c.position)
    )
    for _, entries in groupby(reads.all(wanted), key=attrgetter("txn_id")):
        yield _move(list(entries), accounts)


def _theirs(
    holders: Sequence[str], accounts: list[str], start: datetime, end: datetime
) -> CompoundSelect[Any]:
    """The ids of these transfers, found by what was settled in that time, by all that was ever
    disputed or kept of bookings, and by what the owner came to owe: never by all that is posted on
    the owner's accounts, which grows with the years."""
    column = SETTLEMENT.c.session_id
    captured_at, reversed_at = SETTLEMENT.c.captured_at, SETTLEMENT.c.reversed_at
    is_owners = SETTLEMENT.c.owner_id.in_(holders)
    sessions = union(
        select(column).where(is_owners, captured_at >= start, captured_at < end),
        select(column).where(is_owners, reversed_at >= start, reversed_at < end),
        select(CONTEST.c.session_id).where(CONTEST.c.owner_id.in_(holders)),
    )
    bookings = union(
        select(FEE.c.booking_id).where(FEE.c.owner_id.in_(holders)),
        select(CONTEST.c.booking_id).where(CONTEST.c.owner_id.in_(holders)),
    )
    receivable = [f"owner:receivable:{holder}" for holder in holders]
    owed = select(ENTRY.c.txn_id).where(ENTRY.c.account.in_(receivable))
    touched = select(ENTRY.c.position).where(
        ENTRY.c.txn_id == TXN.c.id, ENTRY.c.account.in_(accounts)
    )
    in_time = TXN.c.effective_at >= start, TXN.c.effective_at < end
    wanted = select(TXN.c.id).where(TXN.c.kind.in_(KINDS), *in_time, touched.exists())
    return union(
        wanted.where(TXN.c.session_id.in_(sessions)),
        wanted.where(TXN.c.booking_id.in_(bookings)),
        wanted.where(TXN.c.id.in_(owed)),
    )


def _move(entries: list[Any], accounts: list[str]) -> _Move:
    first = entries[0]
    is_own_sale = first.vat_mode == "commissionaire"
    return _Move(
        kind=first.kind,
        currency=first.asset,
        is_own_sale=is_own_sale,
        fee_minor=_taken(entries, ("income:",)),
        vat_minor=_taken(entries, ("vat:",)),
        owner_minor=_taken(entries, tuple(accounts)),
    )


def _taken(entries: Iterable[Any], prefixes: tuple[str, ...]) -> int:
    amounts = (int(entry.amount) for entry in entries if entry.account.startswith(prefixes))
    return -sum(amounts)

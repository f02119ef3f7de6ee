"""Queries on lines of rails' books and on what the hub noted of the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, select
from sqlmodel import col

from chargehub.payments.books import BookLine
from chargehub.payments.card_disputes import CARD_DISPUTE
from chargehub.payments.prepaid import PAYBACK, TOP_UP
from chargehub.payments.reversals import REVERSAL
from chargehub.payments.tables import PAYMENT, PAYOUT, REFUND
from chargehub.reconciliation.rules import BACK, LineView
from chargehub.reconciliation.schema import BalanceLineRow, ReconciliationRow
from chargehub.store.work import Reads, table_of
from chargehub.units import Money

MOST = 1_000  # lines looked at at once

LINE = table_of(BalanceLineRow)
RUN = table_of(ReconciliationRow)

_OF_PAYMENT = select(func.sum(PAYMENT.c.captured_minor)).where(
    PAYMENT.c.rail == bindparam("rail"),
    PAYMENT.c.rail_reference == bindparam("about"),
    PAYMENT.c.currency == bindparam("currency"),
    PAYMENT.c.captured_minor > 0,
)
_OF_TOP_UP = select(func.sum(TOP_UP.c.amount_minor)).where(
    TOP_UP.c.rail == bindparam("rail"),
    TOP_UP.c.rail_reference == bindparam("about"),
    TOP_UP.c.currency == bindparam("currency"),
    TOP_UP.c.state == "taken",
)
# What has failed and has the rail's reference was done, and came back.
_OF_REFUND = select(-func.sum(REFUND.c.amount_minor)).where(
    REFUND.c.rail_reference == bindparam("about"),
    REFUND.c.currency == bindparam("currency"),
    exists().where(PAYMENT.c.id == REFUND.c.payment_id, PAYMENT.c.rail == bindparam("rail")),
)
_OF_PAYBACK = select(-func.sum(PAYBACK.c.amount_minor)).where(
    PAYBACK.c.rail_reference == bindparam("about"),
    PAYBACK.c.currency == bindparam("currency"),
    exists().where(TOP_UP.c.id == PAYBACK.c.top_up_id, TOP_UP.c.rail == bindparam("rail")),
)
_IS_PAYOUT = (
    PAYOUT.c.rail == bindparam("rail"),
    PAYOUT.c.rail_reference == bindparam("about"),
    PAYOUT.c.currency == bindparam("currency"),
)
_OF_PAYOUT = select(-func.sum(PAYOUT.c.amount_minor)).where(
    *_IS_PAYOUT, PAYOUT.c.state.in_(("paid", "failed"))
)
_OF_REVERSAL = select(-func.sum(REVERSAL.c.amount_minor)).where(
    REVERSAL.c.rail == bindparam("rail"),
    REVERSAL.c.rail_reference == bindparam("about"),
    REVERSAL.c.currency == bindparam("currency"),
    REVERSAL.c.state == "taken",
)
_OF_DESTINATION = select(-func.sum(PAYMENT.c.captured_minor)).where(
    PAYMENT.c.rail == bindparam("rail"),
    PAYMENT.c.rail_transfer == bindparam("about"),
    PAYMENT.c.currency == bindparam("currency"),
)
_OF_DESTINATION_FEE = select(
    func.sum(PAYMENT.c.captured_minor - func.coalesce(PAYMENT.c.owner_minor, 0))
).where(
    PAYMENT.c.rail == bindparam("rail"),
    PAYMENT.c.rail_fee == bindparam("about"),
    PAYMENT.c.currency == bindparam("currency"),
)
_OF_DISPUTE = select(-func.sum(CARD_DISPUTE.c.amount_minor)).where(
    CARD_DISPUTE.c.rail == bindparam("rail"),
    CARD_DISPUTE.c.reference == bindparam("about"),
    CARD_DISPUTE.c.currency == bindparam("currency"),
    CARD_DISPUTE.c.is_withdrawn,
)
_OURS: Mapping[str, Sequence[Select[Any]]] = {
    "payment": (_OF_PAYMENT, _OF_TOP_UP),
    "refund": (_OF_REFUND, _OF_PAYBACK),
    "payout": (_OF_PAYOUT,),
    "destination": (_OF_DESTINATION,),
    "destination_fee": (_OF_DESTINATION_FEE,),
    "refund_back": (
        _OF_REFUND.where(REFUND.c.state == "failed"),
        _OF_PAYBACK.where(PAYBACK.c.state == "failed"),
    ),
    "payout_back": (_OF_PAYOUT.where(PAYOUT.c.state == "failed"), _OF_REVERSAL),
    "dispute": (_OF_DISPUTE,),
    "dispute_back": (_OF_DISPUTE.where(CARD_DISPUTE.c.state.in_(("won", "closed"))),),
}


@dataclass(frozen=True, slots=True)
class Run:
    """When a rail was asked for its books, of which time, and how many lines it told."""

    id: str
    rail: str
    since: datetime
    until: datetime
    finished_at: datetime | None
    lines: int


def ours(reads: Reads, rail: str, line: BookLine) -> int | None:
    """What the hub noted of the same, signed like the line; None: nothing."""
    if line.about is None:
        return None
    which = {"rail": rail, "about": line.about, "currency": line.currency}
    found = [reads.value(statement, **which) for statement in _OURS.get(line.kind, ())]
    noted = [int(amount_minor) for amount_minor in found if amount_minor is not None]
    if not noted:
        return None
    return -sum(noted) if line.kind in BACK else sum(noted)


def line(reads: Reads, line_id: str) -> LineView | None:
    """The line with this id, or None."""
    row = reads.one(select(LINE).where(LINE.c.id == line_id))
    return None if row is None else LineView(**row._mapping)


def by_reference(reads: Reads, rail: str, reference: str) -> LineView | None:
    """The line that a rail knows by this name, or None."""
    where = LINE.c.rail == rail, LINE.c.reference == reference
    row = reads.one(select(LINE).where(*where))
    return None if row is None else LineView(**row._mapping)


def page_of(reads: Reads, state: str | None, after: str | None, limit: int) -> Sequence[LineView]:
    """Lines, newest first, in a state or in any."""
    statement = select(LINE).order_by(LINE.c.id.desc()).limit(limit)
    if state is not None:
        statement = statement.where(LINE.c.state == state)
    if after is not None:
        statement = statement.where(LINE.c.id < after)
    return _views(reads, statement)


def unjudged(reads: Reads, until: datetime, limit: int) -> Sequence[LineView]:
    """Lines that nothing explains yet, booked before then, the oldest first."""
    where = LINE.c.state == "new", LINE.c.booked_at <= until
    return _views(reads, select(LINE).where(*where).order_by(LINE.c.booked_at).limit(limit))


def to_look_at(reads: Reads, now: datetime, limit: int) -> Sequence[LineView]:
    """Lines in suspense, or resolved, that are to be looked at again."""
    is_due = LINE.c.look_at <= now
    return _views(reads, select(LINE).where(is_due).order_by(LINE.c.look_at).limit(limit))


def to_move(reads: Reads, now: datetime, limit: int) -> Sequence[LineView]:
    """Lines that psp:available is to follow, the oldest first."""
    where = LINE.c.moved_at.is_(None), LINE.c.state != "new", LINE.c.available_at <= now
    return _views(reads, select(LINE).where(*where).order_by(LINE.c.available_at).limit(limit))


def newest_run(reads: Reads, rail: str) -> Run | None:
    """When a rail was asked last, or None."""
    row = reads.one(select(RUN).where(RUN.c.rail == rail).order_by(RUN.c.until.desc()).limit(1))
    return None if row is None else Run(*row)


def run_before(reads: Reads, one: Run) -> Run | None:
    """The run of this rail before one, or None."""
    is_before = RUN.c.rail == one.rail, RUN.c.until < one.until
    row = reads.one(select(RUN).where(*is_before).order_by(RUN.c.until.desc()).limit(1))
    return None if row is None else Run(*row)


def run(reads: Reads, run_id: str) -> Run | None:
    """The run with this id, or None."""
    row = reads.one(select(RUN).where(RUN.c.id == run_id))
    return None if row is None else Run(*row)


def begun_at(reads: Reads, rail: str) -> datetime:
    """Since when a rail's books count; it has a run."""
    statement = select(RUN.c.until).where(RUN.c.rail == rail).order_by(RUN.c.until).limit(1)
    found: datetime = reads.value(statement)
    return found


def in_suspense(reads: Reads, rail: str) -> tuple[Money, ...]:
    """What nothing explains of a rail's books, by currency."""
    statement = (
        select(LINE.c.currency, func.sum(LINE.c.suspense_minor))
        .where(LINE.c.rail == rail, LINE.c.state == "suspense")
        .group_by(LINE.c.currency)
        .order_by(LINE.c.currency)
    )
    return tuple(Money(int(total), currency) for currency, total in reads.all(statement))


def _views(reads: Reads, statement: Select[Any]) -> Sequence[LineView]:
    return [LineView(**row._mapping) for row in reads.all(statement)]


def count(reads: Reads, rail: str, state: str) -> int:
    """How many lines of a rail are in a state."""
    where = col(BalanceLineRow.rail) == rail, col(BalanceLineRow.state) == state
    return int(reads.value(select(func.count()).select_from(LINE).where(*where)))

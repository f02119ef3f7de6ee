"""What the hub noted and no line of a rail's books has told: found once, kept until one does.

A run looks at what was noted since the run before, both less three days: by indexes, and however
much there is of older.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    insert,
    literal,
    or_,
    select,
    text,
)

from chargehub.payments.prepaid import PAYBACK, TOP_UP
from chargehub.payments.reversals import REVERSAL
from chargehub.payments.tables import PAYMENT, PAYOUT, REFUND
from chargehub.reconciliation import rules, tables
from chargehub.reconciliation.schema import MissingRow
from chargehub.reconciliation.tables import LINE, Run
from chargehub.store.work import Reads, Work, table_of
from chargehub.units import Money

MOST: Final = 1_000  # are shown
MISSING = table_of(MissingRow)
_COLUMNS: Final = ("rail", "kind", "id", "reference", "amount_minor", "currency", "noted_at")
_IS_CAPTURED = text("payment.captured_minor > 0")  # as the index says it


@dataclass(frozen=True, slots=True)
class Missing:
    """Something the hub noted that no line of the rail's books has told.

    `kind`: payment, top_up, refund, payback, payout, payout_reversal.
    """

    kind: str
    id: str
    reference: str
    amount: Money
    noted_at: datetime


def missing(reads: Reads, rail: str) -> tuple[Missing, ...]:
    """What is missing in a rail's books, the oldest first; at most 1,000."""
    columns = (
        *(MISSING.c.kind, MISSING.c.id, MISSING.c.reference),
        *(MISSING.c.amount_minor, MISSING.c.currency, MISSING.c.noted_at),
    )
    of_rail = select(*columns).where(MISSING.c.rail == rail)
    rows = reads.all(of_rail.order_by(MISSING.c.noted_at, MISSING.c.id).limit(MOST))
    return tuple(
        Missing(kind, id_, reference or "", Money(amount_minor, currency), noted_at)
        for kind, id_, reference, amount_minor, currency, noted_at in rows
    )


def told(work: Work, rail: str, about: str | None) -> None:
    """A line of the rail's books tells of this."""
    if about is not None:
        is_it = MISSING.c.rail == rail, MISSING.c.reference == about
        work.execute(delete(MISSING).where(*is_it))


def look(work: Work, run: Run) -> None:
    """A rail has told its books: note what they lack, and forget what has been undone since."""
    before = tables.run_before(work, run)
    until = run.until - rules.MISSING_AFTER
    for kind, noted in _noted(run.rail).items():
        work.execute(delete(MISSING).where(_is_undone(run.rail, kind, noted)))
        work.execute(insert(MISSING).from_select(_COLUMNS, lacking(run.rail, kind, before, until)))


def lacking(rail: str, kind: str, before: Run | None, until: datetime) -> Select[Any]:
    """What of a kind was noted since the run before, and up to then, and no line has told."""
    noted = _noted(rail)[kind]
    id_, reference, amount_minor, currency, at = noted.selected_columns
    is_new = at <= until
    if before is not None:
        is_new = and_(is_new, at > before.until - rules.MISSING_AFTER)
    is_told = exists().where(LINE.c.rail == rail, LINE.c.about == reference)
    is_known = exists().where(MISSING.c.kind == kind, MISSING.c.id == id_)
    columns = literal(rail), literal(kind), id_, reference, amount_minor, currency, at
    return noted.with_only_columns(*columns).where(is_new, ~is_told, ~is_known)


def _is_undone(rail: str, kind: str, noted: Select[Any]) -> ColumnElement[bool]:
    stands = exists(noted.where(noted.selected_columns[0] == MISSING.c.id).correlate(MISSING))
    is_told = exists().where(LINE.c.rail == MISSING.c.rail, LINE.c.about == MISSING.c.reference)
    return and_(MISSING.c.rail == rail, MISSING.c.kind == kind, or_(~stands, is_told))


def _noted(rail: str) -> dict[str, Select[Any]]:
    """By kind: id, reference, amount, currency and when it was noted."""
    return {
        "payment": _captured(rail),
        "top_up": _topped_up(rail),
        "refund": _refunded(rail),
        "payback": _paid_back(rail),
        "payout": _paid_out(rail),
        "payout_reversal": _taken_back(rail),
    }


def _captured(rail: str) -> Select[Any]:
    columns = PAYMENT.c.id, PAYMENT.c.rail_reference, PAYMENT.c.captured_minor, PAYMENT.c.currency
    at = PAYMENT.c.changed_at
    return select(*columns, at).where(PAYMENT.c.rail == rail, _IS_CAPTURED)


def _refunded(rail: str) -> Select[Any]:
    columns = REFUND.c.id, REFUND.c.rail_reference, REFUND.c.amount_minor, REFUND.c.currency
    return (
        select(*columns, REFUND.c.finished_at)
        .join(PAYMENT, PAYMENT.c.id == REFUND.c.payment_id)
        .where(PAYMENT.c.rail == rail, REFUND.c.state == "refunded")
    )


def _topped_up(rail: str) -> Select[Any]:
    columns = TOP_UP.c.id, TOP_UP.c.rail_reference, TOP_UP.c.amount_minor, TOP_UP.c.currency
    is_taken = TOP_UP.c.rail == rail, TOP_UP.c.state == "taken"
    return select(*columns, TOP_UP.c.finished_at).where(*is_taken)


def _paid_back(rail: str) -> Select[Any]:
    columns = PAYBACK.c.id, PAYBACK.c.rail_reference, PAYBACK.c.amount_minor, PAYBACK.c.currency
    return (
        select(*columns, PAYBACK.c.finished_at)
        .join(TOP_UP, TOP_UP.c.id == PAYBACK.c.top_up_id)
        .where(TOP_UP.c.rail == rail, PAYBACK.c.state == "returned")
    )


def _paid_out(rail: str) -> Select[Any]:
    columns = PAYOUT.c.id, PAYOUT.c.rail_reference, PAYOUT.c.amount_minor, PAYOUT.c.currency
    where = PAYOUT.c.rail == rail, PAYOUT.c.state == "paid", PAYOUT.c.token_units.is_(None)
    return select(*columns, PAYOUT.c.finished_at).where(*where)


def _taken_back(rail: str) -> Select[Any]:
    columns = REVERSAL.c.id, REVERSAL.c.rail_reference, REVERSAL.c.amount_minor, REVERSAL.c.currency
    is_taken = REVERSAL.c.rail == rail, REVERSAL.c.state == "taken"
    return select(*columns, REVERSAL.c.finished_at).where(*is_taken)

"""What a line of a rail's books does to the ledger, each step once."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import update

from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.reconciliation import rules
from chargehub.reconciliation.rules import Account, LineView, Verdict
from chargehub.reconciliation.tables import LINE
from chargehub.store.work import Work

log = structlog.get_logger(__name__)

SUSPENSE, RESOLVED = "suspense", "suspense_resolved"


def change(work: Work, view: LineView, **values: Any) -> bool:
    """True if the line still was as it was read."""
    is_same = LINE.c.state == view.state, LINE.c.suspended == view.suspended
    return work.execute(update(LINE).where(LINE.c.id == view.id, *is_same).values(**values)) == 1


def suspend(work: Work, view: LineView, verdict: Verdict, now: datetime) -> None:
    """What nothing explains stands in suspense from now on. `view`: as it was before."""
    if not verdict.suspense_minor:
        return
    log.warning("unexplained line", rail=view.rail, line=view.reference, why=verdict.told)
    number = view.suspended + 1
    work.execute(update(LINE).where(LINE.c.id == view.id).values(suspended=number))
    entries = rules.suspense_entries(verdict, view.currency)
    post(work, view.id, SUSPENSE, entries, now, verdict.told, number)


def settle(work: Work, view: LineView, account: Account, because: str, now: datetime) -> None:
    """What stood in suspense stands where an operator says."""
    entries = rules.resolved_entries(view, account)
    post(work, view.id, RESOLVED, entries, now, because, view.suspended)


def take_back(work: Work, view: LineView, now: datetime) -> None:
    """Nothing of a line stands in suspense any more, nor where an operator said."""
    if not view.suspense_minor:
        return
    kinds = (RESOLVED, SUSPENSE) if view.state == "resolved" else (SUSPENSE,)
    for kind in kinds:
        done = _step(view.id, kind, view.suspended)
        again = transfer_id("balance_line", view.id, kind, view.suspended, "taken_back")
        ledger.reverse(work, done, again, rules.EXPLAINED_SINCE, now)


def post(
    work: Work,
    line_id: str,
    kind: str,
    entries: tuple[Entry, ...],
    at: datetime,
    reason: str | None = None,
    number: int = 1,
) -> None:
    """`number`: of the steps of this kind, counted from 1."""
    if not any(entry.amount for entry in entries):
        return
    step = Transfer(_step(line_id, kind, number), kind, entries, effective_at=at, reason=reason)
    ledger.post(work, step)


def _step(line_id: str, kind: str, number: int) -> str:
    return transfer_id("balance_line", line_id, kind if number == 1 else f"{kind}:{number}")

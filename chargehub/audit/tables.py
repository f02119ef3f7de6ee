"""Queries of the audits that the hub made of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chargehub.audit.schema import AuditRow
from chargehub.ledger.tables import LINK, TXN
from chargehub.store.work import Reads, table_of

AUDIT = table_of(AuditRow)


@dataclass(frozen=True, slots=True)
class AuditView:
    """An audit as it stands; the fields of its row."""

    id: str
    asked_at: datetime
    is_full: bool
    finished_at: datetime | None
    laws: Sequence[dict[str, Any]] | None
    head_number: int | None
    head_hash: str | None

    @property
    def broken(self) -> tuple[str, ...]:
        """The laws that are."""
        return tuple(one["law"] for one in self.laws or () if one["state"] == "broken")

    @property
    def head(self) -> tuple[int, str] | None:
        """Where the chain ended; None: it was not read to its end."""
        if self.head_number is None or self.head_hash is None:
            return None
        return self.head_number, self.head_hash


def audit(reads: Reads, audit_id: str) -> AuditView | None:
    """The audit with this id, or None."""
    row = reads.one(select(AUDIT).where(AUDIT.c.id == audit_id))
    return None if row is None else AuditView(*row)


def page_of(reads: Reads, after: str | None, limit: int) -> tuple[AuditView, ...]:
    """Audits, newest first."""
    statement = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(AUDIT.c.id < after)
    return tuple(AuditView(*row) for row in reads.all(statement))


def newest(reads: Reads) -> AuditView | None:
    """The one that was asked for last, or None."""
    return next(iter(page_of(reads, None, 1)), None)


def last(reads: Reads, *, is_full: bool = False) -> AuditView | None:
    """The last that was finished, or the last full one, or None."""
    done = select(AUDIT).where(AUDIT.c.finished_at.is_not(None))
    if is_full:
        done = done.where(AUDIT.c.is_full)
    row = reads.one(done.order_by(AUDIT.c.id.desc()).limit(1))
    return None if row is None else AuditView(*row)


def begun_at(reads: Reads) -> datetime | None:
    """When the first transfer of the ledger was made; None: there is none."""
    first = select(TXN.c.effective_at).join(LINK, LINK.c.txn_id == TXN.c.id)
    found: datetime | None = reads.value(first.where(LINK.c.number == 1))
    return found

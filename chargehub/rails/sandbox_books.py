"""The sandbox's books as those of a rail: all that it took, gave back and paid out; no fees."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chargehub.payments.books import BookLine, LineKind
from chargehub.rails.sandbox import ENTRY
from chargehub.store.work import Reads
from chargehub.store.writer import Store

PIECE = 100  # lines at once
_KINDS: Mapping[str, LineKind] = {
    **dict.fromkeys(("capture", "take"), "payment"),
    "refund": "refund",
    "payout": "payout",
    **dict.fromkeys(("return", "back"), "payout_back"),
}


class SandboxBooks:
    """The sandbox as a rail that tells its books: `KeepsBooks`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def books(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[BookLine]]:
        after = ""
        while lines := await self._store.read(_lines, since, until, after):
            yield lines
            after = lines[-1].reference


def _lines(reads: Reads, since: datetime, until: datetime, after: str) -> list[BookLine]:
    within = ENTRY.c.created_at >= since, ENTRY.c.created_at < until, ENTRY.c.reference > after
    done = ENTRY.c.is_done, ENTRY.c.kind.in_(tuple(_KINDS))
    found = select(ENTRY).where(*within, *done).order_by(ENTRY.c.reference).limit(PIECE)
    return [_line(entry) for entry in reads.all(found)]


def _line(entry: Any) -> BookLine:
    kind = _KINDS[entry.kind]
    is_income = kind in ("payment", "payout_back")
    return BookLine(
        reference=entry.reference,
        kind=kind,
        about=entry.origin if is_income and entry.kind != "back" else entry.reference,
        amount_minor=entry.amount_minor if is_income else -entry.amount_minor,
        fee_minor=0,
        currency=entry.currency,
        booked_at=entry.created_at,
        available_at=entry.created_at,
    )

"""The feed: every published event in one order, and whom it concerns. Queries and one insert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, func, select, text, update
from sqlmodel import col

from chargehub import events
from chargehub.bookings.tables import BookingRow
from chargehub.payments.tables import PaymentRow, PayoutRow
from chargehub.people.tables import Account
from chargehub.sessions.schema import SessionRow
from chargehub.stations.schema import Station
from chargehub.store.columns import values_of
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work, table_of
from chargehub.webhooks.rules import TOLD, Entry, EventsForgotten, Party
from chargehub.webhooks.schema import FeedEntry, FeedHead, FeedReader

FORGET_AT_ONCE = 500

_TAKE = Hot(update(FeedHead).values(last=col(FeedHead.last) + 1))
_BEGIN = text("INSERT INTO feed_head (id, last) VALUES (1, 0) ON CONFLICT DO NOTHING")
_HEAD = Hot(select(col(FeedHead.last)))
_ID: BindParameter[str] = bindparam("id")
_PARTIES = {  # by a field of the event: who owns, and who drives; the first that is set counts
    "session_id": Hot(
        select(
            col(SessionRow.owner_id).label("owner"), col(SessionRow.driver_id).label("driver")
        ).where(col(SessionRow.id) == _ID)
    ),
    "booking_id": Hot(
        select(
            col(BookingRow.owner_id).label("owner"), col(BookingRow.driver_id).label("driver")
        ).where(col(BookingRow.id) == _ID)
    ),
    "payment_id": Hot(
        select(col(PaymentRow.driver_id).label("driver")).where(col(PaymentRow.id) == _ID)
    ),
    "payout_id": Hot(
        select(col(PayoutRow.owner_id).label("owner")).where(col(PayoutRow.id) == _ID)
    ),
    "station_id": Hot(select(col(Station.owner_id).label("owner")).where(col(Station.id) == _ID)),
    "account_id": Hot(select(col(Account.id).label("driver")).where(col(Account.id) == _ID)),
}


def readers_of(reads: Reads, event: events.Event) -> frozenset[str]:
    """The accounts that an event concerns; operators, who may read all, are not among them."""
    told: tuple[Party, ...] = TOLD.get(type(event), ())
    if not told:
        return frozenset()
    for name, statement in _PARTIES.items():
        thing = getattr(event, name, None)
        row = None if thing is None else reads.one(statement, id=thing)
        if row is not None:
            found = (getattr(row, party, None) for party in told)
            return frozenset(account for account in found if account is not None)
    return frozenset()


def add(work: Work, event: events.Event, readers: frozenset[str], now: datetime) -> Entry:
    """Give the event its position: the next after all that are committed.

    The row of the head is held until our commit, so nobody sees a position before a lower one.
    """
    if work.execute(_TAKE) == 0:
        work.execute(_BEGIN)  # another hub may do the same just now
        work.execute(_TAKE)
    position: int = work.value(_HEAD)
    entry = Entry(position, type(event).__name__, event.aggregate, values_of(event), now)
    work.insert(
        FeedEntry,
        position=position,
        name=entry.name,
        resource=entry.resource,
        body=entry.facts,
        at=now,
    )
    for account_id in sorted(readers):
        work.insert(FeedReader, account_id=account_id, position=position)
    return entry


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the feed, in order, and the position to go on after."""

    entries: tuple[Entry, ...]
    until: int


_ENTRIES = select(table_of(FeedEntry))


def stretch(reads: Reads, account_id: str | None, after: int | None, limit: int) -> Stretch:
    """What follows a position (None: the oldest kept) for an account; None: for operators.

    Raises EventsForgotten where something in between is not kept any more.
    """
    head: int = reads.value(_HEAD) or 0  # before the rows: what stands up to it is committed
    if after is not None and head > after:
        oldest = reads.value(select(func.min(col(FeedEntry.position))))
        if oldest is None or oldest > after + 1:
            raise EventsForgotten
    statement = _ENTRIES.where(col(FeedEntry.position) > (after or 0))
    if account_id is not None:
        statement = statement.join(
            FeedReader, col(FeedReader.position) == col(FeedEntry.position)
        ).where(col(FeedReader.account_id) == account_id, col(FeedReader.position) > (after or 0))
    rows: Sequence[Any] = reads.all(statement.order_by(col(FeedEntry.position)).limit(limit))
    entries = tuple(_entry(row) for row in rows)
    last = entries[-1].position if entries else 0
    return Stretch(entries, last if len(entries) == limit else max(head, after or 0, last))


def one(reads: Reads, position: int) -> Entry | None:
    """The event at a position; None: it is not kept any more."""
    row = reads.one(_ENTRIES.where(col(FeedEntry.position) == position))
    return None if row is None else _entry(row)


def _entry(row: Any) -> Entry:
    return Entry(row.position, row.name, row.resource, row.body, row.at)


def forget(work: Work, before: datetime) -> int:
    """Delete at most 500 of the oldest entries from before an instant; how many they were."""
    old = (
        select(col(FeedEntry.position))
        .where(col(FeedEntry.at) < before)
        .order_by(col(FeedEntry.at), col(FeedEntry.position))
        .limit(FORGET_AT_ONCE)
    )
    positions = [row.position for row in work.all(old)]
    if not positions:
        return 0
    work.execute(delete(FeedReader).where(col(FeedReader.position).in_(positions)))
    return work.execute(delete(FeedEntry).where(col(FeedEntry.position).in_(positions)))

"""Wholesale prices as they were fetched: each quarter of an hour once, and how each feed stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text, update

from chargehub.prices.dayahead import QUARTER, Feed, per_kwh
from chargehub.prices.schema import WholesaleFeed, WholesalePrice
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work, table_of

PRICE, FEED = table_of(WholesalePrice), table_of(WholesaleFeed)

_OF_FEED = (PRICE.c.area == bindparam("area")) & (PRICE.c.currency == bindparam("currency"))
_NEWEST = Hot(
    select(PRICE.c.starts_at, PRICE.c.micros_per_kwh)
    .where(_OF_FEED, PRICE.c.starts_at <= bindparam("at", type_=Instant()))
    .order_by(PRICE.c.starts_at.desc())
    .limit(1)
)
_LAST = select(PRICE.c.starts_at).where(_OF_FEED).order_by(PRICE.c.starts_at.desc()).limit(1)
_COUNT = (
    select(func.count())
    .select_from(PRICE)
    .where(
        _OF_FEED,
        PRICE.c.starts_at >= bindparam("since", type_=Instant()),
        PRICE.c.starts_at < bindparam("until", type_=Instant()),
    )
)
_STANDING = Hot(
    select(FEED).where(FEED.c.area == bindparam("area"), FEED.c.currency == bindparam("currency"))
)
# A price whose time has begun may have moved tariffs: it stays what it was.
_KEEP = text(
    "INSERT INTO wholesale_price (area, currency, starts_at, micros_per_kwh, fetched_at)"
    " VALUES (:area, :currency, :starts_at, :micros, :now)"
    " ON CONFLICT (area, currency, starts_at) DO UPDATE"
    " SET micros_per_kwh = excluded.micros_per_kwh, fetched_at = excluded.fetched_at"
    " WHERE wholesale_price.starts_at > :now"
    " AND wholesale_price.micros_per_kwh <> excluded.micros_per_kwh"
).bindparams(bindparam("starts_at", type_=Instant()), bindparam("now", type_=Instant()))

_BEGIN = text(
    "INSERT INTO wholesale_feed (area, currency, due_at) VALUES (:area, :currency, :due_at)"
    " ON CONFLICT DO NOTHING"
).bindparams(bindparam("due_at", type_=Instant()))


@dataclass(frozen=True, slots=True)
class Known:
    """A price per kWh without VAT. `is_old`: the last known one, as that of now is missing."""

    per_kwh: Decimal
    is_old: bool = False


def price_at(reads: Reads, feed: Feed, at: datetime, lasts: timedelta) -> Known | None:
    """The price at an instant or, where that is missing, the last before it, which counts on for
    `lasts`; None: neither."""
    row = reads.one(_NEWEST, area=feed.area, currency=feed.currency, at=at)
    if row is None:
        return None
    ended_for = at - (row.starts_at + QUARTER)
    if ended_for >= lasts and ended_for >= timedelta():
        return None
    return Known(per_kwh(row.micros_per_kwh), is_old=ended_for >= timedelta())


def known_until(reads: Reads, feed: Feed) -> datetime | None:
    """Until when prices are known; None: there are none."""
    found: datetime | None = reads.value(_LAST, area=feed.area, currency=feed.currency)
    return None if found is None else found + QUARTER


def count(reads: Reads, feed: Feed, day: date) -> int:
    """How many prices of a day are there."""
    span = feed.span_of(day)
    name = {"area": feed.area, "currency": feed.currency}
    return int(reads.value(_COUNT, **name, since=span.start, until=span.end))


def keep(work: Work, feed: Feed, found: Mapping[datetime, int], now: datetime) -> None:
    """Keep prices by their start, in millionths of a coin; those to come may be revised."""
    name = {"area": feed.area, "currency": feed.currency}
    for starts_at, micros in found.items():
        work.execute(_KEEP, **name, starts_at=starts_at, micros=micros, now=now)


def forget(work: Work, feed: Feed, before: datetime) -> None:
    """Forget the prices of a feed that began before an instant."""
    is_old = (PRICE.c.area == feed.area) & (PRICE.c.currency == feed.currency)
    work.execute(delete(PRICE).where(is_old, PRICE.c.starts_at < before))


def standing(reads: Reads, feed: Feed) -> Any:
    """The row of a feed; None: it was never looked at."""
    return reads.one(_STANDING, area=feed.area, currency=feed.currency)


def begin(work: Work, feed: Feed, due_at: datetime) -> bool:
    """Look after a feed from now on; False: another node was first."""
    return work.execute(_BEGIN, area=feed.area, currency=feed.currency, due_at=due_at) == 1


def claim(work: Work, feed: Feed, due_at: datetime, now: datetime) -> bool:
    """Take a feed that is due, until `due_at`; False: another node was first."""
    is_it = (FEED.c.area == feed.area) & (FEED.c.currency == feed.currency)
    is_due = update(FEED).where(is_it, FEED.c.due_at <= now)
    return work.execute(is_due.values(due_at=due_at)) == 1


def change(work: Work, feed: Feed, **values: Any) -> None:
    """Note how a feed stands."""
    is_it = (FEED.c.area == feed.area) & (FEED.c.currency == feed.currency)
    work.execute(update(FEED).where(is_it).values(**values))

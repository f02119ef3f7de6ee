"""Wholesale prices are fetched ahead: who is asked for what when, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import structlog

from chargehub import events
from chargehub.prices import dayahead, wholesale
from chargehub.prices.dayahead import ASK_AGAIN, LOOK_EVERY, Feed, Source
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work

log = structlog.get_logger(__name__)

KEPT = timedelta(days=400)  # a year and the month after it, to look back on


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a question brought: prices by their start in millionths of a coin, or why none.

    `feed` None: it is not fetched any more. `lasts`: as of `Source`.
    """

    feed: Feed | None
    lasts: timedelta
    prices: Mapping[datetime, int]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class FeedView:
    """How a feed stands, see `WholesaleFeed`; `known_until` None: it has no prices."""

    feed: Feed
    state: str | None
    known_until: datetime | None
    fetched_at: datetime | None
    due_at: datetime | None
    fault: str | None


def ask_due(work: Work, now: datetime, source: Source, chunk: Chunk = ALL) -> int:
    """Ask for the prices of the feeds that are due; how many those were."""
    found = ((feed, wholesale.standing(work, feed)) for feed in source.feeds)
    due = [feed for feed, row in found if row is None or row.due_at <= now]
    return chunk.each(work, due, _name, partial(_ask, lasts=source.lasts, now=now))


def record(work: Work, event: events.WholesaleAsked, outcome: Fetched, now: datetime) -> None:
    """Keep what was fetched, or why nothing was."""
    feed = outcome.feed
    if feed is None or wholesale.standing(work, feed) is None:
        return
    if outcome.prices:
        wholesale.keep(work, feed, outcome.prices, now)
        wholesale.change(work, feed, fetched_at=now, fault=None)
    else:
        wholesale.change(work, feed, fault=outcome.fault)
        log.info("wholesale prices not fetched", area=feed.area, day=event.day, why=outcome.fault)
    _look(work, feed, outcome.lasts, now)


def standings(reads: Reads, source: Source | None) -> list[FeedView]:
    """How every feed stands, as the operator named them."""
    return [_view(reads, feed) for feed in (source.feeds if source else ())]


def _view(reads: Reads, feed: Feed) -> FeedView:
    row = wholesale.standing(reads, feed)
    if row is None:
        return FeedView(feed, None, None, None, None, None)
    until = wholesale.known_until(reads, feed)
    return FeedView(feed, row.state, until, row.fetched_at, row.due_at, row.fault)


def _ask(work: Work, feed: Feed, lasts: timedelta, now: datetime) -> None:
    before = wholesale.standing(work, feed)
    due_at = now + LOOK_EVERY
    if before is None:
        is_ours = wholesale.begin(work, feed, due_at)
    else:
        is_ours = wholesale.claim(work, feed, due_at, now)
    if not is_ours:  # another node asks
        return
    if before is not None:
        _look(work, feed, lasts, now)
    wholesale.forget(work, feed, now - KEPT)
    fetched_at = None if before is None else before.fetched_at
    is_time = fetched_at is None or fetched_at + ASK_AGAIN <= now
    for day in dayahead.days(feed, now):
        if is_time or _is_missing(work, feed, day):
            work.record(events.WholesaleAsked(feed.area, feed.currency, day.isoformat()))


def _is_missing(reads: Reads, feed: Feed, day: date) -> bool:
    return wholesale.count(reads, feed, day) < dayahead.quarters(feed, day)


def _look(work: Work, feed: Feed, lasts: timedelta, now: datetime) -> None:
    """Tell operators when prices are missing, and when they are back."""
    known = wholesale.price_at(work, feed, now, lasts)
    state = "missing" if known is None else "old" if known.is_old else "good"
    row = wholesale.standing(work, feed)
    if row.state == state:
        return
    wholesale.change(work, feed, state=state)
    work.record(events.WholesaleChanged(feed.area, feed.currency, state))
    if state != "good":
        log.warning("wholesale prices run out", area=feed.area, state=state, why=row.fault)


def _name(feed: Feed) -> str:
    return f"{feed.area} {feed.currency}"

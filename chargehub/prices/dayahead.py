"""Prices of the day ahead: which are fetched when, and what of an answer is kept. Pure.

A price is kept for each quarter of an hour, the finest that is traded a day ahead in Europe; a
local day has 92, 96 or 100 of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chargehub.prices.listed import BadPrices, MarketPrice
from chargehub.units import CURRENCIES, Span

QUARTER = timedelta(minutes=15)
PUBLISHED_AT = time(13)  # local: the results of the auctions at noon are out by then, or soon after
LOOK_EVERY = timedelta(minutes=15)
ASK_AGAIN = timedelta(hours=6)  # what is there may still be revised
MOST_FEEDS = 50
_DAY = timedelta(days=1)
_AREA = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Feed:
    """The prices of an area in a currency; its days are those of the time zone."""

    area: str
    currency: str
    time_zone: str

    def day_of(self, at: datetime) -> date:
        """The local day of an instant."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()

    def span_of(self, day: date) -> Span:
        """From local midnight to the next: 23, 24 or 25 hours."""
        return Span(self._midnight(day), self._midnight(day + _DAY))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """Where prices are fetched. `url` has {zone} and {day} in it; `token` empty: none is sent.

    `lasts`: how long the last price counts on where newer ones are missing.
    """

    url: str
    token: str
    feeds: tuple[Feed, ...]
    timeout: timedelta
    lasts: timedelta

    def feed(self, area: str, currency: str) -> Feed | None:
        """The feed of this name; None: it is not fetched any more."""
        named = (feed for feed in self.feeds if (feed.area, feed.currency) == (area, currency))
        return next(named, None)

    def url_of(self, feed: Feed, day: date) -> str:
        return self.url.replace("{zone}", feed.area).replace("{day}", day.isoformat())


def feeds_of(text: str) -> tuple[Feed, ...]:
    """Of 'NO1 NOK Europe/Oslo, DE-LU EUR Europe/Berlin'. Raises ValueError with a sentence."""
    found = tuple(_feed(each.split()) for each in text.split(",") if each.strip())
    if len({(feed.area, feed.currency) for feed in found}) < len(found):
        raise ValueError("an area is named twice in one currency: name each once")
    if len(found) > MOST_FEEDS:
        raise ValueError(f"at most {MOST_FEEDS} areas are fetched")
    return found


def check_source(source: Source, may_be_private: bool) -> None:
    """Raises ValueError for a source that nobody could ask, or that takes secrets in the open."""
    parts = urlsplit(source.url)
    if parts.scheme != "https" and not (may_be_private and parts.scheme == "http"):
        raise ValueError("the URL of wholesale prices must begin with https://")
    if not parts.hostname or parts.username is not None or "{" in parts.netloc:
        raise ValueError("the URL of wholesale prices needs a host, and no user or password")
    if "{day}" not in source.url:
        raise ValueError("the URL of wholesale prices needs a {day} in it")
    if len(source.feeds) > 1 and "{zone}" not in source.url:
        raise ValueError("the URL of several areas' wholesale prices needs a {zone} in it")
    if not source.feeds:
        raise ValueError("say in wholesale_zones which areas' prices are to be fetched")


def _feed(words: Sequence[str]) -> Feed:
    if len(words) != 3 or not _AREA.fullmatch(words[0]) or words[1] not in CURRENCIES:
        said = " ".join(words)
        raise ValueError(f"{said!r} is no area, currency and time zone, like NO1 NOK Europe/Oslo")
    try:
        ZoneInfo(words[2])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {words[2]!r}; take one like Europe/Oslo") from None
    return Feed(*words)


def days(feed: Feed, now: datetime) -> tuple[date, ...]:
    """The days whose prices should be there: this one, and the next from 13:00 local on."""
    today = feed.day_of(now)
    is_out = now.astimezone(ZoneInfo(feed.time_zone)).time() >= PUBLISHED_AT
    return (today, today + _DAY) if is_out else (today,)


def quarters(feed: Feed, day: date) -> int:
    """How many prices a whole day has: 92, 96 or 100."""
    return feed.span_of(day).duration // QUARTER


def slots(listed: Sequence[MarketPrice], feed: Feed, day: date) -> dict[datetime, int]:
    """The price of each quarter of an hour of a day, by its start, in millionths of a coin.

    Prices of other days are left out, and so is what nobody listed: a gap is filled by a later
    answer. Raises BadPrices for another area or currency, for times that are no quarters, and for
    a day without prices.
    """
    found: dict[datetime, int] = {}
    of_day = feed.span_of(day)
    for price in listed:
        if (price.area, price.currency) != (feed.area, feed.currency):
            raise BadPrices(f"it has prices of {price.area!r} in {price.currency}")
        at, end = price.during.start, price.during.end
        if _off_quarter(at) or _off_quarter(end):
            raise BadPrices(f"a price from {at} to {end} holds for no whole quarters of an hour")
        while at < end:
            if of_day.contains(at):
                found[at] = micros(price.per_kwh)
            at += QUARTER
    if not found:
        raise BadPrices(f"it has no prices of {day}")
    return found


def micros(per_kwh: Decimal) -> int:
    """A price in whole millionths of a coin; a listed price has no finer digits."""
    exact = per_kwh * _MICRO
    assert exact == int(exact), per_kwh
    return int(exact)


def per_kwh(amount_micros: int) -> Decimal:
    """The way back."""
    return Decimal(amount_micros) / _MICRO


def _off_quarter(at: datetime) -> bool:
    return bool((at - datetime(1970, 1, 1, tzinfo=UTC)) % QUARTER)

"""Where a hub has wholesale prices of electricity from: a file, or what was fetched ahead.

A source is asked for the price at an instant and never waits.
"""

from bisect import bisect_right
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from chargehub.prices.dayahead import Source
from chargehub.prices.listed import BadPrices, MarketPrice, parse
from chargehub.prices.wholesale import Known, price_at
from chargehub.store.work import Reads

log = structlog.get_logger(__name__)

MOST_BYTES = 2_000_000  # a year of hours of an area has some 0.6 MB


class Market(Protocol):
    """Where wholesale prices come from."""

    def price_at(self, reads: Reads, area: str, currency: str, at: datetime) -> Known | None:
        """The price at an instant; None: nobody knows."""

    def knows(self, area: str, currency: str) -> bool:
        """Does it have prices of this area in this currency at all?"""


class NoMarket:
    """A hub without wholesale prices."""

    def price_at(self, reads: Reads, area: str, currency: str, at: datetime) -> Known | None:
        return None

    def knows(self, area: str, currency: str) -> bool:
        return False


class FileMarket:
    """Prices of a CSV or JSON file, read anew when it changes.

    What cannot be read is told in the log, and the last good prices count on, each for its own
    time: a file that is never mended runs out by itself.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, int] | None = None
        self._prices: dict[tuple[str, str], list[MarketPrice]] = {}

    def price_at(self, reads: Reads, area: str, currency: str, at: datetime) -> Known | None:
        """The price at an instant; None: the file has none for it."""
        self._look()
        known = self._prices.get((area, currency), [])
        index = bisect_right(known, at, key=lambda each: each.during.start) - 1
        if index < 0 or not known[index].during.contains(at):
            return None
        return Known(known[index].per_kwh)

    def knows(self, area: str, currency: str) -> bool:
        """Does the file have prices of this area in this currency?"""
        self._look()
        return (area, currency) in self._prices

    def _look(self) -> None:
        try:
            stat = self._path.stat()
            if self._read == (stat.st_mtime_ns, stat.st_size):
                return
            self._read = stat.st_mtime_ns, stat.st_size
            if stat.st_size > MOST_BYTES:
                raise BadPrices(f"the file has more than {MOST_BYTES} bytes")
            found = parse(self._path.read_bytes(), self._path.suffix == ".json")
        except (OSError, BadPrices) as error:
            log.warning("wholesale prices not read", file=str(self._path), error=str(error))
            return
        self._prices = {}
        for each in found:
            self._prices.setdefault((each.area, each.currency), []).append(each)


class FetchedMarket:
    """Prices that were fetched ahead and stand in a table, see `fetching`."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def price_at(self, reads: Reads, area: str, currency: str, at: datetime) -> Known | None:
        """The price at an instant, or the last before it that is not too old; None: neither."""
        feed = self._source.feed(area, currency)
        return None if feed is None else price_at(reads, feed, at, self._source.lasts)

    def knows(self, area: str, currency: str) -> bool:
        """Are prices of this area in this currency fetched?"""
        return self._source.feed(area, currency) is not None

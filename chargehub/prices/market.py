"""Wholesale prices of electricity by area and hour, and where a hub has them from.

A source is asked for the price at an instant and never waits. Prices lie between instants, not
hours of a day, so days of 23 and 25 hours are as all others; they may be below zero.
"""

import csv
import io
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import orjson
import structlog

from chargehub.units import CURRENCIES, Span

log = structlog.get_logger(__name__)

MOST_BYTES = 2_000_000  # a year of hours of an area has some 0.6 MB
LONGEST = timedelta(hours=1)
FINEST = 6  # decimals of a price per kWh
HIGHEST = 1_000  # per kWh, in any coin; beyond it somebody has mixed up kWh and MWh
COLUMNS = ("area", "currency", "from", "to", "per_kwh")


class BadPrices(Exception):
    """A file of prices that cannot be meant. The text says where and why."""


@dataclass(frozen=True, slots=True)
class MarketPrice:
    """What a kWh costs in an area between two instants, without VAT; may be below zero."""

    area: str
    currency: str
    during: Span
    per_kwh: Decimal


class Market(Protocol):
    """Where wholesale prices come from."""

    def price_at(self, area: str, currency: str, at: datetime) -> Decimal | None:
        """The price per kWh without VAT; None: nobody knows."""

    def knows(self, area: str, currency: str) -> bool:
        """Does it have prices of this area in this currency at all?"""


class NoMarket:
    """A hub without wholesale prices."""

    def price_at(self, area: str, currency: str, at: datetime) -> Decimal | None:
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

    def price_at(self, area: str, currency: str, at: datetime) -> Decimal | None:
        """The price per kWh without VAT; None: the file has none for this instant."""
        self._look()
        known = self._prices.get((area, currency), [])
        index = bisect_right(known, at, key=lambda each: each.during.start) - 1
        if index < 0 or not known[index].during.contains(at):
            return None
        return known[index].per_kwh

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


def parse(content: bytes, is_json: bool) -> Sequence[MarketPrice]:
    """The prices of a file: CSV with a head, or a JSON list of objects with the same names.

    Raises BadPrices for a row that cannot be meant, or two prices for one instant.
    """
    try:
        text = content.decode("utf-8-sig")
        rows = orjson.loads(text) if is_json else _table(text)
    except (UnicodeDecodeError, ValueError, csv.Error):
        raise BadPrices("it is neither JSON nor CSV in UTF-8") from None
    if not isinstance(rows, list):
        raise BadPrices("JSON has a list of objects")
    found = [_price(row, number) for number, row in enumerate(rows, start=1)]
    found.sort(key=lambda each: (each.area, each.currency, each.during.start))
    for before, after in pairwise(found):
        is_same = (before.area, before.currency) == (after.area, after.currency)
        if is_same and after.during.start < before.during.end:
            raise BadPrices(f"two prices for {after.during.start} in {after.area}")
    return found


def _table(text: str) -> Sequence[Any]:
    table = csv.DictReader(io.StringIO(text))
    if not set(COLUMNS) <= set(table.fieldnames or ()):
        raise BadPrices(f"the head of a CSV file is {','.join(COLUMNS)}")
    return list(table)


def _price(row: Any, number: int) -> MarketPrice:
    try:
        area, currency, start, end, per_kwh = (row[name] for name in COLUMNS)
        during = Span(_instant(start), _instant(end))
        price = Decimal(per_kwh) if isinstance(per_kwh, str) else Decimal("NaN")
    except (KeyError, TypeError, ValueError, AssertionError, InvalidOperation):
        wanted = ", ".join(COLUMNS)
        why = f"row {number} needs {wanted}; instants with a zone, a price as text"
        raise BadPrices(why) from None
    is_short = timedelta() < during.duration <= LONGEST
    exponent = price.as_tuple().exponent
    is_price = isinstance(exponent, int) and -FINEST <= exponent <= 0 and abs(price) <= HIGHEST
    if not (isinstance(area, str) and area and currency in CURRENCIES and is_short and is_price):
        raise BadPrices(f"row {number} has no area, currency, time of up to an hour, or price")
    return MarketPrice(area, currency, during, price)


def _instant(text: Any) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("an instant without a zone")
    return found.astimezone(UTC)

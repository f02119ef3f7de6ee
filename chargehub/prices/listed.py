"""Wholesale prices as a file or an answer lists them: what a price is, and how it is read. Pure.

Prices lie between instants, not hours of a day, so days of 23 and 25 hours are as all others; they
may be below zero.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

import orjson

from chargehub.units import CURRENCIES, Span

LONGEST = timedelta(hours=1)
FINEST = 6  # decimals of a price per kWh
HIGHEST = 1_000  # per kWh, in any coin; beyond it somebody has mixed up kWh and MWh
COLUMNS = ("area", "currency", "from", "to", "per_kwh")


class BadPrices(Exception):
    """Prices that cannot be meant. The text says where and why."""


@dataclass(frozen=True, slots=True)
class MarketPrice:
    """What a kWh costs in an area between two instants, without VAT; may be below zero."""

    area: str
    currency: str
    during: Span
    per_kwh: Decimal


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
    # Said twice is said once; two prices for one instant are not.
    found = list(dict.fromkeys(_price(row, number) for number, row in enumerate(rows, start=1)))
    found.sort(key=lambda each: (each.area, each.currency, each.during.start))
    for before, after in pairwise(found):
        is_same = (before.area, before.currency) == (after.area, after.currency)
        if is_same and after.during.start < before.during.end:
            raise BadPrices(f"two prices for {after.during.start} in {after.area!r}")
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
    except (KeyError, TypeError, ValueError, OverflowError, InvalidOperation):
        wanted = ", ".join(COLUMNS)
        why = f"row {number} needs {wanted}; instants with a zone, a price as text"
        raise BadPrices(why) from None
    is_short = timedelta() < during.duration <= LONGEST
    exponent = price.as_tuple().exponent
    is_price = isinstance(exponent, int) and -FINEST <= exponent <= 0 and abs(price) <= HIGHEST
    is_named = isinstance(area, str) and area and isinstance(currency, str)
    if not (is_named and currency in CURRENCIES and is_short and is_price):
        raise BadPrices(f"row {number} has no area, currency, time of up to an hour, or price")
    return MarketPrice(area, currency, during, price)


def _instant(text: Any) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("an instant without a zone")
    return found.astimezone(UTC)

"""How the values of a tariff are written in JSON: prices and times as text, never as a float.

The annotations are read by pydantic, for requests, OpenAPI and the stored form alike.
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

MAX_DECIMALS = 6  # a millionth of a unit per kWh; finer makes no cent on any session
MAX_ADJUSTED = 8  # the power of ten of the first digit
MAX_FREE_WH = 10_000_000  # a month; nobody drives more
_PRICE = r"[0-9]{1,9}(\.[0-9]{1,6})?"
_DATE = r"20[0-9]{2}-[01][0-9]-[0-3][0-9]"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
DAY_MINUTES = 24 * 60


def decimal_text(value: Decimal) -> str:
    """A decimal without exponent and trailing zeros: equal values give equal texts."""
    return format(value.normalize(), "f")


def check_decimal(value: Decimal) -> None:
    """Raises ValueError unless it is a price: finite, not negative, up to 6 decimals."""
    exponent = value.as_tuple().exponent
    if value.is_signed() or not isinstance(exponent, int) or exponent < -MAX_DECIMALS:
        raise ValueError("a price is a number from 0 with at most 6 decimals")
    if value.adjusted() > MAX_ADJUSTED:  # 1E+999999 must never be calculated with
        raise ValueError("a price is below a thousand million")


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, str) or not re.fullmatch(_PRICE, value):
        raise ValueError("give a number from 0 as text, like '0.45', with at most 6 decimals")
    return Decimal(value)


def _minute(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch(_TIME, value):
        raise ValueError("give a local time as text, like '07:00'; '24:00' is the day's end")
    return int(value[:2]) * 60 + int(value[3:])


def minute_text(minute: int) -> str:
    """A minute of the day as text: 1320 is '22:00', 1440 '24:00'."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _date(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(_DATE, value):
        raise ValueError("give a date as text, like '2026-06-01', from the year 2000 on")
    return date.fromisoformat(value)


def is_none(value: Any) -> bool:
    """What is not there is not written: an old tariff keeps its text, and so its hash."""
    return value is None


def _seconds(value: Any) -> timedelta:
    if type(value) is not int or not 0 <= value <= DAY_MINUTES * 60:
        raise ValueError("give whole seconds from 0 to a day")
    return timedelta(seconds=value)


PriceText = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    PlainSerializer(decimal_text),
    WithJsonSchema({"type": "string", "pattern": f"^{_PRICE}$", "examples": ["0.45"]}),
]
LimitText = Annotated[PriceText | None, Field(exclude_if=is_none)]
FreeWh = Annotated[int | None, Field(strict=True, ge=1, le=MAX_FREE_WH, exclude_if=is_none)]
MinuteText = Annotated[
    int,
    BeforeValidator(_minute),
    PlainSerializer(minute_text),
    WithJsonSchema({"type": "string", "pattern": f"^({_TIME})$", "examples": ["07:00"]}),
]
DateText = Annotated[
    date,
    BeforeValidator(_date),
    PlainSerializer(date.isoformat),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-06-01"]}),
]
Seconds = Annotated[
    timedelta,
    BeforeValidator(_seconds),
    PlainSerializer(lambda value: value // timedelta(seconds=1)),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": DAY_MINUTES * 60}),
]

"""Money, tokens, energy and time ranges as exact values; the only rounding of the program.

Money is whole minor units, energy whole Wh, tokens whole base units. No float comes in here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Self

TOKEN = "CHG"  # the network's token; on a chain it has 18 decimals, 10^12 of them one unit here

# Source: ISO 4217, list one; the digits of its minor units.
_TWO = """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ
    GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
    RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD
    TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
EXPONENTS: Mapping[str, int] = {
    code: digits
    for digits, codes in ((0, _NONE), (2, _TWO), (3, _THREE), (4, _FOUR))
    for code in codes.split()
}
CURRENCIES = frozenset(EXPONENTS)
_TOKEN_EXPONENT = 6  # micro-units: 9.2 * 10^12 CHG still fit a BIGINT
_MICROSECOND = timedelta(microseconds=1)


class CurrencyMismatch(ValueError):
    """Amounts of two currencies were added or compared. The program is wrong."""


def exponent(currency: str) -> int:
    """Digits after the point of a currency or of the token. Raises ValueError for no such one."""
    if currency == TOKEN:
        return _TOKEN_EXPONENT
    if currency not in EXPONENTS:
        raise ValueError(f"no currency of ISO 4217: {currency!r}")
    return EXPONENTS[currency]


def round_half_up(value: Decimal | Fraction) -> int:
    """The nearest whole number; exactly half goes away from zero, so -x rounds to -round(x)."""
    return ratio_half_up(*value.as_integer_ratio())


def ratio_half_up(numerator: int, denominator: int) -> int:
    """As `round_half_up` of a ratio that need not be in lowest terms: no Fraction is made of it.

    The denominator is above zero.
    """
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return rounded if numerator >= 0 else -rounded


def minor(value: Decimal | Fraction | int, currency: str) -> int:
    """An amount in major units as whole minor units, rounded half up once."""
    numerator, denominator = value.as_integer_ratio()
    return ratio_half_up(numerator * 10 ** exponent(currency), denominator)


def minor_of(quantity: Decimal, price: Decimal, currency: str) -> int:
    """So many at a price in major units, as whole minor units: exact, rounded half up once."""
    many, of_many = quantity.as_integer_ratio()
    units, of_units = price.as_integer_ratio()
    return ratio_half_up(many * units * 10 ** exponent(currency), of_many * of_units)


def major(amount_minor: int, currency: str) -> Decimal:
    """Minor units as an exact amount in major units."""
    return Decimal(major_text(amount_minor, currency))


def major_text(amount_minor: int, currency: str) -> str:
    """Minor units as text in major units with all its digits: 1234 EUR is '12.34', 5 JPY '5'."""
    digits = exponent(currency)
    sign = "-" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"


@dataclass(frozen=True, slots=True)
class Money:
    """Whole minor units of one currency (or of the token). May be negative."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"an amount is a whole number: {self.amount_minor!r}")
        exponent(self.currency)

    def __add__(self, other: Self) -> Self:
        self._check(other)
        return type(self)(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._check(other)
        return type(self)(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.amount_minor, self.currency)

    def __str__(self) -> str:
        return f"{major_text(self.amount_minor, self.currency)} {self.currency}"

    def _check(self, other: Self) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not mix")


def kwh(energy_wh: int) -> Decimal:
    """Wh as exact kWh."""
    return Decimal(energy_wh).scaleb(-3)


def kwh_text(energy_wh: int) -> str:
    """Wh as kWh with all three digits: 87493280 is '87493.280'."""
    sign = "-" if energy_wh < 0 else ""
    whole, part = divmod(abs(energy_wh), 1000)
    return f"{sign}{whole}.{part:03d}"


def energy_wh(energy_kwh: Decimal | Fraction) -> int:
    """kWh as whole Wh, rounded half up."""
    return round_half_up(Fraction(energy_kwh) * 1000)


def minutes(duration: timedelta) -> Fraction:
    """A duration as exact minutes."""
    return Fraction(duration // _MICROSECOND, 60_000_000)


@dataclass(frozen=True, slots=True)
class Span:
    """A range of time that contains its start and not its end; kept in UTC.

    Raises ValueError for a naive instant or an end before the start. A span may be empty; an
    empty one contains nothing and overlaps nothing.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(f"an instant needs a time zone: {self.start!r}, {self.end!r}")
        # Two instants of one local zone would be compared by wall time, wrong round a DST change.
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end < self.start:
            raise ValueError(f"the span ends before it starts: {self.start} to {self.end}")

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def contains(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def overlaps(self, other: "Span") -> bool:
        return max(self.start, other.start) < min(self.end, other.end)

    def intersection(self, other: "Span") -> "Span | None":
        """What both have in common; None if they share no time."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None

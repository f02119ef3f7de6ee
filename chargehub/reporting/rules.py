"""What platforms report of their owners: periods, what must be known of a seller, what is missing.

Pure. Source: Directive (EU) 2021/514 (DAC7), annex V, sections II and III; of uptime 23 CFR
680.116(b) and SI 2023/1168, regulations 6 and 7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Literal

from chargehub.errors import Forbidden, Invalid
from chargehub.jurisdictions.rules import Uptime
from chargehub.reputation.uptime import Measured, nevi_uptime
from chargehub.units import Span

Kind = Literal["individual", "entity"]
FIRST_YEAR, LAST_YEAR = 2000, 2100


class OperatorsOnly(Forbidden):
    """Only operators see what concerns all owners."""

    code = "operators_only"

    def __init__(self) -> None:
        super().__init__("Only an operator gets the report of all owners. Leave `whose` out.")


class TooLarge(Invalid):
    """A report has more rows than one file may."""

    code = "report_too_large"


@dataclass(frozen=True, slots=True)
class Seller:
    """An owner as tax offices know one. None: not told yet. Countries are ISO 3166 alpha-2.

    `tin` is the tax identification number and `tin_country` who gave it; `birth_place` counts
    where there is no TIN; `account` is where the money goes (an IBAN).
    """

    kind: Kind
    name: str | None = None
    address: str | None = None
    country: str | None = None
    tin: str | None = None
    tin_country: str | None = None
    vat_id: str | None = None
    born_on: date | None = None
    birth_place: str | None = None
    registration: str | None = None
    account: str | None = None


def missing(seller: Seller | None) -> tuple[str, ...]:
    """The fields that the report needs and nobody has told."""
    if seller is None:
        return ("kind", "name", "address", "country", "tin")
    needed = ["name", "address", "country"]
    if seller.kind == "individual":
        needed.append("born_on")
        if seller.birth_place is None:
            needed.append("tin")
    else:
        needed += ["registration", "tin"]
    if seller.tin is not None:
        needed.append("tin_country")
    return tuple(name for name in needed if getattr(seller, name) is None)


@dataclass(frozen=True, slots=True)
class Earned:
    """An owner's quarter in one currency, minor units: gross = earnings + fee, VAT of the fee
    within it. `sales` are the sessions and early ends that were paid."""

    owner_id: str
    currency: str
    sales: int
    gross_minor: int
    fee_minor: int
    earnings_minor: int


@dataclass(frozen=True, slots=True)
class Year:
    """An owner's year in one currency, quarter by quarter; None: nothing in that one."""

    owner_id: str
    currency: str
    quarters: tuple[Earned | None, ...]

    @property
    def sales(self) -> int:
        return sum(quarter.sales for quarter in self.quarters if quarter)

    @property
    def earnings_minor(self) -> int:
        return sum(quarter.earnings_minor for quarter in self.quarters if quarter)


def years(quarters: Sequence[Mapping[tuple[str, str], Earned]]) -> tuple[Year, ...]:
    """The four quarters of everybody, by owner and currency. No sale is lost or counted twice."""
    assert len(quarters) == 4, len(quarters)
    keys = sorted({key for quarter in quarters for key in quarter})
    return tuple(Year(*key, tuple(quarter.get(key) for quarter in quarters)) for key in keys)


def quarter_of(text: str) -> Span:
    """The quarter written as 2026-Q1, in UTC. Raises Invalid."""
    year, _, number = text.partition("-Q")
    if not (year.isdecimal() and len(year) == 4 and number in ("1", "2", "3", "4")):
        raise Invalid("Give a quarter like 2026-Q1.")
    return quarters_of(int(year))[int(number) - 1]


def month_of(text: str) -> Span:
    """The month written as 2026-03, in UTC. Raises Invalid."""
    year, _, number = text.partition("-")
    if not (year.isdecimal() and len(year) == 4 and number.isdecimal() and len(number) == 2):
        raise Invalid("Give a month like 2026-03.")
    if not 1 <= int(number) <= 12 or not FIRST_YEAR <= int(year) <= LAST_YEAR:
        raise Invalid(f"Give a month from {FIRST_YEAR}-01 to {LAST_YEAR}-12.")
    start = datetime(int(year), int(number), 1, tzinfo=UTC)
    return Span(
        start, start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    )


def last_quarter(now: datetime) -> str:
    """The quarter that ended last, like 2026-Q1, in UTC."""
    number = (now.month - 1) // 3
    return f"{now.year}-Q{number}" if number else f"{now.year - 1}-Q4"


def quarters_of(year: int) -> tuple[Span, Span, Span, Span]:
    """The four quarters of a year, in UTC; each ends where the next begins. Raises Invalid."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(f"Give a year from {FIRST_YEAR} to {LAST_YEAR}.")
    starts = [datetime(year, month, 1, tzinfo=UTC) for month in (1, 4, 7, 10)]
    ends = [*starts[1:], datetime(year + 1, 1, 1, tzinfo=UTC)]
    first, second, third, fourth = map(Span, starts, ends)
    return first, second, third, fourth


def share_of(bound: Uptime | None, measured: Measured, over: Span) -> Fraction | None:
    """The share of a period that an EVSE worked, by the formula of its country; None: no telling.

    By the one of the United States, which is also that of countries without a bound, what was not
    measured of the period counts as up, as in the rule.
    """
    if bound is not None and bound.formula == "uk":
        measured_s = measured.working_s + measured.down_s
        return Fraction(measured.working_s, measured_s) if measured_s else None
    if measured == Measured():
        return None
    period_s = (over.end - over.start) // timedelta(seconds=1)
    return nevi_uptime(period_s, measured.outage_s, measured.excluded_s)


def is_met(bound: Uptime | None, share: Fraction | None, power_w: int) -> bool | None:
    """Whether an EVSE works as much as its country asks; None: nothing is asked, or no telling."""
    if bound is None or share is None or power_w < bound.from_power_w:
        return None
    least = Fraction(bound.least_percent) / 100
    return share >= least if bound.formula == "uk" else share > least


def month_after(start: datetime, months: int) -> datetime:
    """The first instant of the month that lies so many months after that of `start`."""
    number = start.year * 12 + start.month - 1 + months
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def year_of(text: str) -> Span:
    """The year written as 2026, in UTC. Raises Invalid."""
    quarters = quarters_of(int(text))
    return Span(quarters[0].start, quarters[-1].end)

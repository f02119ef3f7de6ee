"""The reports as tables: a head and rows, for CSV."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import Reporting
from chargehub.reporting.rules import Earned, Seller, Year, missing
from chargehub.reporting.tables import Charged
from chargehub.rest.csv import Cell
from chargehub.settlement.tables import Statement
from chargehub.units import kwh_text, major, major_text

SELLER_FIELDS = (
    *("kind", "name", "address", "country", "tin", "tin_country", "vat_id", "born_on"),
    *("birth_place", "registration", "account"),
)
_OF_QUARTER = ("sales", "earnings", "fees")
EARNINGS = (
    "account_id",
    *SELLER_FIELDS,
    "missing",
    "currency",
    *(f"q{number}_{name}" for number in range(1, 5) for name in _OF_QUARTER),
    "year_sales",
    "year_earnings",
    "report",
    "is_reported",
)
SESSIONS = (
    *("station", "port", "port_number", "session", "outcome", "started_at", "ended_at"),
    *("error_code", "energy_kwh", "peak_kw", "payment_method"),
)
STATEMENT = (
    *("month", "currency", "sessions", "gross", "fee", "vat_in_fee", "earnings", "payouts"),
    *("accrued_now", "payable_now", "in_transit_now", "owed_now"),
)
_ERRORS = frozenset(  # why a station stops by itself; all other reasons are somebody's wish
    (
        *("emergency_stop", "ground_fault", "hard_reset", "immediate_reset", "other"),
        *("overcurrent_fault", "power_loss", "power_quality", "reboot", "soft_reset"),
        *("timeout", "unlock_command"),
    )
)


def earnings(years: Iterable[Year], sellers: Mapping[str, Seller]) -> list[tuple[Cell, ...]]:
    """A row for each owner and currency. Amounts in major units; earnings are without fees."""
    return [_of_year(year, sellers.get(year.owner_id)) for year in years]


def _of_year(year: Year, seller: Seller | None) -> tuple[Cell, ...]:
    told = [None if seller is None else getattr(seller, name) for name in SELLER_FIELDS]
    rule = None if seller is None or seller.country is None else _reporting(seller.country)
    return (
        year.owner_id,
        *(None if value is None else str(value) for value in told),
        " ".join(missing(seller)),
        year.currency,
        *(cell for quarter in year.quarters for cell in _of_quarter(quarter, year.currency)),
        year.sales,
        major(year.earnings_minor, year.currency),
        None if rule is None else rule.name,
        "yes" if is_reported(year, rule) else "no",
    )


def _of_quarter(quarter: Earned | None, currency: str) -> tuple[Cell, ...]:
    if quarter is None:
        return 0, major(0, currency), major(0, currency)
    return (
        quarter.sales,
        major(quarter.earnings_minor, currency),
        major(quarter.fee_minor, currency),
    )


def _reporting(country: str) -> Reporting | None:
    fact = shipped().of(country).reporting
    return None if fact is None else fact.value


def is_reported(year: Year, rule: Reporting | None) -> bool:
    """Must this be reported? Who sold little is left out; in doubt, nobody is.

    What was earned in another currency than the limit's is never little.
    """
    if rule is None or year.currency != rule.currency or year.sales >= rule.sales:
        return True
    return major(year.earnings_minor, year.currency) > Decimal(rule.amount)


def sessions(charged: Iterable[Charged]) -> list[tuple[Cell, ...]]:
    """A row for each session: kWh, kW, how it was paid and what went wrong.

    Source: 23 CFR 680.112(a), items 1 to 6.
    """
    return [
        (
            one.identity,
            one.evse_id,
            one.evse_number,
            one.session_id,
            one.status,
            one.started_at,
            one.ended_at,
            _error(one),
            None if one.energy_wh is None else Decimal(kwh_text(one.energy_wh)),
            None if one.peak_w is None else Decimal(kwh_text(one.peak_w)),
            one.rail or "none",
        )
        for one in charged
    ]


def _error(one: Charged) -> str | None:
    if one.status == "failed":
        return one.error or "never_began"
    return one.error if one.error in _ERRORS else None


def statement(month: str, found: Sequence[Statement]) -> list[tuple[Cell, ...]]:
    """An owner's month, a row for each currency, in major units."""
    names = (
        *("gross", "fee", "vat", "earnings", "payouts"),
        *("accrued", "payable", "in_transit", "owed"),
    )
    return [
        (
            month,
            one.currency,
            one.sessions,
            *(Decimal(major_text(getattr(one, f"{name}_minor"), one.currency)) for name in names),
        )
        for one in found
    ]

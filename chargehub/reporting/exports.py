"""The reports as tables: a head and rows, for CSV."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import Reporting
from chargehub.reporting.rules import Earned, Seller, Year, is_met, missing, month_after, share_of
from chargehub.reporting.tables import Charged
from chargehub.reporting.uptimes import Months, Port
from chargehub.reputation.uptime import Measured, Outage, in_ppm, total
from chargehub.rest.csv import Cell
from chargehub.settlement.tables import Statement
from chargehub.units import Span, kwh_text, major, major_text

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
    *("accrued_now", "payable_now", "in_transit_now", "owed_now", "held_now", "penalties"),
    *("written_off", "taken_back"),
)
UPTIME = (
    *("station", "port", "port_number", "power_kw", "country", "period"),
    *("offered_s", "outage_s", "excluded_s", "working_s", "down_s"),
    *("nevi_percent", "uk_percent", "least_percent", "over", "reached_percent", "is_met"),
)
OUTAGES = (
    *("station", "port", "port_number", "began_at", "ended_at"),
    *("minutes", "excluded_minutes", "cause"),
)
_ERRORS = frozenset(  # why a station stops by itself; all other reasons are somebody's wish
    (
        *("emergency_stop", "ground_fault", "hard_reset", "immediate_reset", "other"),
        *("overcurrent_fault", "power_loss", "power_quality", "reboot", "soft_reset"),
        *("timeout", "unlock_command"),
    )
)


def earnings(
    years: Iterable[Year],
    sellers: Mapping[str, Seller],
    countries: Mapping[str, Sequence[str]],
) -> list[tuple[Cell, ...]]:
    """A row for each owner and currency. Amounts in major units; earnings are without fees.

    `countries`: where an owner's stations stand. Their rule counts where the owner's own country
    has none, or is not told.
    """
    return [
        _of_year(year, sellers.get(year.owner_id), countries.get(year.owner_id, ()))
        for year in years
    ]


def _of_year(year: Year, seller: Seller | None, places: Sequence[str]) -> tuple[Cell, ...]:
    told = [None if seller is None else getattr(seller, name) for name in SELLER_FIELDS]
    own = () if seller is None or seller.country is None else (seller.country,)
    rule = reporting((*own, *places))
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


def reporting(countries: Iterable[str]) -> Reporting | None:
    """What is to be reported by the first of these countries that has a rule; None: none has."""
    facts = (shipped().of(country).reporting for country in countries)
    return next((fact.value for fact in facts if fact is not None), None)


def is_reported(year: Year, rule: Reporting | None) -> bool:
    """Must this be reported? Not without a rule; who sold little is left out.

    What was earned in another currency than the limit's is never little.
    """
    if rule is None:
        return False
    if year.currency != rule.currency or year.sales >= rule.sales:
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
        *("accrued", "payable", "in_transit", "owed", "held", "penalties", "written_off"),
        "taken_back",
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


def uptimes(
    year: int, ports: Iterable[Port], known: Months, until: datetime
) -> list[tuple[Cell, ...]]:
    """For each EVSE a row for each month that it was measured in, and one for the year.

    What its country asks for stands with the period it is asked of: the calendar year, or the
    twelve months that end with each month. `until`: when the last day that is over ended; periods
    that are not over end there.
    """
    rows: list[tuple[Cell, ...]] = []
    for port in ports:
        months = known.get((port.station_id, port.number), {})
        rows += _of_port(year, port, months, until)
    return rows


def _of_port(
    year: int, port: Port, months: Mapping[str, Measured], until: datetime
) -> Iterator[tuple[Cell, ...]]:
    fact = shipped().of(port.country).uptime
    asked_of = None if fact is None else fact.value.period
    found = {month: one for month, one in months.items() if month.startswith(f"{year:04d}-")}
    for month, measured in sorted(found.items()):
        after = month_after(datetime.fromisoformat(f"{month}-01"), 1)
        end = min(after, until)
        row = _measured(port, month, measured, Span(month_after(after, -1), end))
        over = Span(month_after(after, -12), end)
        yield (*row, *_bound(port, months, over, asked_of == "past_12_months"))
    if found:
        start = datetime(year, 1, 1, tzinfo=UTC)
        over = Span(start, min(month_after(start, 12), until))
        row = _measured(port, f"{year:04d}", total(found.values()), over)
        yield (*row, *_bound(port, months, over, asked_of == "calendar_year"))


def _measured(port: Port, period: str, measured: Measured, over: Span) -> tuple[Cell, ...]:
    return (
        *(port.identity, port.evse_id, port.number, Decimal(kwh_text(port.power_w))),
        *(port.country, period, measured.offered_s, measured.outage_s, measured.excluded_s),
        *(measured.working_s, measured.down_s, _percent(share_of(None, measured, over))),
        None if measured.working_ppm is None else _of_ppm(measured.working_ppm),
    )


def _bound(
    port: Port, months: Mapping[str, Measured], over: Span, is_asked: bool
) -> tuple[Cell, ...]:
    """What is asked of a period, how much was reached in it, and whether that is enough."""
    fact = shipped().of(port.country).uptime
    if fact is None or not is_asked or port.power_w < fact.value.from_power_w:
        return (None,) * 4
    first, last = f"{over.start:%Y-%m}", f"{over.end - timedelta(seconds=1):%Y-%m}"
    measured = total(one for month, one in months.items() if first <= month <= last)
    share = share_of(fact.value, measured, over)
    met = is_met(fact.value, share, port.power_w)
    said = None if met is None else "yes" if met else "no"
    return Decimal(fact.value.least_percent), fact.value.period, _percent(share), said


def _percent(share: Fraction | None) -> Decimal | None:
    return None if share is None else _of_ppm(in_ppm(share))


def _of_ppm(ppm: int) -> Decimal:
    return Decimal(ppm).scaleb(-4)


def outages(
    found: Iterable[tuple[Port, Sequence[Outage]]], until: datetime
) -> list[tuple[Cell, ...]]:
    """A row for each outage of an EVSE; without an end where it had not ended by `until`.

    Source: 23 CFR 680.112(a): the minutes of each outage.
    """
    return [
        (
            *(port.identity, port.evse_id, port.number, one.began_at),
            None if one.ended_at >= until else one.ended_at,
            *(_minutes(one.lasted_s), _minutes(one.excluded_s), one.cause),
        )
        for port, every in found
        for one in every
    ]


def _minutes(seconds: int) -> Decimal:
    return (Decimal(seconds) / 60).quantize(Decimal("0.01"))

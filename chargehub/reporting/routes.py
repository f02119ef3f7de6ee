"""Reports over REST: who an owner is to tax offices, and files of earnings, sessions, months."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from chargehub.people.access import CurrentActor, CurrentPerson
from chargehub.people.rules import Actor
from chargehub.reporting import actions, exports, rules, schema, tables, uptimes
from chargehub.reporting.rules import Kind, Seller
from chargehub.reporting.schema import RequestView
from chargehub.reputation import measuring
from chargehub.rest.bodies import Body
from chargehub.rest.csv import Cell, CsvResponse, csv_file
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Narrow
from chargehub.settlement import tables as settlement
from chargehub.store.work import Reads
from chargehub.units import Span

router = APIRouter(tags=["reporting"])

Whose = Annotated[
    Literal["own", "all"], Query(description="Your own, or, for operators, those of all owners.")
]
Year = Annotated[str, Path(pattern="^[0-9]{4}$", examples=["2026"])]
Quarter = Annotated[str, Path(pattern="^[0-9]{4}-Q[1-4]$", examples=["2026-Q1"])]
Month = Annotated[
    str, Path(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-03"], description="UTC")
]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["NO"])]
Line = Annotated[str, Field(min_length=1, max_length=40)]
LongLine = Annotated[str, Field(min_length=1, max_length=100)]

# A year of a large hub takes a reader some time, and stations come first.
_narrow = Depends(Narrow("reports", at_once=1, waiting=20), scope="function")


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day", "Give a day like 1980-05-17.") from None
    return text


class SellerRequest(Body):
    """Who you are to the tax office. What is left out is not told; the report names what it lacks.

    `tin`: your tax identification number, given by `tin_country`. `account`: an IBAN, say.
    An individual has `born_on`, and `birth_place` where there is no TIN; an entity `registration`.
    """

    kind: Kind
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    address: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    country: Country | None = None
    tin: Line | None = None
    tin_country: Country | None = None
    vat_id: Line | None = None
    born_on: Annotated[str, Field(max_length=10), AfterValidator(_day)] | None = None
    birth_place: LongLine | None = None
    registration: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    account: Annotated[str, Field(min_length=1, max_length=60)] | None = None

    def seller(self) -> Seller:
        told = self.model_dump()
        born_on = None if self.born_on is None else date.fromisoformat(self.born_on)
        return Seller(**{**told, "born_on": born_on})


class SellerBody(BaseModel):
    """Who you are to the tax office, and what is `missing` for its report.

    `payouts_withheld_from`: you were asked for it, and from then on nothing is paid out to you.
    """

    kind: Kind | None
    name: str | None
    address: str | None
    country: str | None
    tin: str | None
    tin_country: str | None
    vat_id: str | None
    born_on: date | None
    birth_place: str | None
    registration: str | None
    account: str | None
    missing: list[str]
    payouts_withheld_from: datetime | None

    @classmethod
    def of(cls, seller: Seller | None, asked: RequestView | None) -> Self:
        told = {name: getattr(seller, name, None) for name in Seller.__dataclass_fields__}
        missing = list(rules.missing(seller))
        due_at = asked.due_at if asked is not None and missing else None
        return cls(**told, missing=missing, payouts_withheld_from=due_at)


@router.get("/seller")
async def get_seller(person: CurrentPerson, store: CurrentStore) -> SellerBody:
    """What you have told of yourself as a seller, and what is missing for the report."""
    return await store.read(_seller, person.account_id)


def _seller(reads: Reads, account_id: str) -> SellerBody:
    return SellerBody.of(tables.seller(reads, account_id), schema.request(reads, account_id))


@router.put("/seller")
async def put_seller(
    wanted: SellerRequest, person: CurrentPerson, store: CurrentStore, now: Now
) -> SellerBody:
    """Tell who you are to the tax office: the hub reports what owners earn, where it must."""
    await store.do(actions.tell, person, wanted.seller(), now)
    return await store.read(_seller, person.account_id)


@router.get("/reports/earnings/{year}", response_class=CsvResponse, dependencies=[_narrow])
async def get_earnings(
    year: Year, person: CurrentPerson, store: CurrentStore, whose: Whose = "own"
) -> CsvResponse:
    """What owners earned in a year, by quarter (UTC), as DAC7 and rules like it ask. CSV.

    A row for each owner and currency; `missing` names what the owner has not told yet.
    """
    owner_id = _owner(person, whose)
    found = [
        await store.read(tables.earned, quarter, owner_id)
        for quarter in rules.quarters_of(int(year))
    ]
    known = await store.read(tables.sellers, owner_id)
    countries = await store.read(schema.countries, owner_id)
    rows = exports.earnings(rules.years(found), known, countries)
    return csv_file(f"earnings-{year}", exports.EARNINGS, rows)


@router.get("/reports/sessions/{quarter}", response_class=CsvResponse, dependencies=[_narrow])
async def get_sessions_report(
    quarter: Quarter, actor: CurrentActor, store: CurrentStore, whose: Whose = "own"
) -> CsvResponse:
    """The sessions of a quarter (UTC) by station and port: times, kWh, kW, payment, errors. CSV.

    As 23 CFR 680.112(a) asks of sites paid for by the NEVI programme; no driver is named.
    """
    during = rules.quarter_of(quarter)
    found = await store.read(tables.charged, during, _owner(actor, whose))
    return csv_file(f"sessions-{quarter}", exports.SESSIONS, exports.sessions(found))


@router.get("/reports/uptime/{year}", response_class=CsvResponse, dependencies=[_narrow])
async def get_uptime_report(
    year: Year, actor: CurrentActor, store: CurrentStore, now: Now, whose: Whose = "own"
) -> CsvResponse:
    """How long each EVSE worked, by month and year (UTC), and whether that is enough. CSV.

    By the formulas of 23 CFR 680.116(b) (NEVI) and SI 2023/1168 (United Kingdom); `is_met` is
    empty where the country asks for nothing, or nothing was measured.
    """
    owner_id = _owner(actor, whose)
    during = rules.year_of(year)
    rows = await store.read(_uptimes, during, owner_id, measuring.day_of(now))
    return csv_file(f"uptime-{year}", exports.UPTIME, rows)


@router.get("/reports/outages/{quarter}", response_class=CsvResponse, dependencies=[_narrow])
async def get_outages_report(
    quarter: Quarter, actor: CurrentActor, store: CurrentStore, now: Now, whose: Whose = "own"
) -> CsvResponse:
    """Each outage of a quarter (UTC) by station and port: begin, end, minutes. CSV.

    As 23 CFR 680.112(a) asks; those begun before or not over are cut to the quarter.
    """
    during = rules.quarter_of(quarter)
    rows = await store.read(_outages, during, _owner(actor, whose), now)
    return csv_file(f"outages-{quarter}", exports.OUTAGES, rows)


@router.get("/reports/statements/{month}", response_class=CsvResponse)
async def get_statement_report(
    month: Month, actor: CurrentActor, store: CurrentStore
) -> CsvResponse:
    """Your statement of a month (UTC) as an owner. CSV, amounts in major units."""
    during = rules.month_of(month)
    found = await store.read(settlement.statement, actor.account_id, during.start, during.end)
    return csv_file(f"statement-{month}", exports.STATEMENT, exports.statement(month, found))


def _uptimes(
    reads: Reads, during: Span, owner_id: str | None, until: datetime
) -> list[tuple[Cell, ...]]:
    ports = uptimes.ports(reads, owner_id)
    first = rules.month_after(during.start, -11)  # of the twelve that end with January
    known = uptimes.months(reads, ports, first, during.end)
    return exports.uptimes(during.start.year, ports, known, until)


def _outages(
    reads: Reads, during: Span, owner_id: str | None, now: datetime
) -> list[tuple[Cell, ...]]:
    until = min(during.end, now.replace(microsecond=0))
    if until <= during.start:
        return []
    ports = uptimes.ports(reads, owner_id)
    found = uptimes.outages_of(reads, ports, Span(during.start, until))
    return exports.outages(found, until)


def _owner(actor: Actor, whose: str) -> str | None:
    """Whose rows; None: everybody's. Raises OperatorsOnly."""
    if whose == "own":
        return actor.account_id
    if not actor.is_operator:
        raise rules.OperatorsOnly
    return None

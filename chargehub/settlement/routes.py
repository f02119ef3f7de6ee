"""An owner's statements over REST."""

from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel

from chargehub.errors import Invalid
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import FIRST_YEAR, LAST_YEAR, MoneyBody
from chargehub.rest.manners import CurrentStore
from chargehub.rest.throttle import Narrow
from chargehub.settlement import replaying, tables
from chargehub.settlement.bodies import EstimateBody, EstimateRequest
from chargehub.settlement.split import Terms
from chargehub.settlement.tables import Statement
from chargehub.units import Money

router = APIRouter(tags=["settlement"])

Month = Annotated[
    str, Path(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-03"], description="UTC")
]

# A month of readings takes a reader some time, and stations come first.
_narrow = Depends(Narrow("estimates", at_once=1, waiting=20), scope="function")


async def _terms(request: Request) -> Terms:
    terms: Terms = request.app.state.hub.terms
    return terms


class CurrencyStatement(BaseModel):
    """A month in one currency: gross = earnings + fee + vat (the VAT within the hub's fee).

    VAT that you owe instead of the hub (reverse charge) goes from `vat` to `earnings` in the month
    in which the hub bills its fees.
    `penalties`: what you came to owe for cancelling bookings; they are no part of `earnings`.
    `written_off`: what of `earnings` was given up in the month, for its driver did not pay it for
    30 days; below 0 where one paid after all.
    `accrued` matures later, or was not paid by its driver; `payable` is paid out next,
    `in_transit` is on its way; `held` is frozen while it is disputed; these and `owed`, what the
    owner owes the hub after a correction, a dispute or a cancellation, or of an overstay to the
    credit of the next driver, are as of now.
    """

    currency: str
    sessions: int
    gross: MoneyBody
    fee: MoneyBody
    vat: MoneyBody
    earnings: MoneyBody
    payouts: MoneyBody
    penalties: MoneyBody
    written_off: MoneyBody
    taken_back: MoneyBody
    accrued: MoneyBody
    payable: MoneyBody
    in_transit: MoneyBody
    owed: MoneyBody
    held: MoneyBody

    @classmethod
    def of(cls, statement: Statement) -> Self:
        def money(amount_minor: int) -> MoneyBody:
            return MoneyBody.of(Money(amount_minor, statement.currency))

        return cls(
            currency=statement.currency,
            sessions=statement.sessions,
            gross=money(statement.gross_minor),
            fee=money(statement.fee_minor),
            vat=money(statement.vat_minor),
            earnings=money(statement.earnings_minor),
            payouts=money(statement.payouts_minor),
            penalties=money(statement.penalties_minor),
            written_off=money(statement.written_off_minor),
            taken_back=money(statement.taken_back_minor),
            accrued=money(statement.accrued_minor),
            payable=money(statement.payable_minor),
            in_transit=money(statement.in_transit_minor),
            owed=money(statement.owed_minor),
            held=money(statement.held_minor),
        )


class StatementBody(BaseModel):
    """An owner's month, one item for each currency you ever earned or owed in."""

    month: str
    items: list[CurrencyStatement]


@router.get("/statements/{month}")
async def get_statement(month: Month, actor: CurrentActor, store: CurrentStore) -> StatementBody:
    """Your earnings of a calendar month (UTC) as an owner, and your balances now."""
    start, end = _bounds(month)
    found = await store.read(tables.statement, actor.account_id, start, end)
    return StatementBody(month=month, items=[CurrencyStatement.of(item) for item in found])


def _bounds(month: str) -> tuple[datetime, datetime]:
    year, number = int(month[:4]), int(month[5:])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(f"Give a month from {FIRST_YEAR}-01 to {LAST_YEAR}-12.")
    start = datetime(year, number, 1, tzinfo=UTC)
    return start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


@router.post("/stations/{station_id}/earnings-estimates", dependencies=[_narrow])
async def post_earnings_estimate(
    station_id: Annotated[str, Path(max_length=36)],
    wanted: EstimateRequest,
    actor: Annotated[Actor, Depends(needs("tariffs:write"))],
    store: CurrentStore,
    terms: Annotated[Terms, Depends(_terms)],
) -> EstimateBody:
    """What your station would have earned in a month under a tariff, and what it left you.

    The month's sessions are priced anew from their readings. Nothing is changed.
    """
    asked = wanted.question(station_id)
    found = await store.read(replaying.replay, actor.account_id, asked, terms)
    return EstimateBody.of(wanted.month, found)

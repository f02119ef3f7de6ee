"""REST of reconciliation, for operators: what rails' books say, and what nothing explains."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from chargehub.payments.books import LineKind
from chargehub.payments.rails import Rails
from chargehub.people.access import CurrentOperator
from chargehub.reconciliation import actions, again, tables
from chargehub.reconciliation.missing import Missing, missing
from chargehub.reconciliation.rules import (
    Account,
    LineState,
    LineView,
    NothingToCompare,
    NotInSuspense,
)
from chargehub.reconciliation.tables import Run
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.store.work import Reads
from chargehub.units import Money

router = APIRouter(tags=["operation"])


class LineBody(BaseModel):
    """A line of a rail's books.

    `state`: new (nothing explains it yet, and something still may), explained (a payment, refund or
    payout of the hub's is the same, or it is a fee or went to the hub's bank), suspense (`told`
    says why; say what it is), resolved (an operator said so).
    """

    id: str
    rail: str
    reference: str
    kind: LineKind
    about: str | None
    amount: MoneyBody
    fee: MoneyBody
    in_suspense: MoneyBody
    booked_at: datetime
    available_at: datetime
    state: LineState
    told: str | None
    account: str | None
    because: str | None
    resolved_by: str | None
    resolved_at: datetime | None

    @classmethod
    def of(cls, view: LineView) -> Self:
        def money(amount_minor: int) -> MoneyBody:
            return MoneyBody.of(Money(amount_minor, view.currency))

        values: dict[str, Any] = {
            "amount": money(view.amount_minor),
            "fee": money(view.fee_minor),
            "in_suspense": money(view.suspense_minor),
        }
        same = {name: getattr(view, name) for name in cls.model_fields if name not in values}
        return cls(**values, **same)


class MissingBody(BaseModel):
    """What the hub noted and the rail's books do not tell. Look it up there by `reference`."""

    kind: Literal["payment", "top_up", "refund", "payback", "payout", "payout_reversal"]
    id: str
    reference: str
    amount: MoneyBody
    noted_at: datetime

    @classmethod
    def of(cls, found: Missing) -> Self:
        return cls(
            kind=found.kind,  # type: ignore[arg-type]
            id=found.id,
            reference=found.reference,
            amount=MoneyBody.of(found.amount),
            noted_at=found.noted_at,
        )


class ReconciliationBody(BaseModel):
    """How a rail's books and the hub's compare. `until` None: never compared.

    `finished_at` None: it is being asked; a delivery that waits for you tells why it takes long.
    """

    rail: str
    until: datetime | None
    finished_at: datetime | None
    lines: int
    unexplained: int
    in_suspense: list[MoneyBody]
    missing: list[MissingBody]


class ReconciliationsBody(BaseModel):
    """One item for each rail that tells its books."""

    items: list[ReconciliationBody]


class ResolutionRequest(Body):
    """What stood in suspense: on which account it belongs, and how you know."""

    account: Account
    because: Annotated[str, Field(min_length=3, max_length=500)]


@router.get("/reconciliations")
async def get_reconciliations(
    operator: CurrentOperator, store: CurrentStore, request: Request
) -> ReconciliationsBody:
    """How every rail's books and the hub's compare. For operators."""
    rails: Rails = request.app.state.hub.rails
    return ReconciliationsBody(items=[await store.read(_compared, rail) for rail in rails.books])


@router.post("/reconciliations/{rail}", status_code=202)
async def post_reconciliation(
    rail: Annotated[str, Path(max_length=20)],
    operator: CurrentOperator,
    store: CurrentStore,
    request: Request,
    now: Now,
) -> ReconciliationBody:
    """Compare now, and not only at night. For operators."""
    rails: Rails = request.app.state.hub.rails
    if rail not in rails.books:
        known = ", ".join(sorted(rails.books)) or "none"
        raise NothingToCompare(f"These rails tell their books: {known}.")
    await store.do(actions.ask, rail, now)
    return await store.read(_compared, rail)


@router.get("/balance-lines")
async def get_balance_lines(
    operator: CurrentOperator,
    store: CurrentStore,
    asked: CurrentPage,
    state: Annotated[LineState | None, Query()] = None,
) -> Page[LineBody]:
    """Lines of rails' books, newest first. For operators."""
    found = await store.read(tables.page_of, state, asked.after_id(), asked.fetch)
    return page(found, asked, lambda one: (one.id,), LineBody.of)


@router.post("/balance-lines/{line_id}/resolution")
async def post_resolution(
    line_id: Annotated[str, Path(max_length=36)],
    wanted: ResolutionRequest,
    operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
) -> LineBody:
    """Say what a line in suspense is; the ledger follows. What the hub has heard of meanwhile is
    not resolved but explained: read it anew. For operators."""
    if await store.do(again.look, line_id, now):
        raise NotInSuspense("The hub has heard of it meanwhile: read the line anew.")
    said = wanted.account, wanted.because
    return LineBody.of(await store.do(actions.resolve, operator, line_id, *said, now))


def _compared(reads: Reads, rail: str) -> ReconciliationBody:
    run: Run | None = tables.newest_run(reads, rail)
    return ReconciliationBody(
        rail=rail,
        until=run.until if run else None,
        finished_at=run.finished_at if run else None,
        lines=run.lines if run else 0,
        unexplained=tables.count(reads, rail, "new"),
        in_suspense=[MoneyBody.of(amount) for amount in tables.in_suspense(reads, rail)],
        missing=[MissingBody.of(one) for one in missing(reads, rail)],
    )

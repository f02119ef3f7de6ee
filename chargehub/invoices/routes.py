"""Invoices, credit notes, fee invoices and self-billing documents over REST."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from chargehub.invoices import actions, tables
from chargehub.invoices.bodies import (
    EntityBody,
    EntityRequest,
    InvoiceBody,
    PartyBody,
    PartyRequest,
    WaitingInvoiceBody,
    WaitingInvoiceList,
    WholeInvoiceBody,
)
from chargehub.invoices.rules import OperatorsOnly
from chargehub.invoices.tables import Asked
from chargehub.people.access import CurrentActor, CurrentOperator, CurrentPerson
from chargehub.people.rules import Actor
from chargehub.rest.manners import PAGE_LIMIT, CurrentPage, CurrentStore, Now, Page, page
from chargehub.store.work import Reads

router = APIRouter(tags=["invoices"])

InvoiceId = Annotated[str, Path(max_length=36)]
Whose = Annotated[
    Literal["own", "all"], Query(description="Your own, or, for operators, those of all.")
]
Role = Annotated[Literal["driver", "owner"], Query(description="What you bought, or sold.")]
Number = Annotated[
    str | None,
    Query(max_length=40, description="As it stands on it.", examples=["FEE-2026-000001"]),
]


@router.get("/invoices")
async def get_invoices(
    actor: CurrentActor,
    asked: CurrentPage,
    store: CurrentStore,
    whose: Whose = "own",
    role: Role = "driver",
    number: Number = None,
) -> Page[InvoiceBody]:
    """Your invoices and credit notes, newest first; as owner those of your sales, and the hub's."""
    wanted = Asked(_account(actor, whose), role, number)
    found = await store.read(tables.page_of, wanted, asked.after_id(), asked.fetch)
    return page(found, asked, lambda one: (one.id,), InvoiceBody.of)


@router.get("/invoices/{invoice_id}")
async def get_invoice(
    invoice_id: InvoiceId, actor: CurrentActor, store: CurrentStore
) -> WholeInvoiceBody:
    """A document with all that it says."""
    return WholeInvoiceBody.of(await store.read(tables.seen_by, actor, invoice_id))


@router.get("/waiting-invoices")
async def get_waiting_invoices(
    actor: CurrentActor, store: CurrentStore, whose: Whose = "own"
) -> WaitingInvoiceList:
    """Which of your documents wait for a fact that nobody has told, and where to tell it."""
    return await store.read(_waiting, _account(actor, whose))


@router.get("/billing-party")
async def get_billing_party(person: CurrentPerson, store: CurrentStore) -> PartyBody:
    """How you are named in invoices."""
    return await store.read(_party, person.account_id)


@router.put("/billing-party")
async def put_billing_party(
    wanted: PartyRequest, person: CurrentPerson, store: CurrentStore, now: Now
) -> PartyBody:
    """Tell how you are named in invoices from now on. What was issued stays as it is."""
    await store.do(actions.tell_party, person, wanted.party(), now)
    return await store.read(_party, person.account_id)


@router.get("/hub/legal-entity")
async def get_legal_entity(_actor: CurrentActor, store: CurrentStore) -> EntityBody:
    """Who runs this hub, as its invoices say it."""
    return EntityBody.of(await store.read(tables.entity))


@router.put("/hub/legal-entity")
async def put_legal_entity(
    wanted: EntityRequest, _operator: CurrentOperator, store: CurrentStore, now: Now
) -> EntityBody:
    """Tell who runs this hub. Documents that waited for it are issued within a minute."""
    await store.do(actions.tell_entity, wanted.party(), wanted.time_zone, now)
    return EntityBody.of(await store.read(tables.entity))


def _account(actor: Actor, whose: str) -> str | None:
    """Whose documents; None: everybody's. Raises OperatorsOnly."""
    if whose == "own":
        return actor.account_id
    if not actor.is_operator:
        raise OperatorsOnly
    return None


def _party(reads: Reads, account_id: str) -> PartyBody:
    told = tables.told_party(reads, account_id)
    return PartyBody.of(told or tables.party(reads, account_id), is_told=told is not None)


def _waiting(reads: Reads, account_id: str | None) -> WaitingInvoiceList:
    subjects = tables.waiting_subjects(reads, account_id, PAGE_LIMIT)
    months = tables.waiting_months(reads, account_id, PAGE_LIMIT)
    found = [WaitingInvoiceBody.of_subject(one) for one in subjects]
    return WaitingInvoiceList(items=[*found, *(WaitingInvoiceBody.of_month(one) for one in months)])

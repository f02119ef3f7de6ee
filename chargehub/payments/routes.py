"""REST for payments: means of payment, what was paid, payouts and how to be paid."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from chargehub.errors import NotFound
from chargehub.payments import (
    actions,
    bodies,
    confirmations,
    payees,
    tables,
    withheld,
)
from chargehub.payments.actions import NewMethod
from chargehub.payments.asked import (
    CurrentRails,
    CurrentTokenPrice,
    Payer,
    described,
)
from chargehub.payments.confirmations import HoldPage
from chargehub.payments.outside import reached
from chargehub.payments.rail import Refusal
from chargehub.payments.rules import MethodRefused, UnknownRail
from chargehub.payments.views import PaymentView, Preference
from chargehub.people.access import CurrentActor, CurrentPerson
from chargehub.rest.manners import (
    CurrentPage,
    CurrentStore,
    IdempotencyKey,
    Now,
    Page,
    idempotent,
    page,
)
from chargehub.store.work import Reads, Work

router = APIRouter(tags=["payments"])

_Id = Annotated[str, Path(max_length=36)]


@router.post("/payment-methods", status_code=201)
async def post_payment_method(
    wanted: bodies.NewMethodBody,
    actor: Payer,
    store: CurrentStore,
    rails: CurrentRails,
    now: Now,
    key: IdempotencyKey = None,
) -> bodies.MethodBody:
    """Add a means of payment, to be paid with from now on unless said otherwise.

    Cards are not added here: see `POST /payment-method-setups`.
    """
    route, who = "POST /payment-methods", actor.account_id
    new = await described(rails, who, wanted)
    answer = await idempotent(store, who, key, route, wanted, _add_method, who, new, now)
    return bodies.MethodBody.model_validate(answer)


def _add_method(work: Work, account_id: str, new: NewMethod, now: Now) -> Any:
    added = actions.add_method(work, account_id, new, now)
    return bodies.MethodBody.of(added).model_dump(mode="json")


@router.get("/payment-methods")
async def get_payment_methods(actor: CurrentActor, store: CurrentStore) -> Page[bodies.MethodBody]:
    """Your means of payment, newest first; there are never more than one page of them."""
    found = await store.read(tables.methods, actor.account_id)
    return Page(items=[bodies.MethodBody.of(method) for method in found], next=None)


@router.delete("/payment-methods/{method_id}", status_code=204)
async def delete_payment_method(
    method_id: _Id, actor: Payer, store: CurrentStore, now: Now
) -> None:
    """Remove a means of payment. Holds made on it stand until their session or booking is over."""
    await store.do(actions.remove_method, actor.account_id, method_id, now)


@router.get("/payments")
async def get_payments(
    actor: CurrentActor, asked: CurrentPage, store: CurrentStore
) -> Page[bodies.PaymentBody]:
    """What you paid or are to pay as a driver, newest first."""
    found, pages = await store.read(_payments, actor.account_id, asked.after_id(), asked.fetch)

    def body(payment: PaymentView) -> bodies.PaymentBody:
        return bodies.PaymentBody.of(payment, pages.get(payment.id))

    return page(found, asked, key=_payment_key, body=body)


def _payments(
    reads: Reads, driver_id: str, after: str | None, limit: int
) -> tuple[tuple[PaymentView, ...], dict[str, HoldPage]]:
    found = tables.page_of_payments(reads, driver_id, after, limit)
    waiting = [one.id for one in found if one.state == "requested"]
    return found, confirmations.of_payments(reads, waiting) if waiting else {}


def _payment_key(payment: PaymentView) -> tuple[str]:
    return (payment.id,)


@router.put("/payout-preference")
async def put_payout_preference(
    wanted: bodies.PreferenceWish,
    actor: CurrentPerson,
    store: CurrentStore,
    rails: CurrentRails,
    token_price: CurrentTokenPrice,
    now: Now,
) -> bodies.PreferenceBody:
    """Say how you want to be paid as an owner. Without it nothing is paid out.

    No API key may do this: one that leaked would have the money go elsewhere.
    """
    rail = rails.paying_out.get(wanted.rail)
    if rail is None:
        raise UnknownRail(f"You can be paid by: {', '.join(sorted(rails.paying_out))}.")
    own = await store.read(payees.of_owner, actor.account_id)
    usual = own.reference if own is not None and own.rail == wanted.rail else None
    asked = rail.destination(actor.account_id, wanted.destination or usual)
    destination = await reached(asked)
    if isinstance(destination, Refusal):
        raise MethodRefused(destination.detail)
    place = Preference(actor.account_id, wanted.rail, destination, rail.pays_in, now)
    await store.do(actions.choose_payout, place)
    why = await store.read(withheld.why, actor.account_id)
    return bodies.PreferenceBody.of(place, token_price, why)


@router.get("/payout-preference")
async def get_payout_preference(
    actor: CurrentActor, store: CurrentStore, token_price: CurrentTokenPrice
) -> bodies.PreferenceBody:
    """How you are paid as an owner."""
    place = await store.read(tables.preference, actor.account_id)
    if place is None:
        raise NotFound("You have not said yet how you want to be paid.")
    why = await store.read(withheld.why, actor.account_id)
    return bodies.PreferenceBody.of(place, token_price, why)

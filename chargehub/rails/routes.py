"""REST of the rails that live in the hub: the sandbox's own books, an account's tokens."""

from fastapi import APIRouter
from pydantic import BaseModel

from chargehub.people.access import CurrentActor, CurrentOperator
from chargehub.rails import sandbox, token
from chargehub.rest.bodies import MoneyBody
from chargehub.rest.manners import CurrentStore
from chargehub.units import TOKEN, Money, major_text

router = APIRouter(tags=["rails"])


class TotalsBody(BaseModel):
    """What the sandbox did in one currency; `held` is not captured or released yet."""

    currency: str
    held: MoneyBody
    captured: MoneyBody
    refunded: MoneyBody
    paid_out: MoneyBody


class SandboxBody(BaseModel):
    """The sandbox's books, one item for each currency."""

    items: list[TotalsBody]


class WalletBody(BaseModel):
    """An account's tokens, as text with all digits."""

    asset: str
    amount: str


@router.get("/sandbox/totals")
async def get_sandbox_totals(operator: CurrentOperator, store: CurrentStore) -> SandboxBody:
    """The sandbox's own books, to compare the ledger with. For operators."""
    found = await store.read(sandbox.totals)
    return SandboxBody(items=[_totals_body(item) for item in found])


def _totals_body(totals: sandbox.Totals) -> TotalsBody:
    def money(amount_minor: int) -> MoneyBody:
        return MoneyBody.of(Money(amount_minor, totals.currency))

    return TotalsBody(
        currency=totals.currency,
        held=money(totals.held_minor),
        captured=money(totals.captured_minor),
        refunded=money(totals.refunded_minor),
        paid_out=money(totals.paid_out_minor),
    )


@router.get("/wallet")
async def get_wallet(actor: CurrentActor, store: CurrentStore) -> WalletBody:
    """Your tokens, from payouts you chose to have in tokens."""
    units = await store.read(token.balance, actor.account_id)
    return WalletBody(asset=TOKEN, amount=major_text(units, TOKEN))

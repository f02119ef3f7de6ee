"""The wallet: what one pays with, what was paid, what is owed."""

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm
from chargehub.web.languages import mark as _
from chargehub.web.pages.accounts import own_path
from chargehub.web.pages.returning import lead_away
from chargehub.web.visitors import KnownVisitor

router = APIRouter()

TRIAL_CARD = {"rail": "sandbox", "reference": "ok"}


@router.get("/wallet")
async def get_wallet(visitor: KnownVisitor) -> Response:
    """Cards, what was paid, what is owed, what is prepaid."""
    api = visitor.api
    return visitor.page(
        "driver/wallet.html",
        methods=(await api.get("/payment-methods"))["items"],
        payments=(await api.get("/payments", {"limit": 20}))["items"],
        debts=await api.get("/debts"),
        prepaid=await api.get("/prepaid"),
        credits=await api.get("/credits"),
    )


@router.post("/wallet/cards")
async def post_card(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Have a card entered on the page of the rail; a hub without a bank has a trial card."""
    path = own_path(form.text("next"))
    try:
        if not visitor.hub.settings.stripe_key:
            await visitor.api.post("/payment-methods", TRIAL_CARD, form.key)
            return visitor.to(path, _("A trial card was added. No money moves at this hub."))
        page = await visitor.api.post("/payment-method-setups", {"rail": "stripe"}, form.key)
    except Refused as refused:
        return visitor.to("/wallet", refused.detail)
    return lead_away(visitor, page["url"], path, page["id"])


@router.post("/wallet/cards/{method_id}/remove")
async def post_card_removal(method_id: str, visitor: KnownVisitor) -> Response:
    """Remove a means of payment."""
    try:
        await visitor.api.delete(f"/payment-methods/{method_id}")
    except Refused as refused:
        return visitor.to("/wallet", refused.detail)
    return visitor.to("/wallet", _("It is removed."))

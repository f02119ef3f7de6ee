"""The wallet: what one pays with, what was paid, what is owed."""

from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form, wrong
from chargehub.web.languages import mark as _
from chargehub.web.pages.accounts import own_path
from chargehub.web.pages.returning import lead_away
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

TRIAL_CARD = {"rail": "sandbox", "reference": "ok"}


@router.get("/wallet")
async def get_wallet(visitor: KnownVisitor) -> Response:
    """Cards, what was paid, what is owed, what is prepaid."""
    return await _wallet(visitor, Form())


async def _wallet(visitor: Visitor, form: Form, status: int = 200) -> Response:
    api = visitor.api
    return visitor.page(
        "driver/wallet.html",
        status,
        form=form,
        methods=(await api.get("/payment-methods"))["items"],
        payments=(await api.get("/payments", {"limit": 20}))["items"],
        debts=await api.get("/debts"),
        prepaid=await api.get("/prepaid"),
        credits=await api.get("/credits"),
        invoices=(await api.get("/invoices", {"role": "driver", "limit": 20}))["items"],
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


async def _asked(visitor: Visitor, form: Form, path: str, sent: Any, note: str) -> Response:
    """Ask for one thing, and show the wallet again with what came of it."""
    try:
        await visitor.api.post(path, sent, form.key)
    except Refused as refused:
        return await _wallet(visitor, form.refused(refused, _FIELDS), refused.status)
    return visitor.to("/wallet", note)


_FIELDS = {"amount_minor": "amount"}


@router.post("/wallet/debts")
async def post_debts(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Pay what is owed for a session, or for a top-up that a bank took back."""
    sent = {name: form.some(name) for name in ("session_id", "top_up_id")}
    return await _asked(visitor, form, "/debts/payments", sent, _("Your card is asked for it."))


@router.post("/wallet/top-ups")
async def post_top_up(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Pay in by card."""
    currency = form.text("currency")
    try:
        amount = form.money("amount", currency, visitor.language)
        if not amount:
            raise wrong("amount", _("Give an amount."))
    except Refused as refused:
        return await _wallet(visitor, form.refused(refused), refused.status)
    sent = {"amount": {"amount_minor": amount, "currency": currency}}
    return await _asked(visitor, form, "/top-ups", sent, _("It is being paid in."))


@router.post("/wallet/paybacks")
async def post_payback(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Have back what was prepaid."""
    sent = {"currency": form.text("currency")}
    return await _asked(visitor, form, "/paybacks", sent, _("It is on its way back to your card."))


@router.post("/wallet/credits")
async def post_credit(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Take over the credit of a booking that was made as a guest."""
    sent = {"code": form.text("code")}
    return await _asked(visitor, form, "/credits/redemptions", sent, _("The credit is yours."))

"""An owner's money: what was earned day by day, what is paid out and how, and the documents."""

import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web import earned, regions
from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.owned import found
from chargehub.web.pages.returning import lead_away
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)
_STATIONS_MOST = 20  # whose sessions are looked at for one page, one after the other


@router.get("/owner/money")
async def get_money(visitor: KnownVisitor, month: str = "") -> Response:
    """A month, what comes and what went out."""
    return await _money(visitor, month, Form())


async def _money(visitor: Visitor, month: str, form: Form, status: int = 200) -> Response:
    api, this = visitor.api, visitor.now.strftime("%Y-%m")
    shown = month if _MONTH.fullmatch(month) and month <= this else this
    before, after = earned.neighbours(shown)
    found_days = earned.by_day(shown, await _margins(visitor, shown))
    preference = await found(visitor, "/payout-preference")
    payouts = await api.get("/payouts", {"limit": 20})
    return visitor.page(
        "owner/money.html",
        status,
        form=form,
        month=shown,
        before=before,
        after=after if after <= this else "",
        earned=[(each, earned.bars(visitor.language, each)) for each in found_days],
        statement=await api.get(f"/statements/{shown}"),
        maturing=(await api.get("/maturing-earnings"))["items"],
        payouts=payouts["items"],
        stuck=_stuck(payouts["waiting"]),
        plan=await api.get("/payout-plan"),
        preference=preference,
        rails=_rails(visitor),
        has_bank=bool(visitor.hub.settings.stripe_key),
        countries=regions.countries(visitor.language),
        bank=((await api.get("/payout-accounts"))["items"] or [None])[0],
        has_pdf=find_spec("weasyprint") is not None,
        **await _papers(visitor),
    )


def _stuck(waiting: Sequence[Mapping[str, Any]]) -> Sequence[tuple[Mapping[str, Any], list[str]]]:
    """What waits, and why; what the page itself asks for is not told in words of REST."""
    told = [(each, [why for why in each["reasons"] if "/api/" not in why]) for each in waiting]
    return [(each, reasons) for each, reasons in told if reasons]


async def _margins(visitor: Visitor, month: str) -> Sequence[Mapping[str, Any]]:
    margins = []
    for station in (await visitor.api.all("/stations"))[:_STATIONS_MOST]:
        try:
            path = f"/stations/{station['id']}/margin"
            margins.append(await visitor.api.get(path, {"month": month}))
        except Refused as refused:
            if refused.status not in (422, 429, 503):
                raise
    return margins


async def _papers(visitor: Visitor) -> Mapping[str, Any]:
    invoices = await visitor.api.get("/invoices", {"role": "owner", "limit": 20})
    disputes = await visitor.api.get("/disputes", {"role": "owner", "limit": 20})
    return {
        "invoices": invoices["items"],
        "waiting": (await visitor.api.get("/waiting-invoices"))["items"],
        "disputes": disputes["items"],
        "party": await found(visitor, "/billing-party"),
    }


def _rails(visitor: Visitor) -> Sequence[tuple[str, str]]:
    """How an owner can be paid at this hub."""
    has_bank = bool(visitor.hub.settings.stripe_key)
    bank = ("stripe", visitor.language.say(_("To my bank account")))
    trial = ("sandbox", visitor.language.say(_("For trial: no money moves")))
    return [bank if has_bank else trial, ("token", visitor.language.say(_("In tokens")))]


@router.post("/owner/money/preference")
async def post_preference(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """How to be paid."""
    try:
        await visitor.api.put("/payout-preference", {"rail": form.text("rail")})
    except Refused as refused:
        return await _money(visitor, "", form.refused(refused), refused.status)
    return visitor.to("/owner/money", _("That is how you are paid from now on."))


@router.post("/owner/money/plan")
async def post_plan(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """How often to be paid."""
    try:
        schedule = form.text("schedule")
        field = {"weekly": "weekday", "monthly": "month_day"}.get(schedule, "")
        day = form.whole(field) if field else None
        await visitor.api.put("/payout-plan", {"schedule": schedule, "day": day})
    except Refused as refused:
        return await _money(visitor, "", form.refused(refused), refused.status)
    return visitor.to("/owner/money", _("That is when you are paid from now on."))


@router.post("/owner/money/payouts")
async def post_payout(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Have all that is ready paid out now; sent twice it is once."""
    try:
        await visitor.api.post("/payouts", {}, form.key)
    except Refused as refused:
        form.problem = refused.detail
        return await _money(visitor, "", form, refused.status)
    return visitor.to("/owner/money", _("It is on its way."))


@router.post("/owner/money/bank")
async def post_bank(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """On to the page of the payment service, where one tells who one is and which bank."""
    try:
        if form.text("country"):
            await visitor.api.post("/payout-accounts", {"country": form.text("country")})
        link = await visitor.api.post("/payout-accounts/links")
    except Refused as refused:
        return await _money(visitor, "", form.refused(refused), refused.status)
    return lead_away(visitor, link["url"], "/owner/money")


@router.post("/owner/money/party")
async def post_party(visitor: KnownVisitor, form: CurrentForm) -> Response:
    """The name and address that stand on documents."""
    sent = {name: form.text(name) for name in ("name", "address")}
    sent["country"] = form.text("party_country")
    if form.text("vat_id"):
        sent["vat_id"] = form.text("vat_id")
    try:
        await visitor.api.put("/billing-party", sent)
    except Refused as refused:
        return await _money(
            visitor, "", form.refused(refused, {"country": "party_country"}), refused.status
        )
    return visitor.to("/owner/money", _("Your documents carry this name from now on."))

"""How a station stands: facts, check-ups, reviews; and taking it out."""

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, found, owned
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()


@router.get("/owner/stations/{station_id}/standing")
async def get_standing(station_id: str, visitor: KnownVisitor) -> Response:
    """Reliability, check-ups, reviews with their replies."""
    return await _standing(visitor, await owned(visitor, station_id), Form())


async def _standing(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    path, evses = f"/stations/{shown.id}", shown.station["evses"]
    offered = await found(visitor, f"/evses/{evses[0]['id']}") if evses else None
    return visitor.page(
        "owner/standing.html",
        status,
        form=form,
        owned=shown,
        zone=shown.zone,
        facts=await visitor.api.get(f"{path}/facts"),
        standing=offered["standing"] if offered else None,
        checkups=(await visitor.api.get(f"{path}/checkups", {"limit": 5}))["items"],
        reviews=(await visitor.api.get(f"{path}/reviews", {"limit": 50}))["items"],
        retirement=await visitor.api.get(f"{path}/retirement"),
    )


@router.post("/owner/stations/{station_id}/reviews/{review_id}/reply")
async def post_reply(
    station_id: str, review_id: str, visitor: KnownVisitor, form: CurrentForm
) -> Response:
    """Say something to a review."""
    shown = await owned(visitor, station_id)
    try:
        await visitor.api.post(f"/reviews/{review_id}/reply", {"text": form.text("text")})
    except Refused as refused:
        form.refused(refused, {"text": f"text-{review_id}"})
        form.problem = form.problem or refused.detail
        return await _standing(visitor, shown, form, refused.status)
    return visitor.to(f"{shown.path}/standing", _("Your reply is there."))


@router.post("/owner/stations/{station_id}/retirement")
async def post_retirement(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Take the station out for good; bookings end, and cost what the page said."""
    shown = await owned(visitor, station_id)
    try:
        await visitor.api.post(f"/stations/{station_id}/retirement")
    except Refused as refused:
        form.problem = refused.detail
        return await _standing(visitor, shown, form, refused.status)
    return visitor.to("/owner", _("The charger is taken out. Thank you for having shared it."))

"""A dispute about one of an owner's sessions: what is claimed, what is known, what is said."""

from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()


@router.get("/owner/disputes/{dispute_id}")
async def get_dispute(dispute_id: str, visitor: KnownVisitor) -> Response:
    """The claim, the answer, the room."""
    return await _dispute(visitor, dispute_id, Form())


async def _dispute(visitor: Visitor, dispute_id: str, form: Form, status: int = 200) -> Response:
    path = f"/disputes/{dispute_id}"
    return visitor.page(
        "owner/dispute.html",
        status,
        form=form,
        dispute=await visitor.api.get(path),
        messages=await visitor.api.all(f"{path}/messages"),
    )


@router.post("/owner/disputes/{dispute_id}/{errand}")
async def post_errand(
    dispute_id: str, errand: str, visitor: KnownVisitor, form: CurrentForm
) -> Response:
    """Agree, contest, say something, appeal, or withdraw a claim of one's own."""
    statement = form.text("statement")
    bodies: dict[str, tuple[str, Any, str]] = {
        "agree": ("answer", {"agrees": True, "statement": statement}, _("You have agreed.")),
        "contest": (
            "answer",
            {"agrees": False, "statement": statement},
            _("Your answer is there."),
        ),
        "messages": ("messages", {"text": form.text("text")}, _("It is said.")),
        "appeal": ("appeal", {"statement": statement}, _("It is looked at once more.")),
        "withdrawal": ("withdrawal", None, _("You have taken it back.")),
    }
    if errand not in bodies:
        raise Refused(404, {"code": "not_found"})
    name, body, note = bodies[errand]
    try:
        await visitor.api.post(f"/disputes/{dispute_id}/{name}", body)
    except Refused as refused:
        return await _dispute(visitor, dispute_id, form.refused(refused), refused.status)
    return visitor.to(f"/owner/disputes/{dispute_id}", note)

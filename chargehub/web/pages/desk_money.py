"""The operator's desk: money that waits for somebody, and disputes to be decided."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.acts import Act, named
from chargehub.web.api import Refused
from chargehub.web.desk import DeskVisitor, act_link, acts_of, list_of
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.visitors import Visitor

router = APIRouter()

_BACK = "/operator/money"
# Whose account owes is told there, and what resolves it is done to a bill: the list has both.
_BY_LIST = {"driver_debts": "/operator/lists/debts"}


@router.get("/operator/money")
async def get_money(visitor: DeskVisitor) -> Response:
    """How the hub's money stands, and each thing that waits with what resolves it."""
    money = await visitor.api.get("/money")
    known = await acts_of(visitor)
    topics = [{**topic, **_resolved(topic, known)} for topic in money["topics"]]
    return visitor.page(
        "operator/money.html",
        money=money,
        waiting=[topic for topic in topics if topic["count"]],
        quiet=[topic for topic in topics if not topic["count"]],
        disputes=await _to_decide(visitor),
        card_disputes=await _at_banks(visitor),
    )


def _resolved(topic: Mapping[str, Any], known: Mapping[str, Act]) -> dict[str, Any]:
    """`act`: what resolves an item; `links`: its form by item; `list`: where all of them are."""
    action = topic["action"]
    act = named(known, action["method"], action["path"])
    if topic["topic"] in _BY_LIST and act is not None and "cdr_id" in act.ids:
        return {"act": None, "links": {}, "list": _BY_LIST[topic["topic"]]}
    if act is None:
        there = list_of(action["path"]) if action["method"] == "GET" else ""
        return {"act": None, "links": {}, "list": there}
    if len(act.ids) != 1 or act.ids == ("rail",):
        return {"act": act, "links": {}, "list": "/operator/books"}
    (name,) = act.ids
    links = {each["id"]: act_link(act, {name: each["id"]}, _BACK) for each in topic["items"]}
    return {"act": act, "links": links, "list": ""}


async def _to_decide(visitor: Visitor) -> list[Any]:
    found: list[Any] = []
    for status in ("appealed", "contested"):
        asked = {"role": "operator", "status": status}
        found += (await visitor.api.get("/disputes", asked))["items"]
    return found


async def _at_banks(visitor: Visitor) -> list[Any]:
    found = (await visitor.api.get("/card-disputes", {"whose": "all", "limit": 100}))["items"]
    return [each for each in found if each["closed_at"] is None]


@router.get("/operator/disputes/{dispute_id}")
async def get_dispute(dispute_id: str, visitor: DeskVisitor) -> Response:
    """A dispute: what is said, what the hub knew, and the decision."""
    return await _dispute(visitor, dispute_id, Form())


async def _dispute(visitor: Visitor, dispute_id: str, form: Form, status: int = 200) -> Response:
    path = f"/disputes/{dispute_id}"
    return visitor.page(
        "operator/dispute.html",
        status,
        form=form,
        dispute=await visitor.api.get(path),
        messages=await visitor.api.all(f"{path}/messages"),
        evidence=await visitor.api.get(f"{path}/evidence"),
    )


@router.post("/operator/disputes/{dispute_id}/decision")
async def post_decision(dispute_id: str, visitor: DeskVisitor, form: CurrentForm) -> Response:
    """Decide, for the amount that was typed."""
    path = f"/disputes/{dispute_id}"
    currency = (await visitor.api.get(path))["amount"]["currency"]
    try:
        awarded = form.money("awarded", currency, visitor.language)
        sent = {
            "awarded_minor": awarded,
            "at_expense_of": form.text("at_expense_of"),
            "reason": form.text("reason"),
        }
        await visitor.api.post(f"{path}/decision", sent, form.key)
    except Refused as refused:
        renamed = {"awarded_minor": "awarded"}
        return await _dispute(visitor, dispute_id, form.refused(refused, renamed), refused.status)
    return visitor.to(f"/operator{path}", _("It is decided."))


@router.post("/operator/disputes/{dispute_id}/messages")
async def post_message(dispute_id: str, visitor: DeskVisitor, form: CurrentForm) -> Response:
    """Say something in the room."""
    path = f"/disputes/{dispute_id}"
    try:
        await visitor.api.post(f"{path}/messages", {"text": form.text("text")})
    except Refused as refused:
        return await _dispute(visitor, dispute_id, form.refused(refused), refused.status)
    return visitor.to(f"/operator{path}")

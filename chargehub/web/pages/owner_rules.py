"""How a station may be booked: its policy as a form in everyday words."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form, wrong
from chargehub.web.languages import Language
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, owned
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

Choices = Sequence[tuple[str, str]]

# What one may choose from, in minutes; what was stated by REST and is not among it stays there.
_LENGTHS: Mapping[str, Sequence[int]] = {
    "grid_minutes": (5, 10, 15, 30, 60),
    "shortest_minutes": (15, 30, 60, 120, 240),
    "longest_minutes": (60, 120, 240, 480, 720, 1_440),
    "lead_minutes": (0, 15, 30, 60, 120, 240, 720, 1_440, 2_880),
    "buffer_minutes": (0, 5, 10, 15, 30, 60),
    "arrival_grace_minutes": (10, 15, 20, 30),
    "approval_minutes": (15, 30, 60, 120, 240, 720, 1_440),
    "grace_minutes": (5, 10, 15, 30, 60),
}
_WORDS: Mapping[str, tuple[str, str]] = {  # a value that is no length, and what it means
    "lead_minutes": ("0", _("None: until it begins")),
    "buffer_minutes": ("0", _("None")),
    "approval_minutes": ("", _("Half the time until it begins, 12 hours at most")),
}
_AGREED: Mapping[str, Mapping[str, str]] = {
    "anybody": {"mode": "instant", "instant_for": "anybody"},
    "trusted": {"mode": "instant", "instant_for": "trusted"},
    "request": {"mode": "request", "instant_for": "anybody"},
}
_NUMBERS = (
    *("grid_minutes", "shortest_minutes", "longest_minutes", "lead_minutes", "horizon_days"),
    *("buffer_minutes", "arrival_grace_minutes", "approval_minutes"),
)
# REST says which field only where a value has the wrong form.
_ABOUT: Mapping[str, str] = {
    "The shortest booking": "longest_minutes",
    "No slot on this grid": "longest_minutes",
    "The fee for not coming": "no_show_fee",
    "A minute too long": "per_minute",
}


@router.get("/owner/stations/{station_id}/rules")
async def get_rules(station_id: str, visitor: KnownVisitor) -> Response:
    """How it may be booked now."""
    return await _rules(visitor, await owned(visitor, station_id), None)


async def _rules(visitor: Visitor, shown: Owned, form: Form | None, status: int = 200) -> Response:
    """`form` None: what is stated is filled in."""
    policy: Mapping[str, Any] = {}
    currency = ""
    if shown.listing:
        policy = await visitor.api.get(f"/stations/{shown.id}/policy")
        currency = (await visitor.api.get(f"/tariffs/{shown.listing['tariff_id']}"))["currency"]
    form = form or _filled(policy, visitor.language)
    return visitor.page(
        "owner/rules.html",
        status,
        form=form,
        owned=shown,
        zone=shown.zone,
        currency=currency,
        is_stated=bool(policy.get("version")),
        lengths={name: _choices(name, form.text(name), visitor.language) for name in _LENGTHS},
    )


def _choices(name: str, chosen: str, language: Language) -> Choices:
    value, word = _WORDS.get(name, ("-", ""))
    stated = [int(chosen)] if chosen.isdecimal() and len(chosen) < 5 else []
    known = sorted({*_LENGTHS[name], *stated})
    lengths = [(str(each), language.duration(each * 60)) for each in known if str(each) != value]
    return ([(value, language.say(word))] if word else []) + lengths


def _filled(policy: Mapping[str, Any], language: Language) -> Form:
    """A form that says this policy; {}: one that says nothing."""
    if not policy:
        return Form()
    values = {name: policy[name] for name in (*_NUMBERS, "cancellation", "no_show_fee")}
    overstay = policy["overstay"] or {"per_minute": None, "grace_minutes": 15, "night_ok": True}
    values |= overstay | {
        "agree": "request" if policy["mode"] == "request" else policy["instant_for"],
        "overstay": policy["overstay"] is not None,
        "ends_walk_ups": policy["ends_walk_ups"],
    }
    for name in ("no_show_fee", "per_minute"):
        values[name] = None if values[name] is None else language.number(Decimal(values[name]))
    return Form([(name, _written(value)) for name, value in values.items()])


def _written(value: Any) -> str:
    return ("yes" if value else "") if isinstance(value, bool | None) else str(value)


@router.post("/owner/stations/{station_id}/rules")
async def post_rules(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """State them; what is booked keeps its own."""
    shown = await owned(visitor, station_id)
    try:
        asked = _asked(form, visitor.language)
        await visitor.api.put(f"/stations/{station_id}/policy", asked)
    except Refused as refused:
        return await _rules(visitor, shown, _refused(form, refused), refused.status)
    note = _("These rules count from now on. What is booked keeps its own.")
    return visitor.to(f"{shown.path}/rules", note)


def _asked(form: Form, language: Language) -> dict[str, Any]:
    """The policy as REST takes it. Raises Refused."""
    if form.text("agree") not in _AGREED:
        raise wrong("agree", _("Choose who books at once."))
    overstay = None
    if form.is_set("overstay"):
        overstay = {
            "per_minute": _amount(form, "per_minute", language),
            "grace_minutes": form.whole("grace_minutes"),
            "night_ok": form.is_set("night_ok"),
        }
        if overstay["per_minute"] == "0":
            raise wrong("per_minute", _("Say what a minute costs. Empty: the usual."))
    return {
        **_AGREED[form.text("agree")],
        **{name: form.whole(name) for name in _NUMBERS},
        "cancellation": form.text("cancellation"),
        "no_show_fee": _amount(form, "no_show_fee", language),
        "overstay": overstay,
        "ends_walk_ups": form.is_set("ends_walk_ups"),
    }


def _amount(form: Form, name: str, language: Language) -> str | None:
    """An amount in major units; None: not said. Raises Refused."""
    value = form.decimal(name, language)
    if value is None:
        return None
    if not 0 <= value < 100_000 or value != round(value, 3):
        raise wrong(name, _("Give an amount that is not below zero, with three decimals at most."))
    return f"{round(value, 3).normalize() + 0:f}"


def _refused(form: Form, refused: Refused) -> Form:
    """The form with what is wrong next to it."""
    form.refused(refused, {"mode": "agree", "instant_for": "agree"})
    begins = (name for text, name in _ABOUT.items() if refused.detail.startswith(text))
    field = "per_minute" if refused.code == "above_limit" else next(begins, "")
    if field:
        form.errors[field], form.problem = refused.detail, ""
    return form

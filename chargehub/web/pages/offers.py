"""EVSEs as pages name them, whether they are offered now or not; and the slot a form asks for."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from chargehub.web import slots
from chargehub.web.api import Api, Refused
from chargehub.web.forms import HOURS_MOST, Form
from chargehub.web.languages import instant
from chargehub.web.slots import NEED_KWH
from chargehub.web.visitors import Visitor

FIELDS: Mapping[str, str] = {"starts_at": "from", "ends_at": "hours", "energy_wh": "need"}
"""What REST says of a slot, by the names of the form's fields."""


async def evse_of(visitor: Visitor, evse_id: str) -> Mapping[str, Any] | None:
    """An EVSE as drivers see it; None for one that is not offered now."""
    try:
        evse: Mapping[str, Any] = await visitor.api.get(f"/evses/{evse_id}")
    except Refused as refused:
        if refused.status != 404:
            raise
        return None
    return evse


def slot(visitor: Visitor, form: Form, evse: Mapping[str, Any]) -> dict[str, Any]:
    """The slot and the need of a form; what it leaves open is from soon on, and usual.

    Raises Refused.
    """
    zone = evse["location"]["time_zone"]
    start = form.instant("from", zone) or slots.written(slots.next_quarter(visitor.now))
    minutes = (form.whole("hours", HOURS_MOST) or 2) * 60
    return {
        "starts_at": start,
        "ends_at": slots.written(instant(start) + timedelta(minutes=minutes)),
        "energy_wh": form.thousand("need", visitor.language) or int(NEED_KWH * 1000),
    }


async def others(api: Api, path: str, booking: Mapping[str, Any]) -> Sequence[Any]:
    """Where else to charge, for a booking that came to nothing by no fault of its driver."""
    if booking["status"] not in ("failed", "declined"):
        return ()
    try:
        found: Sequence[Any] = (await api.get(f"{path}/alternatives"))["items"]
    except Refused:
        return ()
    return found

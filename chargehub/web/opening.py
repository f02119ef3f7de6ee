"""Opening hours: as a form has them, as REST takes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from chargehub.web.api import Refused
from chargehub.web.forms import Form, wrong
from chargehub.web.languages import mark as _

ALWAYS = "24/7"
ROWS = 3  # weekly times that a form has room for
_DAYS = "0123456"  # 0 is Monday
# What most private chargers have to give: when their owners are at work.
_USUAL: Sequence[Mapping[str, Any]] = (
    {"weekdays": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"},
)


def asked(form: Form) -> Any:
    """What a form says, as REST takes it. Raises Refused."""
    if form.text("hours") != "weekly":
        return ALWAYS
    rows = [row for row in (_row(form, number) for number in range(ROWS)) if row]
    if not rows:
        raise wrong("days0", _("Tick the days on which others may charge."))
    return rows


def _row(form: Form, number: int) -> dict[str, Any] | None:
    days = sorted({int(day) for day in form.many(f"days{number}") if day in _DAYS})
    if not days:
        return None
    begin, end = form.text(f"from{number}"), form.text(f"to{number}")
    if not begin or not end:
        raise wrong(f"days{number}", _("Say from when until when."))
    return {"weekdays": days, "from": begin, "to": "24:00" if end == "00:00" else end}


def filled(hours: Any) -> Form:
    """A form that says these hours."""
    is_always = hours == ALWAYS or not isinstance(hours, list)
    fields = [("hours", "always" if is_always else "weekly")]
    for number, row in enumerate((_USUAL if is_always else hours)[:ROWS]):
        fields += [(f"days{number}", str(day)) for day in row["weekdays"]]
        fields.append((f"from{number}", row["from"]))
        fields.append((f"to{number}", "00:00" if row["to"] == "24:00" else row["to"]))
    return Form(fields)


def refused(form: Form, refusal: Refused) -> Form:
    """The form with what is wrong about its times next to them."""
    return form.refused(refusal, {"opening_hours": "days0", "from": "days0", "to": "days0"})

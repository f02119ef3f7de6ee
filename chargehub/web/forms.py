"""What a browser sends in a form, turned into what REST takes; and what was wrong, by field."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import uuid4
from zoneinfo import ZoneInfo

from babel.numbers import NumberFormatError, parse_decimal
from fastapi import Depends, Request

from chargehub.units import minor
from chargehub.web.api import Refused
from chargehub.web.languages import Language
from chargehub.web.languages import mark as _

FIELDS_MOST = 500
WHOLE_MOST = 10**9
HOURS_MOST = 1_000  # of a slot that is asked for; REST says what may be booked
FIRST_YEAR, LAST_YEAR = 2000, 2100  # as REST has them
_TOO_MUCH = Decimal(10**12)  # no price, power or energy; and no digits by the million


class Form:
    """The fields of a form, what is wrong with them, and the key that makes it count once."""

    def __init__(self, fields: Sequence[tuple[str, str]] = (), **defaults: object) -> None:
        self._fields = [*fields, *((name, str(value)) for name, value in defaults.items())]
        self.errors: dict[str, str] = {}
        self.problem = ""  # what is wrong with the whole

    @property
    def key(self) -> str:
        """The Idempotency-Key: that of the page on which the form was filled in, or a new one."""
        return self.text("key") or uuid4().hex

    def text(self, name: str) -> str:
        """A field without blanks around it; empty if it was not sent."""
        return next((value.strip() for known, value in self._fields if known == name), "")

    def secret(self, name: str) -> str:
        """A field as it was typed, blanks and all."""
        return next((value for known, value in self._fields if known == name), "")

    def some(self, name: str) -> str | None:
        """A field, or None if it is empty."""
        return self.text(name) or None

    def many(self, name: str) -> list[str]:
        """All values of a field that may be chosen more than once."""
        return [value for known, value in self._fields if known == name and value]

    def is_set(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.text(name))

    def whole(self, name: str, most: int = WHOLE_MOST) -> int | None:
        """A whole number, up to `most` to either side. Raises Refused."""
        text = self.text(name)
        if not text:
            return None
        try:
            value = int(text)
        except ValueError:
            raise wrong(name, _("Give a whole number.")) from None
        if abs(value) > most:
            raise wrong(name, _("Give a whole number."))
        return value

    def decimal(self, name: str, language: Language) -> Decimal | None:
        """A number as the language writes it, or with a point. Raises Refused."""
        text = self.text(name)
        if not text:
            return None
        value = _number(text, language)
        if value is None or not value.is_finite() or abs(value) >= _TOO_MUCH:
            raise wrong(name, _("Give a number."))
        return value

    def thousand(self, name: str, language: Language) -> int | None:
        """kWh or kW as whole Wh or W. Raises Refused."""
        value = self.decimal(name, language)
        return None if value is None else int((value * 1000).to_integral_value())

    def money(self, name: str, currency: str, language: Language) -> int | None:
        """An amount in major units as minor units. Raises Refused."""
        value = self.decimal(name, language)
        return None if value is None else minor(value, currency)

    def instant(self, name: str, zone: str) -> str | None:
        """A local time (`2026-03-02T18:30`) there as RFC 3339. Raises Refused."""
        text = self.text(name)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            raise wrong(name, _("Give a day and a time.")) from None
        if not FIRST_YEAR <= at.year < LAST_YEAR:
            raise wrong(name, _("Give a day and a time."))
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def refused(self, refused: Refused, renamed: Mapping[str, str] | None = None) -> "Form":
        """The form with what was wrong; `renamed`: fields of REST that are called otherwise."""
        for path, detail in refused.fields.items():
            parts = [part for part in path.split(".") if not part.isdigit()]
            name = (renamed or {}).get(parts[-1], parts[-1])
            self.errors[name] = detail
        known = {name for name, _value in self._fields}
        self.problem = "" if self.errors.keys() & known else refused.detail
        return self


def wrong(name: str, detail: str) -> Refused:
    """A field that no REST has to be asked about."""
    return Refused(
        422, {"code": "invalid", "detail": detail, "errors": [{"field": name, "detail": detail}]}
    )


def _number(text: str, language: Language) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        pass
    try:
        return parse_decimal(text, locale=language.locale)
    except NumberFormatError:
        return None


async def _form(request: Request) -> Form:
    text = (await request.body()).decode("utf-8", "replace")
    try:
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MOST))
    except ValueError:
        raise Refused(422, {"code": "invalid", "detail": _("That did not work")}) from None


CurrentForm = Annotated[Form, Depends(_form)]

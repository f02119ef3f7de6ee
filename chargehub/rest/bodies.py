"""What bodies are made of: the strict base of every request, instants, money.

Nothing is guessed: no integer becomes an instant, no text a number, no unknown field is dropped.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from chargehub.units import CURRENCIES, TOKEN, Money

TEXT_LIMIT = 1_000  # characters of a text whose own field names no limit
AMOUNT_LIMIT = 10**15  # minor units; sums of a million of them still fit a BIGINT
FIRST_YEAR, LAST_YEAR = 2000, 2100  # an instant outside is a slip of the pen, not a plan

# Source: RFC 3339, section 5.6, with the zone that ISO 8601 lets people leave out. A leap second
# (:60) is refused, because no clock here can show it.
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_NEEDED = "Give an instant as text with its zone, like 2026-03-02T08:00:00Z or 09:00:00+01:00."


class Body(BaseModel):
    """Base of what requests carry: strict types, no unknown fields, only text that can be stored.

    JSON arrives as Python values, so fields are `str`, `int`, `bool`, `float`, `list`, `Literal`
    and other bodies. Anything else (Decimal, time, tuple) needs a validator that reads its text.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, str_max_length=TEXT_LIMIT
    )

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        if isinstance(value, str):
            storable(value)
        return value


def storable(text: str) -> str:
    """The text, if PostgreSQL and JSON can hold it: no NUL, no half of a surrogate pair."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise PydanticCustomError("text", "The text has characters that cannot be stored.")
    return text


def instant(value: Any) -> datetime:
    """An aware instant in UTC from RFC 3339 text. An aware datetime passes through, as UTC."""
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        try:
            value = datetime.fromisoformat(value.upper())
        except ValueError:
            raise PydanticCustomError("instant", "There is no such date or time of day.") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise PydanticCustomError("instant", _NEEDED)
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("instant", "The year must lie between 2000 and 2100.")
    return value.astimezone(UTC)


Instant = Annotated[datetime, BeforeValidator(instant)]
"""RFC 3339 text with a zone; arrives as UTC. For bodies and for query parameters."""

StorableText = Annotated[str, AfterValidator(storable)]
"""For texts inside lists, which the check of `Body` does not reach."""


def _currency(code: str) -> str:
    if code not in CURRENCIES and code != TOKEN:
        raise PydanticCustomError("currency", "Give a currency by its ISO 4217 code, like EUR.")
    return code


CurrencyCode = Annotated[str, AfterValidator(_currency)]
"""A currency of ISO 4217 that the hub keeps books in."""


class MoneyBody(Body):
    """An amount: whole minor units (cents) with their currency; CHG is the hub's token."""

    amount_minor: Annotated[int, Field(ge=-AMOUNT_LIMIT, le=AMOUNT_LIMIT)]
    currency: CurrencyCode

    @classmethod
    def of(cls, money: Money) -> Self:
        return cls(amount_minor=money.amount_minor, currency=money.currency)

    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)

"""What REST takes and shows of invoices, and of who is named in them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from chargehub.invoices.issuing import content_of
from chargehub.invoices.rules import Kind, Party
from chargehub.invoices.tables import InvoiceView, MonthView, SubjectView
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.units import Money

Name = Annotated[str, Field(min_length=1, max_length=200)]
Address = Annotated[str, Field(min_length=1, max_length=300)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["NO"])]
VatId = Annotated[str, Field(min_length=4, max_length=40, examples=["DE123456789"])]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("zone", "Give a time zone like Europe/Berlin.") from None
    return name


class PartyRequest(Body):
    """How you are named in invoices. `vat_id`: leave it out as a small business or in private.

    Drivers read it in the invoices of what they bought of you, and owners where you bought.
    """

    name: Name
    address: Address
    country: Country
    vat_id: VatId | None = None

    def party(self) -> Party:
        return Party(self.name, self.address, self.country, self.vat_id)


class PartyBody(BaseModel):
    """How you are named in invoices; `is_told` false: by your account's name alone."""

    name: str
    address: str | None
    country: str | None
    vat_id: str | None
    is_told: bool

    @classmethod
    def of(cls, party: Party, is_told: bool) -> Self:
        return cls(
            name=party.name,
            address=party.address,
            country=party.country,
            vat_id=party.vat_id,
            is_told=is_told,
        )


class EntityRequest(Body):
    """Who runs the hub. `time_zone`: by whose clock months and years of its documents begin."""

    name: Name
    address: Address
    country: Country
    time_zone: Annotated[str, Field(max_length=40), AfterValidator(_zone)]
    vat_id: VatId | None = None
    register_entry: Annotated[str, Field(min_length=1, max_length=100)] | None = None

    def party(self) -> Party:
        return Party(self.name, self.address, self.country, self.vat_id, self.register_entry)


class EntityBody(BaseModel):
    """Who runs the hub; all null: its operator has not said."""

    name: str | None = None
    address: str | None = None
    country: str | None = None
    time_zone: str | None = None
    vat_id: str | None = None
    register_entry: str | None = None

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls() if row is None else cls(**{name: getattr(row, name) for name in _ENTITY})


_ENTITY = tuple(EntityBody.model_fields)


class InvoiceBody(BaseModel):
    """A document in brief. Amounts of credit notes and of goodwill are negative; `corrects`: the
    id of what one takes back. `keep_until`: from then on its text is deleted. `sha256`: of its
    canonical text."""

    id: str
    number: str
    kind: Kind
    issued_at: datetime
    corrects: str | None
    net: MoneyBody
    vat: MoneyBody
    gross: MoneyBody
    keep_until: datetime
    sha256: str

    @classmethod
    def of(cls, view: InvoiceView) -> Self:
        return cls(**_brief(view))


class WholeInvoiceBody(InvoiceBody):
    """A document with all that it says, as it was frozen when it was issued.

    Its keys sorted and without spaces, in UTF-8, `document` has the SHA-256 told in `sha256`.
    """

    document: dict[str, Any]

    @classmethod
    def of(cls, view: InvoiceView) -> Self:
        return cls(**_brief(view), document=content_of(view))


def _brief(view: InvoiceView) -> dict[str, Any]:
    def money(amount_minor: int) -> MoneyBody:
        return MoneyBody.of(Money(amount_minor, view.currency))

    return {
        "id": view.id,
        "number": view.number,
        "kind": view.kind,
        "issued_at": view.issued_at,
        "corrects": view.corrects,
        "net": money(view.net_minor),
        "vat": money(view.vat_minor),
        "gross": money(view.gross_minor),
        "keep_until": view.keep_until,
        "sha256": view.sha256,
    }


class WaitingInvoiceBody(BaseModel):
    """A document that waits for a fact, and what to do. `id`: of the session or booking; for the
    documents of a month the owner's account."""

    id: str
    of: Literal["session", "booking", "month"]
    missing: str

    @classmethod
    def of_subject(cls, view: SubjectView) -> Self:
        return cls(
            id=view.id, of="booking" if view.is_booking else "session", missing=view.missing or ""
        )

    @classmethod
    def of_month(cls, view: MonthView) -> Self:
        return cls(id=view.owner_id, of="month", missing=view.missing or "")


class WaitingInvoiceList(BaseModel):
    """Up to 200 documents of sessions and bookings, and the months; told facts shorten it."""

    items: list[WaitingInvoiceBody]

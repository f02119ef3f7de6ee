"""What an invoice is: who sells, which facts are missing, its number, its lines, its text. Pure.

Sources: Directive 2006/112/EC, articles 220, 224, 226 and 226b; what a country asks for beyond it
stands in its profile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from chargehub.errors import Conflict, Forbidden, NotFound
from chargehub.jurisdictions.rules import Profile
from chargehub.units import major, ratio_half_up

HUB = "hub"
FORMAT = "chargehub-invoice-1"
KEPT_YEARS = 10  # where a country says nothing: the longest that one of them asks for
Kind = Literal["invoice", "credit_note", "fee_invoice", "self_billing", "goodwill"]
_LETTERS: Mapping[str, str] = {
    "invoice": "INV",
    "credit_note": "CRN",
    "fee_invoice": "FEE",
    "self_billing": "SLF",
    "goodwill": "GDW",
}
NOBODY = "The hub has not said who it is: its operator tells it (PUT /hub/legal-entity)."
Line = dict[str, Any]


class NoSuchInvoice(NotFound):
    """There is no such document, or it is between others."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no invoice with this id.")


class NotKept(Conflict):
    """The law's time for keeping it is over, and its text was deleted."""

    code = "invoice_not_kept"

    def __init__(self) -> None:
        super().__init__("The time for keeping this document is over: only its sums are left.")


class OperatorsOnly(Forbidden):
    """Only operators see everybody's invoices."""

    code = "operators_only"

    def __init__(self) -> None:
        super().__init__("Only an operator sees the invoices of all. Leave `whose` out.")


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or buys. `vat_id` None: a private person or a small business."""

    name: str
    address: str | None = None
    country: str | None = None
    vat_id: str | None = None
    register_entry: str | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """What a document is about, in minor units: gross = net + VAT. Credit notes are negative."""

    gross_minor: int
    vat_minor: int

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.vat_minor

    def __neg__(self) -> "Sums":
        return Sums(-self.gross_minor, -self.vat_minor)

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(self.gross_minor - other.gross_minor, self.vat_minor - other.vat_minor)


NOTHING = Sums(0, 0)


@dataclass(frozen=True, slots=True)
class Between:
    """Seller and buyer, and whose rules count. The hub issues, in the seller's name or its own.

    `seller`, `issuer` None: nobody has said yet who that is. `buyer` None: nobody named.
    """

    seller: Party | None
    buyer: Party | None
    issuer: Party | None
    profile: Profile


def missing(between: Between, sums: Sums, currency: str) -> str | None:
    """What must be told before this may be invoiced, and where; None: nothing."""
    asked = between.profile.invoicing.value if between.profile.invoicing else None
    seller, issuer = between.seller, between.issuer
    if seller is None or (issuer is None and asked is not None):
        return NOBODY
    if asked is None:
        return None
    where = "PUT /hub/legal-entity" if seller == issuer else "PUT /billing-party"
    if not seller.address:
        return f"The seller's name and address are missing: {where}."
    if sums.vat_minor and not seller.vat_id:
        return f"VAT is charged, and the seller's VAT id is missing: {where}."
    is_small = asked.buyer_above is None or (
        currency == asked.currency
        and abs(major(sums.gross_minor, currency)) <= Decimal(asked.buyer_above)
    )
    if is_small or (between.buyer is not None and between.buyer.address):
        return None
    return (
        f"Above {asked.buyer_above} {asked.currency} the buyer's name and address are asked for: "
        "PUT /billing-party."
    )


def unmet(profile: Profile, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """What the country wants a driver's bill to tell, and this one does not."""
    asked = profile.receipt.value if profile.receipt else ()
    return tuple(name for name in asked if facts.get(name) in (None, ""))


def kept_years(profile: Profile) -> int:
    """How many whole years the law wants a document kept, after that of its issue."""
    return profile.records_years.value if profile.records_years else KEPT_YEARS


@dataclass(frozen=True, slots=True)
class Series:
    """Whose numbers, of which kind and year: each counts from 1 without a gap."""

    issuer: str
    kind: Kind
    year: int

    @classmethod
    def at(cls, issuer: str, kind: Kind, now: datetime, time_zone: str) -> "Series":
        return cls(issuer, kind, now.astimezone(ZoneInfo(time_zone)).year)

    @property
    def id(self) -> str:
        return f"{self.issuer}:{self.kind}:{self.year}"

    def number(self, serial: int) -> str:
        """As it stands on the document: INV-2026-000001; an owner's has a part of the account."""
        of_owner = "" if self.issuer == HUB else f"{self.issuer[-8:].upper()}-"
        return f"{_LETTERS[self.kind]}-{of_owner}{self.year}-{serial:06d}"


def taxed(lines: Sequence[Line], vat_minor: int) -> list[Line]:
    """The lines with net, VAT and gross each; the VAT of the lines sums to `vat_minor` exactly.

    Each line has what the VAT of all lines up to it, rounded half up, grows by. A line's gross is
    its `amount_minor`.
    """
    gross = sum(line["amount_minor"] for line in lines)
    found, so_far, vat_so_far = [], 0, 0
    for line in lines:
        so_far += line["amount_minor"]
        upto = ratio_half_up(so_far * vat_minor * _sign(gross), abs(gross)) if gross else 0
        amounts = _amounts(Sums(line["amount_minor"], upto - vat_so_far))
        found.append({**{k: v for k, v in line.items() if k != "amount_minor"}, **amounts})
        vat_so_far = upto
    return found


def _sign(amount: int) -> int:
    return 1 if amount > 0 else -1


def returned(whole: Sums, gross_minor: int, before: Sums) -> Sums:
    """The VAT in what goes back after `before` went back already: rounded down over all of it.

    All of it in any steps is the whole. As `settlement.contest.parts` divides it.
    """
    after = before.gross_minor + gross_minor
    assert 0 <= before.gross_minor <= after <= whole.gross_minor, (whole, gross_minor, before)
    vat = after * whole.vat_minor // whole.gross_minor if after else 0
    return Sums(gross_minor, vat - before.vat_minor)


def _amounts(sums: Sums) -> dict[str, int]:
    return {
        "net_minor": sums.net_minor,
        "vat_minor": sums.vat_minor,
        "gross_minor": sums.gross_minor,
    }


@dataclass(frozen=True, slots=True)
class Bill:
    """What a document says beside who, when and its number. `notes` are the law's sentences.

    `facts`: what the country wants to be told, by the names in its profile. `corrects`: number
    and day of what it takes back, and why.
    """

    kind: Kind
    currency: str
    sums: Sums
    vat_percent: Decimal
    lines: Sequence[Line]
    supplied: tuple[datetime, datetime]
    facts: Mapping[str, Any]
    notes: Sequence[str] = ()
    corrects: Mapping[str, str] | None = None


def document(
    bill: Bill, between: Between, number: str, issued_at: datetime, time_zone: str
) -> dict[str, Any]:
    """The document as JSON values. Its canonical text is what is kept and hashed."""
    seller, issuer = between.seller, between.issuer
    assert seller is not None, number
    lines = taxed(bill.lines, bill.sums.vat_minor)
    assert sum(line["gross_minor"] for line in lines) == bill.sums.gross_minor, bill
    begin, end = (at.astimezone(ZoneInfo(time_zone)).isoformat() for at in bill.supplied)
    return {
        "format": FORMAT,
        "kind": bill.kind,
        "number": number,
        "issued_at": issued_at.astimezone(ZoneInfo(time_zone)).isoformat(),
        "time_zone": time_zone,
        "seller": asdict(seller),
        "buyer": asdict(between.buyer) if between.buyer else None,
        "issued_by": asdict(issuer) if issuer is not None and issuer != seller else None,
        "supplied_from": begin,
        "supplied_until": end,
        "currency": bill.currency,
        "vat_percent": f"{bill.vat_percent.normalize():f}",
        "lines": lines,
        **_amounts(bill.sums),
        "facts": dict(bill.facts),
        "notes": list(bill.notes),
        "corrects": dict(bill.corrects) if bill.corrects else None,
    }

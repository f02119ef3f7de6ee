"""On the first of a month each owner has the documents of the month before.

Where owners sell, the hub invoices its fees; where the hub sells, it credits what it bought of the
owner (self-billing). Both say what the ledger says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from chargehub.invoices import months, owners_vat, rules, tables
from chargehub.invoices.issuing import Issue, issue
from chargehub.invoices.months import Part
from chargehub.invoices.rules import HUB, NOBODY, Between, Bill, Kind, Sums
from chargehub.invoices.schema import MONTH
from chargehub.invoices.tables import InvoiceView, MonthView
from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.ledger.tables import balance
from chargehub.settlement.split import REVERSE_CHARGE, Terms
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work
from chargehub.tariffs.pricing import vat_within

LATER = timedelta(hours=3)  # after midnight: what was captured before has been booked by then
AGAIN_AFTER = timedelta(days=1)
SELF_BILLED = "Self-billing: issued by the buyer."
SMALL = "No VAT is shown: the seller has told no VAT id."


@dataclass(frozen=True, slots=True)
class Wanted:
    """One document of an owner's month: of fees, or of what the hub bought.

    `unbilled_vat_minor` was set aside of the fees, and is the owner's to owe.
    """

    kind: Kind
    currency: str
    sums: Sums
    vat_percent: Decimal
    lines: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    between: Between
    unbilled_vat_minor: int = 0


def issue_due(work: Work, terms: Terms, now: datetime, chunk: Chunk = ALL) -> int:
    """Issue what is due of owners' months, at most 50 of them; how many they were."""
    due = tables.months_due(work, now, chunk.limit)
    deed = partial(_issue_month, terms=terms, now=now)
    return chunk.each(work, due, attrgetter("owner_id"), deed)


def _issue_month(work: Work, month: MonthView, terms: Terms, now: datetime) -> None:
    entity = tables.entity(work)
    if entity is None:
        _note(work, month, NOBODY, now + AGAIN_AFTER)
        return
    end = _end(month.up_to, entity.time_zone)
    if now < end + LATER:
        _note(work, month, None, end + LATER)
        return
    found = months.parts(work, month.owner_id, month.up_to, end)
    documents = wanted(work, month.owner_id, found, terms)
    lacking = [rules.missing(one.between, one.sums, one.currency) for one in documents]
    missing = next((one for one in lacking if one), None)
    if missing is not None:
        _note(work, month, missing, now + AGAIN_AFTER)
        return
    for one in documents:
        issued = _issue(work, replace(month, next_at=end), one, entity.time_zone, now)
        _post_vat(work, one, issued, terms.fee_vat_country)
    _note(work, replace(month, up_to=end), None, now)


def wanted(reads: Reads, owner_id: str, found: Sequence[Part], terms: Terms) -> list[Wanted]:
    """The documents that say what these parts came to, one of each kind and currency."""
    hub, owner = tables.hub_party(reads), tables.party(reads, owner_id)
    assert hub is not None, owner_id
    profile = shipped().of(hub.country or UNKNOWN)
    documents: list[Wanted] = []
    for currency, of_currency in groupby(found, key=attrgetter("currency")):
        known = list(of_currency)
        fees = [one for one in known if not one.is_own_sale]
        bought = [one for one in known if one.is_own_sale]
        between = Between(hub, owner, hub, profile)
        documents += _of_fees(currency, fees, terms.fee_vat_percent, between)
        documents += _of_purchases(currency, bought, Between(owner, hub, hub, profile))
    return documents


def _of_fees(
    currency: str, found: Sequence[Part], vat_percent: Decimal, between: Between
) -> Iterable[Wanted]:
    sums = Sums(sum(one.fee.gross_minor for one in found), sum(one.fee.vat_minor for one in found))
    if not sums.gross_minor:
        return
    kind, hub, owner = _kind("fee_invoice", sums), between.seller, between.buyer
    assert hub is not None and owner is not None, between
    if not owners_vat.is_reverse_charged(hub, owner):
        lines = tuple(_line(one, one.fee.gross_minor) for one in found)
        yield Wanted(kind, currency, sums, vat_percent, lines, (), between)
        return
    lines = tuple(_line(one, one.fee.net_minor) for one in found)
    net, notes = Sums(sums.net_minor, 0), (owners_vat.REVERSE_CHARGE,)
    yield Wanted(kind, currency, net, Decimal(0), lines, notes, between, sums.vat_minor)


def _of_purchases(currency: str, found: Sequence[Part], between: Between) -> Iterable[Wanted]:
    hub, owner = between.buyer, between.seller
    assert hub is not None and owner is not None, between
    gross_minor = sum(one.owner_minor for one in found)
    percent = owners_vat.rate(hub, owner)
    sums = Sums(gross_minor, vat_within(gross_minor, percent))
    if gross_minor:
        lines = tuple(_line(one, one.owner_minor) for one in found)
        notes: tuple[str, ...] = (SELF_BILLED,)
        if owners_vat.is_reverse_charged(hub, owner):
            notes = (SELF_BILLED, owners_vat.REVERSE_CHARGE)
        elif not percent:
            notes = (SELF_BILLED, SMALL)
        kind = _kind("self_billing", sums)
        yield Wanted(kind, currency, sums, percent, lines, notes, between)


def _kind(kind: Kind, sums: Sums) -> Kind:
    """A month in which more went back than came is a credit note."""
    return kind if sums.gross_minor > 0 else "credit_note"


def _line(part: Part, gross_minor: int) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "quantity": str(part.count),
        "unit": "transfer",
        "amount_minor": gross_minor,
    }


def _issue(work: Work, month: MonthView, one: Wanted, time_zone: str, now: datetime) -> InvoiceView:
    start, end = month.up_to, month.next_at
    name = (end - timedelta(days=1)).astimezone(ZoneInfo(time_zone)).strftime("%Y-%m")
    bill = Bill(
        kind=one.kind,
        currency=one.currency,
        sums=one.sums,
        vat_percent=one.vat_percent,
        lines=one.lines,
        supplied=(start, end),
        facts={"month": name},
        notes=one.notes,
    )
    is_hubs = one.between.seller == one.between.issuer
    return issue(
        work,
        Issue(
            bill=bill,
            between=one.between,
            issuer=HUB if is_hubs else month.owner_id,
            subject_id=month.owner_id,
            source=f"{name}:{one.kind}:{one.currency}",
            owner_id=month.owner_id,
            driver_id=None,
            time_zone=time_zone,
            kept_years=rules.kept_years(one.between.profile),
        ),
        now,
    )


def _post_vat(work: Work, one: Wanted, issued: InvoiceView, fee_country: str) -> None:
    """What the document says of VAT and the books do not say yet."""
    owner_id, currency, vat_minor = issued.owner_id, one.currency, one.unbilled_vat_minor
    kind, entries = "input_vat", tuple[Entry, ...]()
    if vat_minor:
        kind, owed = REVERSE_CHARGE, balance(work, f"owner:receivable:{owner_id}", currency)
        entries = owners_vat.unbilled_vat_entries(owner_id, vat_minor, owed, fee_country, currency)
    elif issued.issuer != HUB:
        hub, owner = one.between.buyer, one.between.seller
        assert hub is not None and owner is not None, one
        entries = owners_vat.input_vat_entries(hub, owner, issued.vat_minor, currency)
    if entries:
        of_document = transfer_id("invoice", issued.id, kind)
        ledger.post(work, Transfer(of_document, kind, entries, issued.issued_at))


def _end(start: datetime, time_zone: str) -> datetime:
    """The end of the month that an instant lies in, by the clock there."""
    local = start.astimezone(ZoneInfo(time_zone))
    first = datetime(
        local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=ZoneInfo(time_zone)
    )
    return first.astimezone(start.tzinfo)


def _note(work: Work, month: MonthView, missing: str | None, next_at: datetime) -> None:
    values = {"up_to": month.up_to, "missing": missing, "next_at": next_at}
    work.execute(update(MONTH).where(MONTH.c.owner_id == month.owner_id).values(**values))

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

from chargehub.invoices import months, rules, tables
from chargehub.invoices.issuing import Issue, issue
from chargehub.invoices.months import Part
from chargehub.invoices.rules import HUB, NOBODY, Between, Bill, Kind, Party, Sums
from chargehub.invoices.schema import MONTH
from chargehub.invoices.tables import MonthView
from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import UNKNOWN, Profile
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work
from chargehub.tariffs.pricing import vat_within

LATER = timedelta(hours=3)  # after midnight: what was captured before has been booked by then
AGAIN_AFTER = timedelta(days=1)
SELF_BILLED = "Self-billing: issued by the buyer."
SMALL = "No VAT is shown: the seller has told no VAT id."


@dataclass(frozen=True, slots=True)
class Wanted:
    """One document of an owner's month: of fees, or of what the hub bought."""

    kind: Kind
    currency: str
    sums: Sums
    vat_percent: Decimal
    lines: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    between: Between


def issue_due(work: Work, fee_vat_percent: Decimal, now: datetime, chunk: Chunk = ALL) -> int:
    """Issue what is due of owners' months, at most 50 of them; how many they were."""
    due = tables.months_due(work, now, chunk.limit)
    deed = partial(_issue_month, fee_vat_percent=fee_vat_percent, now=now)
    return chunk.each(work, due, attrgetter("owner_id"), deed)


def _issue_month(work: Work, month: MonthView, fee_vat_percent: Decimal, now: datetime) -> None:
    entity = tables.entity(work)
    if entity is None:
        _note(work, month, NOBODY, now + AGAIN_AFTER)
        return
    end = _end(month.up_to, entity.time_zone)
    if now < end + LATER:
        _note(work, month, None, end + LATER)
        return
    found = months.parts(work, month.owner_id, month.up_to, end)
    documents = wanted(work, month.owner_id, found, fee_vat_percent)
    lacking = [rules.missing(one.between, one.sums, one.currency) for one in documents]
    missing = next((one for one in lacking if one), None)
    if missing is not None:
        _note(work, month, missing, now + AGAIN_AFTER)
        return
    for one in documents:
        _issue(work, replace(month, next_at=end), one, entity.time_zone, now)
    _note(work, replace(month, up_to=end), None, now)


def wanted(
    reads: Reads, owner_id: str, found: Sequence[Part], fee_vat_percent: Decimal
) -> list[Wanted]:
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
        documents += _of_fees(currency, fees, fee_vat_percent, between)
        documents += _of_purchases(currency, bought, Between(owner, hub, hub, profile))
    return documents


def _of_fees(
    currency: str, found: Sequence[Part], vat_percent: Decimal, between: Between
) -> Iterable[Wanted]:
    sums = Sums(sum(one.fee.gross_minor for one in found), sum(one.fee.vat_minor for one in found))
    if sums.gross_minor:
        lines = tuple(_line(one, one.fee.gross_minor) for one in found)
        yield Wanted(_kind("fee_invoice", sums), currency, sums, vat_percent, lines, (), between)


def _of_purchases(currency: str, found: Sequence[Part], between: Between) -> Iterable[Wanted]:
    assert between.seller is not None
    gross_minor = sum(one.owner_minor for one in found)
    percent = _owners_vat(between.seller)
    sums = Sums(gross_minor, vat_within(gross_minor, percent))
    if gross_minor:
        lines = tuple(_line(one, one.owner_minor) for one in found)
        notes = (SELF_BILLED,) if percent else (SELF_BILLED, SMALL)
        kind = _kind("self_billing", sums)
        yield Wanted(kind, currency, sums, percent, lines, notes, between)


def _kind(kind: Kind, sums: Sums) -> Kind:
    """A month in which more went back than came is a credit note."""
    return kind if sums.gross_minor > 0 else "credit_note"


def _owners_vat(owner: Party) -> Decimal:
    """The rate of an owner with a VAT id: the standard one of its country."""
    profile: Profile = shipped().of(owner.country or UNKNOWN)
    rates = profile.vat_percents.value if profile.vat_percents else ("0",)
    return Decimal(rates[0]) if owner.vat_id else Decimal(0)


def _line(part: Part, gross_minor: int) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "quantity": str(part.count),
        "unit": "transfer",
        "amount_minor": gross_minor,
    }


def _issue(work: Work, month: MonthView, one: Wanted, time_zone: str, now: datetime) -> None:
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
    issue(
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

"""What of a session or a booking's fee is to be invoiced to its driver, as the books stand now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from chargehub.bookings import tables as bookings
from chargehub.invoices.rules import Line, Sums
from chargehub.invoices.tables import SubjectView
from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import UNKNOWN, Profile
from chargehub.sessions import tables as sessions
from chargehub.sessions.cdr import CdrView
from chargehub.settlement import fees
from chargehub.settlement import tables as settlements
from chargehub.settlement.contests import Subject, contests_of
from chargehub.settlement.tables import SettlementView
from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from chargehub.tariffs import tables as tariffs
from chargehub.units import kwh_text, major_text

COMPENSATION = "A compensation and no supply: outside the scope of VAT."


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was: whose rules count, and by which clock."""

    profile: Profile
    time_zone: str
    name: str


@dataclass(frozen=True, slots=True)
class Sale:
    """What stands: its lines, what it came to, and how much of it went back since: at the seller's
    expense, and as the hub's goodwill. `source`: the CDR or booking."""

    source: str
    currency: str
    sums: Sums
    returned_minor: int
    goodwill_minor: int
    vat_percent: Decimal
    lines: tuple[Line, ...]
    supplied: tuple[datetime, datetime]
    facts: Mapping[str, Any]
    notes: tuple[str, ...]
    place: Place


def sale(reads: Reads, subject: SubjectView) -> Sale | None:
    """What is to be invoiced; None: nothing, or nothing any more."""
    return _fee(reads, subject) if subject.is_booking else _session(reads, subject)


def place(reads: Reads, station_id: str) -> Place:
    """A station's place. Where nothing is known of it, no rules count."""
    station = stations.station(reads, station_id)
    country = stations.country(reads, station_id) or UNKNOWN
    profile = shipped().of(country)
    if station is None:
        return Place(profile, "UTC", station_id)
    return Place(profile, station.time_zone, f"{station.name} ({station.identity})")


def _session(reads: Reads, subject: SubjectView) -> Sale | None:
    settled = settlements.standing(reads, subject.id)
    cdr = sessions.cdr(reads, settled.cdr_id) if settled is not None else None
    if settled is None or cdr is None or cdr.cost_minor <= 0:
        return None
    where = place(reads, cdr.station_id)
    percent, vat_minor = _vat(reads, settled, cdr)
    returned_minor, goodwill_minor = _returned(reads, subject)
    return Sale(
        source=cdr.id,
        currency=cdr.currency,
        sums=Sums(cdr.cost_minor, vat_minor),
        returned_minor=returned_minor,
        goodwill_minor=goodwill_minor,
        vat_percent=percent,
        lines=tuple(cdr.lines),
        supplied=(cdr.started_at, cdr.ended_at),
        facts=_facts(cdr, vat_minor, where),
        notes=(),
        place=where,
    )


def _vat(reads: Reads, settled: SettlementView, cdr: CdrView) -> tuple[Decimal, int]:
    """Rate and amount: of the seller's tariff, or as settled where the hub sells, whose rate is
    that of the place."""
    if settled.sale_vat_percent is not None:
        return Decimal(settled.sale_vat_percent), settled.vat_minor
    tariff = tariffs.snapshot(reads, cdr.tariff_snapshot_id) if cdr.tariff_snapshot_id else None
    return (tariff.vat_percent if tariff is not None else Decimal(0)), cdr.vat_minor


def _fee(reads: Reads, subject: SubjectView) -> Sale | None:
    fee = fees.of_booking(reads, subject.id)
    booking = bookings.booking(reads, subject.id)
    if fee is None or booking is None or fee.reversed_at is not None or fee.captured_minor <= 0:
        return None
    line = {"kind": "early_end", "quantity": "1", "unit": "booking"}
    returned_minor, goodwill_minor = _returned(reads, subject)
    return Sale(
        source=subject.id,
        currency=fee.currency,
        sums=Sums(fee.captured_minor, 0),
        returned_minor=returned_minor,
        goodwill_minor=goodwill_minor,
        vat_percent=Decimal(0),
        lines=({**line, "amount_minor": fee.captured_minor},),
        supplied=(booking.starts_at, booking.ends_at),
        facts={"total": major_text(fee.captured_minor, fee.currency), "booking": subject.id},
        notes=(COMPENSATION,),
        place=place(reads, booking.station_id),
    )


def _returned(reads: Reads, subject: SubjectView) -> tuple[int, int]:
    """What went back after disputes: of the seller's money, and of the hub's. What the hub gave
    back for an owner is its own goodwill: the owner's price stands. What the rail would not take
    back is still owed, and has not gone back yet."""
    key = Subject(booking_id=subject.id) if subject.is_booking else Subject(subject.id)
    back = [one for one in contests_of(reads, key) if one.state == "returned" and one.is_sent]
    is_hubs_sale = subject.vat_mode == "commissionaire"
    by_seller = sum(one.amount_minor for one in back if is_hubs_sale or one.bearer == "owner")
    return by_seller, sum(one.amount_minor for one in back) - by_seller


def _facts(cdr: CdrView, vat_minor: int, where: Place) -> dict[str, Any]:
    """What countries want to be told of a session, by the names in their profiles."""
    prices = [line["price"] for line in cdr.lines if line["kind"] == "energy" and "price" in line]
    return {
        "energy_kwh": kwh_text(cdr.energy_wh),
        "price_per_kwh": ", ".join(dict.fromkeys(prices)) or "0",
        "total": major_text(cdr.cost_minor, cdr.currency),
        "vat": major_text(vat_minor, cdr.currency),
        "started_at": cdr.started_at.isoformat(),
        "ended_at": cdr.ended_at.isoformat(),
        "station": where.name,
        "session": cdr.session_id,
    }

"""A booking stands: its driver reads when, at which price and on which terms, and how to get there;
its owner, who comes when and what that may earn."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chargehub import events
from chargehub.bookings import deposits, notices, policies, record
from chargehub.bookings import tables as bookings
from chargehub.bookings.approving import mail_account, when
from chargehub.bookings.cancellation import deadlines
from chargehub.bookings.overstay import sentence
from chargehub.bookings.tables import BookingView
from chargehub.people import tables as people
from chargehub.settlement import split
from chargehub.settlement import tables as settlement
from chargehub.stations import local_times
from chargehub.stations import tables as stations
from chargehub.store.work import Reads, Work
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.fields import decimal_text
from chargehub.tariffs.pricing import conditions
from chargehub.units import Money

DRIVERS_SUBJECT = "Your booking stands"
OWNERS_SUBJECT = "Your charger is booked"


@dataclass(frozen=True, slots=True)
class Telling:
    """What the hub takes of a session; how long before a slot its driver is told the address."""

    terms: split.Terms
    address_before: timedelta


def tell_confirmed(
    work: Work, event: events.BookingConfirmed, telling: Telling, now: datetime
) -> None:
    """Write to driver and owner of a booking that stands now, once; not of the owner's own use."""
    booking = bookings.booking(work, event.booking_id)
    if booking is None or booking.status != "confirmed" or booking.driver_id == booking.owner_id:
        return
    if not notices.note(work, booking.id, "confirmed", "", now):
        return
    text = _to_driver(work, booking, telling.address_before)
    mail_account(work, booking.driver_id, DRIVERS_SUBJECT, text, now)
    text = _to_owner(work, booking, telling.terms)
    mail_account(work, booking.owner_id, OWNERS_SUBJECT, text, now)


def _to_driver(reads: Reads, booking: BookingView, address_before: timedelta) -> str:
    arrive_by = local_times.at_station(reads, booking.station_id, booking.arrive_by)
    terms = policies.of_booking(booking)
    lines = [
        f"The charger is yours {when(reads, booking)}. Be there by {arrive_by}, or others have it.",
        "",
        "The price, VAT included:",
        *_prices(reads, booking),
    ]
    if booking.deposit_minor:
        lines.append(f"    {_money(booking, booking.deposit_minor)} {_held(reads, booking)}")
    if terms.overstay is not None:
        lines.append(f"    {sentence(terms.overstay, booking.currency)}")
    lines += ["", *_cancelling(reads, booking), "", *_way(reads, booking, address_before)]
    return "\n".join(lines) + f"\n\nThe booking: {booking.id}\n"


def _held(reads: Reads, booking: BookingView) -> str:
    if booking.deposit_state != "later":
        return "are held until it is paid"
    at = local_times.at_station(reads, booking.station_id, deposits.held_from(booking.starts_at))
    return f"will be held at {at}, until it is paid; nothing is held before"


def _prices(reads: Reads, booking: BookingView) -> list[str]:
    tariff = tariffs.snapshot(reads, booking.tariff_snapshot_id)
    return [
        f"    {each.kind}: {decimal_text(each.price)} {tariff.currency} per {each.unit}"
        f" {conditions(each)}".rstrip()
        for each in tariff.components
    ] or ["    nothing"]


def _cancelling(reads: Reads, booking: BookingView) -> list[str]:
    if not booking.deposit_minor:
        return ["Cancelling costs nothing."]
    found = deadlines(policies.of_booking(booking), booking)
    lines = ["If you cancel:"]
    if found.free_until is not None:
        at = local_times.at_station(reads, booking.station_id, found.free_until)
        lines.append(f"    until {at} it costs nothing")
    if found.half_until is not None:
        at = local_times.at_station(reads, booking.station_id, found.half_until)
        lines.append(f"    until {at} {_money(booking, found.half_minor)} are kept")
    late = _money(booking, found.late_minor)
    if found.free_until is None and found.half_until is None:
        return [*lines, f"    {late} are kept, at any time"]
    return [*lines, f"    after that {late} are kept"]


def _way(reads: Reads, booking: BookingView, address_before: timedelta) -> list[str]:
    at = local_times.at_station(reads, booking.station_id, booking.starts_at - address_before)
    how = f"GET /api/v1/bookings/{booking.id}/place"
    if people.is_guest(reads, booking.driver_id):
        how = "the link of the mail with which you booked"
    return [f"Address and way in: by {how}, from {at} on."]


def _to_owner(reads: Reads, booking: BookingView, terms: split.Terms) -> str:
    station = stations.station(reads, booking.station_id)
    location = stations.location(reads, station.location_id) if station else None
    evse = stations.evse(reads, booking.evse_id)
    where = f"{location.name if location else 'your place'}, EVSE {evse.number if evse else 1}"
    here = settlement.terms_at(reads, booking.station_id, terms)
    earned = split.divided(booking.expected_minor, here)
    earns = "You earn nothing by it.\n"
    if earned.owner_minor:
        earns = (
            f"You earn up to {_money(booking, earned.owner_minor)}: so much is left of the price, "
            "without the hub's fee, if the car takes full power all the time.\n"
        )
    return (
        f"{_who(reads, booking)} has booked your charger {when(reads, booking)}.\n"
        f"    {where}\n\n{earns}\nThe booking: {booking.id}\n"
        f"More of the driver: GET /api/v1/bookings/{booking.id}/driver\n"
    )


def _who(reads: Reads, booking: BookingView) -> str:
    """What is known of who comes. No name: it would stay in the mail when the driver has left."""
    if people.is_guest(reads, booking.driver_id):
        return "A guest without an account"
    sessions = record.of(reads, booking.driver_id).sessions
    return f"A driver with {sessions} sessions so far" if sessions else "A driver who is new here"


def _money(booking: BookingView, amount_minor: int) -> Money:
    return Money(amount_minor, booking.currency)

"""Where else to charge, for a driver whose booking a station or somebody's car has spoiled."""

from dataclasses import replace
from datetime import datetime

from chargehub import events
from chargehub.bookings import cancelling, reliability, retirements
from chargehub.bookings import tables as bookings
from chargehub.bookings.approving import mail_account, when
from chargehub.bookings.reliability import Failure
from chargehub.bookings.tables import BookingView
from chargehub.payments import credits
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.people.rules import Actor
from chargehub.search import tables
from chargehub.search.candidates import FIRST_REACH_M, TooManyFound
from chargehub.search.rules import Filters, Place, Wanted
from chargehub.search.tables import Found
from chargehub.stations import tables as stations
from chargehub.stations.cells import cell_of
from chargehub.store.work import Reads, Work
from chargehub.units import Money, Span

REACH_M = 10_000  # a quarter of an hour by car, with a battery that was to be charged
OFFERED = 5
RETIRED_SUBJECT = "Your booking is cancelled: the charger is taken out of service"
_NO_USE = ("offline", "faulted")

WHY: dict[Failure, str] = {
    "offline": "it has had no connection since before your slot began",
    "out_of_order": "it says that it is out of order",
    "start_failed": "it did not start, or broke off at once",
    "taken_away": "its owner has taken it out of service",
    "stopped": "its owner has stopped your session",
}
_COSTS_NOTHING = (
    "Your booking is over and costs you nothing; what was held of your money goes back.\n"
)
_COSTS = "Your booking is over; you pay what you charged, and the owner owes a penalty.\n"


def alternatives(reads: Reads, actor: Actor, booking_id: str, now: datetime) -> tuple[Found, ...]:
    """EVSEs near a booked one that can be had instead, the nearest first; at most `OFFERED`.

    From the start of the slot, or from now where that is over, for as long as was booked; with
    the same plug. Raises NotFound.
    """
    booking = cancelling.seen_by(actor, bookings.booking(reads, booking_id))
    return near_booking(reads, booking, now, actor.account_id)


def near_booking(
    reads: Reads, booking: BookingView, now: datetime, viewer_id: str
) -> tuple[Found, ...]:
    """As `alternatives`, for a booking at hand, and only what this account may see: where a driver
    is a member is not told to the owner of what was booked."""
    station = stations.station(reads, booking.station_id)
    location = stations.location(reads, station.location_id) if station else None
    if location is None:
        return ()
    cell = cell_of(location.latitude_e6, location.longitude_e6)
    start = max(booking.starts_at, now)
    plugs = stations.connectors_of(reads, [booking.evse_id])
    wanted = Wanted(
        Place(cell.latitude_e6, cell.longitude_e6),
        REACH_M,
        Filters(
            Span(start, start + (booking.ends_at - booking.starts_at)),
            connector_types=tuple(plug.type for plug in plugs),
            viewer_id=viewer_id,
        ),
    )
    try:
        found = tables.near(reads, wanted, now, None, OFFERED * 3)
    except TooManyFound:
        found = tables.near(reads, replace(wanted, radius_m=FIRST_REACH_M), now, None, 15)
    there = (each for each in found if each.evse.id != booking.evse_id)
    return tuple(each for each in there if each.availability not in _NO_USE)[:OFFERED]


def tell_failed(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """Write to the driver of a failed booking: why, what goes back, and where else to charge."""
    booking = bookings.booking(work, event.booking_id)
    driver = people.account(work, booking.driver_id) if booking else None
    if booking is None or driver is None or event.reason != "failed":
        return
    why = reliability.of_booking(work, booking.id)
    text = (
        "Hello,\n\n"
        f"the charger that you booked {when(work, booking)} has failed:\n"
        f"{WHY[why] if why else 'it was not there'}.\n"
        f"{_COSTS if why == 'stopped' else _COSTS_NOTHING}"
    )
    text += _credited(work, booking) + "\n" + offers(work, booking, now)
    mails.write_mail(work, driver.email, "The charger that you booked has failed", text, now)


def tell_retired(work: Work, event: events.BookingReleased, now: datetime) -> None:
    """Write to the driver whose booked station was taken out of service."""
    booking = bookings.booking(work, event.booking_id)
    if booking is None or not retirements.has_ended(work, booking):
        return
    text = (
        f"The owner takes the charger out of service, so your booking {when(work, booking)} is "
        "cancelled.\n\n"
        "It costs you nothing: what was held of your money is released in full, and the owner "
        "owes a penalty.\n"
    )
    text += _credited(work, booking) + "\n" + offers(work, booking, now)
    mail_account(work, booking.driver_id, RETIRED_SUBJECT, text, now)


def _credited(reads: Reads, booking: BookingView) -> str:
    credit = credits.of_booking(reads, booking.id, "given")
    if credit is None:
        return ""
    amount = Money(credit.amount_minor, credit.currency)
    how = "spent on what you charge next"
    if people.is_guest(reads, booking.driver_id):
        how = "and another mail tells you how to use it"
    return f"For the trouble you have a credit of {amount}, {how}.\n"


def offers(reads: Reads, booking: BookingView, now: datetime) -> str:
    """The alternatives to a booking as lines of a mail."""
    lines = [
        f"    {each.location_name}, EVSE {each.evse.number}, about {each.distance_m} m away:"
        f" {each.evse.id}"
        for each in near_booking(reads, booking, now, booking.driver_id)
    ]
    if not lines:
        return "We know of no free charger near it at that time.\n"
    return "These are free near it for as long as you booked:\n" + "\n".join(lines) + "\n"

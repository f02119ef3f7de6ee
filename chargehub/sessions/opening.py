"""May this id token charge at this EVSE, on whose account and at what price?"""

from dataclasses import dataclass
from datetime import datetime

from chargehub.bookings import tables as bookings
from chargehub.listings import rules as hours
from chargehub.listings import tables as listings
from chargehub.people import tables as people
from chargehub.stations import tables as stations
from chargehub.stations.reports import StartVerdict
from chargehub.stations.views import EvseView
from chargehub.store.work import Work
from chargehub.tariffs import actions as tariffs

OWN_USE = "own_use"


@dataclass(frozen=True, slots=True)
class Admission:
    """What was decided about a start, and what is needed to price it later.

    `driver_id` None: the token belongs to nobody we know. `tariff_snapshot_id` None: no tariff.
    """

    verdict: StartVerdict
    driver_id: str | None = None
    booking_id: str | None = None
    free_reason: str | None = None
    tariff_snapshot_id: str | None = None


def check_token(work: Work, id_token: str, at: datetime) -> tuple[StartVerdict, str | None]:
    """A token's standing at an instant, and whose it is."""
    token = people.id_token(work, id_token)
    if token is None:
        return "invalid", None
    if token.expires_at is not None and token.expires_at <= at:
        return "expired", token.account_id
    if token.status != "valid":
        return "blocked", token.account_id
    return "accepted", token.account_id


def admit(
    work: Work, station_id: str, evse: EvseView | None, id_token: str, at: datetime
) -> Admission:
    """Judge a start that happens now: token, means, booking, publication, opening hours."""
    verdict, driver_id = check_token(work, id_token, at)
    if verdict != "accepted" or driver_id is None:
        return Admission(verdict, driver_id)
    booking = bookings.covering(work, evse.id, at) if evse else None
    if booking is not None and booking.driver_id != driver_id:
        return Admission("not_now", driver_id)
    if evse is not None and is_own_use(work, evse, driver_id, id_token):
        return Admission("accepted", driver_id, booking.id if booking else None, OWN_USE)
    if booking is not None:
        return Admission(
            "accepted", driver_id, booking.id, tariff_snapshot_id=booking.tariff_snapshot_id
        )
    listing = listings.listing(work, station_id)
    time_zone = evse.time_zone if evse else "UTC"
    if listing is None or not hours.is_open(listing.hours, time_zone, at):
        return Admission("not_now", driver_id)
    driver = people.account(work, driver_id)
    if driver is None or not driver.can_pay:
        return Admission("no_credit", driver_id)
    snapshot = tariffs.snapshot(work, listing.tariff_id)
    return Admission("accepted", driver_id, tariff_snapshot_id=snapshot)


def recognise(
    work: Work, station_id: str, evse: EvseView | None, id_token: str, at: datetime
) -> Admission:
    """Judge a start that was made offline: the energy has flowed, so only whose it is counts."""
    verdict, driver_id = check_token(work, id_token, at)
    if verdict != "accepted" or driver_id is None:
        return Admission(verdict, driver_id)
    booking = bookings.covering(work, evse.id, at) if evse else None
    own_booking = booking if booking and booking.driver_id == driver_id else None
    if evse is not None and is_own_use(work, evse, driver_id, id_token):
        return Admission("accepted", driver_id, own_booking.id if own_booking else None, OWN_USE)
    if own_booking is not None:
        return Admission(
            "accepted", driver_id, own_booking.id, tariff_snapshot_id=own_booking.tariff_snapshot_id
        )
    listing = listings.listing(work, station_id)
    snapshot = tariffs.snapshot(work, listing.tariff_id) if listing else None
    return Admission("accepted", driver_id, tariff_snapshot_id=snapshot)


def is_own_use(work: Work, evse: EvseView, driver_id: str, id_token: str) -> bool:
    """True for the owner's own tokens, and for those of the household of this EVSE."""
    return driver_id == evse.owner_id or stations.is_household(work, evse.id, id_token)


def is_own_at_station(work: Work, station_id: str, driver_id: str, id_token: str) -> bool:
    """True for the owner, and for a household token of any EVSE of the station."""
    station = stations.station(work, station_id)
    if station is not None and station.owner_id == driver_id:
        return True
    evses = stations.evses_of_station(work, station_id)
    return any(stations.is_household(work, evse.id, id_token) for evse in evses)

"""May this id token charge at this EVSE, on whose account and at what price?

An app's token is told to a station with the first remote start or reservation. From then on its
owner knows it; so it counts only where its driver has booked or asked, never for a walk-up.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chargehub.bookings import kept
from chargehub.bookings import tables as bookings
from chargehub.bookings.tables import BookingView
from chargehub.listings import audience
from chargehub.listings import rules as hours
from chargehub.listings import tables as listings
from chargehub.listings.tables import ListingView
from chargehub.people import debtors
from chargehub.people import tables as people
from chargehub.people.rules import MASTER
from chargehub.sessions.rules import MayNotStart
from chargehub.stations import tables as stations
from chargehub.stations.reports import StartVerdict
from chargehub.stations.views import EvseView
from chargehub.store.work import Reads, Work
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


@dataclass(frozen=True, slots=True)
class Start:
    """A start to be judged. `evse` None: the station has not told which; `at` by its clock.

    `is_asked`: its driver asked this station for it from afar.
    """

    station_id: str
    evse: EvseView | None
    id_token: str
    at: datetime
    is_asked: bool = False


class Standing(NamedTuple):
    """A token's standing at an instant, and whose it is. `is_app`: it is the app's own."""

    verdict: StartVerdict
    driver_id: str | None = None
    is_app: bool = False


def check_token(reads: Reads, id_token: str, at: datetime) -> Standing:
    """How a token stands. A master token is nobody's, for it starts nothing."""
    token = people.id_token(reads, id_token)
    if token is None or token.kind == MASTER:
        return Standing("invalid")
    verdict: StartVerdict = "accepted" if token.status == "valid" else "blocked"
    if token.expires_at is not None and token.expires_at <= at:
        verdict = "expired"
    return Standing(verdict, token.account_id, token.kind == "app")


def admit(work: Work, start: Start) -> Admission:
    """Judge a start that happens now: token, booking, publication, hours, the
    owner's own time, membership, means."""
    verdict, driver_id, is_app = check_token(work, start.id_token, start.at)
    if verdict != "accepted" or driver_id is None:
        return Admission(verdict, driver_id)
    booking = _booking(work, start)
    if booking is not None and booking.driver_id != driver_id:
        return Admission("not_now", driver_id)
    if booking is not None or _is_own(work, start, driver_id):
        return place(work, start, driver_id)
    if is_app and not start.is_asked:
        return Admission("invalid")
    listing = listings.listing(work, start.station_id)
    if listing is None or not hours.is_open(listing.hours, _time_zone(work, start), start.at):
        return Admission("not_now", driver_id)
    if _is_kept(work, start) or not _is_for(work, listing, driver_id):
        return Admission("not_now", driver_id)
    driver = people.account(work, driver_id)
    if driver is None or not driver.can_pay or debtors.is_debtor(work, driver_id):
        return Admission("no_credit", driver_id)
    tariff_id: str | None = listing.tariff_id
    if start.at < listing.published_at:
        tariff_id = listings.tariff_at(work, start.station_id, start.at) or tariff_id
    return _listed(work, tariff_id, driver_id, start.at)


def admit_anybody(reads: Reads, evse: EvseView, at: datetime) -> str:
    """The tariff snapshot by which somebody unknown may charge now. Raises MayNotStart."""
    start = Start(evse.station_id, evse, "", at, is_asked=True)
    listing = listings.listing(reads, evse.station_id)
    if listing is None or listing.audience.access != "public":
        raise MayNotStart("The EVSE is not published for everybody. Ask its owner.")
    if not hours.is_open(listing.hours, evse.time_zone, at):
        raise MayNotStart("The EVSE is closed now.")
    if _booking(reads, start) is not None or _is_kept(reads, start):
        raise MayNotStart("The EVSE is booked by somebody else, or kept by its owner.")
    return tariffs.snapshot(reads, listing.tariff_id, at=at)


def recognise(work: Work, start: Start) -> Admission:
    """Judge a start that was made offline: the energy has flowed, so only whose it is counts."""
    verdict, driver_id, is_app = check_token(work, start.id_token, start.at)
    if verdict != "accepted" or driver_id is None:
        return Admission(verdict, driver_id)
    placed = place(work, start, driver_id)
    is_theirs = start.is_asked or placed.booking_id is not None or placed.free_reason is not None
    return placed if is_theirs or not is_app else Admission("invalid")


def place(work: Work, start: Start, driver_id: str) -> Admission:
    """By what a driver charges who was admitted: own use, the own booking, or what is listed."""
    own = _own_booking(work, start, driver_id)
    if _is_own(work, start, driver_id):
        return Admission("accepted", driver_id, own.id if own else None, OWN_USE)
    if own is not None:
        return Admission("accepted", driver_id, own.id, tariff_snapshot_id=own.tariff_snapshot_id)
    tariff_id = listings.tariff_at(work, start.station_id, start.at)
    return _listed(work, tariff_id, driver_id, start.at)


def is_anothers(work: Work, start: Start, driver_id: str) -> bool:
    """True if the EVSE was kept for somebody else at this instant."""
    booking = _booking(work, start)
    return booking is not None and booking.driver_id != driver_id


def _booking(work: Reads, start: Start) -> BookingView | None:
    return bookings.covering(work, start.evse.id, start.at) if start.evse else None


def _own_booking(work: Work, start: Start, driver_id: str) -> BookingView | None:
    """The driver's own: the EVSE is kept for it, or the start is told after its time."""
    booking = _booking(work, start)
    if booking is not None and booking.driver_id == driver_id:
        return booking
    return bookings.passed(work, start.evse.id, driver_id, start.at) if start.evse else None


def _listed(work: Work, tariff_id: str | None, driver_id: str, at: datetime) -> Admission:
    snapshot = tariffs.snapshot(work, tariff_id, driver_id, at) if tariff_id else None
    return Admission("accepted", driver_id, tariff_snapshot_id=snapshot)


def _time_zone(work: Work, start: Start) -> str:
    """That of the EVSE; where it was not told, of the station's others: it is one place."""
    if start.evse is not None:
        return start.evse.time_zone
    evses = stations.evses_of_station(work, start.station_id)
    return evses[0].time_zone if evses else "UTC"


def _is_for(work: Work, listing: ListingView, driver_id: str) -> bool:
    """Members alone start what is offered to them alone."""
    if listing.audience.access == "public":
        return True
    station = stations.station(work, listing.station_id)
    assert station is not None, listing.station_id
    return audience.is_for(work, listing, station.owner_id, driver_id)


def _is_kept(work: Reads, start: Start) -> bool:
    """Its owner keeps the EVSE; where it was not told which, all that the station has."""
    if start.evse is not None:
        return kept.is_kept(work, start.evse, start.at)
    evses = stations.evses_of_station(work, start.station_id)
    return bool(evses) and all(kept.is_kept(work, evse, start.at) for evse in evses)


def _is_own(work: Work, start: Start, driver_id: str) -> bool:
    if start.evse is not None:
        return is_own_use(work, start.evse, driver_id, start.id_token)
    return is_own_at_station(work, start.station_id, driver_id, start.id_token)


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

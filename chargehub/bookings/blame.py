"""Was it the owner's own doing that a station failed its booked driver? Then it is a cancellation.

Only what the owner told the hub to do proves it. A fault, a power cut or a lost line are nobody's
doing.
"""

from sqlalchemy import select
from sqlmodel import col

from chargehub.bookings.reliability import Failure
from chargehub.bookings.tables import BookingView
from chargehub.listings import suspensions
from chargehub.listings import tables as listings
from chargehub.stations import tables as stations
from chargehub.stations.schema import CommandRow
from chargehub.store.work import Reads

BY_OWNER: tuple[Failure, ...] = ("taken_away", "stopped")
_LOOKED_AT = 1_000  # commands of one kind since a booking, of which some are about other EVSEs


def took_away(reads: Reads, booking: BookingView, why: Failure) -> bool:
    """True if the owner took the EVSE out of service, or withdrew the station and it went offline
    then; after it was booked, and not of a booking of the owner's own."""
    if booking.driver_id == booking.owner_id:
        return False
    evse, station = (
        stations.evse(reads, booking.evse_id),
        stations.station(reads, booking.station_id),
    )
    if evse is None or station is None:
        return False
    if why == "offline":
        gone_at = station.disconnected_at
        withdrawn_at = listings.withdrawn_at(reads, booking.station_id)
        is_hubs = suspensions.is_by_hub(reads, booking.station_id)
        if withdrawn_at is None or gone_at is None or is_hubs:
            return False
        return booking.created_at <= withdrawn_at <= gone_at
    return evse.status == "unavailable" and _is_out_of_service(reads, booking, evse.number)


def _is_out_of_service(reads: Reads, booking: BookingView, number: int) -> bool:
    """The owner's last word on this EVSE since it was booked is that it is not to be used."""
    wanted = (
        select(col(CommandRow.body))
        .where(
            col(CommandRow.station_id) == booking.station_id,
            col(CommandRow.kind) == "change_availability",
            col(CommandRow.created_at) >= booking.created_at,
            col(CommandRow.state) == "answered",  # not what the station refused, or never heard
        )
        .order_by(col(CommandRow.id).desc())
        .limit(_LOOKED_AT)
    )
    bodies = (row.body for row in reads.all(wanted))
    last = next((body for body in bodies if body["evse"] in (0, number)), None)
    return last is not None and not last["operative"]

"""The end of stations and locations: the row stays for the history, nobody connects any more."""

from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from chargehub import events
from chargehub.errors import Conflict
from chargehub.stations import commanding
from chargehub.stations.registration import owned_location
from chargehub.stations.schema import CommandRow, Location, Station, StationCertificate
from chargehub.store.work import Work


class LocationInUse(Conflict):
    """A place where a station is in service cannot be removed."""

    code = "location_in_use"


def take_out(work: Work, station_id: str, now: datetime) -> None:
    """Out of service for good: passwords and certificates die, nothing is sent to it any more.

    Its external reference is free for another; its identity stays taken.
    """
    of_station = col(Station.id) == station_id
    work.execute(
        update(Station)
        .where(of_station)
        .values(
            retired_at=now,
            external_ref=None,
            password_digest="",  # the digest of no password
            next_password_digest=None,
            next_security_profile=None,
        )
    )
    certificates = col(StationCertificate.station_id) == station_id
    not_yet = col(StationCertificate.revoked_at).is_(None)
    work.execute(update(StationCertificate).where(certificates & not_yet).values(revoked_at=now))
    waiting = select(col(CommandRow.kind)).where(
        col(CommandRow.station_id) == station_id, col(CommandRow.state) == "queued"
    )
    kinds = [row[0] for row in work.all(waiting.distinct())]
    commanding.withdraw(work, station_id, kinds, now)
    work.record(events.StationRetired(station_id))


def remove_location(work: Work, owner_id: str, location_id: str, now: datetime) -> None:
    """A place without stations in service is listed no more. Raises NotFound, LocationInUse.

    Its access notes are forgotten; its name and address stay for what was charged there.
    """
    owned_location(work, owner_id, location_id)
    in_service = select(col(Station.id)).where(
        col(Station.location_id) == location_id, col(Station.retired_at).is_(None)
    )
    if work.one(in_service.limit(1)) is not None:
        raise LocationInUse(
            "A station stands here. Retire it first (POST /stations/{id}/retirement)."
        )
    is_it = col(Location.id) == location_id
    gone = {"removed_at": now, "external_ref": None, "access_notes": ""}
    work.execute(update(Location).where(is_it).values(**gone))

"""What the hub knows of the local lists of stations: what each acknowledged, who keeps none."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import col

from chargehub.stations import rules
from chargehub.stations.local_list import KnownList, Listed
from chargehub.stations.schema import LocalList
from chargehub.stations.views import StationView
from chargehub.store.work import Reads, Work


def check_kept(reads: Reads, station: StationView) -> None:
    """Raises NoLocalList for a station that has said so, until its firmware is another."""
    refused_with = select(col(LocalList.firmware_version)).where(
        col(LocalList.station_id) == station.id, col(LocalList.is_kept).is_(False)
    )
    row = reads.one(refused_with)
    if row is not None and row.firmware_version == station.firmware_version:
        raise rules.NoLocalList(
            "This station keeps no list of id tokens. It is asked again when it has new firmware."
        )


def known(reads: Reads, station_id: str) -> KnownList | None:
    """The list as the station last acknowledged it; None: that is not known."""
    row = reads.one(
        select(col(LocalList.version), col(LocalList.listed)).where(
            col(LocalList.station_id) == station_id
        )
    )
    if row is None or row.version is None:
        return None
    return KnownList(row.version, tuple(_listed(*each) for each in row.listed))


def keep(work: Work, station_id: str, acknowledged: KnownList | None, now: datetime) -> None:
    """Note what the station has; None: nobody knows, so the next list is sent whole."""
    version = acknowledged.version if acknowledged else None
    listed = [
        (each.id_token, each.expires_at and each.expires_at.isoformat())
        for each in (acknowledged.listed if acknowledged else ())
    ]
    _replace(work, LocalList(station_id=station_id, version=version, listed=listed, changed_at=now))


def note_refused(work: Work, station: StationView, now: datetime) -> None:
    """Note that the station keeps no list, with the firmware it has now."""
    row = LocalList(station_id=station.id, listed=[], is_kept=False, changed_at=now)
    row.firmware_version = station.firmware_version
    _replace(work, row)


def _replace(work: Work, row: LocalList) -> None:
    work.execute(delete(LocalList).where(col(LocalList.station_id) == row.station_id))
    work.add(row)


def _listed(id_token: str, expires_at: str | None) -> Listed:
    return Listed(id_token, datetime.fromisoformat(expires_at) if expires_at else None)

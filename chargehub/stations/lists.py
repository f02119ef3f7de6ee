"""What the hub knows of the local lists of stations: what each acknowledged, who keeps none."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlmodel import col

from chargehub.stations import rules
from chargehub.stations.local_list import KnownList, Listed
from chargehub.stations.schema import CommandRow, LocalList
from chargehub.stations.tables import OPEN_STATES
from chargehub.stations.views import StationView
from chargehub.store.work import Reads, Work

AGAIN = timedelta(minutes=1)  # between two changes of a list: a slow station must keep up


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


def keep(
    work: Work, station_id: str, acknowledged: KnownList | None, is_followed: bool, now: datetime
) -> None:
    """Note what the station has; None: nobody knows, so the next list is sent whole.

    `is_followed`: it is looked at again, for what has changed meanwhile.
    """
    version = acknowledged.version if acknowledged else None
    listed = [
        (each.id_token, each.expires_at and each.expires_at.isoformat())
        for each in (acknowledged.listed if acknowledged else ())
    ]
    row = LocalList(station_id=station_id, version=version, listed=listed, changed_at=now)
    row.look_at = now + AGAIN if is_followed else None
    _replace(work, row)


def note_refused(work: Work, station: StationView, now: datetime) -> None:
    """Note that the station keeps no list, with the firmware it has now."""
    row = LocalList(station_id=station.id, listed=[], is_kept=False, changed_at=now)
    row.firmware_version = station.firmware_version
    _replace(work, row)


def due(reads: Reads, now: datetime, limit: int) -> tuple[str, ...]:
    """The stations whose lists are to be looked at now, at most `limit`, the longest due first."""
    statement = (
        select(col(LocalList.station_id))
        .where(col(LocalList.look_at) <= now)
        .order_by(col(LocalList.look_at))
    )
    return tuple(row.station_id for row in reads.all(statement.limit(limit)))


def look_at(work: Work, station_id: str, at: datetime | None) -> None:
    """Look at the list then; None: not by itself."""
    is_it = col(LocalList.station_id) == station_id
    work.execute(update(LocalList).where(is_it).values(look_at=at))


def look_soon(work: Work, station_id: str) -> None:
    """Something has changed: look at the list, if it is followed, a minute after the last time."""
    is_it = col(LocalList.station_id) == station_id, col(LocalList.look_at).is_not(None)
    row = work.one(select(col(LocalList.look_at), col(LocalList.changed_at)).where(*is_it))
    if row is not None:
        look_at(work, station_id, min(row.look_at, row.changed_at + AGAIN))


def begin(work: Work, station_id: str, now: datetime) -> None:
    """Follow the list of a station of which nothing is known yet; else change nothing."""
    known_one = select(col(LocalList.station_id)).where(col(LocalList.station_id) == station_id)
    if work.one(known_one) is None:
        work.add(LocalList(station_id=station_id, listed=[], changed_at=now, look_at=now))


def is_under_way(reads: Reads, station_id: str, now: datetime) -> bool:
    """True while the station is asked for its list, or is sent one."""
    statement = select(col(CommandRow.id)).where(
        col(CommandRow.station_id) == station_id,
        col(CommandRow.kind).in_(("send_local_list", "sync_local_list")),
        col(CommandRow.state).in_(OPEN_STATES),
        col(CommandRow.expires_at) > now,
    )
    return reads.one(statement.limit(1)) is not None


def _replace(work: Work, row: LocalList) -> None:
    work.execute(delete(LocalList).where(col(LocalList.station_id) == row.station_id))
    work.add(row)


def _listed(id_token: str, expires_at: str | None) -> Listed:
    return Listed(id_token, datetime.fromisoformat(expires_at) if expires_at else None)

"""Every query on grid connections and the limits of their EVSEs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel import col

from chargehub.energy.balance import UNKNOWN, Demand, Limit, Load
from chargehub.energy.rules import (
    REFUSED_WAIT,
    UNREADY_WAIT,
    Connection,
    Wiring,
    is_direct,
    maximum_a,
)
from chargehub.energy.schema import GridConnection, GridStation, LimitRow
from chargehub.sessions import tables as sessions
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.stations.tables import EVSES
from chargehub.stations.views import EvseView
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

LIMIT = table_of(LimitRow)
STATION = table_of(GridStation)

_LOCATION_OF = Hot(select(STATION.c.location_id).where(STATION.c.station_id == bindparam("id")))
_LIMIT_BY_COMMAND = Hot(select(LIMIT).where(LIMIT.c.command_id == bindparam("id")).limit(1))


@dataclass(frozen=True, slots=True)
class Member:
    """A station on a grid connection, and how far its earlier limits are cleared.

    `may_be_asked`: it has a line, no question about that is open, and none was just refused.
    """

    wiring: Wiring
    is_connected: bool
    is_cleared: bool
    may_be_asked: bool
    refused: str | None


@dataclass(frozen=True, slots=True)
class Point:
    """An EVSE on a grid connection, with all that decides what it may draw.

    `session` runs there. `is_outlived`: its session's limit is for one that is over, for sure.
    `refused`: the station's last word where it was no.
    """

    evse: EvseView
    wiring: Wiring
    is_direct: bool
    load: Load
    session: SessionView | None
    is_outlived: bool
    refused: str | None

    def without_session_limit(self) -> "Point":
        return replace(self, load=replace(self.load, session=None), is_outlived=False)


@dataclass(frozen=True, slots=True)
class Site:
    """A grid connection with its stations and EVSEs, as they are now."""

    location_id: str
    connection: Connection
    members: tuple[Member, ...]
    points: tuple[Point, ...]

    @property
    def loads(self) -> tuple[Load, ...]:
        return tuple(point.load for point in self.points)


def location_of(reads: Reads, station_id: str) -> str | None:
    """The location whose grid connection a station hangs on; None: on none."""
    found: str | None = reads.value(_LOCATION_OF, id=station_id)
    return found


def limit_by_command(reads: Reads, command_id: str) -> Any:
    """The row of the limit that this command asks for, or None."""
    return reads.one(_LIMIT_BY_COMMAND, id=command_id)


def station_by_command(reads: Reads, station_id: str, command_id: str) -> Any:
    """The row of the station, if this command clears it, or None."""
    is_it = STATION.c.station_id == station_id, STATION.c.command_id == command_id
    return reads.one(select(STATION).where(*is_it))


def members(reads: Reads, location_id: str) -> Sequence[Any]:
    """The rows of the stations on a grid connection."""
    wanted = select(STATION).where(STATION.c.location_id == location_id)
    return reads.all(wanted.order_by(STATION.c.station_id))


def due(reads: Reads, now: datetime, limit: int) -> Sequence[str]:
    """The locations whose shares are to be looked at again."""
    due_at = col(GridConnection.due_at)
    wanted = select(col(GridConnection.location_id)).where(due_at <= now)
    return [row[0] for row in reads.all(wanted.order_by(due_at).limit(limit))]


def connection(reads: Reads, location_id: str) -> Connection | None:
    """A location's grid connection, or None."""
    wanted = select(table_of(GridConnection)).where(col(GridConnection.location_id) == location_id)
    row = reads.one(wanted)
    if row is None:
        return None
    wirings = tuple(Wiring(each.station_id, each.phases) for each in members(reads, location_id))
    fields = (row.fuse_a, row.phases, row.voltage_v, row.house_a, row.fallback_a, row.every_s)
    return Connection(*fields, wirings)


def site(reads: Reads, location_id: str, now: datetime) -> Site | None:
    """A grid connection with all that hangs on it, or None."""
    found = connection(reads, location_id)
    if found is None:
        return None
    rows = {row.station_id: row for row in members(reads, location_id)}
    wanted = EVSES.where(EVSES.selected_columns.station_id.in_(list(rows)))
    evses = [EvseView(*row) for row in reads.all(wanted.order_by(EVSES.selected_columns.id))]
    plugs: dict[str, list[str]] = {}
    for connector in stations.connectors_of(reads, [evse.id for evse in evses]):
        plugs.setdefault(connector.evse_id, []).append(connector.type)
    limits = {
        (row.evse_id, row.purpose): row
        for row in reads.all(select(LIMIT).where(LIMIT.c.station_id.in_(list(rows))))
    }
    running = _running(reads, rows)
    points = tuple(
        _point(
            reads,
            evse,
            _Known(
                rows[evse.station_id],
                is_direct(plugs.get(evse.id, ())),
                running.get((evse.station_id, evse.number)),
                limits.get((evse.id, "session_default")),
                limits.get((evse.id, "session")),
            ),
            found,
            now,
        )
        for evse in evses
    )
    connected = {evse.station_id for evse in evses if evse.is_connected}
    told = tuple(_member(row, row.station_id in connected, found, now) for row in rows.values())
    return Site(location_id, found, told, points)


class _Known(NamedTuple):
    """Rows: of an EVSE's station, of the session that runs there, and of its two limits."""

    member: Any
    is_direct: bool
    session: SessionView | None
    default: Any
    own: Any


def _point(
    reads: Reads, evse: EvseView, known: _Known, connection: Connection, now: datetime
) -> Point:
    member, direct, session, default, own = known
    wiring = Wiring(evse.station_id, member.phases)
    wait = timedelta(seconds=connection.every_s)
    load = Load(
        evse.id,
        maximum_a(evse.power_w, wiring, connection.voltage_v, direct),
        UNKNOWN if default is None else _limit(default, now, wait),
        None if own is None else _limit(own, now, wait),
        _demand(evse, session),
        evse.is_connected and member.is_cleared and not _is_refusing(default, now),
    )
    refusals = (row.refused for row in (member, default, own) if row is not None)
    word = next((each for each in refusals if each is not None), None)
    is_outlived = own is not None and _is_outlived(reads, evse, session, own)
    return Point(evse, wiring, direct, load, session, is_outlived, word)


def _is_outlived(reads: Reads, evse: EvseView, session: SessionView | None, own: Any) -> bool:
    """Is the session over for which this limit is? By evidence: that the hub has closed it for
    its silence proves nothing about a station that goes on."""
    runs = session.transaction_id if session else None
    if own.asked_a is not None or not evse.is_connected or own.transaction_id == runs:
        return False
    if runs is not None or evse.status == "available":
        return True
    limited = sessions.by_transaction(reads, evse.station_id, own.transaction_id)
    return limited is None or limited.ended_at is not None


def _running(reads: Reads, station_ids: Iterable[str]) -> dict[tuple[str, int], SessionView]:
    """The newest session that runs at an EVSE, by station and number."""
    found: dict[tuple[str, int], SessionView] = {}
    for station_id in station_ids:
        for session in sessions.open_at_station(reads, station_id):
            if session.status == "active" and session.evse_number is not None:
                found.setdefault((station_id, session.evse_number), session)
    return found


def _demand(evse: EvseView, session: SessionView | None) -> Demand:
    if session is None:
        return "none"
    return "little" if (session.charging or evse.charging) == "suspended_ev" else "full"


def _limit(row: Any, now: datetime, wait: timedelta) -> Limit:
    is_own = row.purpose == "session"
    refused_wait = max(wait, UNREADY_WAIT) if is_own else REFUSED_WAIT
    rests = _was_asked_within(row, now, refused_wait if row.refused else wait)
    return Limit(row.confirmed_a, row.most_a, row.asked_a, rests)


def _is_refusing(row: Any, now: datetime) -> bool:
    is_no = row is not None and row.refused is not None
    return is_no and _was_asked_within(row, now, REFUSED_WAIT)


def _member(row: Any, is_connected: bool, connection: Connection, now: datetime) -> Member:
    wait = timedelta(seconds=connection.every_s)
    rests = _was_asked_within(row, now, REFUSED_WAIT if row.refused else wait)
    may_be_asked = is_connected and row.command_id is None and not rests
    wiring = Wiring(row.station_id, row.phases)
    return Member(wiring, is_connected, row.is_cleared, may_be_asked, row.refused)


def _was_asked_within(row: Any, now: datetime, wait: timedelta) -> bool:
    return row.asked_at is not None and now < row.asked_at + wait

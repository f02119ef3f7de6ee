"""What an owner states about a grid connection, and a session's own charging profile."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col

from chargehub.energy import balancing, rules, tables
from chargehub.energy.rules import Connection, Wiring
from chargehub.energy.schema import GridConnection, GridStation, LimitRow
from chargehub.errors import NotFound
from chargehub.events import StationRetired
from chargehub.people.rules import Actor
from chargehub.sessions import remote
from chargehub.stations import commanding, registration
from chargehub.stations import tables as stations
from chargehub.stations.profiles import ClearChargingProfiles, Schedule, of_session
from chargehub.stations.schema import Station
from chargehub.store.work import Reads, Work


def connect(work: Work, actor: Actor, location_id: str, wanted: Connection, now: datetime) -> None:
    """State a location's grid connection and the stations on it; from now on it is kept.

    Raises NotFound (location, station), BadConnection, ElsewhereConnected.
    """
    owned_location(work, actor, location_id)
    rules.check(wanted)
    for wiring in wanted.stations:
        registration.owned_station(work, actor.account_id, wiring.station_id)
        if tables.location_of(work, wiring.station_id) not in (None, location_id):
            raise rules.ElsewhereConnected(
                "A station hangs on another location's grid connection. Take it off there first."
            )
    values: dict[str, Any] = {
        "fuse_a": wanted.fuse_a,
        "phases": wanted.phases,
        "voltage_v": wanted.voltage_v,
        "house_a": wanted.house_a,
        "fallback_a": wanted.fallback_a,
        "every_s": wanted.every_s,
    }
    is_it = col(GridConnection.location_id) == location_id
    before = tables.connection(work, location_id)
    if not work.execute(update(GridConnection).where(is_it).values(**values)):
        work.add(GridConnection(location_id=location_id, **values))
    if before is not None and before.voltage_v != wanted.voltage_v:
        for wiring in before.stations:  # their limits in W mean other amps now
            balancing.forget(work, wiring.station_id)
    _wire(work, location_id, wanted.stations, now)
    balancing.look(work, location_id, now)


def disconnect(work: Work, actor: Actor, location_id: str, now: datetime) -> None:
    """Keep nothing any more: the hub takes its limits back. Twice is once. Raises NotFound."""
    owned_location(work, actor, location_id)
    _wire(work, location_id, (), now)
    work.execute(delete(GridConnection).where(col(GridConnection.location_id) == location_id))


def take_off(work: Work, event: StationRetired, now: datetime) -> None:
    """A station was retired: the others on its grid connection share without it."""
    location_id = tables.location_of(work, event.station_id)
    before = None if location_id is None else tables.connection(work, location_id)
    if location_id is None or before is None:
        return
    left = tuple(each for each in before.stations if each.station_id != event.station_id)
    _wire(work, location_id, left, now)
    balancing.look(work, location_id, now)


def limit_session(
    work: Work,
    actor: Actor,
    session_id: str,
    wanted: Schedule,
    now: datetime,
    expires_in: timedelta,
) -> str:
    """Limit a running session at one's own station; the command's id.

    Raises NoSuchSession, NotFound, NotRunning, LimitsBalanced, TooMuchWaiting.
    """
    session = remote.seen_by(work, actor, session_id)
    if session.status != "active" or session.evse_number is None or not session.transaction_id:
        raise rules.NotRunning("The session does not run, so there is nothing to limit.")
    profile = of_session(session.evse_number, session.transaction_id, wanted)
    owner_id = actor.account_id
    return commanding.command_own(work, owner_id, session.station_id, profile, now, expires_in)


def owned_location(reads: Reads, actor: Actor, location_id: str) -> None:
    """Raises NotFound unless the location is the actor's own."""
    location = stations.location(reads, location_id)
    if location is None or location.owner_id != actor.account_id:
        raise NotFound("You have no location with this id.")


def _wire(work: Work, location_id: str, wirings: tuple[Wiring, ...], now: datetime) -> None:
    """Those that are named hang on the connection, and no other does any more."""
    known = {row.station_id: row.phases for row in tables.members(work, location_id)}
    for station_id in known.keys() - {wiring.station_id for wiring in wirings}:
        work.execute(delete(LimitRow).where(col(LimitRow.station_id) == station_id))
        work.execute(delete(GridStation).where(col(GridStation.station_id) == station_id))
        _mark(work, station_id, is_balanced=False)
        commanding.withdraw(work, station_id, balancing.KINDS, now)
        commanding.command(work, station_id, ClearChargingProfiles(), now, rules.TAKEN_BACK)
    for wiring in wirings:
        if known.get(wiring.station_id, wiring.phases) != wiring.phases:
            balancing.forget(work, wiring.station_id)
        is_it = col(GridStation.station_id) == wiring.station_id
        if not work.execute(update(GridStation).where(is_it).values(phases=wiring.phases)):
            work.add(
                GridStation(
                    station_id=wiring.station_id, location_id=location_id, phases=wiring.phases
                )
            )
            _mark(work, wiring.station_id, is_balanced=True)
            commanding.withdraw(work, wiring.station_id, balancing.KINDS, now)


def _mark(work: Work, station_id: str, is_balanced: bool) -> None:
    of_station = col(Station.id) == station_id
    work.execute(update(Station).where(of_station).values(is_balanced=is_balanced))

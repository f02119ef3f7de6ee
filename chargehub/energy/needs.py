"""Cars that say what they need (ISO 15118): each gets the limit of its session, and keeps to it.

Behind a fuse the limit is the car's share. Elsewhere it is what people set for the session, and
else what the EVSE can give.
"""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from chargehub.energy import balancing, rules, tables
from chargehub.energy.tables import Point, Site
from chargehub.sessions import tables as sessions
from chargehub.sessions.tables import SessionView
from chargehub.stations import commanding, notes
from chargehub.stations import tables as stations
from chargehub.stations.profiles import Period, Schedule, SetChargingProfile, of_session
from chargehub.stations.reports import ChargingAnswer, ChargingNeedsTold, ChargingScheduleTold
from chargehub.stations.rules import command_of
from chargehub.stations.schema import CommandRow
from chargehub.store.work import Reads, Work

_RECENT = 50  # commands of a station among which the last limit of a session is looked for


def receive_needs(
    work: Work, station_id: str, report: ChargingNeedsTold, now: datetime
) -> ChargingAnswer:
    """A car needs energy: the session's limit follows as a command. No session: refused."""
    notes.keep(work, station_id, report.note, now)
    session = _running(work, station_id, report.evse)
    if session is None:
        return ChargingAnswer(is_accepted=False)
    _tell_limit(work, session, now)
    return ChargingAnswer(is_accepted=True)


def receive_schedule(
    work: Work, station_id: str, report: ChargingScheduleTold, now: datetime
) -> ChargingAnswer:
    """How a car means to charge. What goes above the session's limit is refused, and the limit
    told once more, so that the car thinks again."""
    notes.keep(work, station_id, report.note, now)
    session = _running(work, station_id, report.evse)
    if session is None or _is_within(work, session, report, now):
        return ChargingAnswer(is_accepted=True)
    _tell_limit(work, session, now)
    return ChargingAnswer(is_accepted=False)


def _running(reads: Reads, station_id: str, evse: int) -> SessionView | None:
    found = sessions.open_at_station(reads, station_id)
    return next((one for one in found if (one.evse_number, one.status) == (evse, "active")), None)


def _tell_limit(work: Work, session: SessionView, now: datetime) -> None:
    shared = _shared(work, session, now)
    if shared is not None:
        site, point = shared
        balancing.renew(work, point, site.connection.voltage_v, now)
        return
    limit = _last_told(work, session) or _all_it_can(work, session)
    if limit is not None:
        commanding.command(work, session.station_id, limit, now, rules.UNSENT)


def _is_within(
    reads: Reads, session: SessionView, report: ChargingScheduleTold, now: datetime
) -> bool:
    told = rules.Rate(report.unit, report.limit, report.phases)
    shared = _shared(reads, session, now)
    if shared is not None:
        site, point = shared
        return rules.is_within(told, _share(site, point), site.connection.voltage_v)
    limit = _last_told(reads, session) or _all_it_can(reads, session)
    if limit is None:
        return True
    highest = max(period.limit for period in limit.schedule.periods)
    return rules.is_within(told, rules.Rate(limit.schedule.unit, highest))


def _share(site: Site, point: Point) -> rules.Rate:
    """What the EVSE may draw, as its station was told it."""
    reserved_a, phases = point.load.reserved_a, point.wiring.phases
    if point.is_direct:
        return rules.Rate("W", rules.direct_w(reserved_a, point.wiring, site.connection.voltage_v))
    return rules.Rate("A", reserved_a, phases)


def _shared(reads: Reads, session: SessionView, now: datetime) -> tuple[Site, Point] | None:
    """The session's EVSE on a grid connection; None: it hangs on none."""
    location_id = tables.location_of(reads, session.station_id)
    site = None if location_id is None else tables.site(reads, location_id, now)
    if site is None:
        return None
    return next((site, each) for each in site.points if each.evse.id == session.evse_id)


def _last_told(reads: Reads, session: SessionView) -> SetChargingProfile | None:
    """The limit that people set for this session last, and the station took."""
    wanted = select(col(CommandRow.body)).where(
        col(CommandRow.station_id) == session.station_id,
        col(CommandRow.kind) == "set_charging_profile",
        col(CommandRow.state) == "answered",
    )
    for row in reads.all(wanted.order_by(col(CommandRow.id).desc()).limit(_RECENT)):
        if row.body["transaction_id"] == session.transaction_id:
            found = command_of(row.body)
            assert isinstance(found, SetChargingProfile), row.body
            return found
    return None


def _all_it_can(reads: Reads, session: SessionView) -> SetChargingProfile | None:
    evse = stations.evse(reads, session.evse_id) if session.evse_id else None
    if evse is None:  # a session at an EVSE that was not registered
        return None
    assert session.transaction_id is not None, session.id
    schedule = Schedule("W", (Period(0, evse.power_w),))
    return of_session(evse.number, session.transaction_id, schedule)

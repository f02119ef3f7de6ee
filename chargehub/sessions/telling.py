"""Stations that can show it are told what a session costs by now, the same that its driver sees."""

from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlmodel import col

from chargehub.sessions import running
from chargehub.sessions.schema import SESSION, ToldCost
from chargehub.sessions.tables import SessionView
from chargehub.stations import actions as station_actions
from chargehub.stations.commands import TellCost
from chargehub.stations.schema import CommandRow, Station, StationSetting
from chargehub.stations.tables import OPEN_STATES
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work
from chargehub.units import exponent

SHOWS_COST = "TariffCostCtrlr.Enabled[Cost]"
"""True where a station shows its drivers what charging costs. Source: OCPP 2.0.1 part 2, I."""
FORGOTTEN_AFTER = 10  # times as long as between two looks: the session is over by then

_SHOWS_COST = exists().where(
    col(StationSetting.station_id) == SESSION.c.station_id,
    col(StationSetting.name) == SHOWS_COST,
    func.lower(col(StationSetting.value)) == "true",
)
_RUNNING = (
    select(SESSION)
    .join(Station, col(Station.id) == SESSION.c.station_id)
    .outerjoin(ToldCost, col(ToldCost.session_id) == SESSION.c.id)
    .where(
        SESSION.c.status == "active",
        SESSION.c.verdict == "accepted",
        SESSION.c.tariff_snapshot_id.is_not(None),
        SESSION.c.transaction_id.is_not(None),
        col(Station.connection) != 0,
        col(Station.ocpp_version) != "1.6",
        _SHOWS_COST,
    )
)
_LAST = (
    select(col(CommandRow.state), col(CommandRow.body), col(CommandRow.outcome))
    .order_by(col(CommandRow.id).desc())
    .limit(1)
)


def tell_costs(work: Work, now: datetime, every: timedelta, chunk: Chunk = ALL) -> int:
    """Tell stations what their sessions cost by now, each at most once in `every`; how many.

    What has not changed since the station took it is not told again. Source: OCPP 2.0.1 part 2,
    I02.
    """
    assert every > timedelta()
    looked_at = col(ToldCost.looked_at)
    is_old = looked_at <= now - FORGOTTEN_AFTER * every
    if work.one(select(col(ToldCost.session_id)).where(is_old).limit(1)):
        work.execute(delete(ToldCost).where(is_old))
    is_due = or_(looked_at.is_(None), looked_at <= now - every)
    rows = work.all(_RUNNING.where(is_due).limit(chunk.limit))
    due = [SessionView(*row) for row in rows]
    return chunk.each(work, due, attrgetter("id"), partial(_tell, now=now, every=every))


def _tell(work: Work, session: SessionView, now: datetime, every: timedelta) -> None:
    work.execute(delete(ToldCost).where(col(ToldCost.session_id) == session.id))
    work.add(ToldCost(session_id=session.id, looked_at=now))
    cost = running.running(work, session).cost
    if cost is None:
        return
    assert session.transaction_id is not None, session.id
    told = TellCost(session.transaction_id, cost.amount_minor, exponent(cost.currency))
    if not _is_news(work, session, told):
        return
    work.execute(
        delete(CommandRow).where(*_of_session(session), col(CommandRow.state).not_in(OPEN_STATES))
    )
    station_actions.command(work, session.station_id, told, now, every, session_id=session.id)


def _is_news(reads: Reads, session: SessionView, told: TellCost) -> bool:
    """False: the station has it, is being told, or cannot be told at all."""
    last = reads.one(_LAST.where(*_of_session(session)))
    if last is None:
        return True
    if last.state in OPEN_STATES or (last.outcome or {}).get("fate") == "error":
        return False
    is_known: bool = last.state == "answered" and last.body["cost_minor"] == told.cost_minor
    return not is_known


def _of_session(session: SessionView) -> tuple[ColumnElement[bool], ...]:
    return (
        col(CommandRow.station_id) == session.station_id,
        col(CommandRow.kind) == "tell_cost",
        col(CommandRow.session_id) == session.id,
    )

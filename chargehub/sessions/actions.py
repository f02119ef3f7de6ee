"""What stations do to sessions: start, progress, end, readings. Every report is kept as received.

A report may come twice, late, or out of order; the second time it gets the first answer.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from chargehub.meters import actions as meters
from chargehub.people import tables as people
from chargehub.people.rules import group_token
from chargehub.sessions import advancing, masters, opening, rules, stopping, tables
from chargehub.sessions.rules import Candidate, Fact
from chargehub.sessions.schema import REPORT, SESSION, ReadingRow, ReportRow
from chargehub.sessions.tables import SessionView
from chargehub.stations import actions as station_actions
from chargehub.stations import tables as stations
from chargehub.stations.reports import (
    Acknowledged,
    EndAnswer,
    Metered,
    ProgressAnswer,
    Reading,
    Received,
    SessionEnded,
    SessionProgressed,
    SessionStarted,
    StartAnswer,
    TokenAnswer,
    TokenPresented,
)
from chargehub.stations.signed import SignedReading
from chargehub.store.hot import Hot
from chargehub.store.work import Work
from chargehub.units import exponent

log = structlog.get_logger(__name__)

_SET_CHARGING = Hot(
    update(SESSION)
    .where(SESSION.c.id == bindparam("session_id"))
    .values(charging=bindparam("new_charging"))
)

_LOOK_LATER = Hot(
    update(SESSION)
    .where(SESSION.c.id == bindparam("session_id"), SESSION.c.due_at.is_(None))
    .values(due_at=bindparam("new_due_at", type_=SESSION.c.due_at.type))
)

REPORT_COLUMNS = [column.key for column in REPORT.columns if column.key != "id"]
_KEEP = {
    "sqlite": Hot(sqlite.insert(REPORT).on_conflict_do_nothing(), REPORT_COLUMNS),
    "postgresql": Hot(postgresql.insert(REPORT).on_conflict_do_nothing(), REPORT_COLUMNS),
}


def authorise(work: Work, station_id: str, report: TokenPresented, now: datetime) -> TokenAnswer:
    """May this token charge here at all? When, and on which EVSE, is judged at the start."""
    verdict, driver_id, _ = opening.check_token(work, report.id_token, now)
    if verdict == "invalid":
        group = masters.group_at(work, station_id, report.id_token, now)
        return masters.shown(work, station_id, group, now) if group else TokenAnswer(verdict)
    if verdict != "accepted" or driver_id is None:
        return TokenAnswer(verdict)
    driver = people.account(work, driver_id)
    is_able = driver is not None and driver.can_pay
    if is_able or opening.is_own_at_station(work, station_id, driver_id, report.id_token):
        return TokenAnswer("accepted", group=group_token(driver_id))
    return TokenAnswer("no_credit")


def start_session(
    work: Work, station_id: str, report: SessionStarted, received: Received, now: datetime
) -> StartAnswer:
    """1.6 StartTransaction. The same start again gets the first answer, whatever its message id.

    Source: OCPP 1.6, sections 3.7.1 and 4.8.
    """
    key = rules.start_key(report)
    session = tables.by_start_key(work, station_id, key)
    if session is not None and rules.is_another_start(session, report.at, received.received_at):
        advancing.save(work, session, replace(session, start_key=None))
        session = None
    if session is None:
        session = _begin(work, station_id, report, received, key)
    assert session.transaction_id is not None, session.id
    return StartAnswer(session.transaction_id, session.verdict or "invalid", _group(session))


def _begin(
    work: Work, station_id: str, report: SessionStarted, received: Received, key: str
) -> SessionView:
    asked_for = _asked_for(work, station_id, report.evse, report.id_token)
    session = asked_for or advancing.blank(work, station_id)
    told = rules.told(report.at, received.received_at, session.clock_ahead_s)
    session = replace(
        session,
        transaction_id=str(station_actions.next_transaction_id(work, station_id)),
        start_key=key,
        evse_number=report.evse,
        flags=_flags([], report.repairs, told),
        clock_ahead_s=session.clock_ahead_s if told.is_corrected else None,
    )
    fact = rules.started_fact(report, told.at)
    _keep(work, session, received, fact)
    if report.meter_wh is not None:
        reading = Reading(report.at, report.meter_wh, context="transaction_begin")
        _append_readings(work, session, [reading], received)
    return advancing.advance(work, session, [fact], received.received_at, is_offline=False)


def end_session(
    work: Work, station_id: str, report: SessionEnded, received: Received, now: datetime
) -> EndAnswer:
    """1.6 StopTransaction. With an id of 0, -1 or of nobody it is matched by register and time.

    Source: OCPP 1.6, section 4.10.
    """
    session = tables.by_transaction(work, station_id, report.transaction_id)
    if session is None:
        told = rules.told(report.at, received.received_at, _ahead_s(work, station_id))
        session = _guess(work, station_id, told.at, report.meter_wh)
    ahead_s = session.clock_ahead_s if session else None
    told = rules.told(report.at, received.received_at, ahead_s)
    verdict = masters.stop_verdict(work, station_id, report.id_token, told.at)
    fact = rules.ended_fact(report, told.at)
    if session is None or session.ended_at is not None:
        if session is None or session.end_wh != report.meter_wh:
            _append_report(work, station_id, None, received, fact)
            log.warning("stop of no open session", station=station_id, meter_wh=report.meter_wh)
        return EndAnswer(verdict)
    _keep(work, session, received, fact)
    _append_readings(work, session, report.readings, received)
    _keep_signed(work, session, report.signed, received)
    session = replace(session, flags=_flags(session.flags, report.repairs, told))
    _advance(work, session, received, is_offline=False)
    return EndAnswer(verdict)


def progress_session(
    work: Work, station_id: str, report: SessionProgressed, received: Received, now: datetime
) -> ProgressAnswer:
    """2.x TransactionEvent, in any order. A sequence number counts once.

    Source: OCPP 2.0.1 part 2, E01 to E13.
    """
    session = _session_of(work, station_id, report)
    told = rules.told(report.at, received.received_at, session.clock_ahead_s)
    if session.status in ("new", "starting") and not told.is_corrected:
        session = replace(session, clock_ahead_s=None)
    session = replace(session, flags=_flags(session.flags, report.repairs, told))
    master_group = masters.stopped_by(work, session, report, told.at)
    if master_group is not None:  # it is nobody's token, and no reason to judge anew
        report = replace(report, id_token=None)
    if not _keep(work, session, received, rules.progressed_fact(report, told.at)):
        return _progress_answer(work, session, report, master_group)
    _append_readings(work, session, report.readings, received, report.evse)
    _keep_signed(work, session, report.signed, received, report.evse)
    if _must_fold(session, report):
        session = _advance(work, session, received, report.offline)
        if rules.EVSE_BOOKED in session.flags:
            session = stopping.ask_once(work, session, now)
    elif session.status == "closed":
        _reprice_later(work, session.id, received)
    elif report.charging is not None and report.charging != session.charging:
        work.execute(_SET_CHARGING, session_id=session.id, new_charging=report.charging)
    work.notify(f"session:{session.id}")
    return _progress_answer(work, session, report, master_group)


def take_readings(
    work: Work, station_id: str, report: Metered, received: Received, now: datetime
) -> Acknowledged:
    """MeterValues, within a session or outside any. A stale or missing id: by EVSE."""
    known = None
    if report.transaction_id is not None:
        known = tables.id_by_transaction(work, station_id, report.transaction_id)
        if known and known.status == "closed":
            _reprice_later(work, known.id, received)
    if known is None and report.evse > 0:
        known = tables.open_at_evse(work, station_id, report.evse)
    session_id, ahead_s = (known.id, known.clock_ahead_s) if known else (None, None)
    _append_report(work, station_id, session_id, received, None)
    for reading in rules.moved(report.readings, received.received_at, ahead_s):
        work.append(ReadingRow, _reading(station_id, report.evse, session_id, reading))
    if report.signed:
        where = meters.Where(station_id, report.evse, session_id)
        meters.keep(work, where, report.signed, received.received_at)
    if session_id is not None:
        work.notify(f"session:{session_id}")
    return Acknowledged()


def _flags(known: list[str], repairs: tuple[str, ...], told: rules.Told) -> list[str]:
    return sorted({*known, *repairs, *told.flags})


def _session_of(work: Work, station_id: str, report: SessionProgressed) -> SessionView:
    """The session an event belongs to: known by its id, asked for from afar, or new."""
    known = tables.by_transaction(work, station_id, report.transaction_id)
    is_claimed = known is not None and known.id_token is not None
    if known is not None and (is_claimed or known.status == "closed"):
        return known
    asked = _waiting_for(work, station_id, report, known.evse_number if known else None)
    if known is None:
        asked = asked or advancing.blank(work, station_id)
        return replace(asked, transaction_id=report.transaction_id)
    if asked is None:
        return known
    # The cable came before the driver asked: what was told so far is of the session asked for.
    tables.hand_over(work, known.id, asked.id)
    work.notify(f"session:{known.id}")
    return replace(asked, transaction_id=known.transaction_id, flags=known.flags)


def _waiting_for(
    work: Work, station_id: str, report: SessionProgressed, evse: int | None
) -> SessionView | None:
    """The session asked for from afar that this event begins. One given up is judged anew."""
    session = None
    if report.remote_start_id is not None:
        session = tables.by_remote_start(work, station_id, report.remote_start_id)
    if session is None and report.id_token is not None:
        session = _asked_for(work, station_id, report.evse or evse, report.id_token)
    return session if session is not None and session.status == "starting" else None


def _asked_for(work: Work, station_id: str, evse: int | None, id_token: str) -> SessionView | None:
    """The newest session that waits for this start, asked for from afar; `evse` None: not told."""
    for session in tables.open_at_station(work, station_id):
        is_here = evse is None or session.evse_number == evse
        if is_here and (session.status, session.id_token) == ("starting", id_token):
            return session
    return None


def _must_fold(session: SessionView, report: SessionProgressed) -> bool:
    """Most updates add readings and nothing else, so they need no fold."""
    says_more = (session.verdict is None and report.id_token is not None) or (
        session.evse_number is None and report.evse is not None
    )
    is_plain = session.status in ("active", "closed") and report.trigger == "updated"
    return says_more or not is_plain


def _reprice_later(work: Work, session_id: str, received: Received) -> None:
    """Readings of a closed session correct it once for all that a station's queue brings."""
    due_at = received.received_at + rules.LATE_WITHIN
    work.execute(_LOOK_LATER, session_id=session_id, new_due_at=due_at)


def _advance(work: Work, session: SessionView, received: Received, is_offline: bool) -> SessionView:
    facts = [rules.read_fact(row.fact) for row in tables.facts(work, session.id)]
    return advancing.advance(work, session, facts, received.received_at, is_offline)


def _guess(work: Work, station_id: str, at: datetime, meter_wh: int | None) -> SessionView | None:
    """Whose stop this is, that names no session: one said before, or of one that runs.

    Without a register nobody can tell.
    """
    if meter_wh is None:
        return None
    repeated = tables.by_end(work, station_id, at, meter_wh)
    if repeated is not None:
        return repeated
    running = {
        session.id: session
        for session in tables.open_at_station(work, station_id)
        if session.status == "active" and session.started_at and session.start_wh is not None
    }
    candidates = [
        Candidate(key, session.started_at, session.start_wh, _last_wh(work, session))
        for key, session in running.items()
        if session.started_at is not None and session.start_wh is not None
    ]
    found = rules.match_stop(candidates, at, meter_wh)
    return running[found] if found else None


def _ahead_s(work: Work, station_id: str) -> int | None:
    station = stations.station(work, station_id)
    return rules.correctable(station.clock_ahead_s) if station else None


def _last_wh(work: Work, session: SessionView) -> int:
    work.flush()
    reading = tables.latest_reading(work, session.id)
    start = session.start_wh or 0
    return start if reading is None or reading.register_wh is None else reading.register_wh


def _progress_answer(
    work: Work, session: SessionView, report: SessionProgressed, master_group: str | None
) -> ProgressAnswer:
    verdict = session.verdict if report.id_token is not None else None
    group = _group(session) if verdict is not None else None
    if master_group is not None:
        verdict, group = "accepted", master_group
    if report.trigger != "ended":
        return ProgressAnswer(verdict, group=group)
    work.flush()
    closed = tables.session(work, session.id)
    cdr = tables.cdr(work, closed.cdr_id) if closed and closed.cdr_id else None
    if cdr is None or cdr.tariff_snapshot_id is None:
        return ProgressAnswer(verdict, group=group)
    return ProgressAnswer(verdict, cdr.cost_minor, exponent(cdr.currency), group)


def _group(session: SessionView) -> str | None:
    """What the id tokens of an admitted driver have in common."""
    is_admitted = session.verdict == "accepted" and session.driver_id is not None
    return group_token(session.driver_id or "") if is_admitted else None


def _keep(work: Work, session: SessionView, received: Received, fact: Fact) -> bool:
    """Store a report that is folded. False: a report with this number is there already."""
    values = _report(session.station_id, session.id, received, fact)
    return work.execute(_KEEP[work.dialect], **values) == 1


def _append_report(
    work: Work, station_id: str, session_id: str | None, received: Received, fact: Fact | None
) -> None:
    values = _report(station_id, session_id, received, fact)
    work.append(ReportRow, {**values, "seq_no": None})


def _report(
    station_id: str, session_id: str | None, received: Received, fact: Fact | None
) -> dict[str, Any]:
    return {
        "station_id": station_id,
        "session_id": session_id,
        "seq_no": fact.seq_no if fact else None,
        "connection": received.connection,
        "message_id": received.message_id,
        "action": received.action,
        "device_at": fact.at if fact else None,
        "received_at": received.received_at,
        "payload": received.payload,
        "fact": fact.stored() if fact else None,
    }


def _append_readings(
    work: Work,
    session: SessionView,
    readings: Iterable[Reading],
    received: Received,
    evse: int | None = None,
) -> None:
    number = evse or session.evse_number or 0
    for reading in rules.moved(readings, received.received_at, session.clock_ahead_s):
        work.append(ReadingRow, _reading(session.station_id, number, session.id, reading))


def _keep_signed(
    work: Work,
    session: SessionView,
    signed: tuple[SignedReading, ...],
    received: Received,
    evse: int | None = None,
) -> None:
    if signed:
        where = meters.Where(session.station_id, evse or session.evse_number or 0, session.id)
        meters.keep(work, where, signed, received.received_at)


def _reading(
    station_id: str, evse: int, session_id: str | None, reading: Reading
) -> dict[str, Any]:
    return {
        "station_id": station_id,
        "evse_number": evse,
        "session_id": session_id,
        "at": reading.at,
        "register_wh": reading.register_wh,
        "power_w": reading.power_w,
        "soc_percent": reading.soc_percent,
        "context": reading.context[:20],
    }

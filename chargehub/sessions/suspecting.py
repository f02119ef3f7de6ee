"""Sessions that may have ended without a word: their station is asked, evidence closes them.

Silence alone proves nothing: a car may stand for days, and a line be down. It only asks.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chargehub.sessions import rules, stopping, tables
from chargehub.sessions.tables import SessionView
from chargehub.stations import actions as station_actions
from chargehub.stations import tables as stations
from chargehub.stations.commands import ReadSession, TriggerReport
from chargehub.stations.views import CommandView
from chargehub.store.work import Work

ANSWER_WITHIN = timedelta(minutes=10)  # a station with a line has told its status by then
WAITS = timedelta(hours=24)  # a question waits for a station without a line


def suspect(work: Work, session: SessionView, now: datetime) -> tuple[SessionView, timedelta]:
    """An active session is due: the session as it looks, and when to look again.

    Not a word of it for a day: it is suspect, and its station is asked each day.
    """
    heard_at = tables.last_heard(work, session.id)
    if heard_at is not None and now - heard_at < rules.MISSING_WITHIN:
        return cleared(session), rules.MISSING_WITHIN
    _ask(work, session, now)
    wait = rules.MISSING_WITHIN if rules.SUSPECT in session.flags else ANSWER_WITHIN
    return stopping.flagged(session, rules.SUSPECT), wait


def is_over(work: Work, session: SessionView) -> bool:
    """True if a session is suspect and its EVSE has said since that it is free."""
    if rules.SUSPECT not in session.flags or session.evse_id is None:
        return False
    heard_at, evse = tables.last_heard(work, session.id), stations.evse(work, session.evse_id)
    if evse is None or not evse.is_connected or evse.status_at is None or heard_at is None:
        return False
    return evse.status == "available" and evse.status_at > heard_at


def is_denied(session: SessionView, command: CommandView) -> bool:
    """True if the station knows no such session any more, and has nothing of it to tell.

    Source: OCPP 2.0.1 part 2, E14.
    """
    if session.status != "active" or rules.SUSPECT not in session.flags or not command.outcome:
        return False
    told = command.outcome.details
    return told.get("is_ongoing") is False and told.get("has_more") is False


def cleared(session: SessionView) -> SessionView:
    """The session, heard of again."""
    return replace(session, flags=[flag for flag in session.flags if flag != rules.SUSPECT])


def _ask(work: Work, session: SessionView, now: datetime) -> None:
    station = stations.station(work, session.station_id)
    assert station is not None, session.station_id
    status = TriggerReport("status", session.evse_number or 0)
    station_actions.command(work, session.station_id, status, now, WAITS, session_id=session.id)
    if station.ocpp_version != "1.6" and session.transaction_id is not None:
        question = ReadSession(session.transaction_id)  # 1.6 can only be asked for its status
        station_actions.command(
            work, session.station_id, question, now, WAITS, session_id=session.id
        )

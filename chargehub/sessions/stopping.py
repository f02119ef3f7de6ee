"""Asking a station to stop a session: for a person or the hub, and again where it was not done.

`stop_requested_at` is set from the wish until the station has stopped, refused or ignored it.
Then it is empty again, a flag says why, and the person may ask anew.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chargehub.events import PaymentRefused
from chargehub.sessions import advancing, rules, tables
from chargehub.sessions.tables import SessionView
from chargehub.stations import actions as station_actions
from chargehub.stations import tables as stations
from chargehub.stations.commands import StopSession
from chargehub.stations.views import CommandView
from chargehub.store.work import Work

STOP_WITHIN = timedelta(days=7)  # a stop waits for an offline station
DONE_WITHIN = timedelta(minutes=2)  # a station that said yes has told of the end by then
LOOKED_AT = 100  # open commands of one station: more are never let in

REFUSED = "stop_refused"
IGNORED = "stop_ignored"
OF_THE_HUB = {
    rules.BUDGET_REACHED,
    rules.HOLD_REFUSED,
    rules.EVSE_BOOKED,
    rules.EVSE_KEPT,
}  # why the hub itself wants a session stopped


def ask(work: Work, session: SessionView, now: datetime) -> SessionView:
    """Ask the station to stop, as soon as it has a line."""
    assert session.transaction_id is not None, session.id
    asked = replace(session, stop_requested_at=now)
    advancing.save(work, session, asked)
    command = StopSession(session.transaction_id)
    station_actions.command(
        work, session.station_id, command, now, STOP_WITHIN, session_id=session.id
    )
    work.notify(f"session:{session.id}")
    return asked


def ask_once(work: Work, session: SessionView, now: datetime) -> SessionView:
    """Ask the station to stop, if the session runs and nobody has asked yet."""
    if session.status != "active" or session.stop_requested_at is not None:
        return session
    return ask(work, session, now)


def stop_unpaid(work: Work, event: PaymentRefused, now: datetime) -> None:
    """The hold was refused: stop the session. What it took is owed."""
    session = tables.session(work, event.session_id) if event.session_id else None
    if session is not None:
        ask_once(work, flagged(session, rules.HOLD_REFUSED), now)


def follow(work: Work, session: SessionView, command: CommandView, now: datetime) -> None:
    """What came of asking: a station that said yes is given a while, after any no it is over."""
    if session.status != "active" or session.stop_requested_at is None:
        return
    if command.state == "answered":
        due_at = now + DONE_WITHIN
        advancing.save(
            work, session, replace(session, due_at=min(session.due_at or due_at, due_at))
        )
        return
    _give_up(work, session, REFUSED)


def look_again(work: Work, session: SessionView, wait: timedelta, now: datetime) -> None:
    """An active session is due and not over. If the station has ignored a stop, say so.

    What the hub itself wants stopped, it asks for again. `wait`: until the next look.
    """
    waits = replace(session, due_at=now + wait)
    if session.stop_requested_at is None or _is_waiting(work, session, now):
        advancing.save(work, session, waits)
        return
    ignored = _give_up(work, waits, IGNORED)
    if OF_THE_HUB.intersection(ignored.flags):
        ask(work, ignored, now)


def _give_up(work: Work, session: SessionView, flag: str) -> SessionView:
    """It goes on: what was asked is asked no more, by nobody."""
    over = flagged(session, flag)
    flags = [one for one in over.flags if one != rules.STOPPED_BY_OWNER]
    over = replace(over, stop_requested_at=None, flags=flags)
    advancing.save(work, session, over)
    work.notify(f"session:{session.id}")
    return over


def _is_waiting(work: Work, session: SessionView, now: datetime) -> bool:
    """True while the station has not said anything to the stop."""
    ids = stations.open_command_ids(work, session.station_id, now, LOOKED_AT)
    waiting = [stations.command(work, command_id) for command_id in ids]
    return any(
        (command.kind, command.session_id) == ("stop_session", session.id)
        for command in waiting
        if command is not None
    )


def flagged(session: SessionView, flag: str) -> SessionView:
    """The session with one more flag."""
    return replace(session, flags=sorted({*session.flags, flag}))

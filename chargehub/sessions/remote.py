"""What people and the clock do to sessions: start and stop from afar, give up, correct."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from chargehub.bookings.tables import BookingView
from chargehub.errors import Conflict, Invalid
from chargehub.events import CommandFinished, SessionFailed
from chargehub.people import debtors
from chargehub.people import tables as people
from chargehub.people.rules import Actor
from chargehub.sessions import (
    advancing,
    closing,
    opening,
    pages,
    parking,
    rules,
    stopping,
    suspecting,
    tables,
)
from chargehub.sessions.cdr import MAX_ENERGY_WH, CdrView
from chargehub.sessions.tables import SessionView
from chargehub.stations import actions as station_actions
from chargehub.stations import tables as stations
from chargehub.stations.commands import StartSession
from chargehub.stations.views import EvseView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work

START_WITHIN = timedelta(seconds=60)  # who stands at the EVSE does not wait longer

WHY_NOT = {
    "invalid": "Your id token is not known; register it first.",
    "blocked": "Your id token is blocked.",
    "expired": "Your id token has expired.",
    "not_now": "The EVSE is booked by somebody else, closed, kept by its owner,"
    " or not published for you.",
    "no_credit": "Add a payment method first; then you can start.",
}


def start_remote(work: Work, actor: Actor, evse_id: str, now: datetime) -> SessionView:
    """Ask an EVSE to start for this driver. Raises NotFound, StationOffline, MayNotStart."""
    return _start(work, actor.account_id, people.app_token(work, actor.account_id), evse_id, now)


def start_booked(work: Work, booking: BookingView, now: datetime) -> SessionView:
    """Ask a booked EVSE to start for who booked it, with the id token that was booked with.

    Raises NoSuchEvse, StationOffline, MayNotStart.
    """
    return _start(work, booking.driver_id, booking.id_token, booking.evse_id, now)


def _start(work: Work, driver_id: str, id_token: str, evse_id: str, now: datetime) -> SessionView:
    evse = check_ready(work, evse_id)
    if pages.count_starting(work, driver_id) >= rules.STARTING_AT_ONCE:
        raise rules.MayNotStart("Other sessions of yours wait for their cars. Stop them first.")
    admission = opening.admit(
        work, opening.Start(evse.station_id, evse, id_token, now, is_asked=True)
    )
    if admission.verdict == "no_credit":
        debtors.check(work, driver_id)
    if admission.verdict != "accepted":
        raise rules.MayNotStart(WHY_NOT[admission.verdict])
    blank = advancing.blank(work, evse.station_id)
    session = replace(
        blank,
        status="starting",
        evse_id=evse.id,
        evse_number=evse.number,
        id_token=id_token,
        remote_start_id=secrets.randbits(30) + 1,
        requested_at=now,
        due_at=now + rules.PLUG_IN_WITHIN,
        verdict=admission.verdict,
        driver_id=admission.driver_id,
        booking_id=admission.booking_id,
        free_reason=admission.free_reason,
        tariff_snapshot_id=admission.tariff_snapshot_id,
    )
    advancing.save(work, blank, session)
    assert session.remote_start_id is not None
    command = StartSession(evse.number, id_token, session.remote_start_id)
    station_actions.command(
        work, evse.station_id, command, now, START_WITHIN, session_id=session.id
    )
    return session


def check_ready(reads: Reads, evse_id: str) -> EvseView:
    """The EVSE, if it could start now for anybody.

    Raises NoSuchEvse, StationOffline, MayNotStart.
    """
    evse = stations.evse(reads, evse_id)
    if evse is None:
        raise rules.NoSuchEvse("There is no EVSE with this id.")
    if not evse.is_connected:
        raise rules.StationOffline("The station is offline; start at the station with your token.")
    if evse.status in ("unavailable", "faulted"):
        raise rules.MayNotStart(
            "The EVSE is out of service. If you booked it, GET /bookings/{booking_id}/alternatives"
            " names free ones near it."
        )
    for session in tables.open_at_station(reads, evse.station_id):
        if session.evse_number == evse.number and rules.is_in_the_way(session, evse.status):
            raise rules.MayNotStart("Another session runs at this EVSE.")
    return evse


def stop_remote(work: Work, actor: Actor, session_id: str, now: datetime) -> SessionView:
    """Ask the station to stop. The bill follows the meter, whenever the station hears of it."""
    session = seen_by(work, actor, session_id)
    is_owners = actor.account_id == session.owner_id != session.driver_id
    if session.status == "starting":
        return _fail(work, session, *([rules.STOPPED_BY_OWNER] if is_owners else []))
    if session.status != "active" or session.transaction_id is None:
        raise rules.NothingToStop("The session is over; there is nothing to stop.")
    if is_owners:
        session = stopping.flagged(session, rules.STOPPED_BY_OWNER)
    return stopping.ask_once(work, session, now)


def seen_by(reads: Reads, actor: Actor, session_id: str) -> SessionView:
    """The session, for its driver, its owner or an operator. Raises NoSuchSession for others."""
    session = tables.session(reads, session_id)
    is_party = session is not None and actor.account_id in (session.driver_id, session.owner_id)
    if session is None or not (is_party or actor.is_operator):
        raise rules.NoSuchSession("There is no session with this id.")
    return session


def follow_command(work: Work, event: CommandFinished, now: datetime) -> None:
    """A station would not start: the session failed. It would not stop: it may be asked again."""
    if event.kind not in ("start_session", "stop_session", "read_session"):
        return
    command = stations.command(work, event.command_id)
    session = tables.session(work, command.session_id or "") if command else None
    if command is None or session is None:
        return
    if event.kind == "read_session":
        if suspecting.is_denied(session, command):
            _finish(work, session, now)
    elif event.kind == "stop_session":
        stopping.follow(work, session, command, now)
    elif command.state != "answered" and session.status == "starting":
        _fail(work, session)


def _fail(work: Work, session: SessionView, *flags: str) -> SessionView:
    flags_now = sorted({*session.flags, *flags})
    failed = replace(session, status="failed", due_at=None, flags=flags_now)
    advancing.save(work, session, failed)
    work.record(SessionFailed(session.id))
    work.notify(f"session:{session.id}")
    return failed


def close_overdue(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Look at the sessions whose time is up, at most 50; how many were done.

    Give up what never began; close, by what is known, what lacks reports, or its end; correct
    what late readings were told of.
    """
    due = tables.overdue(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("id"), partial(_look_at, now=now))


def _look_at(work: Work, session: SessionView, now: datetime) -> None:
    if session.status == "starting":
        _fail(work, session)
        return
    if session.status == "active" and not _is_given_up(work, session, now):
        suspected, wait = suspecting.suspect(work, session, now)
        stopping.look_again(work, suspected, wait, now)
        return
    _finish(work, session, now)


def _finish(work: Work, session: SessionView, now: datetime) -> None:
    life = rules.fold(rules.read_fact(row.fact) for row in tables.facts(work, session.id))
    if session.status == "ended" and parking.is_awaited(work, session, life, now):
        advancing.save(work, session, replace(session, due_at=now + parking.LOOK_EVERY))
        return
    if session.status != "closed":
        closing.close(work, session, life, now)
        return
    looked_at = replace(session, due_at=None)
    advancing.save(work, session, looked_at)
    closing.reprice(work, looked_at, life, now)


def _is_given_up(work: Work, session: SessionView, now: datetime) -> bool:
    heard_at = tables.last_heard(work, session.id)
    is_followed = tables.is_followed(work, session)
    is_silent = rules.is_given_up(heard_at, session.verdict, is_followed, now)
    return is_silent or suspecting.is_over(work, session)


@dataclass(frozen=True, slots=True)
class Correction:
    """What an operator sets, and why."""

    cdr_id: str
    energy_wh: int
    reason: str


def correct_cdr(work: Work, wanted: Correction, now: datetime) -> CdrView:
    """Take a CDR back by a credit note and write the right one. Raises NotFound, Refused."""
    if not 0 <= wanted.energy_wh <= MAX_ENERGY_WH:
        raise Invalid(f"The energy must lie between 0 and {MAX_ENERGY_WH} Wh.")
    record = tables.cdr(work, wanted.cdr_id)
    session = tables.session(work, record.session_id) if record else None
    if record is None or session is None:
        raise rules.NoSuchSession("There is no CDR with this id.")
    if session.cdr_id != record.id:
        raise Conflict("This CDR was already taken back; correct the one that replaced it.")
    corrected = closing.correct(work, session, wanted.energy_wh, wanted.reason, now)
    return corrected or record

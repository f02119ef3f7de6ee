"""A station's password changed over its line, and what it comes with: the new or the old.

What it was asked to take on counts beside what it had, until it has come with the one or the
other; no answer that is lost locks it out.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from chargehub import events
from chargehub.errors import Conflict
from chargehub.people.rules import Actor
from chargehub.stations import certificates, commanding, raising, rules, tables
from chargehub.stations.commands import Reset, SetPassword
from chargehub.stations.registration import seen_station
from chargehub.stations.schema import CommandRow, Station
from chargehub.stations.views import CommandView
from chargehub.store.work import Reads, Work

WAITS = timedelta(days=7)  # for a station without a line; nothing is lost while it waits


class RotationUnderWay(Conflict):
    """The station is being given a password already."""

    code = "rotation_under_way"


def rotate_password(
    work: Work, actor: Actor, station_id: str, digest: str, sealed: str, now: datetime
) -> str:
    """Give the station a new password over its line; the command's id.

    `digest` is kept of it, `sealed` is what only the hub can open, for as long as it is on its
    way. Raises NotFound, RotationUnderWay, TooMuchWaiting.
    """
    station = seen_station(work, actor, station_id)
    # It may have the one before: that must not be forgotten, unless no password lets it in anyway.
    may_have_it = station.next_password_digest is not None and station.security_profile < 3
    if may_have_it or _is_unsettled(work, station_id):
        raise RotationUnderWay(
            "A new password is on its way. Wait until the station has connected with it."
        )
    commanding.check_room(work, station_id, now)
    _change(work, station_id, next_password_digest=digest)
    return commanding.command(work, station_id, SetPassword(sealed), now, WAITS)


def follow_command(work: Work, event: events.CommandFinished, now: datetime) -> None:
    """What became of a new password: the station has it, or never will, or nobody knows."""
    if event.kind != "set_password":
        return
    command = tables.command(work, event.command_id)
    assert command is not None, event
    blank = rules.command_body(SetPassword(""))
    work.execute(
        update(CommandRow).where(col(CommandRow.id) == event.command_id).values(body=blank)
    )
    if _is_reset_needed(command):
        _bring_in_force(work, event.station_id, now)
    elif command.state == "answered":
        _promote_password(work, event.station_id)
    elif command.was_not_taken:
        _change(work, event.station_id, next_password_digest=None)


def note_entry(
    work: Work, station_id: str, profile: int, is_new_password: bool | None, judged: str | None
) -> None:
    """The station came in on this profile, with its new password or the old one: that it has now.

    With the old one it has not taken the new one, unless that is still on its way or counts for
    the station after a reset. None: it showed none, and nobody knows. `judged`: the new one's
    digest at the door; if it is another by now, what was shown says nothing of it.
    """
    station = tables.station(work, station_id)
    assert station is not None, station_id
    if station.next_password_digest != judged:
        pass
    elif is_new_password:
        _promote_password(work, station_id)
    elif is_new_password is False and not _may_come(work, station_id):
        _change(work, station_id, next_password_digest=None)
    if profile == station.next_security_profile:
        raising.arrive(work, station_id, profile)


def _is_unsettled(reads: Reads, station_id: str) -> bool:
    """Has the last password that was sent no outcome yet, or one that nobody has followed?"""
    wanted = select(col(CommandRow.body)).where(
        col(CommandRow.station_id) == station_id, col(CommandRow.kind) == "set_password"
    )
    body = reads.value(wanted.order_by(col(CommandRow.id).desc()).limit(1))
    return body is not None and bool(body["password"])


def _may_come(reads: Reads, station_id: str) -> bool:
    """Is the last password that was sent still on its way, or waiting for the station's reset?"""
    wanted = select(col(CommandRow.id)).where(
        col(CommandRow.station_id) == station_id, col(CommandRow.kind) == "set_password"
    )
    newest = reads.value(wanted.order_by(col(CommandRow.id).desc()).limit(1))
    command = None if newest is None else tables.command(reads, newest)
    return command is not None and (command.is_open or _is_reset_needed(command))


def _is_reset_needed(command: CommandView) -> bool:
    return command.outcome is not None and bool(command.outcome.details.get("is_reset_needed"))


def _bring_in_force(work: Work, station_id: str, now: datetime) -> None:
    """Have the station reset, unless it has come with its new password, or shows none anyway."""
    station = tables.station(work, station_id)
    assert station is not None, station_id
    if station.security_profile == certificates.WITH_CERTIFICATE:
        _promote_password(work, station_id)
    elif station.next_password_digest is not None:
        commanding.command(work, station_id, Reset("idle"), now, WAITS)


def _promote_password(work: Work, station_id: str) -> None:
    following = col(Station.next_password_digest)
    has_next = (col(Station.id) == station_id) & following.is_not(None)
    changed = update(Station).where(has_next)
    work.execute(changed.values(password_digest=following, next_password_digest=None))


def _change(work: Work, station_id: str, **values: Any) -> None:
    work.execute(update(Station).where(col(Station.id) == station_id).values(**values))

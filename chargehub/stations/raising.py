"""Raising a station's security profile over its line, step by step; nobody has to visit it.

Every step is a command that people can see. The hub raises and never lowers. A station that says
no stays as it is; until it has come on the new profile, the old one counts.

Source: OCPP 1.6 security white paper 3, section 2.6; OCPP 2.0.1 part 2, A05, B09 and B10.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from chargehub import events
from chargehub.people.rules import Actor
from chargehub.stations import certificates, commanding, rules, settings, tables
from chargehub.stations.commands import Network, RaiseSecurity, Reset, WriteSettings
from chargehub.stations.registration import seen_station
from chargehub.stations.schema import Station, StationSetting
from chargehub.stations.views import CommandView
from chargehub.store.work import Reads, Work

WAITS = timedelta(days=7)  # for a station without a line, and for one whose sessions go on
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
USUAL_PRIORITY = "1"  # of a station that has not told it
SLOTS = 9


@dataclass(frozen=True, slots=True)
class Wanted:
    """A profile, where to connect with it, and over which network."""

    profile: int
    url: str
    network: Network


def raise_profile(work: Work, actor: Actor, station_id: str, wanted: Wanted, now: datetime) -> None:
    """Ask for a higher profile; the station's own takes back what was asked.

    Raises NotFound, ProfileLower, NoCertificate, TooMuchWaiting.
    """
    station = seen_station(work, actor, station_id)
    if wanted.profile < station.security_profile:
        raise rules.ProfileLower(
            f"The station has security profile {station.security_profile}; it is not lowered."
        )
    if wanted.profile == station.security_profile:
        _change(work, station_id, next_security_profile=None)
        return
    if wanted.profile == 3 and not certificates.has_good(work, station_id, now):
        raise rules.NoCertificate(
            "The station has no certificate. Ask it for one: trigger_report, certificate."
        )
    _change(work, station_id, next_security_profile=wanted.profile)
    if station.ocpp_version is not None:
        commanding.check_room(work, station_id, now)
        slot = _free_slot(_priority(work, station_id))
        step = RaiseSecurity(wanted.profile, wanted.url, slot, wanted.network)
        commanding.command(work, station_id, step, now, WAITS)


def follow_command(work: Work, event: events.CommandFinished, now: datetime) -> None:
    """Take the next step on the way, or give up where the station said no."""
    if event.kind not in ("raise_security", "write_settings"):
        return
    station, step = tables.station(work, event.station_id), tables.command(work, event.command_id)
    assert station is not None, event
    assert step is not None, event
    if station.next_security_profile is None or not _is_step(step):
        return
    if step.was_not_taken:
        _change(work, event.station_id, next_security_profile=None)
    elif step.state == "answered":
        if step.kind == "write_settings":
            settings.store_settings(work, event.station_id, step.body["settings"], now)
        following = _following(work, step)
        if following is not None:
            commanding.command(work, event.station_id, following, now, WAITS)


def arrive(work: Work, station_id: str, profile: int) -> None:
    """The station came on the profile it was asked for. Slots of lower ones it tries no more.

    Source: OCPP 2.0.1 part 2, A05.FR.07.
    """
    _change(work, station_id, security_profile=profile, next_security_profile=None)
    slot = _priority(work, station_id).partition(",")[0]
    work.execute(update(StationSetting).where(_is_priority(station_id)).values(value=slot))


def _is_step(command: CommandView) -> bool:
    return command.kind == "raise_security" or PRIORITY in command.body["settings"]


def _following(reads: Reads, step: CommandView) -> WriteSettings | Reset | None:
    """None: the station goes on by itself."""
    told = step.outcome.details if step.outcome is not None else {}
    if "slot" in told:
        former = _priority(reads, step.station_id)
        return WriteSettings({PRIORITY: f"{told['slot']},{former}"})
    return Reset("idle") if step.kind == "write_settings" or told.get("is_reset_needed") else None


def _priority(reads: Reads, station_id: str) -> str:
    """The slots of network profiles that the station tries, the first first."""
    wanted = select(col(StationSetting.value)).where(_is_priority(station_id))
    told: str | None = reads.value(wanted)
    return told or USUAL_PRIORITY


def _is_priority(station_id: str) -> ColumnElement[bool]:
    return (col(StationSetting.station_id) == station_id) & (col(StationSetting.name) == PRIORITY)


def _free_slot(priority: str) -> int:
    taken = {each.strip() for each in priority.split(",")}
    return next((slot for slot in range(1, SLOTS) if str(slot) not in taken), SLOTS)


def _change(work: Work, station_id: str, **values: Any) -> None:
    work.execute(update(Station).where(col(Station.id) == station_id).values(**values))

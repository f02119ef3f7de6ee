"""Who may charge at a station while it has no line: its local list, and keeping it up to date.

A station is asked which list it has (`sync_local_list`); it is sent what is missing
(`send_local_list`), all of it where the hub does not know what the station has.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from chargehub.bookings import tables
from chargehub.events import CommandFinished
from chargehub.people import tables as people
from chargehub.people.rules import ID_TOKEN_LONGEST, MASTER, fold_id_token
from chargehub.stations import actions as station_actions
from chargehub.stations import lists, local_list
from chargehub.stations import tables as stations
from chargehub.stations.commands import Outcome
from chargehub.stations.local_list import KnownList, Listed, SendLocalList
from chargehub.stations.views import CommandView, StationView
from chargehub.store.work import Reads, Work

SEND_WITHIN = timedelta(hours=1)
# A list cannot say from when on, so whoever is on it may start. Early enough for a line that is
# lost for an afternoon, late enough to leave the drivers before in peace.
LEAD = timedelta(hours=3)
MAX_LISTED = local_list.MAX_LISTED
# How much a station says it can hold, and take at once, in the settings of 1.6 and of 2.x.
_HOLDS = ("LocalAuthListMaxLength",)
_TAKES = ("SendLocalListMaxLength", "LocalAuthListCtrlr.ItemsPerMessage")
_TAKES_BYTES = ("LocalAuthListCtrlr.BytesPerMessage",)
_KEEPS_NONE = ("NotSupported", "NotImplemented")
_TRY_WHOLE = ("Failed", "VersionMismatch")


def admitted(reads: Reads, station: StationView, now: datetime) -> tuple[Listed, ...]:
    """The id tokens of a station's list, by value: owner, household, then bookings as they come.

    At most as many as the station says it can hold, and none that is too long for its OCPP. A
    booked driver's ends with the last of these bookings.
    """
    found: dict[str, Listed] = {}
    longest = local_list.LONGEST_TOKEN.get(station.ocpp_version or "", ID_TOKEN_LONGEST)
    limit = min(MAX_LISTED, _limit(reads, station.id, _HOLDS) or MAX_LISTED)
    for each in _candidates(reads, station, now):
        key = fold_id_token(each.id_token)
        if len(each.id_token) <= longest and (key in found or len(found) < limit):
            found[key] = _later(found.get(key, each), each)
    return tuple(found[key] for key in sorted(found))


def _later(one: Listed, other: Listed) -> Listed:
    """One id token admitted twice: the right that ends later, or never."""
    if one.expires_at is None or other.expires_at is None:
        return one if one.expires_at is None else other
    return other if other.expires_at > one.expires_at else one


def _candidates(reads: Reads, station: StationView, now: datetime) -> Iterator[Listed]:
    for token in people.id_tokens(reads, station.owner_id, None, MAX_LISTED):
        yield from _valid(reads, token.value, now)
    for value in islice(stations.household_of_station(reads, station.id), MAX_LISTED):
        yield from _valid(reads, value, now)
    for booking in tables.soon_at_station(reads, station.id, now, now + LEAD, MAX_LISTED):
        for listed in _valid(reads, booking.id_token, now):
            ends = [booking.blocked_until, *([listed.expires_at] if listed.expires_at else [])]
            yield Listed(listed.id_token, min(ends))


def _valid(reads: Reads, value: str, now: datetime) -> Iterator[Listed]:
    token = people.id_token(reads, value)
    if token is None or token.status != "valid" or token.kind == MASTER:
        return
    if token.expires_at is None or token.expires_at > now:
        yield Listed(token.value, token.expires_at)


def _limit(reads: Reads, station_id: str, names: tuple[str, ...]) -> int | None:
    """The smallest of what the station told under these names; None: nothing."""
    told = stations.settings_named(reads, station_id, names).values()
    return min((int(each) for each in told if each.isdecimal() and int(each) > 0), default=None)


def _at_once(reads: Reads, station_id: str) -> int:
    most_items = _limit(reads, station_id, _TAKES)
    return local_list.at_once(most_items, _limit(reads, station_id, _TAKES_BYTES))


def follow_command(work: Work, event: CommandFinished, now: datetime) -> None:
    """A station told its version: send what is missing. It took a list or not: note it."""
    if event.kind not in ("sync_local_list", "send_local_list"):
        return
    command = stations.command(work, event.command_id)
    station = stations.station(work, event.station_id)
    if command is None or command.outcome is None or station is None:
        return
    outcome = command.outcome
    if outcome.fate in ("error", "refused") and outcome.status in _KEEPS_NONE:
        lists.note_refused(work, station, now)
    elif event.kind == "sync_local_list":
        _send_missing(work, station, outcome, now)
    else:
        _note_answer(work, station, command, now)


def _send_missing(work: Work, station: StationView, outcome: Outcome, now: datetime) -> None:
    version = outcome.details.get("version")
    if outcome.fate != "accepted" or not isinstance(version, int):
        return
    _send_next(work, station, version, lists.known(work, station.id), now)


def _send_next(
    work: Work, station: StationView, version: int, known: KnownList | None, now: datetime
) -> None:
    at_once = _at_once(work, station.id)
    missing = local_list.update(version, known, admitted(work, station, now), at_once)
    if missing is not None:
        station_actions.command(work, station.id, missing, now, SEND_WITHIN)


def _note_answer(work: Work, station: StationView, command: CommandView, now: datetime) -> None:
    """What was taken is followed by what is still missing. A difference that was not taken is
    followed by the whole list; a whole one by nothing."""
    sent, outcome = command.command, command.outcome
    assert isinstance(sent, SendLocalList), command.kind
    assert outcome is not None, command.id
    is_taken = outcome.fate == "accepted"
    is_tried_whole = outcome.status in _TRY_WHOLE and not sent.is_full
    is_followed = outcome.fate not in ("error", "refused") or is_tried_whole
    has = local_list.after(lists.known(work, station.id), sent) if is_taken else None
    lists.keep(work, station.id, has, is_followed, now)
    if has is not None:
        _send_next(work, station, has.version, has, now)
    elif outcome.fate == "refused" and is_tried_whole:
        listed = admitted(work, station, now)
        whole = local_list.whole(sent.version, listed, _at_once(work, station.id))
        station_actions.command(work, station.id, whole, now, SEND_WITHIN)

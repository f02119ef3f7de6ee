"""Local lists that follow by themselves: a station hears of it soon when its list is another.

A list that its station has taken once, because its owner asked for it or because the station
says that it keeps one, is looked at when something changed and every quarter of an hour. Only a
difference is told, a minute after the last one at the earliest. A list knows no beginning of a
right, so a booked driver is put on it some hours before the slot, and taken off after it.
"""

from datetime import datetime, timedelta
from functools import partial

from chargehub import events
from chargehub.bookings import tables
from chargehub.bookings.admitted import LEAD, SEND_WITHIN, admitted
from chargehub.stations import actions as station_actions
from chargehub.stations import lists
from chargehub.stations import tables as stations
from chargehub.stations.local_list import Listed, SyncLocalList
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work

LOOK_EVERY = timedelta(minutes=15)  # an id token that was blocked is off the list by then
_ENABLED = ("LocalAuthListEnabled", "LocalAuthListCtrlr.Enabled")  # as 1.6 and 2.x call it


def look_after_booking(
    work: Work,
    event: events.BookingConfirmed | events.BookingChanged | events.BookingReleased,
    now: datetime,
) -> None:
    """A booking stands, until another time or no more: its station's list may be another."""
    booking = tables.booking(work, event.booking_id)
    if booking is None:
        return
    if any(_says(work, booking.station_id, name) for name in _ENABLED):
        lists.begin(work, booking.station_id, now)
    lists.look_soon(work, booking.station_id)


def look_when_back(work: Work, event: events.StationConnected, now: datetime) -> None:
    """A station has a line again: what changed meanwhile is told now."""
    lists.look_soon(work, event.station_id)


def _says(reads: Reads, station_id: str, name: str) -> bool:
    return (stations.setting(reads, station_id, name) or "").lower() == "true"


def follow_due_lists(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have the stations synchronise whose list is another by now; at most 50 are looked at."""
    due = lists.due(work, now, chunk.limit)
    return chunk.each(work, due, str, partial(_follow, now=now))


def _follow(work: Work, station_id: str, now: datetime) -> None:
    station = stations.station(work, station_id)
    assert station is not None, station_id
    if station.retired_at is not None:
        lists.look_at(work, station.id, None)
        return
    wanted = admitted(work, station, now)
    known = lists.known(work, station.id)
    is_same = known is not None and set(known.listed) == set(wanted)
    if is_same or not station.is_connected or lists.is_under_way(work, station.id, now):
        lists.look_at(work, station.id, _next_look(work, station.id, wanted, now))
        return
    station_actions.command(work, station.id, SyncLocalList(), now, SEND_WITHIN)
    lists.look_at(work, station.id, now + LOOK_EVERY)


def _next_look(
    reads: Reads, station_id: str, listed: tuple[Listed, ...], now: datetime
) -> datetime:
    """When the list changes by time alone: a right on it ends, or a booking comes near."""
    nearest = tables.next_at_station(reads, station_id, now + LEAD)
    moments = [each.expires_at for each in listed if each.expires_at is not None]
    if nearest is not None:
        moments.append(nearest - LEAD)
    return min([now + LOOK_EVERY, *(at for at in moments if at > now)])

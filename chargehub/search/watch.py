"""Waiting for a place to charge: what somebody watches for, and what concerns them. Pure.

Whether an EVSE fits is not decided here: a search decides it (`fitting`), so that nobody is told
of what a search would not show. Here is only whom to ask for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

import h3

from chargehub.bookings.rules import Policy
from chargehub.errors import Conflict, Invalid
from chargehub.listings.traits import amenities_mask, plugs_mask
from chargehub.search.bookable import slot_for
from chargehub.search.rules import Filters, Place, distances_from
from chargehub.units import Span

WatchKind = Literal["free", "listed"]
"""free: an EVSE that fits comes free. listed: a station that fits is there for the first time."""

MAX_RADIUS_M = 25_000
MOST_AHEAD = timedelta(days=92)  # no calendar is open farther ahead
MOST_NAMED = 5  # EVSEs of one mail, the nearest
RESOLUTION = 6  # H3 cells of some 36 km²: a watch lies in 3 to 90 of them
# Source: H3, table of cell statistics: edges of that resolution are 3.7 km on average; a cell's
# corners lie within 5 km of its middle everywhere, and middles nowhere nearer than 4.4 km.
_CELL_REACH_M, _RING_M = 5_000, 3_800
_DEGREE = 1_000_000


class BadWatch(Invalid):
    """What is watched for can never come, or is not one thing."""

    code = "bad_watch"


class TooManyWatches(Conflict):
    """An account has only so many watches at a time."""

    code = "too_many_watches"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is watched for: one EVSE, or those around a place. `evse_id` None: around the place.

    `filters.viewer_id` is who watches; `filters.during` None: whatever a driver finds free who
    comes at once.
    """

    kind: WatchKind
    filters: Filters
    around: Place | None = None
    radius_m: int = 0
    evse_id: str | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """A wish until it ends. `told_at` None: never yet; `told`: the EVSEs told of last."""

    id: str
    account_id: str
    wish: Wish
    is_repeating: bool
    created_at: datetime
    expires_at: datetime
    told_at: datetime | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Freed:
    """What can be had again of some EVSEs. `is_at_once`: by a driver who comes now.

    `is_new`: they were never offered before, so that every time is new.
    """

    times: tuple[Span, ...] = ()
    is_at_once: bool = False
    is_new: bool = False


def ends_at(wish: Wish, wanted: datetime | None, lasts: timedelta, now: datetime) -> datetime:
    """When the watch ends by itself: with the time that is needed, or as wanted, or after `lasts`.

    Raises BadWatch where that is over, or too far ahead, and what names plugs and amenities raise.
    """
    filters = wish.filters
    plugs_mask(filters.connector_types)
    amenities_mask(filters.amenities)
    if wish.kind == "listed" and (wish.evse_id or filters.during or filters.is_instant):
        raise BadWatch(
            "For stations that are new, name a place and what they must have; leave out `evse_id`,"
            " `from`, `to`, `energy_wh` and `is_instant`."
        )
    if filters.during is not None and filters.during.end > now + MOST_AHEAD:
        raise BadWatch(f"The time you need may end {MOST_AHEAD.days} days ahead at most.")
    last = filters.during.end if filters.during else now + lasts
    if filters.during is not None and last <= now:
        raise BadWatch("The time you need is over. Watch for one to come.")
    if wanted is None:
        return last
    if not now < wanted <= last:
        raise BadWatch(
            f"The watch may end until {last:%Y-%m-%dT%H:%M:%SZ} and not before now. Choose such an"
            " `expires_at`, or leave it out."
        )
    return wanted


def concerns(freed: Freed, during: Span | None, policy: Policy, now: datetime) -> bool:
    """Can it be that an EVSE of this policy did not fit that time before, and does now?

    `during` None: for a driver who comes now.
    """
    if freed.is_new or (freed.is_at_once and (during is None or during.contains(now))):
        return True
    if during is None:
        return False
    slot = slot_for(during, now, policy)
    if slot is None:
        return False
    blocked = Span(slot.start, slot.end + policy.buffer)
    return any(time.overlaps(blocked) for time in freed.times)


def cell_at(place: Place) -> str:
    """The H3 cell under which watches for a place are found."""
    index: str = h3.latlng_to_cell(
        place.latitude_e6 / _DEGREE, place.longitude_e6 / _DEGREE, RESOLUTION
    )
    return index


def cells_around(place: Place, radius_m: int) -> tuple[str, ...]:
    """Cells among which is `cell_at` of every place within the radius, and few others."""
    distance_m = distances_from(place)
    reach_m = radius_m + _CELL_REACH_M
    rings = ceil((reach_m + _CELL_REACH_M) / _RING_M)
    found = []
    for cell in h3.grid_disk(cell_at(place), rings):
        latitude, longitude = h3.cell_to_latlng(cell)
        if distance_m(round(latitude * _DEGREE), round(longitude * _DEGREE)) <= reach_m:
            found.append(cell)
    return tuple(sorted(found))


def subject_of(wish: Wish) -> str:
    """What the mail is about."""
    if wish.kind == "listed":
        return "A new charger near the place that you watch"
    return "A charger that you watch for is free"


def text_of(watch: Watch, lines: Sequence[str], more: int) -> str:
    """The mail: what is there, that nothing is held, and how it goes on."""
    during = watch.wish.filters.during
    what = "joined near the place that you watch" if watch.wish.kind == "listed" else "is free"
    if during is not None:
        what += f" from {during.start:%Y-%m-%d %H:%M} to {during.end:%Y-%m-%d %H:%M} UTC"
    others = f"    and {more} more\n" if more else ""
    ending = (
        f"You are told again when more comes, until {watch.expires_at:%Y-%m-%d %H:%M} UTC."
        f" To be told no more, end the watch {watch.id}."
        if watch.is_repeating
        else f"With this mail the watch {watch.id} has ended."
    )
    return (
        f"Hello,\n\nwhat you watch for {what}:\n\n"
        + "".join(f"    {line}\n" for line in lines)
        + others
        + "\nNothing is held for you: whoever books first has it.\n\n"
        + ending
        + "\n"
    )

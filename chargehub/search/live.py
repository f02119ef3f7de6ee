"""What a driver finds at some EVSEs now, and what of it a reader knows already.

What a reader knows stands in the id of the last event it read: five signs an EVSE. So any node of
the hub goes on where another stopped, and nothing is kept for readers who are away.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chargehub.errors import NotFound
from chargehub.search import candidates
from chargehub.search.candidates import Spot
from chargehub.search.judging import Judge
from chargehub.search.rules import Box, Filters
from chargehub.stations.rules import Availability
from chargehub.store.work import Reads

MOST_EVSES = 100  # of one stream: a screen shows no more, and an id has room for them
_SIGNS: Mapping[Availability, str] = {
    "free": "f",
    "occupied": "o",
    "booked": "b",
    "closed": "c",
    "offline": "x",
    "faulted": "e",
}
_ID = re.compile(r"([\w-]{4}[fobcxe]){0,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Watched:
    """Either EVSEs by their ids, or those of an area, as `viewer_id` ('': anybody) may see them."""

    evse_ids: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()
    viewer_id: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a driver finds who comes now, by the id of the EVSE; and the stations of these."""

    evses: Mapping[str, Availability]
    station_ids: tuple[str, ...]


def look(reads: Reads, watched: Watched, now: datetime) -> Seen:
    """How it is now. Of ids that are not published, or not for this viewer, nothing is told.

    Raises TooManyFound.
    """
    judge = Judge(reads, Filters(viewer_id=watched.viewer_id), now)
    offers = judge.suitable(_spots(reads, watched))
    states = judge.states(offers)
    return Seen(
        {name: state.availability for name, state in sorted(states.items())},
        tuple(sorted({each.spot.station_id for each in offers})),
    )


def first_look(reads: Reads, watched: Watched, now: datetime) -> Seen:
    """As `look`; raises NotFound where there is nothing to be told of."""
    seen = look(reads, watched, now)
    if not seen.evses:
        raise NotFound("No EVSE is offered there. Choose others, or a larger area.")
    return seen


def _spots(reads: Reads, watched: Watched) -> Sequence[Spot]:
    if watched.evse_ids:
        return candidates.some(reads, watched.evse_ids)
    filters = Filters(viewer_id=watched.viewer_id)
    rows = [row for box in watched.boxes for row in candidates.in_box(reads, filters, box)]
    spots = sorted({Spot(0, *row) for row in rows})
    if len(spots) > MOST_EVSES:
        raise candidates.TooManyFound(
            f"More than {MOST_EVSES} EVSEs lie there. Make the area smaller, or name some by id."
        )
    return spots


def event_id(evses: Mapping[str, Availability]) -> str:
    """What a reader knows who has read all this; `known` reads it."""
    return "".join(_name(evse_id) + _SIGNS[what] for evse_id, what in evses.items())


def changed(evses: Mapping[str, Availability], last_event_id: str | None) -> list[str] | None:
    """The ids of the EVSEs of which a reader who returns knows something else, in order.

    None: the reader knows nothing of these, or of others too, and has to be told everything.
    """
    if not last_event_id or not _ID.fullmatch(last_event_id):
        return None
    pairs = (last_event_id[at : at + 5] for at in range(0, len(last_event_id), 5))
    known = {pair[:4]: pair[4] for pair in pairs}
    if known.keys() != {_name(evse_id) for evse_id in evses}:
        return None
    return [name for name, what in evses.items() if known[_name(name)] != _SIGNS[what]]


def _name(evse_id: str) -> str:
    """Four signs that tell a hundred EVSEs apart, but for one stream in three thousand: there a
    reader who returns hears of one of two EVSEs again, or late."""
    return base64.urlsafe_b64encode(hashlib.sha256(evse_id.encode()).digest()[:3]).decode()

"""How long a car stood at an EVSE after its session: what the EVSE and its line were told. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chargehub.units import Span

FREE = ("available", "reserved")
_LINE = ("connected", "disconnected")
TOLD_WITHIN = timedelta(minutes=5)  # of its line's return a station says what changed meanwhile
SILENT_WITHIN = timedelta(hours=1)  # a car of which nothing is known for so long counts as gone

Told = tuple[datetime, str]
"""From when on, and what: of an EVSE its status, of a line connected or disconnected."""


@dataclass(frozen=True, slots=True)
class Presence:
    """`left_at` None: the car is believed to be there. `unknown`: times before `left_at`, or up to
    now, of which nobody knows; in order, apart from each other, none empty."""

    left_at: datetime | None
    unknown: tuple[Span, ...] = ()


def presence(told: Iterable[Told], during: Span) -> Presence:
    """What is known of a car that stood there when `during` began, up to its end.

    It is gone when its EVSE is told to be free. Time without a line, or with another status than
    occupied, is unknown. Who is gone right after such a time went in it: `left_at` is its start.
    """
    is_connected, is_occupied = True, False
    unknown: list[Span] = []
    since: datetime | None = during.start
    for told_at, word in sorted(told, key=lambda one: one[0]):
        if told_at >= during.end:
            break
        at = max(told_at, during.start)
        if word in FREE:
            return Presence(*_left(at, since, unknown))
        if word in _LINE:
            is_connected = word == "connected"
        else:
            is_occupied = word == "occupied"
        if not (is_connected and is_occupied):
            since = at if since is None else since
        elif since is not None:
            unknown += [Span(since, at)] if since < at else []
            since = None
    if since is None:
        return Presence(None, tuple(unknown))
    if during.end - since >= SILENT_WITHIN:
        return Presence(since, tuple(unknown))
    return Presence(None, (*unknown, Span(since, during.end)) if since < during.end else ())


def _left(
    at: datetime, since: datetime | None, unknown: list[Span]
) -> tuple[datetime, tuple[Span, ...]]:
    """When a car has left that was found gone, and what of the time before is unknown."""
    if since is not None:
        return since, tuple(unknown)
    if unknown and at - unknown[-1].end <= TOLD_WITHIN:
        return unknown[-1].start, tuple(unknown[:-1])
    return at, tuple(unknown)

"""How the energy of a session that is over lay in time, as far as anybody knows."""

from datetime import datetime
from typing import NamedTuple

from chargehub.sessions import cdr as records
from chargehub.sessions import tables as sessions
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.meter import Metered, Point, meter
from chargehub.sessions.rules import Life
from chargehub.store.work import Reads
from chargehub.tariffs.components import Usage

MOST_READINGS = 1_000  # of one session: eight hours at one in half a minute


class Past(NamedTuple):
    """A CDR, and the register at its session's start; None: nobody told."""

    cdr: CdrView
    start_wh: int | None

    @property
    def started_at(self) -> datetime:
        return self.cdr.started_at


def usage_of(reads: Reads, past: Past, time_zone: str) -> Usage:
    """What the CDR says it took, spread over time as the readings tell; with none of them between
    start and end it is one segment, and its energy lies evenly in it."""
    return records.usage(_metered(reads, past), time_zone)


def _metered(reads: Reads, past: Past) -> Metered:
    cdr = past.cdr
    known = sessions.newest_readings(reads, cdr.session_id, MOST_READINGS)
    points = [Point(one.at, one.register_wh) for one in known if one.register_wh is not None]
    start_wh = past.start_wh
    if start_wh is None:
        start_wh = points[0].register_wh if points else 0
    life = Life(
        None,
        None,
        cdr.started_at,
        start_wh,
        cdr.ended_at,
        start_wh + cdr.energy_wh,
        None,
        None,
        (),
    )
    return meter(life, points, cdr.ended_at)

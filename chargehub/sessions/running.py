"""What a session has taken and costs while it runs: what its driver sees, and its station shows."""

from dataclasses import dataclass

from chargehub.sessions import tables
from chargehub.sessions.cdr import price_session
from chargehub.sessions.closing import limits
from chargehub.sessions.meter import Point, meter
from chargehub.sessions.overstaying import with_overstay
from chargehub.sessions.rules import Life
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from chargehub.tariffs import tables as tariffs
from chargehub.units import Money

# A station may send more readings than anybody can wait for. What is shown while a session runs
# counts the newest of them one by one; what is billed counts all. At one a minute:
SHOWN_READINGS = 2_000  # more than a day


@dataclass(frozen=True, slots=True)
class Running:
    """What a session has taken by now. `cost` None: no tariff applies, or nothing is told yet."""

    energy_wh: int
    power_w: int | None
    cost: Money | None


def running(reads: Reads, session: SessionView, most_readings: int = SHOWN_READINGS) -> Running:
    """By the session's newest readings, up to the last of them."""
    known = tables.newest_readings(reads, session.id, most_readings)
    points = [Point(r.at, r.register_wh) for r in known if r.register_wh is not None]
    if not points or session.started_at is None:
        return Running(0, None, None)
    metered = meter(_life(session), points, points[-1].at)
    snapshot = session.tariff_snapshot_id
    tariff = tariffs.snapshot(reads, snapshot) if snapshot else None
    evse = stations.evse(reads, session.evse_id) if session.evse_id else None
    time_zone = evse.time_zone if evse else "UTC"
    limited = limits(reads, session, metered, tariff, evse)
    priced = price_session(session, metered, tariff, time_zone, limited)
    priced = with_overstay(reads, session, priced, tariff, metered.points[-1].at)
    cost = Money(priced.cost_minor, priced.currency) if tariff else None
    return Running(metered.energy_wh, known[-1].power_w, cost)


def _life(session: SessionView) -> Life:
    return Life(
        session.evse_number,
        session.id_token,
        session.started_at,
        session.start_wh,
        session.ended_at,
        session.end_wh,
        session.stop_reason,
        session.charging,
        (),
    )

"""Measure day after day what each EVSE was, and work out how its station stands.

A day of UTC is measured once, after it is over, from the timeline. What was measured stays.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, delete, func, text, update

from chargehub.events import StationBooted
from chargehub.listings import rules as hours
from chargehub.listings import tables as listings
from chargehub.reputation import pages, tables
from chargehub.reputation.schema import EvseDay, StationStanding
from chargehub.reputation.scores import StationFacts
from chargehub.reputation.tables import DAY, MEASURES, STANDING, StandingView
from chargehub.reputation.tiers import merit
from chargehub.reputation.uptime import Measured, measure, total
from chargehub.stations import tables as stations
from chargehub.stations import timeline
from chargehub.stations.views import StationView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant, values_of
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work
from chargehub.units import Span

ONE_DAY = timedelta(days=1)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
DAYS_AT_ONCE = 10  # of one station, after a hub that did not run for long
UPTIME_DAYS = 60  # what uptime is shown of, and the badge asks for
SOON = timedelta(seconds=15)
FACTS_DAYS = 365  # what everything else is counted of

_FIGURES = ", ".join(MEASURES)
_ADD = text(f"""
INSERT INTO evse_month (station_id, month, evse_number, {_FIGURES})
VALUES (:station_id, :month, :evse_number, {", ".join(f":{name}" for name in MEASURES)})
ON CONFLICT (station_id, month, evse_number)
DO UPDATE SET {", ".join(f"{name} = evse_month.{name} + excluded.{name}" for name in MEASURES)}
""")  # the same words on both databases
_MEASURED = (
    update(STANDING)
    .where(
        STANDING.c.station_id == bindparam("of_station"),
        STANDING.c.measured_until == bindparam("was"),
    )
    .values(measured_until=bindparam("until"), look_at=bindparam("now"))
)
_LOOK_AGAIN = Hot(
    update(STANDING)
    .where(STANDING.c.station_id == bindparam("of_station"))
    .values(look_at=func.coalesce(STANDING.c.look_at, bindparam("at", type_=Instant())))
)


def begin(work: Work, event: StationBooted, now: datetime) -> None:
    """From the day on which a station first booted it is measured."""
    station = stations.station(work, event.station_id)
    if station is None or tables.standing(work, station.id) is not None:
        return
    work.add(
        StationStanding(
            station_id=station.id,
            owner_id=station.owner_id,
            measured_until=day_of(station.accepted_at or now),
            look_at=now,
        )
    )


def measure_due(work: Work, now: datetime, kept: timedelta, chunk: Chunk = ALL) -> int:
    """Measure the days that stations have behind them, at most 50 stations; how many.

    Days and the timeline are kept for `kept`, months for ever.
    """
    due = tables.unmeasured(work, now - ONE_DAY, chunk.limit)
    return chunk.each(work, due, attrgetter("station_id"), partial(_measure, now=now, kept=kept))


def work_out_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Work out anew how stations stand of which something has changed, at most 50; how many."""
    due = tables.changed(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("station_id"), partial(_work_out, now=now))


def look_again(work: Work, station_id: str, now: datetime) -> None:
    """Something of this station has changed: its standing is to be worked out anew, once for all
    that changes within a short while."""
    work.execute(_LOOK_AGAIN, of_station=station_id, at=now + SOON)


def look_again_at_all(work: Work, owner_id: str, now: datetime) -> None:
    """What an owner did is said of all stations of theirs."""
    work.execute(update(STANDING).where(STANDING.c.owner_id == owner_id).values(look_at=now))


def facts(reads: Reads, station_id: str, now: datetime) -> StationFacts:
    """What was measured at a station by now."""
    since = now - timedelta(days=FACTS_DAYS)
    evses = tables.uptime_since(reads, station_id, uptime_from(now))
    answer_s, answers = tables.answers(reads, station_id, since)
    return StationFacts(
        uptime=total(each.measured for each in evses),
        starts=tables.starts(reads, station_id, since),
        cancelled=tables.cancelled(reads, since, station_id=station_id),
        answer_s=answer_s,
        answers=answers,
        sessions=tables.sessions(reads, station_id),
    )


def offered(reads: Reads, station: StationView, during: Span) -> list[Span]:
    """When in that time a station was on the market and open; no two overlap."""
    return [
        part
        for listed, stated in listings.offered_during(reads, station.id, during)
        for part in hours.open_spans(stated, station.time_zone, listed)
    ]


def uptime_from(now: datetime) -> str:
    """The first of the days that uptime is shown of."""
    return f"{day_of(now) - UPTIME_DAYS * ONE_DAY:%Y-%m-%d}"


def day_of(now: datetime) -> datetime:
    """When the day of UTC began."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _measure(work: Work, standing: StandingView, now: datetime, kept: timedelta) -> None:
    station = stations.station(work, standing.station_id)
    assert station is not None, standing.station_id
    first = standing.measured_until
    days = min((now - first) // ONE_DAY, DAYS_AT_ONCE)
    until = first + days * ONE_DAY
    if station.retired_at is not None and station.retired_at <= first:
        days, until = 0, NEVER  # there is nothing left to measure
    params = {"was": first, "until": until, "now": now}
    if not work.execute(_MEASURED, of_station=station.id, **params):
        return
    if station.retired_at is None:
        timeline.catch_up(work, station.id, station.is_connected, now)
    for number in range(days):
        start = first + number * ONE_DAY
        _measure_day(work, station, Span(start, start + ONE_DAY))
    _forget(work, station.id, now - kept)


def _measure_day(work: Work, station: StationView, day: Span) -> None:
    parts = offered(work, station, day)
    line = timeline.during(work, station.id, timeline.LINE, day)
    for evse in stations.evses_of_station(work, station.id):
        statuses = timeline.during(work, station.id, evse.number, day)
        _keep(work, station.id, evse.number, day, measure(day, parts, statuses, line))


def _forget(work: Work, station_id: str, before: datetime) -> None:
    numbers = [evse.number for evse in stations.evses_of_station(work, station_id)]
    timeline.forget(work, station_id, numbers, before)
    is_old = DAY.c.day < f"{before:%Y-%m-%d}"
    work.execute(delete(DAY).where(DAY.c.station_id == station_id, is_old))


def _keep(work: Work, station_id: str, number: int, day: Span, measured: Measured) -> None:
    if measured == Measured():
        return
    of = {"station_id": station_id, "evse_number": number, **values_of(measured)}
    work.insert(EvseDay, day=f"{day.start:%Y-%m-%d}", **of)
    work.execute(_ADD, month=f"{day.start:%Y-%m}", **of)


def _work_out(work: Work, standing: StandingView, now: datetime) -> None:
    found = facts(work, standing.station_id, now)
    rated = pages.rated(work, now, "driver", station_id=standing.station_id)
    since = now - timedelta(days=FACTS_DAYS)
    earned = merit(
        found,
        tables.cancelled(work, since, owner_id=standing.owner_id),
        rated.thousandths,
        tables.is_measured_since(work, standing.station_id, uptime_from(now)),
    )
    changed = update(STANDING).where(STANDING.c.station_id == standing.station_id)
    work.execute(
        changed.values(
            look_at=None,
            uptime_ppm=found.uptime.uptime_ppm,
            start_ppm=found.starts.ppm,
            starts=found.starts.of,
            cancel_ppm=found.cancelled.ppm,
            bookings=found.cancelled.of,
            answer_s=found.answer_s,
            answers=found.answers,
            sessions=found.sessions,
            rating_thousandths=rated.thousandths,
            reviews=rated.reviews,
            **values_of(earned),
        )
    )

"""Random tariffs and usages that could be real ones."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from chargehub.tariffs.components import (
    EnergyPrice,
    FlatPrice,
    IdlePrice,
    Segment,
    TimePrice,
    Usage,
)
from chargehub.tariffs.pricing import Tariff
from chargehub.tariffs.windows import PowerStep, Window

ZONES = ("Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
PRICES = st.decimals(0, 10, places=6) | st.decimals(0, 10, places=2)
STARTS = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001
    datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
DAYS = st.dates(date(2026, 2, 28), date(2026, 3, 4)) | st.dates(date(2025, 1, 1), date(2027, 1, 1))
# Around the changes of the clock in those zones in 2026, and in between.
CHANGES = (
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
)
NEAR_CHANGES = st.builds(
    lambda moment, minutes: moment + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-600, 600),
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(st.integers(0, 1439))
    end = draw(st.integers(1, 1440).filter(lambda minute: minute != start))
    weekdays = tuple(draw(st.sets(st.integers(0, 6), min_size=1)))
    days = sorted(draw(st.sets(DAYS, max_size=2)))
    bounds = (None, None) if not days else (days[0], days[1] if len(days) == 2 else None)
    return Window(start, end, weekdays, *bounds)


@st.composite
def power_steps(draw: st.DrawFn) -> PowerStep:
    bounds = sorted(draw(st.sets(st.integers(1, 50_000), min_size=1, max_size=2)))
    if len(bounds) == 2:
        return PowerStep(bounds[0], bounds[1])
    return PowerStep(*draw(st.sampled_from([(bounds[0], None), (None, bounds[0])])))


def window_lists() -> st.SearchStrategy[tuple[Window, ...]]:
    return st.lists(windows(), max_size=3).map(tuple)


def components() -> st.SearchStrategy[Any]:
    grace = st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds))
    hours = window_lists()
    power = st.none() | power_steps()
    return (
        st.builds(EnergyPrice, PRICES, hours, power)
        | st.builds(TimePrice, PRICES, hours, power)
        | st.builds(IdlePrice, PRICES, grace, hours)
        | st.builds(FlatPrice, PRICES, hours)
    )


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    parts = tuple(draw(st.lists(components(), max_size=5)))
    limits = sorted(draw(st.lists(st.decimals(0, 50, places=0), max_size=2)))
    has_minimum = len(limits) == 2 and any(part.price for part in parts)
    return Tariff(
        name=draw(st.text("abc äß-", min_size=1, max_size=20)),
        currency=draw(st.sampled_from(["EUR", "NOK", "JPY", "KWD", "USD"])),
        vat_percent=draw(st.decimals(0, 30, places=1)),
        components=parts,
        minimum=limits[0] if has_minimum else None,
        maximum=limits[-1] if limits else None,
    )


@st.composite
def usages(draw: st.DrawFn, time_zone: str | None = None, has_free: bool = False) -> Usage:
    moment = draw(NEAR_CHANGES | STARTS)
    segments = []
    for _ in range(draw(st.integers(1, 6))):
        length = timedelta(seconds=draw(st.integers(0, 30_000)))
        state: Any = draw(st.sampled_from(["charging", "idle"]))
        wh = draw(st.integers(0, 100_000)) if state == "charging" else 0
        segments.append(Segment(moment, moment + length, wh, state))
        moment += length
    taken = sum(segment.energy_wh for segment in segments)
    free_wh = draw(st.just(0) | st.integers(0, taken)) if has_free else 0
    return Usage(time_zone or draw(st.sampled_from(ZONES)), tuple(segments), free_wh)

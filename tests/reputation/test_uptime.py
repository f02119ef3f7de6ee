"""Uptime by the formulas of the United States and the United Kingdom, worked by hand."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.reputation.uptime import (
    UNITED_KINGDOM,
    Measured,
    OcpiStatus,
    in_ppm,
    measure,
    nevi_uptime,
    ocpi_status,
    outages,
    total,
)
from chargehub.stations.timeline import Change
from chargehub.units import Span

DAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
WHOLE_DAY = Span(DAY, DAY + 24 * HOUR)
YEAR = 525_600  # minutes
ON = (Change(DAY - HOUR, "connected"),)
WORDS = ("available", "occupied", "reserved", "unavailable", "faulted")


@pytest.mark.parametrize(
    ("outage", "excluded", "ppm"),
    [
        (0, 0, 1_000_000),
        (15_768, 0, 970_000),  # three of a hundred: not more than 97 %
        (15_767, 0, 970_001),
        (6_000, 1_000, 990_487),
        (6_000, 6_000, 1_000_000),
        (YEAR, 0, 0),
    ],
)
def test_a_year_by_the_formula_of_nevi(outage: int, excluded: int, ppm: int) -> None:
    """((525,600 - (outage - excluded)) / 525,600), never rounded up."""
    assert in_ppm(nevi_uptime(YEAR, outage, excluded)) == ppm
    assert nevi_uptime(YEAR, outage, excluded) == Fraction(YEAR - outage + excluded, YEAR)


def test_the_united_kingdom_sorts_every_status_of_ocpi() -> None:
    sorted_by = {
        standing: {status for status, each in UNITED_KINGDOM.items() if each == standing}
        for standing in ("working", "down", "unmeasured")
    }

    assert sorted_by == {
        "working": {"AVAILABLE", "CHARGING", "RESERVED"},
        "down": {"INOPERATIVE", "OUTOFORDER"},
        "unmeasured": {"UNKNOWN", "BLOCKED", "PLANNED", "REMOVED"},
    }
    assert set(UNITED_KINGDOM) == set(get_args(OcpiStatus))


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("available", "AVAILABLE"),
        ("occupied", "CHARGING"),
        ("reserved", "RESERVED"),
        ("unavailable", "INOPERATIVE"),
        ("faulted", "OUTOFORDER"),
    ],
)
def test_without_a_line_nobody_knows(status: str, word: str) -> None:
    assert (ocpi_status(status, True), ocpi_status(status, False)) == (word, "UNKNOWN")


def test_a_day_with_a_fault_and_a_lost_line() -> None:
    """Open from 06:00 to 22:00. Faulted from 05:00 to 07:30, without a line from 21:00 to 23:00:
    of 16 hours offered 2.5 are an outage, and of the line's loss the United Kingdom knows nothing.
    """
    statuses = (
        Change(DAY - HOUR, "available"),
        Change(DAY + 5 * HOUR, "faulted"),
        Change(DAY + 7.5 * HOUR, "available"),
    )
    line = (*ON, Change(DAY + 21 * HOUR, "disconnected"), Change(DAY + 23 * HOUR, "connected"))
    offered = [Span(DAY + 6 * HOUR, DAY + 22 * HOUR)]

    measured = measure(WHOLE_DAY, offered, statuses, line)

    hours = {name: getattr(measured, name) / 3_600 for name in Measured.__dataclass_fields__}
    assert hours == {
        "offered_s": 16,
        "outage_s": 4.5,
        "excluded_s": 2,
        "working_s": 13.5,
        "down_s": 1.5,
    }
    assert measured.uptime_ppm == 843_750  # 13.5 of 16
    assert measured.working_ppm == 900_000  # 13.5 of 15


def test_nothing_counts_before_it_is_known() -> None:
    """A station that was just put up was not down before."""
    offered = [WHOLE_DAY]
    first = (Change(DAY + 20 * HOUR, "available"),)

    measured = measure(WHOLE_DAY, offered, first, ON)

    assert measured == Measured(offered_s=4 * 3_600, working_s=4 * 3_600)
    assert measure(WHOLE_DAY, offered, (), ON) == Measured()
    assert (Measured().uptime_ppm, Measured().working_ppm) == (None, None)


instants = st.integers(-3_600, 26 * 3_600).map(lambda seconds: DAY + seconds * SECOND)
changes = st.lists(st.tuples(instants, st.sampled_from(WORDS)), max_size=12).map(
    lambda found: [Change(*each) for each in sorted(found)]
)
lines = st.lists(st.tuples(instants, st.sampled_from(["connected", "disconnected"]))).map(
    lambda found: [Change(*each) for each in sorted(found)]
)


@st.composite
def offers(draw: st.DrawFn) -> list[Span]:
    edges = sorted(draw(st.sets(instants, max_size=6)))
    return [Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]


@given(changes, lines, offers())
def test_what_is_measured_keeps_within_what_was_offered(
    statuses: list[Change], line: list[Change], offered: list[Span]
) -> None:
    measured = measure(WHOLE_DAY, offered, statuses, line)

    assert 0 <= measured.offered_s <= 24 * 3_600
    assert measured.working_s + measured.down_s <= measured.offered_s
    assert 0 <= measured.excluded_s <= measured.outage_s <= 24 * 3_600
    assert measured.uptime_ppm is None or 0 <= measured.uptime_ppm <= 1_000_000


@given(changes, lines, offers(), st.integers(1, 23))
def test_a_day_is_the_sum_of_its_parts_in_any_order(
    statuses: list[Change], line: list[Change], offered: list[Span], hour: int
) -> None:
    morning = Span(DAY, DAY + hour * HOUR)
    evening = Span(DAY + hour * HOUR, WHOLE_DAY.end)

    parts = [measure(each, offered, statuses, line) for each in (evening, morning)]

    assert total(parts) == measure(WHOLE_DAY, offered, statuses, line)
    assert total(parts) == total(reversed(parts))


@given(st.integers(1, YEAR), st.data())
def test_more_outage_is_never_more_uptime(period: int, data: st.DataObject) -> None:
    excluded = data.draw(st.integers(0, 1_000))
    less, more = sorted(excluded + data.draw(st.integers(0, period)) for _ in range(2))

    assert nevi_uptime(period, more, excluded) <= nevi_uptime(period, less, excluded)


@given(changes, lines, offers())
def test_outages_are_apart_and_last_as_long_as_what_was_measured(
    statuses: list[Change], line: list[Change], offered: list[Span]
) -> None:
    found = outages(WHOLE_DAY, offered, statuses, line)

    measured = measure(WHOLE_DAY, offered, statuses, line)
    assert sum(one.lasted_s for one in found) == measured.outage_s
    assert sum(one.excluded_s for one in found) == measured.excluded_s
    edges = [edge for one in found for edge in (one.began_at, one.ended_at)]
    assert edges == sorted(set(edges))

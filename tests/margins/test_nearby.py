"""What is told of a neighbourhood, and that nobody's own figures come out of it."""

from datetime import UTC, datetime
from fractions import Fraction

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.margins import nearby
from chargehub.margins.nearby import StationMonth
from chargehub.stations.cells import cell_of

OSLO = cell_of(59_913_900, 10_752_200).index


def month(station: str, owner: str, earned: int = 81_000) -> StationMonth:
    return StationMonth(station, owner, 10, 200_000, earned * 10 // 9, earned)


FIVE = [month(name, owner) for name, owner in zip("abcde", "xxyyz", strict=True)]


@pytest.mark.parametrize(
    ("found", "may"),
    [
        (FIVE, True),
        (FIVE[:4], False),
        ([month(name, "xy"[number % 2]) for number, name in enumerate("abcdefgh")], False),
        ([*FIVE[:4], month("e", "z", 81_000 * 4)], True),  # as much as all others
        ([*FIVE[:4], month("e", "z", 81_000 * 4 + 1)], False),
        ([], False),
        ([FIVE[0]] * 5, False),
    ],
)
def test_fewer_than_five_of_three_or_one_who_is_most_of_it_are_not_told(
    found: list[StationMonth], may: bool
) -> None:
    assert nearby.is_anonymous(found) == may


def test_the_mean_is_rounded_and_counts_are_least_ones() -> None:
    told = nearby.mean([*FIVE, month("f", "w"), month("g", "v")], rings=2)

    assert (told.stations, told.owners, told.rings) == (5, 5, 2)
    assert (told.sessions, told.energy_wh) == (10, 180_000)
    assert (told.gross_minor, told.earned_minor) == (82_000, 82_000)


@given(st.lists(st.integers(1_000, 10**7), min_size=5, max_size=8), st.integers(1_000, 10**7))
def test_two_areas_that_differ_by_one_station_do_not_tell_of_it(
    known: list[int], hidden: int
) -> None:
    """Whatever is added, many other figures of it would have given the very same answer."""
    others = [month(str(at), str(at), earned) for at, earned in enumerate(known)]
    whole = [*others, month("hidden", "hidden", hidden)]
    if not nearby.is_anonymous(whole):
        return
    told = nearby.mean(whole, 0).earned_minor

    low, high = hidden * 95 // 100, hidden * 105 // 100
    answers = {
        nearby.mean([*others, month("hidden", "hidden", other)], 0).earned_minor
        for other in (low, high)
        if nearby.is_anonymous([*others, month("hidden", "hidden", other)])
    }
    assert len(answers | {told}) <= 2  # the step told, and at a border the one beside it


@given(st.fractions(10, 10**9))
def test_what_is_rounded_is_no_further_off_than_a_ninth(value: Fraction) -> None:
    told = nearby.rounded(value)

    assert abs(told - value) * 9 <= value
    assert nearby.rounded(Fraction(told)) == told


@pytest.mark.parametrize(("value", "told"), [(0, 0), (1, 1), (4, 4), (13, 12), (14, 15), (95, 100)])
def test_small_numbers_are_whole(value: int, told: int) -> None:
    assert nearby.rounded(Fraction(value)) == told


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        (datetime(2026, 3, 3, 23, tzinfo=UTC), "2024-02", "2026-01"),
        (datetime(2026, 3, 4, tzinfo=UTC), "2024-03", "2026-02"),
        (datetime(2026, 1, 31, tzinfo=UTC), "2024-01", "2025-12"),
    ],
)
def test_a_month_can_be_asked_for_once_it_is_settled(now: datetime, first: str, last: str) -> None:
    assert nearby.months_known(now) == (first, last)


def test_a_cell_holds_its_locations_and_no_other() -> None:
    cell = nearby.cell_of(OSLO)
    first, last = nearby.fine_range(cell)

    assert first <= OSLO <= last
    for other in h3.grid_ring(cell, 1):
        assert not any(first <= child <= last for child in h3.cell_to_children(other, 9))
    assert [len(nearby.ring(cell, rings)) for rings in range(3)] == [1, 6, 12]

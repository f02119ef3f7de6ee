"""When a site fed in: between two reports of it, and not because somebody said so once."""

from datetime import UTC, datetime, timedelta

import pytest

from chargehub.stations import registration
from chargehub.store.writer import Store
from chargehub.tariffs import sunny
from chargehub.units import Span
from tests.stations.samples import LOCATION

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = Span(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
Told = list[tuple[int, int]]


def spans(*minutes: tuple[int, int]) -> tuple[Span, ...]:
    return tuple(Span(after(start), after(end)) for start, end in minutes)


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
async def place(store: Store) -> str:
    made = await store.do(registration.register_location, "owner", LOCATION, NOON)
    return made.location_id


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(0, 500)], ()),  # nobody confirms it
        ([(0, 500), (30, 200), (45, 1)], spans((0, 45))),
        ([(0, 500), (10, 0), (20, 500), (30, 500)], spans((20, 30))),
        ([(0, 500), (31, 500), (41, 500)], spans((31, 41))),  # too long ago
        ([(0, 500), (20, 500), (10, 0), (20, 500), (25, 500)], spans((0, 25))),  # out of order
        ([(0, 0), (10, 0)], ()),
    ],
)
async def test_between_two_reports_of_feeding_in_it_fed_in(
    store: Store, place: str, told: Told, expected: tuple[Span, ...]
) -> None:
    for minutes, export_w in told:
        await store.do(sunny.note, place, export_w, after(minutes))

    assert await store.read(sunny.during, place, DAY) == expected
    assert await store.read(sunny.during, "elsewhere", DAY) == ()


async def test_a_time_is_cut_out_of_it(store: Store, place: str) -> None:
    for minutes in (0, 20, 40):
        await store.do(sunny.note, place, 100, after(minutes))

    asked = Span(after(10), after(30))
    assert await store.read(sunny.during, place, asked) == (asked,)

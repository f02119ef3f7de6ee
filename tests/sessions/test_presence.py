"""How long a car stood there after its session, from what its EVSE and its line were told."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.sessions.presence import Presence, presence
from chargehub.units import Span

ENDED = datetime(2026, 3, 10, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BEFORE = [(-60, "connected"), (-30, "occupied")]
WORDS = ("available", "occupied", "reserved", "unavailable", "faulted", "connected", "disconnected")


def at(minute: int) -> datetime:
    return ENDED + minute * MINUTE


def seen(told: list[tuple[int, str]], until: int) -> Presence:
    return presence([(at(minute), word) for minute, word in told], Span(ENDED, at(until)))


@pytest.mark.parametrize(
    ("told", "left", "unknown"),
    [
        ([], None, []),
        ([(40, "available")], 40, []),
        ([(20, "disconnected"), (30, "connected"), (40, "available")], 40, [(20, 30)]),
        ([(20, "disconnected"), (30, "connected"), (33, "available")], 20, []),
        ([(20, "disconnected"), (30, "available")], 20, []),
        ([(20, "disconnected")], None, [(20, 50)]),
        ([(10, "faulted"), (15, "occupied"), (45, "reserved")], 45, [(10, 15)]),
        ([(10, "faulted"), (12, "available")], 10, []),
        ([(0, "available")], 0, []),
    ],
)
def test_a_car_is_there_until_its_evse_is_free_and_what_is_not_told_is_not_known(
    told: list[tuple[int, str]], left: int | None, unknown: list[tuple[int, int]]
) -> None:
    found = seen([*BEFORE, *told], until=50)

    assert found.left_at == (None if left is None else at(left))
    assert [*found.unknown] == [Span(at(start), at(end)) for start, end in unknown]


def test_who_is_not_heard_of_for_an_hour_went_at_once() -> None:
    assert seen([*BEFORE, (20, "disconnected")], until=80).left_at == at(20)
    assert seen([(-60, "connected")], until=60).left_at == ENDED


@given(st.lists(st.tuples(st.integers(-90, 130), st.sampled_from(WORDS)), max_size=20))
def test_what_counts_was_told(told: list[tuple[int, str]]) -> None:
    """In every minute that counts the EVSE was last told to be occupied, by a line that stood."""
    told = sorted(told, key=lambda one: one[0])
    found = seen(told, until=120)

    assert all(one.end <= other.start for one, other in pairwise(found.unknown))
    left_at = at(120) if found.left_at is None else found.left_at
    for minute in range(120):
        moment = at(minute)
        if moment < left_at and not any(span.contains(moment) for span in found.unknown):
            status = [word for m, word in told if m <= minute and "connected" not in word]
            line = [word for m, word in told if m <= minute and "connected" in word]
            assert status[-1] == "occupied"
            assert not line or line[-1] == "connected"

"""Buckets, the pace of a line, and the gate: in numbers, without a socket."""

from hypothesis import given
from hypothesis import strategies as st

from chargehub.ocpp.limits import (
    FRAME_SHARE,
    LONGEST_PAUSE_S,
    TRIED_WITHIN_S,
    Bucket,
    Buckets,
    Gate,
    Pace,
    Pauses,
)

STEPS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 3_000)), min_size=1, max_size=60
)  # tokens taken, and milliseconds until then


@given(steps=STEPS, rate=st.integers(1, 100), burst=st.integers(1, 50))
def test_who_waits_as_told_takes_no_more_than_burst_and_rate(
    steps: list[tuple[int, int]], rate: int, burst: int
) -> None:
    bucket, now_s, taken = Bucket(rate, burst, 0.0), 0.0, 0

    for count, pause_ms in steps:
        now_s += pause_ms / 1000
        now_s += bucket.take(count, now_s)
        taken += count

        assert taken <= burst + rate * now_s + 1e-6


def test_the_one_unseen_for_longest_is_forgotten() -> None:
    buckets = Buckets(1, 1, remembered=2)
    first = buckets.of("a", 0)
    buckets.of("b", 0)

    assert buckets.of("a", 0) is first
    buckets.of("c", 0)
    assert buckets.of("a", 0) is first


def test_a_large_frame_counts_as_several() -> None:
    pace = Pace(Bucket(1, 10, 0.0), 100)

    assert pace.wait_s(9 * FRAME_SHARE, 0.0) == 0
    assert pace.wait_s(1, 0.0) == 1


def test_a_line_is_a_flood_only_while_it_is_slowed() -> None:
    """A station that delivers all it has kept without waiting for answers is none."""
    pace = Pace(Bucket(rate_per_s=1, burst=2, now_s=0.0), flood_frames=100)

    assert not pace.wait_s(10, 0.0)
    assert not pace.is_flood(1_000)
    pace.wait_s(10, 0.0)
    assert pace.wait_s(10, 0.0)
    assert not pace.is_flood(60)
    assert pace.is_flood(60)


def test_who_tries_many_names_is_heard_no_more_for_a_while() -> None:
    gate = Gate(rate_per_s=100, burst=100, identities=3)

    for name in ("A", "B", "B", "B"):
        gate.note_failure("here", name, 0.0)
    assert not gate.must_prove("here", "C", 1.0)
    gate.note_failure("here", "C", 1.0)

    assert gate.must_prove("here", "D", 2.0)
    gate.note_failure("here", "D", 2.0)
    assert not gate.must_prove("elsewhere", "D", 2.0)
    assert not gate.must_prove("here", "D", TRIED_WITHIN_S + 0.5)


def test_stations_behind_the_same_address_are_still_heard() -> None:
    """A proxy, or a router: others must not lock out a station that is known from there."""
    gate = Gate(rate_per_s=100, burst=100, identities=1)
    gate.note_entry("proxy", "GOOD")

    gate.note_failure("proxy", "X", 0.0)

    assert not gate.must_prove("proxy", "GOOD", 1.0)
    assert gate.must_prove("proxy", "NEW", 1.0)


def test_knocking_too_often_is_refused_until_time_has_passed() -> None:
    gate = Gate(rate_per_s=1, burst=2, identities=9)

    heard = [gate.may_knock("here", "A", 0.0) for _ in range(5)]

    assert heard == [True, True, False, False, False]
    assert gate.may_knock("here", "A", 1.0)


def test_who_hurries_waits_between_its_frames_before_the_bucket_is_empty() -> None:
    pace = Pace(Bucket(1, 100, 0.0), flood_frames=10, hurried_rate_per_s=50)

    assert pace.wait_s(1, 0.0) == 0
    assert pace.wait_s(1, 0.0, is_hurried=True) == 0.02
    assert pace.wait_s(FRAME_SHARE, 0.0, is_hurried=True) == 0.04
    assert not pace.is_flood(1_000)


def test_the_pause_of_who_floods_again_is_twice_as_long_and_ends() -> None:
    pauses = Pauses(first_s=10)

    assert pauses.left_s("CH-1", 0.0) == 0
    pauses.note_flood("CH-1", 0.0)
    assert (pauses.left_s("CH-1", 4.0), pauses.left_s("CH-2", 4.0)) == (6, 0)
    pauses.note_flood("CH-1", 11.0)
    assert pauses.left_s("CH-1", 11.0) == 20
    for _ in range(20):
        pauses.note_flood("CH-1", 31.0)
    assert pauses.left_s("CH-1", 31.0) == LONGEST_PAUSE_S
    pauses.note_flood("CH-1", 31.0 + 3 * LONGEST_PAUSE_S)
    assert pauses.left_s("CH-1", 31.0 + 3 * LONGEST_PAUSE_S) == 10

"""The rules of bookings: which slots can be had, and who may start in one."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.bookings import rules
from chargehub.bookings.rules import DEFAULTS, Policy
from chargehub.errors import Invalid, Refused
from chargehub.units import Span

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def slot(start_minutes: int, length_minutes: int) -> Span:
    start = NOW + start_minutes * MINUTE
    return Span(start, start + length_minutes * MINUTE)


def check(
    wanted: Span, taken: tuple[Span, ...] = (), policy: Policy = DEFAULTS, is_open: bool = True
) -> None:
    rules.check_slot(wanted, NOW, policy, is_open, taken)


@dataclass(frozen=True)
class Booked:
    status: str = "confirmed"
    driver_id: str = "alice"
    id_token: str = "CHALICE"
    opens_at: datetime = NOW - 10 * MINUTE
    arrive_by: datetime = NOW + 15 * MINUTE
    ends_at: datetime = NOW + 60 * MINUTE
    pay_by: datetime | None = NOW - 30 * MINUTE


@pytest.mark.parametrize(
    ("wanted", "refusal", "words"),
    [
        (slot(0, 14), rules.SlotTooShort, "at least 15 minutes"),
        (slot(0, 24 * 60 + 1), rules.SlotTooLong, "at most 1440 minutes"),
        (slot(-2, 60), rules.SlotInThePast, "begun already"),
        (slot(30 * 24 * 60 + 1, 60), rules.TooFarAhead, "30 days"),
        (
            Span(NOW + timedelta(seconds=30), NOW + HOUR),
            rules.SlotOffGrid,
            "steps of 1 minutes",
        ),
    ],
)
def test_a_slot_outside_the_policy_is_refused_with_its_reason(
    wanted: Span, refusal: type[Refused], words: str
) -> None:
    with pytest.raises(refusal, match=words):
        check(wanted)


@pytest.mark.parametrize(
    "wanted", [slot(0, 15), slot(0, 24 * 60), slot(30 * 24 * 60, 60), slot(-1, 60), slot(7, 53)]
)
def test_the_bounds_of_the_policy_belong_to_it(wanted: Span) -> None:
    check(wanted)


def test_a_lead_time_is_asked_for_in_minutes() -> None:
    policy = replace(DEFAULTS, lead=2 * HOUR)

    with pytest.raises(rules.SlotInThePast, match="120 minutes from now"):
        check(slot(60, 60), policy=policy)


def test_a_coarse_grid_counts_from_midnight_utc() -> None:
    policy = replace(DEFAULTS, grid=15 * MINUTE)

    check(slot(15, 60), policy=policy)
    with pytest.raises(rules.SlotOffGrid, match="15 minutes"):
        check(slot(20, 60), policy=policy)


def test_a_closed_station_is_not_booked() -> None:
    with pytest.raises(rules.StationClosed, match="within its hours"):
        check(slot(0, 60), is_open=False)


def test_a_slot_within_another_bookings_buffer_is_taken() -> None:
    """The buffer belongs to the earlier booking; the refusal says when the EVSE is free."""
    taken = (Span(NOW, NOW + 70 * MINUTE),)

    with pytest.raises(rules.SlotTaken, match="next free at 2026-03-02T09:10Z"):
        check(slot(65, 60), taken)
    check(slot(70, 60), taken)


def test_a_slot_whose_own_buffer_reaches_the_next_booking_is_taken() -> None:
    taken = (Span(NOW + 120 * MINUTE, NOW + 200 * MINUTE),)

    with pytest.raises(rules.SlotTaken, match="booked again from 2026-03-02T10:00Z"):
        check(slot(55, 60), taken)
    check(slot(50, 60), taken)


def test_a_slot_must_end_after_it_starts() -> None:
    with pytest.raises(Invalid, match="end after it starts"):
        rules.slot_of(rules.Wanted("evse", NOW, NOW))


def test_a_slot_at_the_end_of_the_calendar_is_refused() -> None:
    """An instant of the year 9999 that has no UTC must not break the hub."""
    west = timezone(timedelta(hours=-5))
    end = datetime(9999, 12, 31, 23, 0, tzinfo=west)

    with pytest.raises(Invalid, match="outside the calendar"):
        rules.slot_of(rules.Wanted("evse", end - 4 * HOUR, end))


spans = st.builds(slot, st.integers(-60, 2_000), st.integers(1, 1_500))


@given(wanted=spans, taken=st.lists(spans, max_size=5))
def test_an_accepted_slot_overlaps_nothing_even_with_its_buffer(
    wanted: Span, taken: list[Span]
) -> None:
    blocked = Span(wanted.start, wanted.end + DEFAULTS.buffer)
    try:
        check(wanted, tuple(taken))
    except rules.SlotTaken:
        assert any(other.overlaps(blocked) for other in taken)
    except Invalid:
        assert (
            wanted.duration < DEFAULTS.shortest
            or wanted.duration > DEFAULTS.longest
            or (wanted.start < NOW - DEFAULTS.slack)
        )
    else:
        assert not any(other.overlaps(blocked) for other in taken)


@given(
    wanted=st.builds(slot, st.integers(0, 40_000), st.integers(15, 1_440)),
    buffer=st.integers(0, 60),
    grace=st.integers(10, 30),
)
def test_the_instants_of_a_booking_are_in_order(wanted: Span, buffer: int, grace: int) -> None:
    policy = replace(
        DEFAULTS,
        buffer=buffer * MINUTE,
        reserve_before=min(buffer, 10) * MINUTE,
        arrival_grace=grace * MINUTE,
    )

    made = rules.times(wanted, NOW, policy)

    assert made.opens_at <= made.starts_at < made.arrive_by <= made.ends_at <= made.blocked_until
    assert made.pay_by == NOW + policy.hold


@pytest.mark.parametrize(
    ("booking", "at"),
    [
        (Booked(), NOW),
        (Booked(), NOW - 10 * MINUTE),
        (Booked(status="active"), NOW + HOUR / 2),
        (Booked(status="held", pay_by=NOW + 5 * MINUTE), NOW),
    ],
)
def test_a_slot_is_kept_for_who_booked_it(booking: Booked, at: datetime) -> None:
    assert rules.is_claimed(booking, at)


@pytest.mark.parametrize(
    ("booking", "at"),
    [
        (Booked(), NOW + 15 * MINUTE),  # the driver did not come
        (Booked(), NOW - 11 * MINUTE),  # the slot is not near yet
        (Booked(status="active"), NOW + 60 * MINUTE),  # over
        (Booked(status="held", pay_by=NOW + 5 * MINUTE), NOW + 5 * MINUTE),  # not paid in time
        (Booked(status="cancelled"), NOW),
        (Booked(status="no_show"), NOW),
    ],
)
def test_a_slot_that_nobody_claims_is_open_to_everybody(booking: Booked, at: datetime) -> None:
    assert not rules.is_claimed(booking, at)

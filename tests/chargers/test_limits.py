"""The composite of charging profiles is never above any limit that applies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers import limits
from chargers.limits import Question, Supply
from chargers.profiles import Period, Profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SUPPLY = Supply(22_000, 3)


def profile(**more) -> Profile:
    fields = {
        "id": 1,
        "evse": 0,
        "purpose": "session_default",
        "stack_level": 0,
        "kind": "absolute",
        "unit": "W",
        "periods": (Period(0, Decimal(5_000)),),
        "starts_at": NOON,
    }
    return Profile(**{**fields, **more})


minutes = st.integers(-3_000, 3_000).map(lambda one: NOON + timedelta(minutes=one))


@st.composite
def profiles(draw):
    kind = draw(st.sampled_from(["absolute", "recurring", "relative"]))
    purpose = draw(st.sampled_from(["station_max", "session_default", "session"]))
    starts = sorted(draw(st.sets(st.integers(1, 90_000), max_size=3)))
    unit = draw(st.sampled_from("WA"))
    top = 22_000 if unit == "W" else 32
    values = st.decimals(0, top, places=1)
    periods = tuple(
        Period(start, draw(values), draw(st.sampled_from([None, 1, 2, 3])))
        for start in (0, *starts)
    )
    return profile(
        id=draw(st.integers(1, 99)),
        evse=0 if purpose == "station_max" else draw(st.integers(0, 2)),
        purpose=purpose,
        stack_level=draw(st.integers(0, 3)),
        kind=kind,
        unit=unit,
        periods=periods,
        starts_at=None if kind == "relative" else draw(minutes),
        duration_s=draw(st.none() | st.integers(1, 100_000)),
        recurrence=draw(st.sampled_from(["daily", "weekly"])) if kind == "recurring" else None,
        valid_from=draw(st.none() | minutes),
        valid_to=draw(st.none() | minutes),
    )


def said(one: Profile, at: datetime, began_at: datetime):
    """A second reading of one profile, second by second: its value and phases, or None."""
    if (one.valid_from and at < one.valid_from) or (one.valid_to and at >= one.valid_to):
        return None
    start = began_at if one.kind == "relative" else one.starts_at
    passed = (at - start).total_seconds()
    if passed < 0:
        return None
    if one.kind == "recurring":
        passed %= 86_400 if one.recurrence == "daily" else 604_800
    if one.duration_s is not None and passed >= one.duration_s:
        return None
    period = max((p for p in one.periods if p.start_s <= passed), key=lambda p: p.start_s)
    return period.value, period.phases or 3


def leading(among: list[Profile], at: datetime, began_at: datetime):
    """(profile, value, phases) of the highest level that says something."""
    speaking = [(one, said(one, at, began_at)) for one in among]
    speaking = [(one, words) for one, words in speaking if words]
    if not speaking:
        return None
    one, words = max(speaking, key=lambda pair: (pair[0].stack_level, pair[0].evse > 0))
    return one, *words


def assert_below(found: limits.Ceiling, kept: list[Profile], at: datetime, began_at: datetime):
    mine = [one for one in kept if one.evse in (0, 1)]
    tops = [leading([p for p in mine if p.purpose == "station_max"], at, began_at)]
    session = leading([p for p in mine if p.purpose == "session"], at, began_at)
    default = leading([p for p in mine if p.purpose == "session_default"], at, began_at)
    tops.append(session or default)
    assert 0 <= found.power_w <= SUPPLY.power_w
    for top in tops:
        if top is None:
            continue
        one, value, phases = top
        assert found.phases <= phases
        if one.unit == "W":
            assert found.power_w <= value
        else:
            assert Decimal(found.power_w) / (230 * found.phases) <= value


unique = st.lists(profiles(), max_size=6, unique_by=lambda p: (p.purpose, p.stack_level, p.evse))


@given(kept=unique, at=minutes, began_at=minutes)
def test_composite_is_never_above_any_limit_that_applies(kept, at, began_at):
    found = limits.ceiling(kept, Question(1, SUPPLY, began_at), at)

    assert_below(found, kept, at, began_at)


@given(kept=unique, since=minutes, looks=st.lists(st.integers(0, 400_000), max_size=8))
def test_schedule_holds_at_every_instant_until_its_next_step(kept, since, looks):
    """A step is missed by nobody who looks between two of them."""
    until = since + timedelta(seconds=400_000)
    asked = Question(1, SUPPLY, since)

    steps = limits.steps(kept, asked, since, until)

    assert steps[0].at == since
    for look in looks:
        at = since + timedelta(seconds=look)
        told = [one for one in steps if one.at <= at][-1]
        assert told.ceiling == limits.ceiling(kept, asked, at)


@given(total=st.integers(0, 100_000), wanted=st.lists(st.integers(0, 50_000), max_size=8))
def test_shares_are_never_more_than_wanted_nor_all_together_more_than_there_is(total, wanted):
    given_out = limits.shares(total, wanted)

    assert all(got <= want for got, want in zip(given_out, wanted, strict=True))
    assert sum(given_out) <= total
    if sum(wanted) <= total:
        assert given_out == wanted


def test_session_goes_before_the_default_and_the_station_caps_both():
    kept = [
        profile(id=1, purpose="station_max", periods=(Period(0, Decimal(9_000)),)),
        profile(id=2, periods=(Period(0, Decimal(4_000)),)),
        profile(id=3, purpose="session", evse=1, periods=(Period(0, Decimal(12_000)),)),
    ]

    with_session = limits.ceiling(kept, Question(1, SUPPLY, NOON), NOON)
    without = limits.ceiling(kept, Question(2, SUPPLY, NOON), NOON)

    assert (with_session.power_w, without.power_w) == (9_000, 4_000)


def test_higher_level_leads_while_it_lasts_then_the_lower_one():
    kept = [
        profile(id=1, stack_level=0),
        profile(id=2, stack_level=5, duration_s=3_600, periods=(Period(0, Decimal(7_000)),)),
    ]

    steps = limits.steps(kept, Question(1, SUPPLY, NOON), NOON, NOON + 3 * HOUR)

    assert [(one.at, one.ceiling.power_w) for one in steps] == [
        (NOON, 7_000),
        (NOON + HOUR, 5_000),
    ]


def test_a_day_comes_again_and_a_relative_schedule_begins_with_the_session():
    night = profile(kind="recurring", recurrence="daily", duration_s=3_600)
    relative = profile(
        kind="relative", starts_at=None, periods=(Period(0, None), Period(600, Decimal(0)))
    )
    later = NOON + timedelta(days=9, minutes=30)

    assert limits.ceiling([night], Question(1, SUPPLY, later), later).power_w == 5_000
    assert not limits.ceiling([night], Question(1, SUPPLY, later), later + HOUR).is_limited
    steps = limits.steps([relative], Question(1, SUPPLY, later), later, later + HOUR)
    assert [one.ceiling.power_w for one in steps] == [22_000, 0]
    assert steps[1].at == later + timedelta(seconds=600)


@pytest.mark.parametrize(("phases", "power_w"), [(None, 11_040), (3, 11_040), (1, 3_680)])
def test_amperes_hold_on_each_phase(phases, power_w):
    kept = [profile(unit="A", periods=(Period(0, Decimal(16), phases),))]

    assert limits.ceiling(kept, Question(1, SUPPLY, NOON), NOON).power_w == power_w


def test_amperes_of_the_station_hold_on_the_one_phase_a_session_has():
    kept = [
        profile(id=1, purpose="station_max", unit="A", periods=(Period(0, Decimal(10)),)),
        profile(id=2, unit="A", periods=(Period(0, Decimal(16), 1),)),
    ]

    assert limits.ceiling(kept, Question(1, SUPPLY, NOON), NOON).power_w == 2_300


def test_a_profile_that_is_not_valid_yet_is_silent():
    kept = [replace(profile(), valid_from=NOON + HOUR, valid_to=NOON + 2 * HOUR)]

    steps = limits.steps(kept, Question(1, SUPPLY, NOON), NOON, NOON + 3 * HOUR)

    assert [one.ceiling.is_limited for one in steps] == [False, True, False]

"""What ending a booking early costs: a golden table of every policy, and laws for all moments."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.bookings.cancellation import (
    STEPS,
    Deadlines,
    Parting,
    deadlines,
    on_cancel,
    on_no_show,
    owner_penalty,
)
from chargehub.bookings.rules import DEFAULTS, Cancellation, Policy

START = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KINDS: tuple[Cancellation, ...] = ("free", "flexible", "moderate", "firm", "strict")


@dataclass(frozen=True)
class Slot:
    """Four hours of 11 kW at 0.45: worth 19.80, with a deposit of 22.00 (market.md 1.1)."""

    created_at: datetime = START - timedelta(days=10)
    starts_at: datetime = START
    ends_at: datetime = START + 4 * HOUR
    deposit_minor: int = 2200
    expected_minor: int = 1980
    currency: str = "EUR"


def policy(kind: Cancellation, fee: str | None = None) -> Policy:
    return replace(DEFAULTS, cancellation=kind, no_show_fee=None if fee is None else Decimal(fee))


# Source: design page of the market, 1.2, at the last free or half moment and right after it.
GOLDEN = [
    ("free", -1, 0),
    ("flexible", 60, 0),
    ("flexible", 59, 1100),
    ("flexible", 0, 1100),
    ("flexible", -1, 1100),
    ("moderate", 4 * 60, 0),
    ("moderate", 4 * 60 - 1, 1100),
    ("moderate", 60, 1100),
    ("moderate", 59, 2200),
    ("firm", 24 * 60, 0),
    ("firm", 24 * 60 - 1, 1100),
    ("firm", 4 * 60, 1100),
    ("firm", 4 * 60 - 1, 2200),
    ("strict", 72 * 60, 0),
    ("strict", 72 * 60 - 1, 1100),
    ("strict", 24 * 60, 1100),
    ("strict", 24 * 60 - 1, 2200),
]


@pytest.mark.parametrize(("kind", "minutes_before", "kept"), GOLDEN)
def test_a_policy_keeps_what_it_says(kind: Cancellation, minutes_before: int, kept: int) -> None:
    parting = on_cancel(policy(kind), Slot(), START - minutes_before * MINUTE)

    assert parting == Parting(kept, 2200 - kept)


REGRETTED = [
    ("firm", 3 * 60, 10, 0),
    ("firm", 3 * 60, 11, 2200),
    ("firm", 125, 5, 2200),  # two hours before the start, not more
    ("firm", 126, 5, 0),
    ("strict", 50 * 60, 60, 0),
    ("strict", 50 * 60, 61, 1100),
    ("strict", 48 * 60, 30, 1100),  # the start is less than 48 hours away by then
    ("moderate", 50 * 60, 60, 0),
]


@pytest.mark.parametrize(("kind", "booked_before", "after", "kept"), REGRETTED)
def test_who_regrets_at_once_pays_nothing(
    kind: Cancellation, booked_before: int, after: int, kept: int
) -> None:
    created_at = START - booked_before * MINUTE
    slot = replace(Slot(), created_at=created_at)

    assert on_cancel(policy(kind), slot, created_at + after * MINUTE).capture_minor == kept


@pytest.mark.parametrize(
    ("slot", "fee", "kept"),
    [
        (Slot(), None, 247),  # half an hour of four that are worth 19.80
        (Slot(ends_at=START + HOUR), None, 500),  # the usual fee is less than half an hour
        (Slot(ends_at=START + HOUR), "1.50", 150),
        (Slot(ends_at=START + HOUR, expected_minor=9000, deposit_minor=8000), "99", 1500),
        (Slot(ends_at=START + MINUTE, deposit_minor=100), None, 100),
        (Slot(), "0", 0),
        (Slot(deposit_minor=0, expected_minor=0), None, 0),
    ],
)
def test_not_coming_costs_the_least_of_three(slot: Slot, fee: str | None, kept: int) -> None:
    parting = on_no_show(policy("flexible", fee), slot)

    assert parting == Parting(kept, slot.deposit_minor - kept)


@pytest.mark.parametrize(
    ("before", "owed"),
    [
        (24 * HOUR + MINUTE, 200),  # a tenth of 19.80 is less than 2.00
        (24 * HOUR, 495),
        (4 * HOUR + MINUTE, 495),
        (4 * HOUR, 990),
        (-MINUTE, 990),
    ],
)
def test_an_owner_who_cancels_owes_a_part_of_the_value(before: timedelta, owed: int) -> None:
    assert owner_penalty(Slot(), START - before) == owed
    assert owner_penalty(Slot(expected_minor=0), START - before) == 0


MINUTES = st.integers(0, 45 * 24 * 60)


@given(
    kind=st.sampled_from(KINDS),
    fee=st.none() | st.decimals(0, 15, places=2),
    deposit=st.integers(0, 8000),
    value=st.integers(0, 20_000),
    length=st.integers(15, 24 * 60),
    booked=MINUTES,
    moments=st.tuples(MINUTES, MINUTES),
)
def test_waiting_never_gives_more_back(
    kind: Cancellation,
    fee: Decimal | None,
    deposit: int,
    value: int,
    length: int,
    booked: int,
    moments: tuple[int, int],
) -> None:
    slot = Slot(START - booked * MINUTE, START, START + length * MINUTE, deposit, value, "EUR")
    terms = replace(DEFAULTS, cancellation=kind, no_show_fee=fee)
    sooner, later = (
        on_cancel(terms, slot, slot.created_at + after * MINUTE) for after in sorted(moments)
    )

    for parting in (sooner, later, on_no_show(terms, slot)):
        assert 0 <= parting.capture_minor <= deposit
        assert parting.capture_minor + parting.release_minor == deposit
    assert later.release_minor <= sooner.release_minor


@given(
    kind=st.sampled_from(KINDS),
    fee=st.none() | st.decimals(0, 15, places=2),
    deposit=st.integers(0, 8000),
    booked=MINUTES,
    after=MINUTES,
)
def test_what_is_told_beforehand_is_what_cancelling_costs(
    kind: Cancellation, fee: Decimal | None, deposit: int, booked: int, after: int
) -> None:
    slot = Slot(START - booked * MINUTE, deposit_minor=deposit)
    terms = replace(DEFAULTS, cancellation=kind, no_show_fee=fee)
    told, now = deadlines(terms, slot), slot.created_at + after * MINUTE
    if kind == "free":
        now = min(now, START + DEFAULTS.arrival_grace)  # nobody came, so nobody cancels any more

    if told.free_until is not None and now <= told.free_until:
        kept = 0
    elif told.half_until is not None and now <= told.half_until:
        kept = told.half_minor
    else:
        kept = told.late_minor
    assert on_cancel(terms, slot, now).capture_minor == kept
    for instant in (told.free_until, told.half_until):
        assert instant is None or instant >= slot.created_at


@pytest.mark.parametrize(
    ("kind", "booked_before", "told"),
    [
        ("moderate", 600, Deadlines(START - 4 * HOUR, START - HOUR, 1100, 2200)),
        ("moderate", 180, Deadlines(START - 170 * MINUTE, START - HOUR, 1100, 2200)),
        ("moderate", 90, Deadlines(None, START - HOUR, 1100, 2200)),
        ("moderate", 59, Deadlines(None, None, 1100, 2200)),
        ("firm", 245, Deadlines(START - 235 * MINUTE, None, 1100, 2200)),
        ("flexible", 600, Deadlines(START - HOUR, START, 1100, 1100)),
        ("free", 30, Deadlines(START + 15 * MINUTE, None, 0, 247)),
    ],
)
def test_the_deadlines_of_a_policy_are_instants(
    kind: Cancellation, booked_before: int, told: Deadlines
) -> None:
    slot = replace(Slot(), created_at=START - booked_before * MINUTE)

    assert deadlines(policy(kind), slot) == told


def test_every_kind_has_its_steps() -> None:
    assert {"free", *STEPS} == set(KINDS)

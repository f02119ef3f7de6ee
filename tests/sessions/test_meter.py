"""Registers to usage: nothing is billed beyond the meter, nothing that flowed is lost."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chargehub.sessions.meter import Metered, Point, meter
from chargehub.sessions.rules import Life

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
END = START + timedelta(hours=1)


def life(start_wh: int | None, end_wh: int | None, ended_at: datetime | None = END) -> Life:
    return Life(1, "ALICE", START, start_wh, ended_at, end_wh, "Local", None, ())


def point(minute: int, register_wh: int) -> Point:
    return Point(START + timedelta(minutes=minute), register_wh)


@given(
    start=st.integers(0, 10**9),
    energy=st.integers(0, 10**6),
    readings=st.lists(st.tuples(st.integers(-5, 65), st.integers(0, 10**9))),
)
def test_energy_is_the_end_less_the_start_whatever_was_read_between(
    start: int, energy: int, readings: list[tuple[int, int]]
) -> None:
    points = [point(minute, register) for minute, register in readings]

    metered = meter(life(start, start + energy), points, END)

    registers = [kept.register_wh for kept in metered.points]
    assert metered.energy_wh == energy
    assert registers == sorted(registers)
    assert [kept.at for kept in metered.points] == sorted(kept.at for kept in metered.points)


def test_a_lost_stop_is_billed_to_the_last_known_register_and_flagged() -> None:
    metered = meter(life(1000, None, None), [point(10, 1500), point(20, 2100)], END)

    assert metered.energy_wh == 1100
    assert metered.flags == ("estimated",)


def test_a_reset_register_counts_up_to_the_highest_seen() -> None:
    metered = meter(life(5000, 40), [point(10, 5600), point(20, 6000)], END)

    assert metered.energy_wh == 1000
    assert "register_reset" in metered.flags


def test_a_register_that_jumps_back_is_left_out_and_flagged() -> None:
    metered = meter(life(0, 900), [point(10, 500), point(20, 300), point(30, 600)], END)

    assert [kept.register_wh for kept in metered.points] == [0, 500, 600, 900]
    assert metered.flags == ("register_backwards",)


def test_readings_alone_make_a_session_of_a_start_that_never_came() -> None:
    unknown = Life(1, "ALICE", None, None, END, 900, "Local", None, ())

    metered = meter(unknown, [point(10, 500)], END)

    assert isinstance(metered, Metered)
    assert metered.energy_wh == 400

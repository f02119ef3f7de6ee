"""The register only rises, and no part of a Wh is lost between two looks at it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chargers.meter import WATT_MICROSECONDS_PER_WH, Meter

RUNS = st.lists(st.tuples(st.integers(0, 350_000), st.integers(0, 10**9)), min_size=1, max_size=20)


@given(start=st.integers(0, 10**9), runs=RUNS)
def test_register_is_the_whole_wh_of_all_that_flowed(start, runs):
    meter = Meter(start)

    gained = [meter.run(power, timedelta(microseconds=micros)) for power, micros in runs]

    flowed = sum(power * micros for power, micros in runs)
    assert meter.register_wh == start + flowed // WATT_MICROSECONDS_PER_WH
    assert sum(gained) == meter.register_wh - start
    assert min(gained) >= 0


def test_an_hour_at_eleven_kilowatts_is_eleven_kilowatt_hours():
    meter = Meter(100)

    for _ in range(3600):
        meter.run(11_000, timedelta(seconds=1))

    assert meter.register_wh == 11_100


def test_counted_energy_stands_on_the_register():
    meter = Meter(7)

    meter.add(13)

    assert meter.register_wh == 20

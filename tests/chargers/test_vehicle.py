"""A car takes what it can, and what it takes arrives in its battery."""

from hypothesis import given
from hypothesis import strategies as st

from chargers.vehicle import Vehicle


@st.composite
def vehicles(draw):
    battery_wh = draw(st.integers(1, 200_000))
    level_wh = draw(st.integers(0, battery_wh))
    return Vehicle(battery_wh, level_wh, draw(st.integers(1, 350_000)))


@given(car=vehicles(), offered=st.integers(0, 400_000))
def test_power_never_exceeds_what_is_offered_nor_what_the_car_takes(car, offered):
    power = car.power_w(offered)

    assert 0 <= power <= min(offered, car.max_power_w)
    assert (power == 0) == (car.is_full or offered == 0)


@given(car=vehicles(), offered=st.integers(1, 400_000), energy=st.integers(0, 200_000))
def test_power_never_rises_while_the_battery_fills(car, offered, energy):
    fuller = car.charged(energy)

    assert fuller.power_w(offered) <= car.power_w(offered)
    assert fuller.soc_percent >= car.soc_percent


@given(car=vehicles(), first=st.integers(0, 100_000), second=st.integers(0, 100_000))
def test_energy_in_two_steps_is_the_energy_in_one(car, first, second):
    stepwise = car.charged(first).charged(second)

    assert stepwise == car.charged(first + second)
    assert stepwise.level_wh <= stepwise.battery_wh

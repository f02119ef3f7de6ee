"""What a session's energy cost its owner."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.tariffs import costs
from chargehub.tariffs.components import EnergyPrice, Segment, Usage
from chargehub.tariffs.costs import CostModel, SolarShare, energy_cost
from chargehub.tariffs.windows import PowerStep, Window
from chargehub.units import Span
from tests.tariffs.strategies import usages

HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # 13:00 in Oslo
DAY, NIGHT = Window(7 * 60, 14 * 60), Window(14 * 60, 7 * 60)
CONTRACT = CostModel(
    "EUR",
    (EnergyPrice(Decimal("0.30"), (DAY,)), EnergyPrice(Decimal("0.20"), (NIGHT,))),
    solar=(SolarShare(Decimal(25)),),
    solar_per_kwh=Decimal("0.08"),
)
TEN_KWH = Usage("Europe/Oslo", (Segment(NOON, NOON + 2 * HOUR, 10_000, "charging"),))


def lines(model: CostModel, usage: Usage, *sunny: Span) -> list[tuple[str, Decimal, int]]:
    cost = energy_cost(model, usage, sunny)
    return [(line.kind, line.quantity, line.amount_minor) for line in cost.lines]


def test_a_contract_by_hours_and_a_roof() -> None:
    """5 kWh by day, 5 by night; a quarter of each is from the roof, at the price of feeding in."""
    assert lines(CONTRACT, TEN_KWH) == [
        ("grid", Decimal("3.75"), 113),
        ("grid", Decimal("3.75"), 75),
        ("solar", Decimal("2.5"), 20),
    ]
    assert energy_cost(CONTRACT, TEN_KWH).total_minor == 208


def test_a_fee_of_the_grid_comes_upon_the_contract_and_vat_upon_both() -> None:
    """3.75 kWh at 0.30 x 1.25 are 140.6, at 0.20 x 1.25 93.75; 7.5 kWh at 0.06 x 1.25 56.25.

    The sun has no VAT: nothing is bought.
    """
    model = replace(CONTRACT, grid_fees=(EnergyPrice(Decimal("0.06")),), vat_percent=Decimal(25))

    assert lines(model, TEN_KWH) == [
        ("grid", Decimal("3.75"), 141),
        ("grid", Decimal("3.75"), 94),
        ("grid_fee", Decimal("7.5"), 56),
        ("solar", Decimal("2.5"), 20),
    ]


def test_the_sun_has_its_hours_and_shares_add_up() -> None:
    """From 13 to 15 o'clock in Oslo: half from the roof until 14, then a tenth of it more."""
    early = SolarShare(Decimal(50), (Window(10 * 60, 14 * 60),))
    model = replace(CONTRACT, solar=(early, SolarShare(Decimal(10))))

    assert lines(model, TEN_KWH) == [
        ("grid", Decimal("2"), 60),
        ("grid", Decimal("4.5"), 90),
        ("solar", Decimal("3.5"), 28),
    ]


def test_the_meter_says_when_and_not_the_clock() -> None:
    """Of 10 kWh 8 flowed in the first hour, as the readings tell."""
    first = Segment(NOON, NOON + HOUR, 8_000, "charging")
    read = Usage("Europe/Oslo", (first, Segment(NOON + HOUR, NOON + 2 * HOUR, 2_000, "charging")))

    assert lines(replace(CONTRACT, solar=()), read) == [
        ("grid", Decimal(8), 240),
        ("grid", Decimal(2), 40),
    ]


def test_a_measured_sun_gives_all_while_the_site_feeds_in() -> None:
    model = replace(CONTRACT, solar=(), is_solar_measured=True)
    sunny = Span(NOON + HOUR / 2, NOON + HOUR)

    assert lines(model, TEN_KWH, sunny) == [
        ("grid", Decimal("2.5"), 75),
        ("grid", Decimal("5"), 100),
        ("solar", Decimal("2.5"), 20),
    ]
    assert lines(model, TEN_KWH) == [("grid", Decimal(5), 150), ("grid", Decimal(5), 100)]


@pytest.mark.parametrize(
    ("zone", "midnight_utc", "hours", "night_kwh"),
    [
        # From midnight to midnight at 1 kWh an hour; the night price holds from 22 to 6.
        ("Europe/Oslo", datetime(2026, 3, 28, 23, tzinfo=UTC), 23, 7),
        ("Europe/Oslo", datetime(2026, 10, 24, 22, tzinfo=UTC), 25, 9),
        ("America/New_York", datetime(2026, 3, 8, 5, tzinfo=UTC), 23, 7),
        ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), 25, 9),
        ("Australia/Adelaide", datetime(2026, 10, 3, 14, 30, tzinfo=UTC), 23, 7),
        ("Australia/Adelaide", datetime(2026, 4, 4, 13, 30, tzinfo=UTC), 25, 9),
    ],
)
def test_the_hour_that_is_missing_or_comes_twice(
    zone: str, midnight_utc: datetime, hours: int, night_kwh: int
) -> None:
    night, day = Window(22 * 60, 6 * 60), Window(6 * 60, 22 * 60)
    prices = (EnergyPrice(Decimal("0.20"), (night,)), EnergyPrice(Decimal("0.30"), (day,)))
    end = midnight_utc + hours * HOUR
    usage = Usage(zone, (Segment(midnight_utc, end, hours * 1000, "charging"),))

    assert lines(CostModel("EUR", prices), usage) == [
        ("grid", Decimal(night_kwh), night_kwh * 20),
        ("grid", Decimal(16), 480),
    ]


def test_energy_that_is_free_for_the_driver_costs_the_owner() -> None:
    assert energy_cost(CONTRACT, replace(TEN_KWH, free_wh=10_000)).total_minor == 208


SHARES = st.integers(0, 50).map(Decimal)


@given(usages(has_free=True), SHARES, SHARES, st.booleans())
def test_grid_and_roof_are_all_of_the_energy(
    usage: Usage, share: Decimal, noon: Decimal, is_measured: bool
) -> None:
    """However it is cut, not a Wh is lost or paid twice."""
    solar = (SolarShare(share), SolarShare(noon, (Window(11 * 60, 13 * 60),)))
    model = replace(CONTRACT, solar=() if is_measured else solar, is_solar_measured=is_measured)
    middle = usage.started_at + (usage.ended_at - usage.started_at) / 3

    cost = energy_cost(model, usage, [Span(middle, usage.ended_at)])

    assert sum(line.quantity for line in cost.lines) * 1000 == usage.energy_wh
    assert sum(line.amount_minor for line in cost.lines) == cost.total_minor


def test_a_model_is_read_as_it_was_written() -> None:
    seasonal = EnergyPrice(Decimal("0.05"), (Window(0, 60, (5, 6), date(2026, 4, 1)),))
    model = replace(CONTRACT, grid_fees=(seasonal,), vat_percent=Decimal("8.1"))

    assert costs.read(costs.written(model)) == model


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"solar": (SolarShare(Decimal(60)), SolarShare(Decimal(41)))}, "100 % at most"),
        ({"currency": "CHG"}, "ISO 4217"),
        ({"vat_percent": Decimal(31)}, "at most 30 %"),
        ({"grid": CONTRACT.grid[:1]}, "at every hour"),
        ({"grid": ()}, "at every hour"),
        ({"grid_fees": (EnergyPrice(Decimal(1), (), PowerStep(1_000)),)}, "no steps by power"),
        ({"is_solar_measured": True}, "not both"),
        ({"grid_fees": (EnergyPrice(Decimal(0)),) * 21}, "at most 20 prices"),
    ],
)
def test_costs_that_cannot_be_meant_are_refused(changes: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replace(CONTRACT, **changes)  # type: ignore[arg-type]


def test_shares_at_different_hours_may_be_more_than_all_together() -> None:
    apart = (SolarShare(Decimal(60), (DAY,)), SolarShare(Decimal(60), (NIGHT,)))

    assert replace(CONTRACT, solar=apart).solar == apart

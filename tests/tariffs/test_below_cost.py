"""Prices below cost are found at every hour, and the price that is suggested covers it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.tariffs.below_cost import BelowCost, below_cost
from chargehub.tariffs.components import EnergyPrice, FlatPrice, TimePrice
from chargehub.tariffs.costs import CostModel, SolarShare
from chargehub.tariffs.pricing import Tariff
from chargehub.tariffs.windows import PowerStep, Window

TODAY = date(2026, 3, 2)
TENTH = 1_000  # basis points
EVENING = Window(17 * 60, 20 * 60, weekdays=(0, 1, 2, 3, 4))
MODEL = CostModel(
    "EUR",
    (
        EnergyPrice(Decimal("0.20")),
        EnergyPrice(Decimal("0.15"), (EVENING,)),  # on weekdays from five to eight
    ),
)


def priced(per_kwh: str, **changes: object) -> Tariff:
    plain = Tariff("Home", "EUR", Decimal(0), (EnergyPrice(Decimal(per_kwh)),))
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_an_evening_below_cost_is_found_with_the_price_that_covers_it() -> None:
    """0.38 x 0.9 = 0.342 < 0.35; 0.35 / 0.9 = 0.38888…"""
    assert below_cost(priced("0.38"), MODEL, TENTH, TODAY) == (
        BelowCost(
            code="price_below_cost",
            detail="A kWh at Mon 17:00 by local time brings you 0.342 and costs you 0.35."
            " From a price per kWh of 0.3889 on it pays.",
            price_per_kwh=Decimal("0.38"),
            earned_per_kwh=Decimal("0.342"),
            cost_per_kwh=Decimal("0.35"),
            suggested_per_kwh=Decimal("0.3889"),
        ),
    )
    assert below_cost(priced("0.3889"), MODEL, TENTH, TODAY) == ()


def test_the_same_price_at_another_fee() -> None:
    assert below_cost(priced("0.38"), MODEL, 0, TODAY) == ()
    (found,) = below_cost(priced("0.38"), MODEL, 10_000, TODAY)
    assert (found.earned_per_kwh, found.suggested_per_kwh) == (0, None)


def test_where_the_hub_sells_the_vat_comes_off_first() -> None:
    """0.4627 / 1.19 x 0.9 = 0.34994…; 0.35 / 0.9 x 1.19 = 0.46277…"""
    (found,) = below_cost(priced("0.4627"), MODEL, TENTH, TODAY, Decimal(19))

    assert found.suggested_per_kwh == Decimal("0.4628")
    assert below_cost(priced("0.4628"), MODEL, TENTH, TODAY, Decimal(19)) == ()


def test_a_floor_below_cost_is_one_of_its_own() -> None:
    found = below_cost(priced("0.45", floor_per_kwh=Decimal("0.30")), MODEL, TENTH, TODAY)

    assert [(each.code, each.suggested_per_kwh) for each in found] == [
        ("floor_below_cost", Decimal("0.3889"))
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "NOK"},
        {"components": (FlatPrice(Decimal(1)),)},
        {"components": (EnergyPrice(Decimal("0.1")), TimePrice(Decimal("0.1")))},
    ],
)
def test_what_cannot_be_compared_is_not_judged(changes: dict[str, object]) -> None:
    assert below_cost(priced("0.1", **changes), MODEL, TENTH, TODAY) == ()


def test_where_no_price_per_minute_holds_it_is_judged() -> None:
    by_day = TimePrice(Decimal("0.1"), (Window(8 * 60, 18 * 60),))
    tariff = priced("0", components=(EnergyPrice(Decimal("0.38")), by_day))

    (found,) = below_cost(tariff, MODEL, TENTH, TODAY)

    assert "at Mon 18:00" in found.detail


def test_hours_without_a_price_and_slow_chargers_are_below_cost() -> None:
    at_night = EnergyPrice(Decimal("0.60"), (Window(22 * 60, 6 * 60),))
    slow = EnergyPrice(Decimal("0.60"), (), PowerStep(from_w=11_000))

    for component in (at_night, slow):
        (found,) = below_cost(priced("0", components=(component,)), MODEL, TENTH, TODAY)
        assert found.price_per_kwh == 0


def test_the_sun_is_counted_where_it_is_stated_and_not_where_it_is_measured() -> None:
    sunny = replace(MODEL, solar=(SolarShare(Decimal(100)),), solar_per_kwh=Decimal("0.08"))
    measured = replace(MODEL, is_solar_measured=True)

    assert below_cost(priced("0.1"), sunny, TENTH, TODAY) == ()
    assert below_cost(priced("0.38"), measured, TENTH, TODAY)


def test_what_was_dear_last_year_is_no_matter() -> None:
    past = replace(EVENING, from_date=date(2025, 1, 1), to_date=date(2026, 1, 1))
    coming = replace(EVENING, from_date=date(2026, 11, 1))
    for window, is_found in ((past, False), (coming, True)):
        model = replace(MODEL, grid=(MODEL.grid[0], EnergyPrice(Decimal("0.15"), (window,))))
        assert bool(below_cost(priced("0.38"), model, TENTH, TODAY)) == is_found


CENTS = st.integers(0, 100).map(lambda cents: Decimal(cents).scaleb(-2))


@given(CENTS, CENTS, CENTS, st.integers(0, 9_999))
def test_whoever_takes_the_suggestion_is_warned_no_more(
    price: Decimal, always: Decimal, evening: Decimal, fee: int
) -> None:
    model = CostModel("EUR", (EnergyPrice(always), EnergyPrice(evening, (EVENING,))))
    for found in below_cost(priced(str(price)), model, fee, TODAY):
        assert found.suggested_per_kwh is not None
        if found.suggested_per_kwh <= 10:  # no price may be higher
            better = priced(str(found.suggested_per_kwh))
            assert below_cost(better, model, fee, TODAY) == ()

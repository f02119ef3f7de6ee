"""Prices that move: how far, how fast, and never past the owner's bounds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.tariffs import dynamic
from chargehub.tariffs.components import EnergyPrice, FlatPrice
from chargehub.tariffs.dynamic import (
    Dynamics,
    Signals,
    by_utilisation,
    by_wholesale,
    in_the_sun,
    moved,
    step,
)
from chargehub.tariffs.pricing import Tariff
from chargehub.tariffs.windows import Window

BASE = Decimal("0.45")
ZERO, TEN = Decimal(0), Decimal(10)
CENTS = st.decimals(0, 10, places=2)
BUSY = Dynamics("utilisation")
HOME = Tariff(
    "Home",
    "EUR",
    Decimal(19),
    (EnergyPrice(BASE), FlatPrice(Decimal(1))),
    floor_per_kwh=Decimal("0.30"),
    ceiling_per_kwh=Decimal("0.60"),
)


@pytest.mark.parametrize(
    ("utilisation", "price"),
    [("0.9", "0.54"), ("0.5", "0.45"), ("0", "0.3375"), ("1", "0.5625")],
)
def test_the_price_follows_how_busy_the_station_is(utilisation: str, price: str) -> None:
    """45 cents at 90 % are 54 (market.md 1.3)."""
    assert by_utilisation(BASE, Decimal(utilisation)) == Decimal(price)


def test_a_station_is_not_more_than_always_taken() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        by_utilisation(BASE, Decimal("1.01"))


def test_the_market_may_pay_for_taking_energy() -> None:
    wish = by_wholesale(Decimal("-0.12"), Decimal("0.02"), Decimal(20))

    assert wish == Decimal("-0.12")
    assert step((), wish, ZERO, TEN) == 0
    assert step((), wish, Decimal("0.1"), Decimal(1)) == Decimal("0.1")


def test_vat_is_on_the_market_and_on_the_margin() -> None:
    assert by_wholesale(Decimal("0.10"), Decimal("0.15"), Decimal(19)) == Decimal("0.2975")


def test_the_sun_makes_it_cheaper_only_while_the_site_exports() -> None:
    assert in_the_sun(BASE, Decimal(20), 1) == Decimal("0.36")
    assert in_the_sun(BASE, Decimal(20), 0) == in_the_sun(BASE, Decimal(20), -500) == BASE


def test_an_hour_of_small_steps_goes_no_further_than_one() -> None:
    prices = [BASE]
    for _ in range(4):
        prices.append(step(prices[-4:], Decimal(1), ZERO, TEN))

    assert prices[1:] == [Decimal("0.495")] * 4


def pairs() -> st.SearchStrategy[list[Decimal]]:
    return st.tuples(CENTS, CENTS).map(sorted)


@given(st.lists(CENTS, max_size=8), st.decimals(-10, 20, places=7), pairs())
def test_the_owners_bounds_always_win(
    past: list[Decimal], wish: Decimal, limits: list[Decimal]
) -> None:
    assert limits[0] <= step(past, wish, *limits) <= limits[1]


@given(CENTS, st.lists(st.decimals(0, 20, places=7), min_size=1, max_size=12))
def test_no_two_prices_of_an_hour_are_further_apart_than_the_rate(
    first: Decimal, wishes: list[Decimal]
) -> None:
    """Four steps an hour, whatever is wished for."""
    prices = [first]
    for wish in wishes:
        prices.append(step(prices[-4:], wish, ZERO, TEN))

    for index, price in enumerate(prices[1:], start=1):
        for earlier in filter(None, prices[max(0, index - 4) : index]):
            assert abs(price - earlier) <= max(earlier / 10, Decimal("0.000001"))


@given(st.integers(1, 30), st.sampled_from([ZERO, TEN]))
def test_no_price_is_so_small_that_it_cannot_move(millionths: int, wish: Decimal) -> None:
    """A tenth of it may be finer than any price is written."""
    price = Decimal(millionths).scaleb(-6)

    moved_to = step([price] * 4, wish, ZERO, TEN)

    assert moved_to != price
    assert abs(moved_to - price) <= max(price / 10, Decimal("0.000001"))


@given(CENTS, st.decimals(0, 10, places=6))
def test_a_wish_within_reach_is_granted(current: Decimal, wish: Decimal) -> None:
    if abs(wish - current) * 10 <= current:
        assert step((current,), wish, ZERO, TEN) == wish


@given(st.decimals(0, 1, places=4), st.decimals(-2, 5, places=5), st.integers(-9, 9), CENTS)
def test_whatever_is_known_the_price_moves_within_its_rate_and_bounds(
    busy: Decimal, wholesale: Decimal, export_w: int, discount: Decimal
) -> None:
    for by in (BUSY, Dynamics("wholesale", "NO1", ZERO, discount)):
        after = moved(HOME, (HOME,), by, Signals(busy, wholesale, export_w))

        price = after.components[0].price
        assert Decimal("0.405") <= price <= Decimal("0.495")
        assert replace(after, components=HOME.components) == HOME
        assert after.components[1] == HOME.components[1]


def test_where_nobody_knows_the_base_price_counts() -> None:
    for by in (BUSY, Dynamics("wholesale", "NO1", TEN)):
        assert moved(HOME, (HOME,), by, Signals()) == HOME


REFUSED: list[tuple[Tariff, dict[str, Any], str]] = [
    (replace(HOME, floor_per_kwh=None), {"by": "utilisation"}, "floor_per_kwh"),
    (replace(HOME, ceiling_per_kwh=Decimal(100)), {"by": "utilisation"}, "comma"),
    (replace(HOME, components=(FlatPrice(Decimal(1)),)), {"by": "utilisation"}, "no price per kWh"),
    (
        replace(HOME, components=(EnergyPrice(BASE, (Window(0, 60),)),)),
        {"by": "wholesale", "area": "NO1"},
        "at all hours",
    ),
    (HOME, {"by": "wholesale"}, "area"),
    (HOME, {"by": "utilisation", "area": "NO1"}, "area"),
    (HOME, {"by": "utilisation", "margin_per_kwh": "1"}, "margin"),
    (HOME, {"solar_discount_percent": "101"}, "100 %"),
    (HOME, {}, "nothing would move"),
]


@pytest.mark.parametrize(("tariff", "stated", "why"), REFUSED)
def test_what_cannot_be_meant_is_refused(tariff: Tariff, stated: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        dynamic.check(tariff, dynamic.read(stated))


def test_prices_move_on_the_quarters_of_an_hour() -> None:
    at = datetime(2026, 3, 1, 10, 7, 3, tzinfo=UTC)
    quarter = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)

    assert dynamic.following(at) == quarter
    assert dynamic.following(quarter) == quarter + timedelta(minutes=15)
    assert dynamic.read(dynamic.written(BUSY)) == BUSY

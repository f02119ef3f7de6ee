"""What makes an EVSE the best, and that its place is its own."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.clock import HandClock
from chargehub.search.ranking import Rank, Repute, Weights, rank
from chargehub.store.writer import Store
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.pricing import Cost
from tests.search.test_prices import MORNING, found, priced
from tests.search.test_search import AT_OSLO, hub

BEST = f"energy_wh=10000&currency=EUR&order=best&{MORNING}"

costs = st.builds(
    Cost, st.just(()), st.integers(-1_000, 10**9), st.just(0), st.sampled_from(["EUR", "JPY"])
)
standings = st.builds(Repute, st.integers(1_000, 5_000), st.none() | st.integers(0, 1_000))
weights = st.builds(Weights, *[st.integers(0, 1_000_000)] * 3)


def test_a_worked_rank() -> None:
    """4.50 EUR, 2.5 km away, nine visits of ten succeed, 4.6 stars."""
    cost = Cost((), 450, 0, "EUR")

    assert rank(cost, 2_500, Repute(4_600, 900), Weights()) == Rank(4_500, 500, 1_000, 200)
    assert rank(None, 2_500, Repute(), Weights()) == Rank(0, 500, 500, 350)


@pytest.mark.parametrize(("currency", "minor"), [("EUR", 450), ("NOK", 4_500), ("JPY", 900)])
def test_points_are_thousandths_of_about_a_euro(currency: str, minor: int) -> None:
    assert rank(Cost((), minor, 0, currency), 0, Repute(), Weights()).price == 4_500


@given(cost=costs, away=st.integers(0, 10**5), standing=standings, weighed=weights)
def test_nothing_worse_ranks_better(
    cost: Cost, away: int, standing: Repute, weighed: Weights
) -> None:
    points = rank(cost, away, standing, weighed)

    dearer = Cost((), cost.total_minor + 7, 0, cost.currency)
    assert rank(dearer, away, standing, weighed).total >= points.total
    assert rank(cost, away + 9, standing, weighed).total >= points.total
    worse = Repute(standing.rating_milli - 3, standing.reliable_permille)
    assert rank(cost, away, worse, weighed).total >= points.total
    assert min(points.price, points.distance, points.reliability, points.rating) >= 0


async def test_the_best_weighs_the_price_against_the_way(store: Store, clock: HandClock) -> None:
    """A km costs 0.20: what is 10 km away must save 2 EUR, of 4.50 for 10 kWh."""
    async with hub(store, clock) as (world, http):
        near_by = await priced(world, 90_000, EnergyPrice(Decimal("0.40")))
        cheap = await priced(world, 90_000, EnergyPrice(Decimal("0.20")))
        ordered = await found(http, BEST)

    assert [one["id"] for one in ordered] == [cheap, world.evse_id, near_by]
    for one in ordered:
        parts = one["rank_parts"]
        assert parts["total"] == sum(points for name, points in parts.items() if name != "total")
        assert parts["price"] == one["price"]["total_minor"] * 10
        assert parts["distance"] == round(one["distance_m"] / 5)


async def test_pages_by_rank_lose_nothing(store: Store, clock: HandClock) -> None:
    """Six EVSEs, some of one rank at one place, two to a page; without a need too."""
    async with hub(store, clock) as (world, http):
        for north in (0, 9_000, 9_000, 18_000, 27_000):
            await priced(world, north, EnergyPrice(Decimal("0.30")))
        for query in (BEST, "order=best"):
            whole = await found(http, query)
            pages: list[dict[str, Any]] = []
            cursor: str | None = ""
            while cursor is not None:
                path = f"/evses?{AT_OSLO}&radius_m=20000&{query}&limit=2{cursor}"
                answer = (await http.get(path)).json()
                pages += answer["items"]
                cursor = f"&cursor={answer['next']}" if answer["next"] else None

            assert len(whole) == 6
            assert pages == whole


async def test_prices_of_any_currency_are_in_no_order(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (_, http):
        answer = await http.get(f"/evses?{AT_OSLO}&energy_wh=10000&order=best&{MORNING}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "currency" in answer.json()["detail"]

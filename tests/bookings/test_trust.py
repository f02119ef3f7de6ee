"""Whom an owner is asked about first, and who pays before: by the driver's record."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.bookings import stating
from chargehub.bookings.record import DriverTrust, Trust
from chargehub.bookings.rules import DEFAULTS, BookingTerms, TooLateToAsk
from chargehub.store.work import Work
from chargehub.store.writer import Store
from tests.bookings.world import NOW, World, make_world

FOR_TRUSTED = replace(DEFAULTS, instant_for="trusted")


@pytest.mark.parametrize(
    ("trust", "deposit_minor", "is_asked"),
    [
        (Trust("usual", 4_300, 1), 0, False),
        (Trust("usual", 4_000, 1), 0, False),
        (Trust("usual", 3_999, 9), 900, True),
        (Trust("usual", 4_300, 0), 0, True),  # never seen, and nothing at stake
        (Trust("usual", 4_300, 0), 100, False),
        (Trust("prepaid", 4_300, 1), 900, False),
        (Trust("approval", 5_000, 99), 900, True),
    ],
)
def test_whom_a_policy_for_trusted_drivers_lets_book_at_once(
    trust: Trust, deposit_minor: int, is_asked: bool
) -> None:
    assert trust.must_ask(FOR_TRUSTED, deposit_minor) == is_asked


@given(st.sampled_from(["usual", "prepaid", "approval"]), st.integers(1_000, 5_000))
def test_a_policy_for_anybody_asks_for_no_rating(terms: BookingTerms, rating: int) -> None:
    asks = replace(DEFAULTS, mode="request")

    assert Trust(terms, rating).must_ask(DEFAULTS, 0) == (terms == "approval")
    assert Trust(terms, rating).must_ask(asks, 900)


async def trusted(world: World, **record: Any) -> None:
    """The driver's record is this."""

    def write(work: Work) -> None:
        usual = {"terms": "usual", "rating_thousandths": 4_300, "sessions": 0, "looked_at": NOW}
        work.insert(DriverTrust, driver_id=world.driver.account_id, **(usual | record))

    await world.store.do(write)


async def test_a_driver_who_prepays_leaves_the_whole_expected_price(store: Store) -> None:
    """A deposit is capped at 80 euros; 11 kW for six hours at 2 euros are more than that."""
    world = await make_world(store, per_kwh="2.00")
    usual = await world.hold(60, 6 * 60)
    await trusted(world, terms="prepaid")

    prepaid = await world.hold(10 * 60, 6 * 60)

    assert (usual.status, usual.deposit_minor) == ("held", 8_000)
    assert (prepaid.status, prepaid.deposit_minor) == ("held", 13_200)  # 66 kWh at 2 euros
    assert prepaid.deposit_minor == prepaid.expected_minor


async def test_a_driver_who_hardly_ever_comes_asks_first(store: Store) -> None:
    """Also where everybody else books at once; and not without time to answer."""
    world = await make_world(store)
    await trusted(world, terms="approval")

    asked = await world.hold(60, 60)

    assert (asked.status, asked.approve_by is not None) == ("requested", True)
    with pytest.raises(TooLateToAsk):
        await world.hold(5, 15)


async def test_an_owner_may_let_only_trusted_drivers_book_at_once(store: Store) -> None:
    world = await make_world(store)
    await store.do(stating.state_policy, world.owner, world.station_id, FOR_TRUSTED, NOW)
    newcomer = await world.hold(60, 60)  # a deposit is enough
    await trusted(world, rating_thousandths=3_900, sessions=5)

    doubted = await world.hold(180, 60)

    assert (newcomer.status, doubted.status) == ("held", "requested")
    assert doubted.approve_by is not None
    assert doubted.approve_by <= NOW + timedelta(hours=12)

"""Tiers and badges by the numbers of the design pages, and as a search shows them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.reputation.scores import Rate, StationFacts
from chargehub.reputation.standings import standings
from chargehub.reputation.tiers import Tier, badges, maturity, merit, start_success, tier_of
from chargehub.reputation.uptime import Measured
from tests.hub import RunningHub
from tests.stories.steps import HALF_HOUR, book, charge

PERFECT = StationFacts(
    uptime=Measured(offered_s=100, working_s=100),
    starts=Rate(90, 90),
    cancelled=Rate(0, 20),
    answer_s=None,
    answers=0,
    sessions=10,
)
TIERS: tuple[Tier, ...] = ("none", "probation", "bronze", "silver", "gold")
rates = st.integers(0, 200).flatmap(lambda of: st.builds(Rate, st.integers(0, of), st.just(of)))


@pytest.mark.parametrize(
    ("worked", "tried", "percent"), [(0, 0, "90.00"), (19, 20, "93.33"), (1, 5, "66.66")]
)
def test_start_success_is_smoothed(worked: int, tried: int, percent: str) -> None:
    """Numbers of the design page of the network, section 2.3; cut, not rounded."""
    found = start_success(Rate(worked, tried)) * 10_000

    assert f"{int(found) // 100}.{int(found) % 100:02d}" == percent


@pytest.mark.parametrize(
    ("uptime_ppm", "starts", "tier"),
    [
        (980_000, Rate(86, 90), "gold"),  # 95 of 100
        (979_999, Rate(86, 90), "silver"),
        (1_000_000, Rate(85, 90), "silver"),
        (950_000, Rate(0, 0), "silver"),
        (949_999, Rate(0, 0), "bronze"),
        (900_000, Rate(7, 10), "bronze"),
        (750_000, Rate(90, 90), "probation"),
        (749_999, Rate(90, 90), "none"),
        (1_000_000, Rate(1, 8), "none"),
        (None, Rate(90, 90), "new"),
    ],
)
def test_a_tier_takes_both_uptime_and_starts(
    uptime_ppm: int | None, starts: Rate, tier: str
) -> None:
    assert tier_of(uptime_ppm, starts) == tier


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("tier", "is_new_owner", "usual", "after"),
    [
        ("gold", False, 3 * DAY, DAY),
        ("gold", False, DAY / 2, DAY / 2),  # nobody waits longer for being good
        ("silver", False, 3 * DAY, 3 * DAY),
        ("new", False, DAY, DAY),
        ("gold", True, DAY, 7 * DAY),
        ("new", True, 9 * DAY, 9 * DAY),
    ],
)
def test_a_tier_unlocks_when_earnings_mature(
    tier: Tier, is_new_owner: bool, usual: timedelta, after: timedelta
) -> None:
    assert maturity(tier, is_new_owner, usual, of_new=7 * DAY) == after


@given(st.integers(0, 1_000_000), st.integers(0, 1_000_000), rates)
def test_more_uptime_is_never_a_lower_tier(one: int, other: int, starts: Rate) -> None:
    less, more = sorted((one, other))

    assert TIERS.index(tier_of(less, starts)) <= TIERS.index(tier_of(more, starts))


@pytest.mark.parametrize(
    ("of_owner", "rating", "is_long", "expected"),
    [
        (Rate(0, 5), 4_700, True, (True, True)),
        (Rate(0, 0), 4_700, True, (True, True)),
        (Rate(0, 5), 4_699, True, (False, True)),
        (Rate(0, 5), 5_000, False, (False, True)),
        (Rate(1, 101), 5_000, True, (True, True)),  # less than 1 %
        (Rate(1, 100), 5_000, True, (False, True)),
        (Rate(2, 100), 5_000, True, (False, True)),  # 2 % is not more than 2 %
        (Rate(3, 149), 5_000, True, (False, False)),
    ],
)
def test_badges_are_earned(
    of_owner: Rate, rating: int, is_long: bool, expected: tuple[bool, bool]
) -> None:
    earned = merit(PERFECT, of_owner, rating, is_long)

    assert (earned.is_reliable, earned.keeps_bookings) == expected


def test_a_station_that_asks_has_no_badge_for_booking_at_once() -> None:
    assert badges(True, True, True) == ("reliable", "instant")
    assert badges(True, True, False) == badges(True, False, True) == ("reliable",)
    assert badges(False, False, True) == ()


async def test_a_search_shows_how_a_station_stands(hub: RunningHub) -> None:
    """Worked out again by itself when a session or review changes it."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token)
    session = (await driver.get("/sessions"))["items"][0]["id"]
    await driver.post(f"/sessions/{session}/reviews", {"stars": 5})
    await owner.post(f"/sessions/{session}/reviews", {"stars": 5})
    await hub.advance(days=1)

    (found,) = (await hub.ask("GET", "/evses?latitude=59.9139&longitude=10.7522", expect=200))[
        "items"
    ]
    alone = await hub.ask("GET", f"/evses/{place.evse_ids[0]}", expect=200)

    assert found["standing"] == {
        "rating_thousandths": 4_378,
        "reviews": 1,
        "uptime_ppm": 1_000_000,
        "start_ppm": 1_000_000,
        "cancel_ppm": None,
        "answer_s": None,
        "sessions": 1,
        "tier": "silver",  # ten of eleven starts, smoothed, are no 95 %
        "badges": ["instant"],
    }
    assert alone["standing"] == found["standing"]


async def test_an_owner_who_cancels_loses_the_badge_at_every_station(hub: RunningHub) -> None:
    """So does a station whose owner wants to be asked first."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    first, second = [await hub.station(owner, "2.0.1") for _ in range(2)]
    booking = await book(hub, driver, first, HALF_HOUR, HALF_HOUR)
    assert await shown_badges(hub, second.evse_ids[0]) == ["instant"]

    await owner.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()

    assert await shown_badges(hub, second.evse_ids[0]) == []


async def shown_badges(hub: RunningHub, evse_id: str) -> list[str]:
    found = await hub.ask("GET", f"/evses/{evse_id}", expect=200)
    badges: list[str] = found["standing"]["badges"]
    return badges


async def test_what_a_page_of_stations_is_shown_with_takes_one_query(hub: RunningHub) -> None:
    owner = await hub.person("owner", pays=False)
    places = [await hub.station(owner, "2.0.1") for _ in range(2)]
    await hub.settle()
    policy = {"mode": "request"}
    await owner.ask("PUT", f"/stations/{places[0].station_id}/policy", policy, 200)

    ids = [place.station_id for place in places]
    found = await hub.hub.store.read(standings, [*ids, "nowhere"])

    assert {key: one.badges for key, one in found.items()} == {ids[0]: (), ids[1]: ("instant",)}

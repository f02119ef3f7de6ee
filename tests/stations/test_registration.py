"""What an owner sets up, on both databases."""

import asyncio
from dataclasses import replace

import pytest

from chargehub.errors import NotFound
from chargehub.stations import actions, pages, registration, rules, tables
from chargehub.store.writer import Store
from tests.stations.samples import (
    LOCATION,
    NOW,
    OWNER,
    SECRET,
    STRANGER,
    evse,
    evses,
    location,
    station,
    wanted,
)


async def test_a_station_gets_an_identity_and_a_password_shown_once(store: Store) -> None:
    place = await location(store)

    made = await store.do(actions.register_station, OWNER, wanted(place), SECRET, NOW)

    view = await store.read(tables.station_by_identity, made.identity)
    assert made.is_new
    assert view is not None
    assert view.id == made.station_id
    assert made.identity.startswith("CH-")
    assert len(made.identity) == 11
    assert made.password is not None
    assert len(made.password) == 20
    assert rules.is_password(SECRET, made.password.encode(), view.password_digest)
    assert made.password not in repr(view)
    assert (view.time_zone, view.is_connected, view.is_accepted) == ("Europe/Oslo", False, False)


async def test_evses_and_connectors_are_as_described(store: Store) -> None:
    two = (evse(1, "IEC_62196_T2_COMBO", "CHADEMO", power_w=50_000), evse(2))

    station_id = await station(store, *two)

    found = await evses(store, station_id)
    connectors = await store.read(tables.connectors_of, [each.id for each in found])
    assert [(each.number, each.power_w, each.status) for each in found] == [
        (1, 50_000, "unavailable"),
        (2, 11_000, "unavailable"),
    ]
    assert [(each.evse_id, each.number, each.type) for each in connectors] == [
        (found[0].id, 1, "IEC_62196_T2_COMBO"),
        (found[0].id, 2, "CHADEMO"),
        (found[1].id, 1, "IEC_62196_T2"),
    ]


async def test_the_same_external_reference_is_the_same_location(store: Store) -> None:
    named = replace(LOCATION, external_ref="garage-7")

    first = await store.do(actions.register_location, OWNER, named, NOW)
    again = await store.do(
        actions.register_location, OWNER, replace(named, name="Renamed since"), NOW
    )
    other = await store.do(actions.register_location, STRANGER, named, NOW)

    assert (first.is_new, again.is_new, other.is_new) == (True, False, True)
    assert again.location_id == first.location_id != other.location_id


async def test_the_same_external_reference_is_the_same_station_without_password(
    store: Store,
) -> None:
    """A replay that runs twice adds nothing, and cannot read a password it has lost."""
    place = await location(store)
    named = wanted(place, external_ref="AdO1")

    first = await store.do(actions.register_station, OWNER, named, SECRET, NOW)
    again = await store.do(actions.register_station, OWNER, named, SECRET, NOW)

    assert first.is_new
    assert not again.is_new
    assert again.password is None
    assert (again.station_id, again.identity) == (first.station_id, first.identity)


async def test_locations_without_external_reference_are_all_different(store: Store) -> None:
    assert await location(store) != await location(store)


async def test_an_identity_is_taken_once_and_its_case_counts(store: Store) -> None:
    mine, theirs = await location(store), await location(store, STRANGER)
    named = wanted(mine, identity="CS-01")
    await store.do(actions.register_station, OWNER, named, SECRET, NOW)

    with pytest.raises(rules.IdentityTaken, match="Choose another"):
        await store.do(
            actions.register_station, STRANGER, replace(named, location_id=theirs), SECRET, NOW
        )

    other_case = replace(named, identity="cs-01")
    made = await store.do(actions.register_station, OWNER, other_case, SECRET, NOW)
    assert made.is_new
    assert await store.read(tables.station_by_identity, "Cs-01") is None


async def test_one_identity_asked_for_by_many_at_once_is_given_once(store: Store) -> None:
    place = await location(store)
    named = wanted(place, identity="CS-02")

    outcomes = await asyncio.gather(
        *(store.do(actions.register_station, OWNER, named, SECRET, NOW) for _ in range(20)),
        return_exceptions=True,
    )

    made = [each for each in outcomes if isinstance(each, registration.Registered)]
    refused = [each for each in outcomes if isinstance(each, rules.IdentityTaken)]
    assert (len(made), len(refused)) == (1, 19)


async def test_a_station_stands_at_a_location_of_its_owner(store: Store) -> None:
    theirs = await location(store, STRANGER)

    for place in (theirs, "no such location"):
        with pytest.raises(NotFound, match="You have no location with this id"):
            await store.do(actions.register_station, OWNER, wanted(place), SECRET, NOW)


async def test_a_refused_station_leaves_nothing(store: Store) -> None:
    place = await location(store)

    with pytest.raises(rules.BadEquipment):
        await store.do(
            actions.register_station, OWNER, wanted(place, evse(1), evse(3)), SECRET, NOW
        )

    assert await store.read(pages.stations_of, OWNER, None, 10) == ()


async def test_a_new_password_ends_the_old_one(store: Store) -> None:
    place = await location(store)
    made = await store.do(actions.register_station, OWNER, wanted(place), SECRET, NOW)
    assert made.password is not None

    password = await store.do(actions.rotate_password, OWNER, made.station_id, SECRET)

    view = await store.read(tables.station, made.station_id)
    assert view is not None
    assert rules.is_password(SECRET, password.encode(), view.password_digest)
    assert not rules.is_password(SECRET, made.password.encode(), view.password_digest)


async def test_nobody_else_gets_a_password(store: Store) -> None:
    station_id = await station(store)
    before = await store.read(tables.station, station_id)

    with pytest.raises(NotFound, match="You have no station with this id"):
        await store.do(actions.rotate_password, STRANGER, station_id, SECRET)

    assert await store.read(tables.station, station_id) == before


async def test_a_household_token_counts_at_its_evse_alone(store: Store) -> None:
    station_id = await station(store, evse(1), evse(2))
    first, second = await evses(store, station_id)

    for _ in range(2):
        await store.do(actions.set_household, OWNER, first.id, "CHHOME")

    assert await store.read(tables.is_household, first.id, "CHHOME")
    assert not await store.read(tables.is_household, second.id, "CHHOME")
    assert not await store.read(tables.is_household, first.id, "CHOTHER")
    assert await store.read(pages.household_tokens, first.id) == ("CHHOME",)


async def test_a_household_token_can_be_taken_back(store: Store) -> None:
    (only,) = await evses(store, await station(store))
    await store.do(actions.set_household, OWNER, only.id, "CHHOME")

    for _ in range(2):
        await store.do(actions.remove_household, OWNER, only.id, "CHHOME")

    assert not await store.read(tables.is_household, only.id, "CHHOME")


async def test_nobody_else_sets_household_tokens(store: Store) -> None:
    (only,) = await evses(store, await station(store))

    for action in (actions.set_household, actions.remove_household):
        with pytest.raises(NotFound, match="You have no EVSE with this id"):
            await store.do(action, STRANGER, only.id, "CHHOME")

    assert await store.read(pages.household_tokens, only.id) == ()


async def test_the_household_has_a_limit(store: Store) -> None:
    (only,) = await evses(store, await station(store))
    for number in range(rules.MAX_HOUSEHOLD_TOKENS):
        await store.do(actions.set_household, OWNER, only.id, f"CH{number}")

    with pytest.raises(rules.TooManyTokens, match="at most 50"):
        await store.do(actions.set_household, OWNER, only.id, "CHONEMORE")


@pytest.mark.parametrize(
    ("name", "address", "tells"),
    [
        ("Hauptstr. 5, Berlin", "Hauptstr. 5", True),
        ("At HAUPTSTR 5", "Hauptstr.5, 10115 Berlin", True),
        ("Møllers gate 12 b", "Møllers Gate 12B, Oslo", True),
        ("Hauptstr.", "Hauptstr. 5", False),
        ("Hauptstr. 51", "Hauptstr. 5", False),
        ("Garage 5", "5 Road", False),
        ("Oslo", "Oslo", False),
        ("Yard 7", "7, Road", False),
    ],
)
def test_a_name_that_everybody_reads_does_not_tell_the_address(
    name: str, address: str, tells: bool
) -> None:
    assert registration.tells_address(name, address) == tells


async def test_a_location_whose_name_tells_its_address_is_refused(store: Store) -> None:
    telling = replace(LOCATION, name="Garage, Storgata 1", address="Storgata 1, Oslo")

    with pytest.raises(registration.NameTellsAddress):
        await store.do(actions.register_location, OWNER, telling, NOW)

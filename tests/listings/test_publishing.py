"""Publishing a station, over REST and on both databases."""

from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chargehub.listings import rules, tables
from chargehub.tariffs.actions import Wanted, create_tariff
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.pricing import Tariff
from tests.stations.rest import Api, new_station, refusal, wrong_fields
from tests.stations.samples import NOW, ON_SQLITE

DAYTIME = [{"weekdays": [0, 1, 2, 3, 4], "from": "07:00", "to": "22:00"}]


async def new_tariff(api: Api, owner: httpx2.AsyncClient) -> str:
    content = Tariff("Day", "EUR", Decimal(25), (EnergyPrice(Decimal("0.45")),))
    owner_id = owner.headers["X-Account"]
    made = await api.store.do(create_tariff, owner_id, Wanted(content), api.clock.now())
    return made.tariff.id


async def publish(
    owner: httpx2.AsyncClient, station_id: str, tariff_id: str, hours: Any = "24/7"
) -> httpx2.Response:
    wanted = {"tariff_id": tariff_id, "opening_hours": hours}
    return await owner.put(f"/stations/{station_id}/listing", json=wanted)


@pytest.mark.parametrize("hours", ["24/7", DAYTIME])
async def test_a_station_is_published(api: Api, hours: Any) -> None:
    owner = await api.owner()
    station_id, tariff_id = (await new_station(owner))["id"], await new_tariff(api, owner)

    answer = await publish(owner, station_id, tariff_id, hours)

    listing = await api.store.read(tables.listing, station_id)
    assert answer.status_code == 200
    assert answer.json() == {
        "station_id": station_id,
        "tariff_id": tariff_id,
        "opening_hours": hours,
        "access": "public",
        "member_group_id": None,
        "published_at": "2026-03-02T08:00:00Z",
        "warnings": [],
        "bookings_outside_hours": [],
    }
    assert (await owner.get(f"/stations/{station_id}/listing")).json() == answer.json()
    assert listing == tables.ListingView(station_id, tariff_id, rules.read_hours(hours), NOW)


async def test_publishing_again_changes_what_is_offered(api: Api) -> None:
    owner = await api.owner()
    station_id = (await new_station(owner))["id"]
    first, second = await new_tariff(api, owner), await new_tariff(api, owner)
    await publish(owner, station_id, first)

    await publish(owner, station_id, second, DAYTIME)

    shown = (await owner.get(f"/stations/{station_id}/listing")).json()
    assert (shown["tariff_id"], shown["opening_hours"]) == (second, DAYTIME)


async def test_a_withdrawn_station_is_not_published_until_it_is_again(api: Api) -> None:
    owner = await api.owner()
    station_id, tariff_id = (await new_station(owner))["id"], await new_tariff(api, owner)
    await publish(owner, station_id, tariff_id)

    removed = [await owner.delete(f"/stations/{station_id}/listing") for _ in range(2)]

    gone = await owner.get(f"/stations/{station_id}/listing")
    assert [answer.status_code for answer in removed] == [204, 204]
    assert refusal(gone) == (404, "not_found", "This station is not published.")
    assert await api.store.read(tables.listing, station_id) is None
    assert (await publish(owner, station_id, tariff_id)).status_code == 200
    assert await api.store.read(tables.listing, station_id) is not None


async def test_only_the_owner_publishes_and_only_with_an_own_tariff(api: Api) -> None:
    ann, bob = await api.owner("ann"), await api.owner("bob")
    anns, bobs = await new_tariff(api, ann), await new_tariff(api, bob)
    station_id = (await new_station(ann))["id"]
    await publish(ann, station_id, anns)

    answers = [
        await publish(ann, station_id, bobs),
        await publish(ann, station_id, "no such tariff"),
        await publish(bob, station_id, bobs),
        await bob.get(f"/stations/{station_id}/listing"),
        await bob.delete(f"/stations/{station_id}/listing"),
    ]

    no_tariff = (404, "not_found", "You have no tariff with this id.")
    no_station = (404, "not_found", "You have no station with this id.")
    assert [refusal(answer) for answer in answers] == [no_tariff] * 2 + [no_station] * 3
    listing = await api.store.read(tables.listing, station_id)
    assert listing is not None
    assert listing.tariff_id == anns


@ON_SQLITE
async def test_hours_that_cannot_be_meant_are_refused(api: Api) -> None:
    owner = await api.owner()
    station_id, tariff_id = (await new_station(owner))["id"], await new_tariff(api, owner)
    windows = [{"weekdays": [0, 0], "from": "07:00", "to": "22:00"}]

    answer = await publish(owner, station_id, tariff_id, windows)

    assert refusal(answer) == (
        *(422, "bad_opening_hours"),
        "Weekdays are numbers from 0 (Monday) to 6 (Sunday), each once.",
    )


@ON_SQLITE
@pytest.mark.parametrize(
    "hours", ["always", [], {}, None, [{"weekdays": [0], "from": "07:00"}], DAYTIME * 51]
)
async def test_hours_of_wrong_form_are_refused(api: Api, hours: Any) -> None:
    owner = await api.owner()
    station_id, tariff_id = (await new_station(owner))["id"], await new_tariff(api, owner)

    answer = await publish(owner, station_id, tariff_id, hours)

    assert all(field.startswith("body.opening_hours") for field in wrong_fields(answer))

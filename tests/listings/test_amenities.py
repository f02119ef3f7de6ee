"""What an owner says there is at a location."""

import pytest

from chargehub.listings import traits
from chargehub.search import candidates
from chargehub.stations.rules import CONNECTOR_TYPES
from tests.listings.test_publishing import new_tariff, publish
from tests.stations.rest import Api, new_station, refusal


def test_every_connector_type_and_amenity_has_a_bit_of_its_own() -> None:
    assert frozenset(traits.PLUGS) == CONNECTOR_TYPES
    for names, mask in (
        (traits.PLUGS, traits.plugs_mask(traits.PLUGS)),
        (traits.AMENITIES, traits.amenities_mask(traits.AMENITIES)),
    ):
        assert mask == 2 ** len(names) - 1
        assert mask < 2**63
    assert traits.amenities_in(traits.amenities_mask(["WIFI", "CAFE"])) == ("CAFE", "WIFI")


@pytest.mark.parametrize(
    ("names", "bits"), [(["HOTEL"], 1), (["CAFE", "CAFE"], 4), (["WIFI"], 2**19)]
)
def test_bits_that_are_stored_never_move(names: list[str], bits: int) -> None:
    assert traits.amenities_mask(names) == bits
    assert traits.plugs_mask(["CHADEMO", "IEC_62196_T2"]) == 1 + 2**25


async def test_what_there_is_can_be_said_before_and_after_publishing(api: Api) -> None:
    owner, stranger = await api.owner(), await api.owner("bob")
    station = await new_station(owner)
    path = f"/locations/{station['location_id']}/amenities"
    nothing = (await owner.get(path)).json()
    await owner.put(path, json={"amenities": ["WIFI", "CAFE"]})
    await publish(owner, station["id"], await new_tariff(api, owner))
    (evse_id,) = [evse["id"] for evse in station["evses"]]
    published = await api.store.read(candidates.one, evse_id)
    said = await owner.put(path, json={"amenities": ["MUSEUM"]})
    changed = await api.store.read(candidates.one, evse_id)

    assert nothing["amenities"] == []
    assert published is not None
    assert changed is not None
    assert traits.amenities_in(published.amenities) == ("CAFE", "WIFI")
    assert traits.amenities_in(changed.amenities) == ("MUSEUM",)
    assert (await owner.get(path)).json() == said.json()
    assert refusal(await stranger.get(path))[:2] == (404, "not_found")
    for actor, names, told in (
        (stranger, [], (404, "not_found")),
        (owner, ["POOL"], (422, "unknown_amenity")),
    ):
        assert refusal(await actor.put(path, json={"amenities": names}))[:2] == told

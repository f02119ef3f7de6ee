"""What a shared station sells its owner sells: drivers' invoices, and the month with the hub."""

import pytest

from chargehub.card_disputes.telling import FROZEN
from chargehub.clock import HandClock
from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import charge, only
from tests.stories.stripe_hub import stripe_hub
from tests.stories.test_card_disputes import SERVICE, begun
from tests.stories.test_invoices import HUB, OWNER, documents, look, told
from tests.stripe_twin import disputes
from tests.stripe_twin.server import WEBHOOK_SECRET
from tests.stripe_twin.world import PLATFORM

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def shared(hub: RunningHub) -> tuple[Person, Person, Place]:
    """An owner, a co-owner of two fifths, and the station that both have agreed on."""
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1")
    return owner, await share(hub, owner, place), place


async def share(hub: RunningHub, owner: Person, place: Place) -> Person:
    """Somebody else has two fifths of a station from now on."""
    other = await hub.person("other", pays=False)
    shares = [
        {"account_id": owner.account_id, "basis_points": 6_000},
        {"account_id": other.account_id, "basis_points": 4_000},
    ]
    path = f"/stations/{place.station_id}/shares"
    offered = await owner.ask("PUT", path, {"shares": shares}, 200)
    await other.post(f"/shares/{offered['id']}/acceptance", {}, 200)
    return other


@pytest.mark.parametrize(
    ("mode", "of_month"),
    [
        ("agent", ("fee_invoice", "2026-000001", 180, 28)),
        ("commissionaire", ("self_billing", "2026-000001", 1362, 217)),
    ],
)
async def test_a_shared_station_is_in_its_owners_documents(
    database: str, clock: HandClock, mode: str, of_month: tuple[str, str, int, int]
) -> None:
    """One session is refunded in part; the month is what hub and owner have of both together."""
    hub = RunningHub(database, clock, vat_mode=mode)
    await hub.start()
    try:
        owner, other, place = await shared(hub)
        driver, operator = await hub.person("driver"), await hub.operator()
        await operator.ask("PUT", "/hub/legal-entity", HUB, 200)
        await owner.ask("PUT", "/billing-party", OWNER, 200)
        await charge(hub, place, driver.id_token)
        await charge(hub, place, driver.id_token)
        sold = await documents(owner, "?role=owner")
        await hub.advance(days=29, hours=14)
        await look(hub)
        await look(hub)
        found = await documents(owner, "?role=owner")
        others = await documents(other, "?role=owner")
    finally:
        await hub.close()

    assert [one["kind"] for one in sold] == ["invoice", "invoice"]
    seller = OWNER if mode == "agent" else HUB
    assert {one["document"]["seller"]["name"] for one in sold} == {seller["name"]}
    assert told(found[2:]) == [of_month]
    assert others == []


async def test_the_owner_reads_of_a_charge_that_a_bank_took_back(
    database: str, clock: HandClock
) -> None:
    async with stripe_hub(database, clock, stripe_webhook_secret=WEBHOOK_SECRET) as world:
        story = await begun(world)
        await share(world.hub, story.owner, story.place)
        await charge(world.hub, story.place, story.driver.id_token)
        charged = list(world.twin.world.all(PLATFORM, "charge").values())[-1]
        disputes.opened(world.twin.world, charged, SERVICE)
        await story.tell()
        told = await only(story.owner, "/card-disputes")
        sent = await world.hub.hub.store.read(mails)

    assert told["amount"]["amount_minor"] == 900
    assert [about for to, about, _ in sent if to == story.owner.email][-1] == FROZEN

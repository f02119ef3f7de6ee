"""Charging without an account: paid on Stripe's page (the twin), watched and stopped by a link."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chargehub.audit.laws import findings_of
from chargehub.clock import HandClock
from tests.databases import fresh_sqlite
from tests.hub import RunningHub
from tests.people.conftest import mails
from tests.schema import prepare
from tests.stories.steps import passing
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.server import running_twin
from tests.stripe_twin.world import PLATFORM

VISA = "4242424242424242"


@pytest.fixture
async def twin() -> AsyncIterator[Twin]:
    made = Twin()
    async with running_twin(made):
        yield made
    assert made.shortcomings == []


@pytest.fixture
async def hub(tmp_path: Path, clock: HandClock, twin: Twin) -> AsyncIterator[RunningHub]:
    path = tmp_path / "chargehub.sqlite"
    prepare(fresh_sqlite(path))
    running = RunningHub(f"sqlite:///{path}", clock, stripe_key=KEY, stripe_url=twin.world.pages)
    await running.start()
    yield running
    await running.close()
    found = findings_of(f"sqlite:///{path}")
    assert [one for one in found if one.state == "broken"] == []


async def visit(hub: RunningHub, evse_id: str) -> Any:
    return await hub.ask("POST", "/ad-hoc-sessions", {"evse_id": evse_id}, 201)


async def pay(page: Any) -> None:
    async with httpx2.AsyncClient() as browser:
        paid = await browser.post(page["page_url"], data={"number": VISA})
        assert paid.status_code == 303 and paid.headers["location"] == page["link"]


async def state(hub: RunningHub, page: Any) -> Any:
    return await hub.ask("GET", f"/ad-hoc-sessions/{page['token']}", None, 200)


def intents(twin: Twin) -> list[Any]:
    return list(twin.world.all(PLATFORM, "payment_intent").values())


async def test_somebody_pays_charges_stops_and_has_the_receipt(hub: RunningHub, twin: Twin) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1")

    page = await visit(hub, place.evse_ids[0])
    assert page["tariff"]["components"][0]["per_kwh"] == "0.45"
    assert (await state(hub, page))["state"] == "opened"
    assert not (await owner.get("/sessions?role=owner"))["items"]
    await pay(page)
    begun = await state(hub, page)
    await hub.settle()

    assert (begun["state"], begun["session"]["status"]) == ("started", "starting")
    await place.sim.plug_in(1, None)
    await hub.settle()
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    running = await state(hub, page)
    assert (running["session"]["status"], running["receipts"]) == ("active", [])
    await hub.ask("POST", f"/ad-hoc-sessions/{page['token']}/stop", None, 202)
    await hub.settle()
    await place.sim.unplug(1)
    await hub.settle()

    over = await state(hub, page)
    assert [one["cost"]["amount_minor"] for one in over["receipts"]] == [900]
    (intent,) = intents(twin)
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 900)


async def test_who_left_an_address_is_mailed_the_receipt_and_reads_the_invoice(
    hub: RunningHub,
) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1")
    wanted = {"evse_id": place.evse_ids[0], "email": "walker@example.org"}
    page = await hub.ask("POST", "/ad-hoc-sessions", wanted, 201)
    path = f"/ad-hoc-sessions/{page['token']}/invoice.html"
    await pay(page)
    await state(hub, page)
    await hub.settle()
    early = await hub.ask("GET", path, None, 404)
    await place.sim.plug_in(1, None)
    await hub.settle()
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    await place.sim.unplug(1)
    await hub.settle()

    sent = [one for one in await hub.hub.store.read(mails) if one[0] == "walker@example.org"]
    invoice = await hub.api.get(f"/api/v1{path}")

    assert early["code"] == "no_invoice_yet"
    (text,) = [text for _, about, text in sent if about == "Your receipt for charging"]
    assert "20 kWh" in text and "In all 9.00 EUR, 1.44 VAT within it" in text
    assert (invoice.status_code, "9.00" in invoice.text) == (200, True), invoice.text


async def test_who_never_plugs_in_has_the_hold_back(hub: RunningHub, twin: Twin) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1")
    page = await visit(hub, place.evse_ids[0])
    await pay(page)
    await hub.advance(minutes=3)  # nobody comes back to the link: the hub looks by itself
    assert (await state(hub, page))["state"] == "started"

    await hub.advance(minutes=30)

    assert (await state(hub, page))["session"]["status"] == "failed"
    assert [one["status"] for one in intents(twin)] == ["canceled"]


async def test_what_was_taken_meanwhile_gives_the_hold_back(hub: RunningHub, twin: Twin) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1")
    first, second = [await visit(hub, place.evse_ids[0]) for _ in range(2)]
    await pay(first)
    await state(hub, first)
    await pay(second)

    refused = await state(hub, second)
    await hub.settle()

    assert (refused["state"], refused["why"]) == ("refused", "Another session runs at this EVSE.")
    assert sorted(one["status"] for one in intents(twin)) == ["canceled", "requires_capture"]


async def test_no_page_is_opened_where_nothing_could_start(hub: RunningHub) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1", publish=False)
    wanted = {"evse_id": place.evse_ids[0]}

    refused = await hub.ask("POST", "/ad-hoc-sessions", wanted, 409)

    assert refused["detail"] == "The EVSE is not published for everybody. Ask its owner."

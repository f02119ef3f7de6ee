"""Charging without an account on a hub without cards: the sandbox's own page is confirmed."""

import pytest

from tests.hub import RunningHub
from tests.stories.pages import answer
from tests.stories.steps import audited, passing

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_somebody_confirms_charges_and_has_the_receipt(hub: RunningHub) -> None:
    place = await hub.station(await hub.person("owner"), "2.0.1")
    page = await hub.ask("POST", "/ad-hoc-sessions", {"evse_id": place.evse_ids[0]}, 201)
    link = f"/ad-hoc-sessions/{page['token']}"

    back = await answer(hub, page["page_url"], "confirm")
    await hub.ask("GET", link, None, 200)
    await hub.settle()
    await place.sim.plug_in(1, None)
    await hub.settle()
    await place.sim.charge(1, 4_000, readings=2, before_each=passing(hub))
    await hub.ask("POST", f"{link}/stop", None, 202)
    await hub.settle()
    await place.sim.receive("stop_session")
    await place.sim.settled()
    await place.sim.unplug(1)
    await hub.settle()

    assert (back.status_code, back.headers["location"]) == (303, page["link"])
    found = await hub.ask("GET", link, None, 200)
    assert (found["state"], found["receipts"][0]["cost"]["amount_minor"]) == (
        "started",
        180,
    )
    await audited(hub)


async def test_who_refuses_has_nothing_held_and_nothing_starts(hub: RunningHub) -> None:
    place = await hub.station(await hub.person("owner"), "2.0.1")
    page = await hub.ask("POST", "/ad-hoc-sessions", {"evse_id": place.evse_ids[0]}, 201)

    back = await answer(hub, page["page_url"], "refuse")
    await hub.advance(minutes=3)

    assert back.status_code == 303
    gone = await hub.ask("GET", f"/ad-hoc-sessions/{page['token']}", None, 404)
    assert "Scan the code anew" in gone["detail"]
    over = await hub.api.get(page["page_url"].partition(":8000")[2])
    assert over.status_code == 404

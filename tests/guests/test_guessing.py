"""Who has no link, and no code, gets nothing out of the routes that need no login."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from chargehub.clock import HandClock
from tests.hub import RunningHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


async def test_cards_are_not_tried_out_without_a_link(hub: RunningHub) -> None:
    """A rail would say which of a list of stolen cards are good."""
    for reference in ("ok", "no such card"):
        body = {"payment_method": {"rail": "sandbox", "reference": reference}}
        refused = await hub.ask("POST", "/guest-bookings/guessed/confirm", body, 422)
        assert refused["code"] == "guest_link_invalid"


async def test_one_who_guesses_at_codes_keeps_nobody_from_starting(hub: RunningHub) -> None:
    """Two guessers are slowed down, each for itself; a third person may still try."""
    place = await hub.station(await hub.person("owner", pays=False), "1.6")
    path = f"/api/v1/evses/{place.evse_ids[0]}/starts"
    last = []
    for address, tries in (("192.0.2.1", 12), ("192.0.2.2", 12), ("192.0.2.3", 1)):
        transport = httpx2.ASGITransport(app=hub.api._transport.app, client=(address, 1))  # type: ignore[attr-defined]
        async with httpx2.AsyncClient(transport=transport, base_url="http://hub.test") as caller:
            answers = [await caller.post(path, json={"code": "GUESSED2"}) for _ in range(tries)]
            last.append(answers[-1].status_code)

    assert last == [429, 429, 403]

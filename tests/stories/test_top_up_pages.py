"""Topping up without a card that is kept: a page of the rail's is paid, and the balance grows."""

from typing import Any

import pytest

from chargehub.clock import HandClock
from tests.hub import Person, RunningHub
from tests.stories.stripe_hub import VISA, StripeHub, browse, stripe_hub
from tests.stories.test_prepaid import euros, has

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ONCE = {"Idempotency-Key": "once"}


async def begun(driver: Person, **how: str) -> Any:
    """A top-up of 20.00 on a page; asked for twice, it is one."""
    wanted = {"amount": euros(2000), **how}
    made = [await driver.post("/top-ups", wanted, 201, **ONCE) for _ in range(2)]
    assert made[0]["page"] == made[1]["page"] and made[0]["id"] == made[1]["id"]
    return made[0]


async def confirmed(hub: RunningHub, url: str, answer: str) -> int:
    """A button of the sandbox's page is pressed."""
    path = url.partition("/api/v1")[2]
    return (await hub.api.post(f"/api/v1{path}/{answer}")).status_code


async def test_a_page_of_the_sandbox_is_paid_once(hub: RunningHub) -> None:
    driver = await hub.person("driver", pays=False)
    asked = await begun(driver)
    other = await driver.post("/top-ups", {"amount": euros(2000)}, 409)
    before = await has(driver)

    pressed = [await confirmed(hub, asked["page"]["url"], "confirm") for _ in range(2)]
    await driver.get(f"/top-ups/{asked['id']}")
    await hub.advance(minutes=11)
    found = await driver.get(f"/top-ups/{asked['id']}")

    assert (asked["state"], before, other["code"]) == ("requested", (0, 0), "top_up_under_way")
    assert pressed == [303, 404]
    assert (found["state"], found["page"]) == ("taken", None)
    assert await has(driver) == (2000, 0)
    await driver.post("/paybacks", {"currency": "EUR"})
    await hub.settle()
    assert await has(driver) == (0, 0)


async def test_nobody_pays_in_time(hub: RunningHub) -> None:
    """The page is closed, nothing is taken, and another can be begun."""
    driver = await hub.person("driver", pays=False)
    asked = await begun(driver)
    await hub.advance(minutes=31)

    late = await confirmed(hub, asked["page"]["url"], "confirm")
    found = await driver.get(f"/top-ups/{asked['id']}")

    assert late == 404
    assert (found["state"], found["refusal"]["code"]) == ("refused", "page_expired")
    assert await has(driver) == (0, 0)
    await driver.post("/top-ups", {"amount": euros(2000)})


async def test_who_keeps_a_card_may_still_ask_for_a_page(hub: RunningHub) -> None:
    driver = await hub.person("driver")
    asked = await driver.post("/top-ups", {"amount": euros(2000), "rail": "sandbox"})

    assert asked["page"] is not None
    refused = await driver.post("/top-ups", {"amount": euros(2000), "rail": "token"}, 422)
    assert refused["code"] == "no_pages"
    await confirmed(hub, asked["page"]["url"], "refuse")
    found = await driver.get(f"/top-ups/{asked['id']}")
    await hub.settle()
    assert found["refusal"]["code"] == "page_expired"


async def paid(world: StripeHub, driver: Person) -> Any:
    asked = await driver.post("/top-ups", {"amount": euros(2000)})
    await browse(asked["page"]["url"], number=VISA)
    return asked


async def test_a_page_of_stripes_is_paid_and_nobody_looks(database: str, clock: HandClock) -> None:
    """The clock asks. The card is not kept, and what is not spent goes back to it."""
    async with stripe_hub(database, clock) as world:
        driver = await world.hub.person("driver", pays=False)
        asked = await paid(world, driver)
        await world.advance(minutes=11)
        found = await driver.get(f"/top-ups/{asked['id']}")

        assert (found["state"], await has(driver)) == ("taken", (2000, 0))
        assert (await driver.get("/payment-methods"))["items"] == []
        await driver.post("/paybacks", {"currency": "EUR", "amount_minor": 500})
        await world.hub.settle()
        assert await has(driver) == (1500, 0)
        back = await world.hub.api.get(f"/api/v1/top-ups/{asked['id']}/return")
        assert back.status_code == 200

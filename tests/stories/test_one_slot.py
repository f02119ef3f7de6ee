"""Two hundred drivers want the same slot in the same instant, each with money and a connection."""

import asyncio
from datetime import timedelta
from typing import Any

from chargehub.people import actions as people
from chargehub.people.actions import Registration
from chargehub.rails import sandbox
from tests.hub import Person, RunningHub
from tests.stories.steps import slot

DRIVERS = 200


async def driver(hub: RunningHub, number: int) -> Person:
    """Somebody with a payment method. Accounts of one address are opened slowly, so not by REST."""
    wanted = Registration(f"driver{number}@example.org", f"Driver {number}", "no password")
    opened = await hub.hub.store.do(
        people.register, wanted, "http://hub", timedelta(days=1), hub.clock.now()
    )
    person = Person(hub, opened.account_id, opened.email, opened.login.token)
    await person.post("/payment-methods", {"rail": "sandbox", "reference": "ok"})
    return person


async def test_of_two_hundred_bookings_of_one_slot_one_wins(hub: RunningHub) -> None:
    """The others are told so, and of nobody else is any money held."""
    owner = await hub.person("owner")
    place = await hub.station(owner, "1.6")
    drivers = [await driver(hub, number) for number in range(DRIVERS)]
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, timedelta(hours=1), timedelta(hours=1))}

    answers: list[Any] = await asyncio.gather(
        *(each.ask("POST", "/bookings", wanted) for each in drivers)
    )
    await hub.settle()

    (won,) = [answer for answer in answers if "id" in answer]
    lost = [answer["code"] for answer in answers if "id" not in answer]
    assert lost == ["slot_taken"] * (DRIVERS - 1)
    (booking,) = (await owner.get("/bookings?role=owner"))["items"]
    assert (booking["id"], booking["status"]) == (won["id"], "confirmed")
    (books,) = await hub.hub.store.read(sandbox.totals)
    assert books.held_minor == won["deposit"]["amount_minor"] > 0

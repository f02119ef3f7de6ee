"""A guest whose booking was spoilt has a credit by a code: for the next booking, or an account."""

from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import QUARTER, audited, go_offline, leave, net, passing, transfers
from tests.stories.test_credits import amounts
from tests.stories.test_guest import CARD, EMAIL, ask, guest_of, link

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def failed(hub: RunningHub, place: Place) -> str:
    """A guest's booking whose station had no line in the slot; the code of the credit."""
    await guest_of(hub, place)
    await go_offline(hub, place)
    await hub.advance(minutes=76)
    await place.sim.reconnect()
    await hub.settle()
    (code,) = await codes(hub)
    return code


async def codes(hub: RunningHub) -> list[str]:
    """The codes that were mailed, in order."""
    sent = await hub.hub.store.read(mails)
    texts = [
        text for to, subject, text in sent if to == EMAIL and subject.startswith("Your credit")
    ]
    return [text.split("by this code:")[1].split()[0] for text in texts]


async def confirmed(hub: RunningHub, place: Place, code: str, expect: int = 201) -> Any:
    """The next booking as a guest, with a code."""
    await ask(hub, place)
    path = f"/guest-bookings/{await link(hub)}/confirm"
    return await hub.ask("POST", path, {**CARD, "credit_code": code}, expect)


async def test_a_guests_credit_pays_the_next_booking_and_what_is_left_has_a_code_again(
    hub: RunningHub,
) -> None:
    """10 kWh for 4.50, all of it by the credit; of 5.00 there are 50 cents left."""
    owner = await hub.person("owner")
    place = await hub.station(owner, "2.0.1")
    code = await failed(hub, place)

    made = await confirmed(hub, place, code)
    await hub.settle()
    guest = Person(hub, "", EMAIL, made["credential"])
    await hub.advance(hours=1)
    await place.sim.receive("reserve")
    await guest.post("/guest-booking/start", expect=201)
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, QUARTER))
    await leave(hub, place)

    moved = net(await transfers(hub))
    assert (moved["owner:accrued EUR"], moved["driver:credit EUR"]) == (-405, -50)
    assert "psp EUR" not in moved
    left = (await codes(hub))[1]
    person = await hub.person("person")
    redeemed = await person.post("/credits/redemptions", {"code": left})
    assert redeemed == {"redeemed": [{"amount_minor": 50, "currency": "EUR"}]}
    assert await amounts(person) == [50, 50]
    await audited(hub)


async def test_a_code_counts_once_and_for_nobody_else(hub: RunningHub) -> None:
    owner, person, other = [await hub.person(name) for name in ("owner", "person", "other")]
    place = await hub.station(owner, "2.0.1")
    code = await failed(hub, place)

    await person.post("/credits/redemptions", {"code": code})
    again = await other.post("/credits/redemptions", {"code": code}, expect=422)
    as_guest = await confirmed(hub, place, code, expect=422)
    wrong = await other.post("/credits/redemptions", {"code": "guessed"}, expect=422)

    assert {one["code"] for one in (again, as_guest, wrong)} == {"credit_code_invalid"}
    assert await amounts(person) == [500, 500]
    assert (await person.get("/credits"))["items"][0]["kind"] == "redeemed"
    assert await amounts(other) == []
    await audited(hub)


async def test_a_code_is_worth_nothing_when_its_guest_is_forgotten(hub: RunningHub) -> None:
    """The mail says until when; then the credit goes back to the hub."""
    owner = await hub.person("owner")
    place = await hub.station(owner, "2.0.1")
    code = await failed(hub, place)

    await hub.advance(days=62)
    person = await hub.person("person")
    await person.post("/credits/redemptions", {"code": code}, expect=422)

    assert "driver:credit EUR" not in net(await transfers(hub))
    await audited(hub)

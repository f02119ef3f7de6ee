"""A guest pays on Stripe's page (the twin): the booking stands when it is done, and not before."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargehub.clock import HandClock
from tests.databases import fresh_sqlite
from tests.hub import Person, Place
from tests.people.conftest import mails
from tests.schema import prepare
from tests.stories.steps import QUARTER, leave, passing
from tests.stories.stripe_hub import VISA, StripeHub, browse, stripe_hub
from tests.stories.test_guest import EMAIL, ask, link
from tests.stripe_twin.world import PLATFORM


@pytest.fixture
async def both(tmp_path: Path, clock: HandClock) -> AsyncIterator[StripeHub]:
    path = tmp_path / "chargehub.sqlite"
    prepare(fresh_sqlite(path))
    async with stripe_hub(f"sqlite:///{path}", clock) as running:
        yield running


async def booked(both: StripeHub, start_in: timedelta) -> tuple[Place, dict[str, Any], Person]:
    owner = await both.hub.person("owner", pays=False)
    place = await both.hub.station(owner, "2.0.1")
    await ask(both.hub, place, start_in=start_in)
    path = f"/guest-bookings/{await link(both.hub)}/confirm"
    made = await both.hub.ask("POST", path, {}, 201)
    again = await both.hub.ask("POST", path, {}, 201)
    assert again == made and made["page_url"]
    await both.hub.settle()
    return place, made, Person(both.hub, "", EMAIL, made["credential"])


def intents(both: StripeHub) -> list[tuple[str, int]]:
    found = both.twin.world.all(PLATFORM, "payment_intent").values()
    return [(one["status"], one["amount_received"]) for one in found]


async def subjects(both: StripeHub) -> list[str]:
    return [about for to, about, _ in await both.hub.hub.store.read(mails) if to == EMAIL]


async def test_a_guest_pays_on_a_page_comes_and_charges(both: StripeHub) -> None:
    place, made, guest = await booked(both, timedelta(hours=3))

    unpaid = await guest.get("/guest-booking")
    answer = await browse(made["page_url"], number=VISA)
    returned = await both.hub.api.get(answer.headers["location"])
    await both.hub.settle()
    paid = await guest.get("/guest-booking")
    await both.advance(hours=3)
    await guest.post("/guest-booking/start", expect=201)
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await both.hub.settle()
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(both.hub, QUARTER))
    await leave(both.hub, place)

    assert (unpaid["status"], paid["status"], paid["deposit_state"]) == (
        "held",
        "confirmed",
        "held",
    )
    assert returned.status_code == 200 and "Thank you" in returned.text
    assert intents(both) == [("succeeded", 450)]


async def test_who_leaves_the_page_open_has_no_booking(both: StripeHub) -> None:
    """The slot is free again after half an hour, and the page cannot be paid any more."""
    _, made, guest = await booked(both, timedelta(hours=3))
    await both.advance(minutes=20)
    standing = await guest.get("/guest-booking")

    await both.advance(minutes=11)
    late = await browse_late(made["page_url"])
    gone = await guest.get("/guest-booking")

    assert (standing["status"], gone["status"], late) == ("held", "declined", 404)
    assert "Your booking does not stand: its deposit could not be held" in await subjects(both)


async def browse_late(url: str) -> int:
    try:
        return (await browse(url, number=VISA)).status_code
    except AssertionError:
        return 404


async def test_who_pays_and_never_comes_back_has_the_booking(both: StripeHub) -> None:
    _, made, guest = await booked(both, timedelta(hours=3))

    await browse(made["page_url"], number=VISA)
    await both.advance(minutes=3)

    assert (await guest.get("/guest-booking"))["status"] == "confirmed"


async def test_who_cancels_before_paying_owes_nothing(both: StripeHub) -> None:
    """Paid after all, in another window: the hold goes back at once."""
    _, made, guest = await booked(both, timedelta(hours=3))
    await guest.post("/guest-booking/cancel", expect=200)

    await browse(made["page_url"], number=VISA)
    await both.advance(minutes=3)
    await both.hub.settle()

    assert (await guest.get("/guest-booking"))["status"] == "cancelled"
    assert intents(both) == [("canceled", 0)]


async def test_far_ahead_a_card_is_entered_and_held_of_a_day_before(both: StripeHub) -> None:
    _, made, guest = await booked(both, timedelta(days=3))
    await browse(made["page_url"], number=VISA)
    await both.advance(minutes=3)
    before = await guest.get("/guest-booking"), intents(both)

    await both.advance(days=2, minutes=5)
    await both.hub.settle()
    after = await guest.get("/guest-booking")

    assert (before[0]["deposit_state"], before[1]) == ("later", [])
    assert (after["deposit_state"], intents(both)) == ("held", [("requires_capture", 0)])


async def test_far_ahead_without_a_card_the_slot_is_free_again(both: StripeHub) -> None:
    _, _, guest = await booked(both, timedelta(days=3))

    await both.advance(minutes=31)

    assert (await guest.get("/guest-booking"))["status"] == "expired"
    assert "Your booking does not stand: no card was entered" in await subjects(both)

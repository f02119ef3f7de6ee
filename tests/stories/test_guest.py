"""Somebody without an account: a link by mail, a card, a place, a start, a receipt; and no more."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from chargehub.guests import actions as guests
from chargehub.guests.rules import TICKET_SUBJECT
from chargehub.guests.tables import GUEST
from chargehub.people.tables import Account
from chargehub.store.work import Reads
from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.market import patient
from tests.stories.steps import QUARTER, audited, bills, leave, only, passing, slot

HOUR = timedelta(hours=1)
CARD = {"payment_method": {"rail": "sandbox", "reference": "ok"}}
EMAIL = "gast@example.org"


async def ask(
    hub: RunningHub, place: Place, expect: int = 202, email: str = EMAIL, start_in: timedelta = HOUR
) -> dict[str, Any]:
    """Ask for a link to the slot from in an hour on, two hours long."""
    patient()
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, start_in, 2 * HOUR)}
    body = {**wanted, "email": email, "energy_wh": 10_000}
    found: dict[str, Any] = await hub.ask("POST", "/guest-bookings", body, expect)
    return found


async def link(hub: RunningHub, email: str = EMAIL) -> str:
    """The token of the link that was mailed last."""
    await hub.settle()
    sent = await hub.hub.store.read(mails)
    text = [text for recipient, _, text in sent if recipient == email and "guest" in text][-1]
    return next(one for one in text.split() if "/guest-bookings/" in one).rpartition("/")[2]


async def guest_of(hub: RunningHub, place: Place) -> Person:
    """A guest whose booking is confirmed; the token is the credential."""
    await ask(hub, place)
    made = await hub.ask("POST", f"/guest-bookings/{await link(hub)}/confirm", CARD, 201)
    await hub.settle()
    return Person(hub, "", EMAIL, made["credential"])


def people(reads: Reads) -> list[Any]:
    return list(reads.all(select(Account.__table__)))  # type: ignore[attr-defined]


def links(reads: Reads) -> list[Any]:
    return list(reads.all(select(GUEST)))


async def test_a_guest_books_comes_charges_and_has_a_receipt(hub: RunningHub, version: str) -> None:
    """Nothing is held and nobody is known before the link is confirmed."""
    owner = await hub.person("owner")
    place = await hub.station(owner, version)

    told = await ask(hub, place, start_in=3 * HOUR)
    token = await link(hub)
    free = await hub.hub.store.read(people)
    offer = await hub.ask("GET", f"/guest-bookings/{token}", expect=200)
    made = await hub.ask("POST", f"/guest-bookings/{token}/confirm", CARD, 201)
    again = await hub.ask("POST", f"/guest-bookings/{token}/confirm", CARD, 201)
    await hub.settle()
    guest = Person(hub, "", EMAIL, made["credential"])
    booking = await guest.get("/guest-booking")
    rough = await guest.get("/guest-booking/place")
    early = await guest.post("/guest-booking/start", expect=409)
    await hub.advance(hours=3)
    exact = await guest.get("/guest-booking/place")
    await place.sim.receive("reserve")
    await guest.post("/guest-booking/start", expect=201)
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await hub.settle()
    await place.sim.charge(1, 10_000, readings=4, before_each=passing(hub, QUARTER))
    await leave(hub, place)
    receipt = await only(guest, "/guest-booking/receipts")

    assert len(free) == 1 and offer == told
    assert told["expected"]["total_minor"] == receipt["cost"]["amount_minor"] == 450
    assert (again["credential"], again["booking"]["id"]) == (made["credential"], booking["id"])
    assert (made["booking"]["status"], booking["status"]) == ("held", "confirmed")
    assert (rough["is_exact"], rough["address"], exact["address"]) == (False, None, "Storgata 1")
    assert early["code"] == "no_access_code" and "too early" in early["detail"]
    ticket = next(
        text for _, about, text in await hub.hub.store.read(mails) if about == TICKET_SUBJECT
    )
    assert f"/guest-booking/{guest.token}" in ticket
    assert (await guest.get("/guest-booking"))["status"] == "completed"
    assert [bill.cost_minor for bill in await bills(owner)] == [450]
    assert (await only(owner, "/bookings?role=owner"))["status"] == "completed"
    await audited(hub)


async def test_a_guest_cancels_and_the_slot_is_free(hub: RunningHub) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, "1.6")
    guest = await guest_of(hub, place)
    code = await guest.get("/guest-booking/access-code")
    cost = await guest.get("/guest-booking/cancellation")

    await guest.post("/guest-booking/cancel", expect=200)
    gone = await guest.post("/guest-booking/cancel", expect=200)
    await hub.settle()
    again = await guest_of(hub, place)
    terms = gone["cancellation"]

    assert len(code["code"]) == 9
    assert (terms["policy"], terms["kept_after"]["amount_minor"]) == ("free", 0)
    assert (cost["kept"]["amount_minor"], cost["returned"]) == (
        0,
        {"amount_minor": 1100, "currency": "EUR"},
    )
    assert gone["status"] == "cancelled"
    assert (await guest.get("/guest-booking/access-code", expect=409))["code"] == "no_access_code"
    assert (await guest.get("/guest-booking/receipts"))["items"] == []
    assert (await again.get("/guest-booking"))["status"] == "confirmed"


async def test_a_credential_opens_that_booking_and_nothing_else(hub: RunningHub) -> None:
    """And a login opens nothing of guests'."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    guest = await guest_of(hub, place)
    mine = (await guest.get("/guest-booking"))["id"]

    for path in ("/accounts/me", "/bookings", f"/bookings/{mine}", "/payments", "/id-tokens"):
        assert (await guest.get(path, expect=401))["code"] == "unauthenticated"
    await guest.post("/bookings", {"evse_id": place.evse_ids[0]}, expect=401)
    assert (await driver.get("/guest-booking", expect=403))["code"] == "for_guests_alone"
    assert (await hub.ask("GET", "/guest-booking", expect=401))["code"] == "guest_unknown"
    stolen = Person(hub, "", EMAIL, guest.token[:-1] + "x")
    assert (await stolen.get("/guest-booking", expect=401))["code"] == "guest_unknown"
    await hub.advance(days=61)
    assert (await guest.get("/guest-booking", expect=401))["code"] == "guest_unknown"


async def test_a_guests_address_is_no_login_and_takes_none_away(hub: RunningHub) -> None:
    """Whoever has an account may be a guest, and a guest may open an account later."""
    owner = await hub.person("owner")
    place = await hub.station(owner, "1.6")
    await guest_of(hub, place)

    guess = {"email": EMAIL, "password": ""}
    assert (await hub.ask("POST", "/logins", guess, 401))["code"] == "wrong_login"
    await hub.ask("POST", "/password-resets", {"email": EMAIL}, 202)
    await hub.settle()
    sent = [subject for to, subject, _ in await hub.hub.store.read(mails) if to == EMAIL]
    assert "Set a new password" not in sent
    await hub.ask(
        "POST", "/accounts", {"email": EMAIL, "password": "correct horse", "name": "Gast"}, 201
    )


async def test_a_link_that_does_not_count_is_refused_and_forgotten(hub: RunningHub) -> None:
    """Unknown, used or too old: one refusal. The address of who never came is deleted."""
    owner = await hub.person("owner")
    place = await hub.station(owner, "1.6")
    await ask(hub, place, start_in=5 * HOUR)
    used = await link(hub)
    await hub.ask("POST", f"/guest-bookings/{used}/confirm", CARD, 201)
    await ask(hub, place, email="late@example.org")
    late = await link(hub, "late@example.org")
    seen = await hub.ask("GET", f"/guest-bookings/{used}", expect=422)
    await hub.advance(minutes=31)

    refused = [
        await hub.ask("POST", f"/guest-bookings/{token}/confirm", CARD, 422)
        for token in (used, late, "made-up")
    ]
    await hub.advance(minutes=61)

    assert {one["code"] for one in (seen, *refused)} == {"guest_link_invalid"}
    (kept,) = await hub.hub.store.read(links)
    assert (kept.email, kept.account_id is not None) == ("", True)
    assert await hub.hub.store.do(guests.forget_links, hub.clock.now()) == 0


async def test_who_cannot_pay_or_comes_second_is_refused_and_may_try_again(
    hub: RunningHub,
) -> None:
    """A refused confirmation leaves neither an account nor a booking behind."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    await ask(hub, place)
    token = await link(hub)
    path = f"/guest-bookings/{token}/confirm"

    no_means = await hub.ask("POST", path, {}, 403)
    no_rail = await hub.ask(
        "POST", path, {"payment_method": {"rail": "barter", "reference": "eggs"}}, 422
    )
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, HOUR, HOUR)}
    taken = await driver.post("/bookings", wanted)
    second = await hub.ask("POST", path, CARD, 409)
    await driver.post(f"/bookings/{taken['id']}/cancel", expect=200)
    before = await hub.hub.store.read(people)
    await hub.ask("POST", path, CARD, 201)

    assert (no_means["code"], second["code"]) == ("payment_method_needed", "slot_taken")
    assert no_rail["code"] == "unknown_rail"
    assert len(before) == 2


async def test_one_mailbox_has_few_links_and_bookings_at_a_time(hub: RunningHub) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, "1.6")
    for hours in (1, 4, 7):
        await ask(hub, place, start_in=hours * HOUR)

    refused = await ask(hub, place, expect=409, email="GAST@example.org", start_in=10 * HOUR)
    await hub.advance(minutes=30)
    await ask(hub, place, start_in=10 * HOUR)

    assert refused["code"] == "too_many_guest_bookings"

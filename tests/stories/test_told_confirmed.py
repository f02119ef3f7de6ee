"""A booking stands: its driver reads what it costs and from when on the way in is told; its owner,
who comes, when, and what that earns."""

from datetime import timedelta

import pytest

from chargehub import events
from chargehub.bookings import tables as bookings
from chargehub.search import confirming
from chargehub.search.confirming import DRIVERS_SUBJECT, OWNERS_SUBJECT, Telling, tell_confirmed
from chargehub.settlement.split import TERMS, Terms
from tests.hub import RunningHub
from tests.people.conftest import mails
from tests.stories.steps import book
from tests.stories.test_guest import EMAIL, guest_of
from tests.stories.test_told_ended import scene

HOUR = timedelta(hours=1)
pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"]),
]


async def told(hub: RunningHub, email: str, subject: str) -> list[str]:
    sent = await hub.hub.store.read(mails)
    return [text for to, about, text in sent if (to, about) == (email, subject)]


async def test_both_sides_read_of_a_booking_that_stands(hub: RunningHub, version: str) -> None:
    """Times are Oslo's: 08:00 UTC in March is nine there."""
    owner, driver, place = await scene(hub, version, cancellation="moderate")

    booking = await book(hub, driver, place, 6 * HOUR, 2 * HOUR)

    (text,) = await told(hub, driver.email, DRIVERS_SUBJECT)
    slot = "from 2026-03-02 15:00 CET to 2026-03-02 17:00 CET (Europe/Oslo)"
    assert slot in text and "by 2026-03-02 15:15 CET" in text
    assert "energy: 0.45 EUR per kWh\n" in text and "11.00 EUR are held" in text
    assert "until 2026-03-02 11:00 CET (Europe/Oslo) it costs nothing" in text
    assert "until 2026-03-02 14:00 CET (Europe/Oslo) 5.50 EUR are kept" in text
    assert "after that 11.00 EUR are kept" in text
    assert f"/api/v1/bookings/{booking['id']}/place, from 2026-03-02 14:00 CET" in text
    assert "Storgata" not in text
    (text,) = await told(hub, owner.email, OWNERS_SUBJECT)
    assert text.startswith("A driver who is new here has booked your charger") and slot in text
    assert "up to 8.91 EUR" in text  # nine tenths of 22 kWh at 0.45
    assert driver.email not in text and f"/bookings/{booking['id']}/driver" in text
    found = await hub.hub.store.read(bookings.booking, booking["id"])
    own = Terms(vat_mode="commissionaire")
    sold = await hub.hub.store.read(confirming._to_owner, found, own)
    assert "up to 7.49 EUR" in sold  # without 19 % of VAT, and a tenth of the rest


async def test_who_books_late_reads_that_nothing_goes_back(hub: RunningHub, version: str) -> None:
    _, driver, place = await scene(hub, version, cancellation="moderate")

    await book(hub, driver, place, HOUR / 2, HOUR)

    (text,) = await told(hub, driver.email, DRIVERS_SUBJECT)
    assert "If you cancel:\n    after that" not in text
    assert "If you cancel:\n    6.00 EUR are kept, at any time" in text


async def test_a_booking_is_told_once_and_own_use_not_at_all(hub: RunningHub, version: str) -> None:
    owner, driver, place = await scene(hub, version)
    booking = await book(hub, driver, place, 2 * HOUR, HOUR)
    await book(hub, owner, place, 5 * HOUR, HOUR)

    await hub.hub.store.do(
        tell_confirmed,
        events.BookingConfirmed(booking["id"]),
        Telling(TERMS, HOUR),
        hub.clock.now(),
    )

    assert len(await told(hub, driver.email, DRIVERS_SUBJECT)) == 1
    assert len(await told(hub, owner.email, OWNERS_SUBJECT)) == 1
    assert not await told(hub, owner.email, DRIVERS_SUBJECT)


async def test_a_guest_is_led_back_to_the_link(hub: RunningHub, version: str) -> None:
    owner, _, place = await scene(hub, version)

    await guest_of(hub, place)

    (text,) = await told(hub, EMAIL, DRIVERS_SUBJECT)
    assert "the link of the mail" in text and "/api/v1/bookings" not in text
    (text,) = await told(hub, owner.email, OWNERS_SUBJECT)
    assert text.startswith("A guest without an account has booked")

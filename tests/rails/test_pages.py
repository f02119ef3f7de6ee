"""The promises of `HasPages`, asked of every rail that has pages."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from chargehub.clock import Clock
from chargehub.payments.page import (
    HasPages,
    HoldPageOrder,
    PageDone,
    PageExpired,
    PageOpen,
    SetUpPageOrder,
)
from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    Held,
    HoldOrder,
    KeyReused,
    Refusal,
    TakeOrder,
)
from chargehub.rails.prepaid import PrepaidBalances
from chargehub.rails.stripe.customers import Customers, customer_of
from chargehub.rails.stripe.line import Line
from chargehub.rails.stripe.pages import StripeWithPages
from chargehub.store.writer import Store
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.server import running_twin
from tests.stripe_twin.world import PLATFORM

DRIVER = "0198b2a0-0000-7000-8000-000000000001"
BACK = "http://127.0.0.1:1/back"
SET_UP = SetUpPageOrder(DRIVER, "driver@example.com", BACK)
VISA, AMEX, ASKS_ITS_BANK = "4242424242424242", "378282246310005", "4000002500003155"


@pytest.fixture
async def twin() -> AsyncIterator[Twin]:
    made = Twin()
    async with running_twin(made):
        yield made
    assert (made.shortcomings, made.misasked) == ([], [])


@pytest.fixture
def rail(twin: Twin, store: Store, clock: Clock) -> StripeWithPages:
    line = Line(KEY, twin.world.pages)
    return StripeWithPages(line, Customers(line, store, clock))


def hold_page(account_id: str | None = DRIVER, email: str | None = None) -> HoldPageOrder:
    return HoldPageOrder(account_id, email, 4000, "EUR", "session:s1", BACK)


async def opened(rail: HasPages, order: Any, key: str = "page") -> PageOpen:
    found = await rail.open_page(order, key)
    assert isinstance(found, PageOpen)
    return found


async def fill_in(page: PageOpen, number: str, **more: str) -> httpx2.Response:
    """What a browser does with the form of a page."""
    async with httpx2.AsyncClient() as browser:
        assert (await browser.get(page.url)).status_code == 200
        return await browser.post(page.url, data={"number": number, **more})


def test_only_rails_with_pages_say_so(rail: StripeWithPages, store: Store, clock: Clock) -> None:
    assert isinstance(rail, HasPages)
    assert not isinstance(PrepaidBalances(store, clock), HasPages)


async def test_a_card_entered_on_a_page_can_be_charged(rail: StripeWithPages) -> None:
    page = await opened(rail, SET_UP)
    assert await rail.read_page(page.reference) == page

    back = await fill_in(page, VISA)

    assert (back.status_code, back.headers["location"]) == (303, BACK)
    done = await rail.read_page(page.reference)
    assert isinstance(done, PageDone)
    assert done.method is not None
    assert (done.label, done.held) == ("Visa •••• 4242", None)
    assert await rail.describe(done.method) == "Visa •••• 4242"
    taken = await rail.take(TakeOrder(done.method, 900, "EUR", "session:s1"), "t")
    assert isinstance(taken, Captured)


async def test_a_bank_that_asks_once_agrees_to_later_holds(rail: StripeWithPages) -> None:
    page = await opened(rail, SET_UP)

    assert "bank" in (await fill_in(page, ASKS_ITS_BANK)).text
    assert isinstance(await rail.read_page(page.reference), PageOpen)
    await fill_in(page, ASKS_ITS_BANK, agreed="yes")

    done = await rail.read_page(page.reference)
    assert isinstance(done, PageDone) and done.method is not None
    held = await rail.authorise(HoldOrder(done.method, 900, "EUR", "session:s1"), "h")
    assert isinstance(held, Held)


async def test_the_same_key_opens_the_same_page(rail: StripeWithPages, twin: Twin) -> None:
    pages = await asyncio.gather(*(rail.open_page(SET_UP, "page") for _ in range(4)))
    other = await opened(rail, SET_UP, "another")

    assert len(set(pages)) == 1
    assert other not in pages
    assert len(twin.world.all(PLATFORM, "customer")) == 1
    with pytest.raises(KeyReused):
        await rail.open_page(hold_page(), "page")


async def test_an_account_is_one_customer_whatever_its_address(
    rail: StripeWithPages, twin: Twin, store: Store
) -> None:
    await opened(rail, SET_UP)

    await opened(rail, SetUpPageOrder(DRIVER, "other@example.com", BACK), "another")

    (customer,) = twin.world.all(PLATFORM, "customer").values()
    assert await store.read(customer_of, DRIVER) == customer["id"]
    assert (customer["email"], customer["metadata"]) == (SET_UP.email, {"account_id": DRIVER})


async def test_a_hold_is_confirmed_on_a_page(rail: StripeWithPages, twin: Twin) -> None:
    page = await opened(rail, hold_page())
    await fill_in(page, AMEX)

    done = await rail.read_page(page.reference)

    assert isinstance(done, PageDone) and done.held is not None
    assert (done.held.amount_minor, done.held.capturable_minor) == (4000, 4800)
    assert done.held.expires_at is not None
    (intent,) = twin.world.all(PLATFORM, "payment_intent").values()
    assert intent["metadata"] == {"key": "page", "purpose": "session:s1"}
    assert intent["transfer_group"] == "session:s1"
    captured = await rail.capture(CaptureOrder(done.held.reference, 4500, "EUR"), "c")
    assert captured == Captured(done.held.reference, 4500)
    assert done.method is not None
    later = await rail.describe(done.method)
    assert later == done.label == "American Express •••• 0005"


async def test_nobodys_card_is_held_and_not_kept(rail: StripeWithPages, twin: Twin) -> None:
    page = await opened(rail, hold_page(account_id=None, email="guest@example.com"))
    await fill_in(page, VISA)

    done = await rail.read_page(page.reference)

    assert isinstance(done, PageDone) and done.held is not None
    assert done.method is None
    assert not twin.world.all(PLATFORM, "customer")


async def test_a_declined_card_leaves_the_page_open(rail: StripeWithPages) -> None:
    page = await opened(rail, hold_page())

    wrong = await fill_in(page, "4000000000000002")

    assert "declined" in wrong.text
    assert await rail.read_page(page.reference) == page


async def test_a_closed_page_cannot_be_completed(rail: StripeWithPages, twin: Twin) -> None:
    page = await opened(rail, hold_page())

    assert await rail.close_page(page.reference) == PageExpired()

    assert await rail.close_page(page.reference) == PageExpired()
    assert await rail.read_page(page.reference) == PageExpired()
    async with httpx2.AsyncClient() as browser:
        late = await browser.post(page.url, data={"number": VISA})
    assert late.status_code == 404
    assert not twin.world.all(PLATFORM, "payment_intent")


async def test_what_was_done_cannot_be_closed(rail: StripeWithPages) -> None:
    page = await opened(rail, hold_page())
    await fill_in(page, VISA)

    assert isinstance(await rail.close_page(page.reference), PageDone)


async def test_a_page_expires_by_itself(rail: StripeWithPages, twin: Twin) -> None:
    page = await opened(rail, SET_UP)
    twin.world.clock.advance(int(page.expires_at.timestamp()) - twin.world.clock.now)

    assert await rail.read_page(page.reference) == PageExpired()


async def test_a_page_that_never_was_is_expired(rail: StripeWithPages) -> None:
    assert await rail.read_page("cs_test_none") == PageExpired()


async def test_an_amount_that_cannot_be_held_is_refused(rail: StripeWithPages) -> None:
    order = HoldPageOrder(None, None, 1001, "KWD", "session:s1", BACK)

    assert isinstance(await rail.open_page(order, "page"), Refusal)

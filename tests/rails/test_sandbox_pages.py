"""The sandbox's pages for holds: what a rail with pages promises, without a card."""

from datetime import timedelta

import pytest

from chargehub.clock import HandClock
from chargehub.payments.page import (
    HasPages,
    HoldPageOrder,
    PageDone,
    PageExpired,
    PageOpen,
    SetUpPageOrder,
)
from chargehub.payments.rail import (
    AUTHENTICATION_REQUIRED,
    Captured,
    CaptureOrder,
    HoldOrder,
    KeyReused,
    Refusal,
    TakeOrder,
)
from chargehub.rails import sandbox_pages
from chargehub.rails.sandbox_pages import NoSuchPage, SandboxWithPages
from chargehub.store.writer import Store

BACK = "http://hub.test/back"
ORDER = HoldPageOrder("driver", None, 4000, "EUR", "payment:p1", BACK)


@pytest.fixture
def rail(store: Store, clock: HandClock) -> SandboxWithPages:
    return SandboxWithPages(store, clock, "http://hub.test/")


async def opened(rail: SandboxWithPages, order: HoldPageOrder = ORDER) -> PageOpen:
    page = await rail.open_page(order, "page")
    assert isinstance(page, PageOpen)
    return page


async def test_a_card_that_asks_is_held_on_a_page(
    rail: SandboxWithPages, store: Store, clock: HandClock
) -> None:
    for refused in (
        await rail.authorise(HoldOrder("confirm", 4000, "EUR", "payment:p1"), "h"),
        await rail.take(TakeOrder("confirm", 4000, "EUR", "payment:p1"), "t"),
    ):
        assert isinstance(refused, Refusal) and refused.code == AUTHENTICATION_REQUIRED
    page = await opened(rail)
    assert isinstance(rail, HasPages) and not rail.enters_cards
    assert page.url == f"http://hub.test/api/v1/sandbox/pages/{page.reference}"
    assert await opened(rail) == page == await rail.read_page(page.reference)

    back = await store.do(sandbox_pages.confirm, page.reference, clock.now())

    done = await rail.read_page(page.reference)
    assert back == BACK and isinstance(done, PageDone) and done.held is not None
    assert (done.held.amount_minor, done.held.capturable_minor) == (4000, 4000)
    assert await rail.close_page(page.reference) == done
    taken = await rail.capture(CaptureOrder(done.held.reference, 3000, "EUR"), "c")
    assert taken == Captured(done.held.reference, 3000)


async def test_what_is_over_cannot_be_confirmed(
    rail: SandboxWithPages, store: Store, clock: HandClock
) -> None:
    """Refused, closed, expired or never opened: nothing is held, and nothing will be."""
    page = await opened(rail)
    assert await store.do(sandbox_pages.decline, page.reference, clock.now()) == BACK
    other = await rail.open_page(ORDER, "other")
    late = await rail.open_page(ORDER, "late")
    assert isinstance(other, PageOpen) and isinstance(late, PageOpen)
    assert await rail.close_page(other.reference) == PageExpired()
    clock.advance(timedelta(hours=24))

    for reference in (page.reference, other.reference, late.reference, "sbp_none"):
        assert await rail.read_page(reference) == PageExpired()
        with pytest.raises(NoSuchPage):
            await store.do(sandbox_pages.confirm, reference, clock.now())


async def test_a_page_is_for_one_order_and_never_for_a_card(rail: SandboxWithPages) -> None:
    await opened(rail)

    with pytest.raises(KeyReused):
        await rail.open_page(HoldPageOrder(None, None, 1, "EUR", "payment:p1", BACK), "page")
    refused = await rail.open_page(SetUpPageOrder("driver", "d@example.org", BACK), "card")
    assert isinstance(refused, Refusal)

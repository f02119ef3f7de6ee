"""Pages on which people pay without an account, while their rail is away or gone for good."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from chargehub.clock import HandClock
from chargehub.events import AdHocPageDue, GuestPageDue
from chargehub.guests import ad_hoc, pages, paying, walking_up
from chargehub.guests.ad_hoc import AdHocRow
from chargehub.guests.pages import GuestPageRow
from chargehub.payments.page import PageExpired, PageOpen
from chargehub.payments.rail import RailBroken
from chargehub.payments.rails import Rails
from chargehub.rails.registry import build
from chargehub.settings import Settings
from chargehub.store.columns import new_id
from chargehub.store.tables import EventRow
from chargehub.store.work import Reads, Work, table_of
from chargehub.store.writer import Store
from tests.conftest import START

AWAY = timedelta(hours=6)
NOBODY = Rails(collecting={}, paying_out={}, books={})
EVENT = table_of(EventRow)


def _open_visit(work: Work) -> str:
    visit_id = new_id()
    values = {"rail": "stripe", "currency": "EUR", "hold_minor": 2_200, "page_reference": "cs_1"}
    who = {"token_hash": visit_id, "evse_id": new_id(), "email": "a@example.org"}
    at = {"look_at": START, "created_at": START}
    work.insert(AdHocRow, id=visit_id, state="opened", **values, **who, **at)
    return visit_id


def _open_page(work: Work) -> str:
    page_id = new_id()
    values = {"booking_id": new_id(), "account_id": new_id(), "rail": "stripe"}
    at = {"look_at": START, "until": START + timedelta(minutes=30)}
    work.insert(GuestPageRow, id=page_id, state="open", reference="cs_1", **values, **at)
    return page_id


def _looks(reads: Reads, kind: str) -> int:
    return int(reads.value(select(func.count()).where(EVENT.c.name == kind)))


@pytest.mark.parametrize("kind", ["AdHocPageDue", "GuestPageDue"])
async def test_looks_get_seldom_while_a_rail_is_away(
    store: Store, clock: HandClock, kind: str
) -> None:
    """Each look is a delivery that is tried again and again: they must not pile up."""
    is_visit = kind == "AdHocPageDue"
    await store.do(_open_visit if is_visit else _open_page)
    job = walking_up.look_at_pages if is_visit else paying.look_at_pages
    while clock.now() < START + AWAY:
        await store.do(job, clock.now())
        clock.advance(timedelta(minutes=1))
    assert 6 <= await store.read(_looks, kind) <= 20


async def test_a_rail_that_answers_is_looked_at_as_before(store: Store) -> None:
    visit_id = await store.do(_open_visit)
    now = START
    for _ in range(5):
        await store.do(walking_up.look_at_pages, now)
        now = (await _visit(store, visit_id)).look_at
    assert now == START + timedelta(minutes=2 + 4 + 8 + 16 + 30)
    page = PageOpen("cs_1", "https://pay.example/1", now)
    await store.do(walking_up.record_page, AdHocPageDue(visit_id), page, now)
    assert (await _visit(store, visit_id)).look_at == now + timedelta(minutes=2)


async def test_who_waits_for_a_rail_that_is_gone_is_told(store: Store) -> None:
    visit_id = await store.do(_open_visit)
    event = AdHocPageDue(visit_id)
    outcome = await walking_up.read_page(NOBODY, store)(event, "key")
    await store.do(walking_up.record_page, event, outcome, START)

    found = await _visit(store, visit_id)
    assert (found.state, found.email) == ("refused", "")
    assert found.why is not None and "Scan the code anew" in found.why
    assert await store.do(walking_up.look_at_pages, START + AWAY) == 0


async def test_a_guests_page_of_a_rail_that_is_gone_ends_with_its_time(store: Store) -> None:
    page_id = await store.do(_open_page)
    read = paying.read_page(NOBODY, store)
    assert await read(GuestPageDue(page_id, is_over=False), "key") is None
    assert await read(GuestPageDue(page_id, is_over=True), "key") == PageExpired()
    await store.do(paying.record_page, GuestPageDue(page_id, is_over=True), PageExpired(), START)
    found = await store.read(pages.page, page_id)
    assert found is not None and found.state == "expired"


async def _visit(store: Store, visit_id: str) -> ad_hoc.AdHocView:
    found = await store.read(ad_hoc.visit, visit_id)
    assert found is not None and isinstance(found.look_at, datetime)
    return found


async def test_what_a_rail_began_that_is_gone_says_so(store: Store, clock: HandClock) -> None:
    """To the operator, who reads it of the parked delivery."""
    rails = build(store, clock, Settings(stripe_key=""))
    with pytest.raises(RailBroken, match="no rail stripe any more"):
        rails.collecting["stripe"]
    assert rails.collecting.get("stripe") is None

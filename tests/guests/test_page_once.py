"""A page that was paid is taken up once, however many hubs hear of it at the same moment."""

import asyncio

import pytest
from sqlalchemy import func, select

from chargehub.events import AdHocPageDue
from chargehub.guests import ad_hoc, walking_up
from chargehub.guests.ad_hoc import AD_HOC, AdHocRow
from chargehub.payments.page import PageDone
from chargehub.payments.rail import Held
from chargehub.payments.tables import PAYMENT
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.store.writer import Store
from tests.conftest import START

VISITS = 20


def _open(work: Work) -> str:
    """A page that waits, at an EVSE that will not start: its hold goes back."""
    visit_id = new_id()
    values = {"rail": "stripe", "currency": "EUR", "hold_minor": 2_200, "page_reference": "cs_1"}
    who = {"token_hash": visit_id, "evse_id": new_id(), "email": ""}
    at = {"look_at": START, "created_at": START}
    work.insert(AdHocRow, id=visit_id, state="opened", **values, **who, **at)
    return visit_id


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_two_hubs_that_read_one_page_at_once_note_its_hold_once(database: str) -> None:
    """By the link and by the clock: a second hold of one charge would never be let go of."""
    hubs = Store(database), Store(database)
    try:
        for number in range(VISITS):
            visit_id = await hubs[0].do(_open)
            done = PageDone(None, None, Held(f"pi_{number}", 2_200, 2_200, None))
            said = walking_up.record_page, AdHocPageDue(visit_id), done, START
            await asyncio.gather(*(hub.do(*said) for hub in hubs))
            visit = await hubs[1].read(ad_hoc.visit, visit_id)
            assert visit is not None and visit.state == "refused"
        payments = await hubs[0].read(lambda reads: reads.value(select(func.count(PAYMENT.c.id))))
        assert payments == VISITS
        of_visits = select(func.count(AD_HOC.c.account_id.distinct()))
        assert await hubs[0].read(lambda reads: reads.value(of_visits)) == VISITS
    finally:
        for hub in hubs:
            await hub.close()

"""Who sells the energy, and to which country its VAT is owed: as the operator or the place says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from chargehub.clock import HandClock
from chargehub.commands.audit.run import findings_of
from chargehub.events import PaymentCaptured
from chargehub.ledger.tables import balances
from chargehub.sessions.schema import CdrRow
from chargehub.settlement import contesting, tables
from chargehub.settlement.actions import settle
from chargehub.settlement.contests import Subject
from chargehub.settlement.split import Terms
from chargehub.stations.schema import Location
from chargehub.store.columns import values_of
from chargehub.store.work import Work
from chargehub.store.writer import Store
from tests.hub import RunningHub
from tests.settlement.books import Books, cdr
from tests.stories.steps import charge, net, transfers
from tests.stories.test_money import correct, town

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OWN = Terms(vat_mode="commissionaire")
SOLD = {
    "psp:pending": 900,
    "owner:accrued:o": -681,
    "income:platform_fee": -75,
    "vat:payable:DE": -144,
}


async def sold(books: Books, terms: Terms = OWN) -> None:
    record = replace(cdr("s", 900), vat_minor=144)

    def both(work: Work) -> None:
        work.append(CdrRow, values_of(record))
        work.flush()
        settle(work, PaymentCaptured("p", record.session_id, record.id, 900), NOON, terms)

    await books.store.do(both)


async def test_where_the_hub_sells_it_owes_the_vat_of_the_whole(books: Books) -> None:
    """The postings of money.md 1.4, commissionaire mode."""
    await sold(books)

    assert await books.balances() == SOLD


async def test_half_of_it_goes_back_by_all_parts(books: Books) -> None:
    """Each part as it was divided: 72 of the VAT, 37 of the fee, the owner's the rest."""
    await sold(books)
    now = books.clock.now()
    await books.store.do(contesting.freeze, "d", Subject("s"), 450, now)

    await books.store.do(contesting.give_back, "d", 450, now)

    assert await books.balances() == {
        "psp:pending": 450,
        "owner:accrued:o": -681 + 341,
        "income:platform_fee": -75 + 37,
        "vat:payable:DE": -144 + 72,
    }


async def test_a_place_that_is_not_known_says_nothing(store: Store) -> None:
    """Then the owner sells, and VAT is owed where the hub is; unless the operator said else."""
    unsaid = await store.read(tables.terms_at, "nowhere", Terms())
    said = await store.read(tables.terms_at, "nowhere", OWN)

    assert (unsaid.vat_mode, unsaid.vat_country) == ("agent", "DE")
    assert (said.vat_mode, said.vat_country) == ("commissionaire", "DE")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_an_operator_who_sells_in_the_hubs_own_name(database: str, clock: HandClock) -> None:
    """From the setting to the ledger: a corrected session too, and every law holds."""
    hub = RunningHub(database, clock, vat_mode="commissionaire")
    await hub.start()
    owner, place = await town(hub, "2.0.1")
    await hub.hub.store.do(lambda work: work.execute(update(Location).values(country="NO")))
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)
    first = net(await transfers(hub))
    owed = await hub.hub.store.read(balances, "vat:")
    await correct(hub, operator, owner, 10_000)
    moved = net(await transfers(hub))
    shown = await owner.get("/statements/2026-03")
    await hub.close()

    parts = ("owner:accrued EUR", "income:platform_fee EUR", "vat:payable EUR")
    assert owed == (("vat:payable:NO", "EUR", -144),)
    assert [first[part] for part in parts] == [-681, -75, -144]
    assert [moved[part] for part in parts] == [-341, -37, -72]
    (month,) = shown["items"]
    told = [month[part]["amount_minor"] for part in ("gross", "fee", "vat", "earnings")]
    assert told == [450, 37, 72, 341]
    assert [one for one in findings_of(database) if one.state == "broken"] == []

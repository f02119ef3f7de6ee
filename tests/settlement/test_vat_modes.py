"""Who sells the energy, and to which country its VAT is owed: as the operator or the place says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from chargehub.audit.laws import findings_of
from chargehub.clock import HandClock
from chargehub.events import PaymentCaptured
from chargehub.ledger.tables import balances
from chargehub.sessions.schema import CdrRow
from chargehub.settlement import contesting, tables
from chargehub.settlement.actions import settle, settle_debt
from chargehub.settlement.contests import Subject
from chargehub.settlement.split import Terms
from chargehub.settlement.writing_off import AFTER
from chargehub.stations.schema import Location
from chargehub.store.columns import values_of
from chargehub.store.work import Work
from chargehub.store.writer import Store
from tests.hub import RunningHub
from tests.settlement.books import Books, cdr
from tests.settlement.test_writing_off import due, given_back, laws_broken
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
    assert owed == (("vat:payable:NO", "EUR", -180),)  # 25 % there, 19 % by the owner's tariff
    assert [first[part] for part in parts] == [-648, -72, -180]
    assert [moved[part] for part in parts] == [-324, -36, -90]
    (month,) = shown["items"]
    told = [month[part]["amount_minor"] for part in ("gross", "fee", "vat", "earnings")]
    assert told == [450, 36, 90, 324]
    assert [one for one in findings_of(database) if one.state == "broken"] == []


async def sale(books: Books, version: int, cost: int, paid: int, terms: Terms) -> None:
    """Of an owner whose own tariff has no VAT."""
    record = cdr("s", cost, version)

    def both(work: Work) -> None:
        work.append(CdrRow, values_of(record))
        work.flush()
        settle(work, PaymentCaptured("p", "s", record.id, paid), books.clock.now(), terms)

    await books.store.do(both)


async def test_the_vat_is_that_of_the_sale_whatever_the_owners_tariff_says(books: Books) -> None:
    await sale(books, 1, 900, 900, OWN)

    assert await books.balances() == SOLD


async def test_how_a_session_was_sold_outlives_the_setting(books: Books) -> None:
    """Its correction takes back what was posted, and is divided as it was."""
    await sale(books, 1, 900, 900, OWN)
    await sale(books, 2, 450, 450, Terms(vat_mode="agent"))

    found = await books.balances()
    assert (found["owner:accrued:o"], found["vat:payable:DE"]) == (-341, -72)
    assert laws_broken(books) == set()


@pytest.mark.parametrize(("paid", "earned"), [(800, 656), (100, 0)])
@pytest.mark.parametrize("is_matured", [True, False])
async def test_the_vat_comes_before_the_owner(
    books: Books, paid: int, earned: int, is_matured: bool
) -> None:
    """144 are owed to the state, whoever pays; that is so for what is given up and what goes
    back, and when it is paid after all."""
    await sale(books, 1, 900, paid, OWN)
    if is_matured:
        await books.mature()
    assert await due(books, AFTER) == 1
    found = await books.balances()
    assert sum(found.get(f"owner:{state}:o", 0) for state in ("accrued", "payable")) == -earned
    assert laws_broken(books) == set()

    await given_back(books, "s", paid)
    assert not any(code.startswith("owner:") for code in await books.balances())
    assert laws_broken(books) == set()
    await books.store.do(settle_debt, "s-1", 900 - paid, "later", books.clock.now())
    assert laws_broken(books) == set()

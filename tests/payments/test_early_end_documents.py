"""Fees for early ends and penalties are documents: to the driver without VAT, to the owner with."""

from datetime import UTC, datetime, timedelta

import pytest

from chargehub.events import BookingReleased, FeeCaptured
from chargehub.invoices import actions, monthly, tables
from chargehub.invoices.issuing import content_of
from chargehub.invoices.rules import Party
from chargehub.invoices.sales import COMPENSATION
from chargehub.invoices.tables import Asked, InvoiceView
from chargehub.settlement import dividing
from chargehub.settlement.split import Terms, VatMode
from tests.payments.test_early_ends import cancel_late, confirmed
from tests.payments.world import World

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HUB = Party("Hub GmbH", "Platz 1, Berlin", "DE", "DE123456789", None)


async def documents(world: World, role: str, account_id: str) -> tuple[InvoiceView, ...]:
    """Oldest first."""
    asked = Asked(account_id, role, None)
    return (await world.store.read(tables.page_of, asked, None, 20))[::-1]


async def month_over(world: World, terms: Terms) -> None:
    """Its documents are issued, once however often it is tried."""
    world.clock.set(datetime(2026, 4, 1, 8, tzinfo=UTC))
    for _ in range(3):
        await world.store.do(monthly.issue_due, terms, world.clock.now())


@pytest.mark.parametrize("mode", ["agent", "commissionaire"])
async def test_a_fee_is_the_owners_compensation_and_the_hubs_part_is_billed(
    world: World, mode: VatMode
) -> None:
    """Of 300 the hub has 60 with 10 of VAT; what is told twice is one document."""
    terms = Terms(vat_mode=mode)
    await world.store.do(actions.tell_entity, HUB, "Europe/Berlin", world.clock.now())
    told = FeeCaptured("payment", await cancel_late(world), 300)
    await world.store.do(dividing.settle_fee, told, world.clock.now(), terms)
    for _ in range(2):
        await world.store.do(actions.follow_fee, told, world.clock.now())
    await month_over(world, terms)

    (bill,) = await documents(world, "driver", world.market.driver.account_id)
    assert (bill.kind, bill.gross_minor, bill.vat_minor) == ("invoice", 300, 0)
    content = content_of(bill)
    assert COMPENSATION in content["notes"]
    assert content["lines"][0]["kind"] == "early_end"
    assert content["seller"]["name"] != HUB.name
    _, fees = await documents(world, "owner", world.owner_id)
    assert (fees.kind, fees.gross_minor, fees.vat_minor) == ("fee_invoice", 60, 10)


async def test_a_fee_that_goes_back_is_credited(world: World) -> None:
    await world.store.do(actions.tell_entity, HUB, "Europe/Berlin", world.clock.now())
    booking = await cancel_late(world)
    for captured in (300, 0):
        told = FeeCaptured("payment", booking, captured)
        await world.store.do(dividing.settle_fee, told, world.clock.now())
        await world.store.do(actions.follow_fee, told, world.clock.now())
        world.clock.advance(timedelta(minutes=1))
    await month_over(world, Terms())

    found = await documents(world, "owner", world.owner_id)
    assert [(one.kind, one.gross_minor) for one in found] == [
        ("invoice", 300),
        ("credit_note", -300),
    ]
    assert found[1].corrects == found[0].id


async def test_a_penalty_is_billed_to_its_owner_alone(world: World) -> None:
    """247 with 39 of VAT, and nothing to the driver."""
    await world.store.do(actions.tell_entity, HUB, "Europe/Berlin", world.clock.now())
    booking = await confirmed(world)
    await world.cancel(booking, world.market.owner)
    told = BookingReleased(booking, "cancelled")
    await world.store.do(dividing.charge_owner, told, world.clock.now())
    for _ in range(2):
        await world.store.do(actions.follow_penalty, told, world.clock.now())
    await month_over(world, Terms())

    (bill,) = await documents(world, "owner", world.owner_id)
    assert (bill.kind, bill.gross_minor, bill.vat_minor) == ("fee_invoice", 247, 39)
    assert [line["kind"] for line in content_of(bill)["lines"]] == ["penalty"]
    assert await documents(world, "driver", world.market.driver.account_id) == ()

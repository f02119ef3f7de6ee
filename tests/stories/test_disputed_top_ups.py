"""A cardholder disputes a top-up: the balance is frozen, then freed or gone; what was spent is
owed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargehub.ledger import tables as ledger
from tests.people.conftest import mails
from tests.stories.steps import charge, only
from tests.stories.stripe_hub import stripe_hub
from tests.stories.test_card_disputes import FRAUD, Story, begun
from tests.stories.test_prepaid import BALANCE, euros, has, history
from tests.stripe_twin import disputes
from tests.stripe_twin.server import WEBHOOK_SECRET
from tests.stripe_twin.world import PLATFORM

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAID_IN, SPENT = 15_000, 900


@pytest.fixture
async def story(database: str, clock: HandClock) -> AsyncIterator[Story]:
    """150.00 were paid in."""
    async with stripe_hub(database, clock, stripe_webhook_secret=WEBHOOK_SECRET) as world:
        story = await begun(world)
        await story.driver.post("/top-ups", {"amount": euros(PAID_IN)})
        await world.hub.settle()
        yield story


async def disputed(story: Story) -> str:
    """The newest charge is taken back by its bank."""
    charged = list(story.world.twin.world.all(PLATFORM, "charge").values())[-1]
    made = disputes.opened(story.world.twin.world, charged, FRAUD)
    await story.tell()
    found: str = made["id"]
    return found


async def spend(story: Story) -> None:
    """A session of 9.00 is paid from the balance."""
    await story.driver.post("/payment-methods", {**BALANCE, "is_default": True})
    await charge(story.world.hub, story.place, story.driver.id_token)


async def owes(story: Story) -> list[tuple[int, str | None]]:
    found = (await story.driver.get("/debts"))["items"]
    return [(one["owed"]["amount_minor"], one["top_up_id"]) for one in found]


async def stands(story: Story, *codes: str) -> list[int]:
    read = story.world.hub.hub.store.read
    return [await read(ledger.balance, code, "EUR") for code in codes]


async def test_a_disputed_top_up_is_frozen_and_won(story: Story) -> None:
    """Nothing of it is spent or paid back meanwhile, and nothing more is paid in."""
    dispute = await disputed(story)
    (top_up,) = (await story.driver.get("/prepaid"))["items"]
    kept = await has(story.driver)
    shown = await story.driver.get(f"/top-ups/{top_up['id']}")
    back = await story.driver.post("/paybacks", {"currency": "EUR"}, 409)
    more = await story.driver.post("/top-ups", {"amount": euros(500)}, 422)
    moved = await stands(story, "psp:disputed", "psp:suspense")
    await story.decide(dispute, is_won=True)

    assert (kept, shown["is_disputed"], moved) == ((0, PAID_IN), True, [PAID_IN, 0])
    assert back["code"] == "nothing_prepaid"
    assert "GET /api/v1/debts" in more["detail"]
    assert await has(story.driver) == (PAID_IN, 0)
    assert await owes(story) == []
    await story.driver.post("/paybacks", {"currency": "EUR"})
    await story.world.hub.settle()
    assert await has(story.driver) == (0, 0)


async def test_what_is_lost_is_taken_off_the_balance(story: Story) -> None:
    await story.decide(await disputed(story), is_won=False)

    assert await has(story.driver) == (0, 0)
    assert await history(story.driver) == [
        ("top_up", PAID_IN, "taken"),
        ("charged_back", -PAID_IN, "done"),
    ]
    assert await owes(story) == []
    assert await stands(story, "psp:disputed", "psp:suspense") == [0, 0]
    sent = [text for _, _, text in await story.world.hub.hub.store.read(mails)]
    assert any("150.00 EUR were taken off your balance" in text for text in sent)


async def test_what_was_spent_is_owed_asked_for_and_blocks(story: Story) -> None:
    """The owner keeps what was earned; the driver owes, and pays by another card."""
    await spend(story)
    dispute = await disputed_top_up(story)
    frozen = await has(story.driver)
    await story.decide(dispute, is_won=False)
    (debt,) = (await story.driver.get("/debts"))["items"]
    seen = await owes(story)
    await story.world.advance(days=1)
    start = {"evse_id": story.place.evse_ids[0]}
    refused = await story.driver.ask("POST", "/sessions", start, 403)
    card = next(
        one["id"]
        for one in (await story.driver.get("/payment-methods"))["items"]
        if one["rail"] == "stripe"
    )
    wanted = {"top_up_id": debt["top_up_id"], "method_id": card}
    await story.driver.post("/debts/payments", wanted, 202)
    await story.world.hub.settle()

    assert frozen == (0, PAID_IN - SPENT)
    assert seen == [(SPENT, debt["top_up_id"])] and debt["session_id"] is None
    assert refused["code"] == "debt_due"
    assert await owes(story) == []
    await story.driver.post("/top-ups", {"amount": euros(500), "method_id": card})
    await story.world.hub.settle()
    books = [f"driver:receivable:{story.driver.account_id}", "psp:suspense", "expense:goodwill"]
    assert await stands(story, *books) == [0, 0, 0]


async def disputed_top_up(story: Story) -> str:
    """Of the top-up, whatever was charged since."""
    charges = story.world.twin.world.all(PLATFORM, "charge").values()
    (charged,) = [one for one in charges if one["amount"] == PAID_IN]
    made = disputes.opened(story.world.twin.world, charged, FRAUD)
    await story.tell()
    found: str = made["id"]
    return found


async def test_nobody_pays_and_it_is_written_off_and_paid_at_last(story: Story) -> None:
    await spend(story)
    await story.decide(await disputed_top_up(story), is_won=False)
    await remove_cards(story)
    for _ in range(3):
        await story.world.advance(days=11)
    login = {"email": story.driver.email, "password": "correct horse"}
    story.driver.token = (await story.world.hub.ask("POST", "/logins", login, 201))["token"]
    (debt,) = (await story.driver.get("/debts"))["items"]
    lost = await stands(story, "expense:bad_debt")
    await story.world.card(story.driver)
    await story.driver.post("/debts/payments", {}, 202)
    await story.world.hub.settle()

    assert debt["written_off_at"] is not None and lost == [SPENT]
    assert await owes(story) == []
    assert await stands(story, "expense:bad_debt") == [0]


async def remove_cards(story: Story) -> None:
    for one in (await story.driver.get("/payment-methods"))["items"]:
        await story.driver.ask("DELETE", f"/payment-methods/{one['id']}", None, 204)


async def test_an_operator_forgives_it(story: Story) -> None:
    await spend(story)
    await story.decide(await disputed_top_up(story), is_won=False)
    (debt,) = (await story.operator.get("/debts?whose=all"))["items"]

    because = {"because": "The card was stolen from the driver."}
    await story.operator.post(f"/debts/{debt['id']}/forgive", because, 204)

    assert debt["driver_id"] == story.driver.account_id
    assert await owes(story) == []
    assert await stands(story, "expense:bad_debt") == [SPENT]


async def test_what_a_correction_gives_back_is_frozen_too(story: Story) -> None:
    """What is spent when the bank takes it comes back to the balance later: the bank is first."""
    await spend(story)
    dispute = await disputed_top_up(story)
    await story.correct(10_000)
    frozen = await has(story.driver)
    await story.decide(dispute, is_won=False)

    assert frozen == (0, PAID_IN - SPENT + SPENT // 2)
    assert [owed for owed, _ in await owes(story)] == [SPENT - SPENT // 2]


async def test_the_evidence_is_there_before_the_hub_knows(story: Story) -> None:
    """Law I5: the last event first, and all of them twice."""
    await spend(story)
    charges = story.world.twin.world.all(PLATFORM, "charge").values()
    (charged,) = [one for one in charges if one["amount"] == PAID_IN]
    made: Any = disputes.opened(story.world.twin.world, charged, FRAUD)
    disputes.decide(story.world.twin.world, made["id"], False)
    story.world.twin.world.events.reverse()
    await story.tell()
    await story.tell()

    assert await has(story.driver) == (0, 0)
    assert [owed for owed, _ in await owes(story)] == [SPENT]
    assert (await only(story.operator, "/card-disputes?whose=all"))["state"] == "lost"

"""An owner was paid, then lost a dispute: the operator has Stripe take it back of the payout."""

import pytest

from chargehub.clock import HandClock
from tests.hub import Person
from tests.stories.steps import only
from tests.stories.stripe_hub import stripe_hub
from tests.stories.test_card_disputes import SERVICE, Story, begun, story
from tests.stripe_twin import balances
from tests.stripe_twin.server import WEBHOOK_SECRET
from tests.stripe_twin.world import PLATFORM

__all__ = ["story"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ASK = {"because": "The driver won the card dispute."}


async def owes(story: Story) -> str:
    """The owner has been paid 8.10, and owes it; where to ask for it back."""
    await story.world.advance(days=8)
    assert (await only(story.owner, "/payouts"))["state"] == "paid"
    await story.decide(await story.dispute(SERVICE), is_won=False)
    assert await story.balances() == {"owes": 810}
    topics = (await story.operator.get("/money"))["topics"]
    (debts,) = [one for one in topics if one["topic"] == "owner_debts"]
    (waiting,) = debts["items"]
    assert debts["action"]["method"] == "POST"
    path: str = debts["action"]["path"].format(owner_id=waiting["id"])
    return path.removeprefix("/api/v1")


async def ask(story: Story, path: str, key: str, status: int = 201) -> dict[str, object]:
    headers = {"Idempotency-Key": key}
    asked: dict[str, object] = await story.operator.post(path, ASK, status, **headers)
    return asked


async def reversals(person: Person) -> list[tuple[int, str]]:
    found = (await person.get("/payout-reversals"))["items"]
    return [(one["amount"]["amount_minor"], one["state"]) for one in found]


async def test_it_is_taken_back_once_and_every_line_is_explained(story: Story) -> None:
    path = await owes(story)

    first, again = await ask(story, path, "once"), await ask(story, path, "once")
    await story.world.hub.settle()

    assert first == again
    assert await story.balances() == {}
    twin = story.world.twin.world
    (transfer,) = twin.all(PLATFORM, "transfer").values()
    assert (transfer["amount_reversed"], transfer["reversed"]) == (810, True)
    await story.tell("transfer.reversed")
    assert await reversals(story.owner) == [(810, "taken")]
    payout = await only(story.owner, "/payouts")
    assert (payout["state"], payout["taken_back"]["amount_minor"]) == ("paid", 810)
    month = f"{story.world.hub.clock.now():%Y-%m}"
    (statement,) = (await story.owner.get(f"/statements/{month}"))["items"]
    told = {name: statement[name]["amount_minor"] for name in ("payouts", "taken_back", "owed")}
    assert told == {"payouts": 810, "taken_back": 810, "owed": 0}
    for _ in range(5):
        await story.world.advance(days=1)
    (books,) = (await story.operator.get("/reconciliations"))["items"]
    assert (books["unexplained"], books["in_suspense"], books["missing"]) == (0, [], [])


async def test_what_the_owner_has_spent_stays_owed(story: Story) -> None:
    path = await owes(story)
    twin = story.world.twin.world
    (account,) = twin.all(PLATFORM, "account")
    balances.book(twin, account, "payout", -balances.available(twin, account, "eur"), "eur", "po_1")

    await ask(story, path, "first")
    await story.world.hub.settle()

    assert await story.balances() == {"owes": 810}
    (refused,) = (await story.operator.get("/payout-reversals?whose=all"))["items"]
    assert (refused["state"], refused["refusal"]["code"]) == ("refused", "balance_spent")
    balances.book(twin, account, "payment", 810, "eur", "py_more")
    await ask(story, path, "second")
    await story.world.hub.settle()
    assert await story.balances() == {}
    problem = await ask(story, path, "third", 409)
    assert problem["code"] == "nothing_to_take_back"


async def test_the_clock_asks_after_the_days_that_are_set(database: str, clock: HandClock) -> None:
    days = {"reverse_payouts_after_days": 3}
    async with stripe_hub(database, clock, stripe_webhook_secret=WEBHOOK_SECRET, **days) as world:
        story = await begun(world)
        await owes(story)

        await world.advance(days=2)
        assert await reversals(story.owner) == []
        await world.advance(days=1)

        assert await reversals(story.owner) == [(810, "taken")]
        assert await story.balances() == {}

"""What the hub says to the bank of a disputed charge, and what operators and owners see and do."""

from typing import Any

import pytest
from sqlmodel import col, select

from chargehub.card_disputes import gathering, telling
from chargehub.people.tables import Mail
from chargehub.store.work import Reads
from tests.stories.steps import only
from tests.stories.test_card_disputes import FRAUD, PAID, SERVICE, Story
from tests.stories.test_card_disputes import story as story
from tests.stripe_twin import disputes
from tests.stripe_twin.world import PLATFORM, Object

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ALL = "/card-disputes?whose=all"


def at_stripe(story: Story) -> Object:
    """The dispute as the bank has it."""
    (found,) = story.world.twin.world.all(PLATFORM, "dispute").values()
    return found


async def say(story: Story, words: str, expect: int = 200) -> Any:
    found = await only(story.operator, ALL)
    return await story.operator.post(
        f"/card-disputes/{found['id']}/words", {"words": words}, expect
    )


async def accept(story: Story, expect: int = 200) -> Any:
    found = await only(story.operator, ALL)
    told = await story.operator.post(f"/card-disputes/{found['id']}/acceptance", expect=expect)
    await story.world.hub.settle()
    return told


async def told_owner(story: Story) -> list[str]:
    """What the owner was written of it, by subject."""

    def subjects(reads: Reads) -> list[str]:
        known = telling.FROZEN, telling.WON, telling.LOST
        ours = col(Mail.recipient) == story.owner.email, col(Mail.subject).in_(known)
        return [str(row[0]) for row in reads.all(select(Mail.subject).where(*ours))]

    return sorted(await story.world.hub.hub.store.read(subjects))


async def test_evidence_is_sent_two_days_before_it_is_due(story: Story) -> None:
    await story.dispute(SERVICE)
    await say(story, "An earlier thought.")
    await say(story, "The car charged for an hour.")
    await story.world.advance(days=4)
    assert at_stripe(story)["evidence_details"]["submission_count"] == 0

    await story.world.advance(days=1, hours=1)

    sent = at_stripe(story)["evidence"]
    assert at_stripe(story)["status"] == "under_review"
    assert at_stripe(story)["evidence_details"]["submission_count"] == 1
    cdr = await only(story.driver, "/cdrs")
    assert sent["uncategorized_text"].startswith("The car charged for an hour.\n")
    assert all(
        said in sent["uncategorized_text"]
        for said in (cdr["session_id"], "9.00 EUR", "20.000 kWh", "SHA-256")
    )
    assert sent["customer_email_address"] == "driver@example.org"
    assert sent["service_date"] == cdr["started_at"][:10]
    assert "id token was shown" in sent["access_activity_log"]
    assert not any(story.driver.id_token in str(told) for told in sent.values())
    shown = await only(story.operator, ALL)
    assert (shown["state"], shown["is_answered"], shown["answer_at"]) == (
        "under_review",
        True,
        None,
    )
    assert (await say(story, "One more thing.", 409))["code"] == "card_dispute_answered"
    assert (await accept(story, 409))["code"] == "card_dispute_not_acceptable"


async def test_of_a_top_up_is_told_what_became_of_the_money(story: Story) -> None:
    await story.driver.post("/top-ups", {"amount": {"amount_minor": 2000, "currency": "EUR"}})
    await story.world.hub.settle()
    charged = list(story.world.twin.world.all(PLATFORM, "charge").values())[-1]
    disputes.opened(story.world.twin.world, charged, FRAUD)
    await story.tell()

    await story.world.advance(days=5, hours=1)

    sent = at_stripe(story)["evidence"]
    assert at_stripe(story)["status"] == "under_review"
    assert "top_up: 20.00 EUR" in sent["access_activity_log"]
    assert sent["product_description"] == gathering.PREPAID
    assert (await story.owner.get("/card-disputes"))["items"] == []


@pytest.mark.parametrize("fault", ["drop_after", "broken_after"])
async def test_evidence_is_sent_once_whatever_becomes_of_the_answer(
    story: Story, fault: Any
) -> None:
    """Stripe sends what it got to the bank; whether it got it the hub reads first."""
    await story.dispute(SERVICE)
    story.world.twin.world.clock.advance(5 * 86_400)
    story.world.twin.faults.next = [None, fault]

    await story.world.hub.advance(days=5, hours=1)
    await story.world.hub.advance(minutes=20)

    async def is_known() -> bool:
        return bool((await only(story.operator, ALL))["state"] == "under_review")

    await story.world.hub.until(is_known)
    assert at_stripe(story)["evidence_details"]["submission_count"] == 1


async def test_what_the_rail_would_not_take_is_sent_with_new_words(story: Story) -> None:
    await story.dispute(SERVICE)
    details = at_stripe(story)["evidence_details"]
    due_by, details["due_by"] = details["due_by"], story.world.twin.world.clock.now
    await story.world.advance(days=5, hours=1)
    refused = await only(story.operator, ALL)
    details["due_by"] = due_by
    await say(story, "Please look again.")
    await story.world.hub.advance(minutes=1)

    assert refused["refusal_code"] and not refused["is_answered"]
    shown = await only(story.operator, ALL)
    assert (shown["state"], shown["refusal_code"]) == ("under_review", None)


async def test_an_operator_gives_in(story: Story) -> None:
    await story.dispute(SERVICE)

    assert (await accept(story))["is_accepted"] is True
    again = await accept(story)

    assert (again["state"], again["is_accepted"]) == ("lost", True)
    assert await story.balances() == {}
    assert at_stripe(story)["status"] == "lost"
    assert not at_stripe(story)["evidence_details"]["has_evidence"]
    assert await told_owner(story) == sorted((telling.FROZEN, telling.LOST))
    assert (await say(story, "Or rather not.", 409))["code"] == "card_dispute_answered"


async def test_giving_in_too_late_is_no_giving_in(story: Story) -> None:
    """Somebody sent evidence at Stripe by hand, and the hub has not heard of it."""
    await story.dispute(FRAUD)
    at_stripe(story)["status"] = "under_review"

    await accept(story)

    shown = await only(story.operator, ALL)
    assert (shown["state"], shown["is_accepted"]) == ("under_review", False)


async def test_owners_see_what_is_kept_and_nothing_of_who_paid(story: Story) -> None:
    dispute = await story.dispute(SERVICE)
    await say(story, "The driver is called Driver.")
    kept = await only(story.owner, "/card-disputes")
    theirs = (await story.driver.get("/card-disputes"))["items"]
    await story.driver.get(ALL, 403)
    await story.decide(dispute, is_won=True)

    alone = ("rail", "reference", "payment_id", "reason", "words", "refusal_code", "is_accepted")
    assert {kept[name] for name in alone} == {None} and theirs == []
    assert (kept["frozen"]["amount_minor"], kept["amount"]["amount_minor"]) == (810, 900)
    assert (await only(story.owner, "/card-disputes"))["frozen"]["amount_minor"] == 0
    assert await told_owner(story) == sorted((telling.FROZEN, telling.WON))
    assert await story.balances() == PAID


async def test_a_card_dispute_that_nobody_knows(story: Story) -> None:
    for deed, body in (("words", {"words": "Hello"}), ("acceptance", None)):
        refused = await story.operator.post(f"/card-disputes/guessed/{deed}", body, 404)
        assert refused["code"] == "not_found"

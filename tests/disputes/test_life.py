"""The life of a dispute over REST, and what becomes of the money on every way through it."""

import pytest

from chargehub.payments import tables
from chargehub.payments.rail import RefundOrder
from tests.disputes.court import Court, make_court
from tests.hub import RunningHub

WHOLE = {
    "psp:pending": 900,
    "owner:accrued": -810,
    "income:platform_fee": -76,
    "vat:payable:DE": -14,
}
FROZEN = WHOLE | {"owner:accrued": -405, "owner:dispute_hold": -405}
HALF = {
    "psp:pending": 450,
    "owner:accrued": -405,
    "income:platform_fee": -38,
    "vat:payable:DE": -7,
}


async def paid_out(court: Court) -> list[int]:
    """What the owner got, payout by payout."""
    return [one["amount"]["amount_minor"] for one in (await court.owner.get("/payouts"))["items"]]


async def test_only_the_disputed_part_is_frozen_and_kept_from_the_payout(court: Court) -> None:
    made = await court.open()

    assert await court.balances() == FROZEN
    await court.mature()

    payout = (await court.owner.get("/payouts"))["items"][0]
    assert payout["amount"]["amount_minor"] == 405
    held = (await court.owner.get("/statements/2026-03"))["items"][0]["held"]
    assert held["amount_minor"] == 405
    assert (made["status"], made["refunded"]["amount_minor"]) == ("open", 0)


async def test_an_owner_who_agrees_gives_it_back_at_once(court: Court) -> None:
    made = await court.open()

    await court.owner.post(f"/disputes/{made['id']}/answer", {"agrees": True}, 200)
    await court.hub.settle()

    found = await court.read(made["id"])
    assert (found["status"], found["how"]) == ("closed", "accepted")
    assert found["refunded"]["amount_minor"] == await court.refunded() == 450
    assert await court.balances() == HALF


async def test_silence_means_that_the_driver_is_right(court: Court) -> None:
    """72 hours for the answer, 72 for the appeal; then the money goes back."""
    made = await court.open()

    await court.later(hours=71)
    assert (await court.read(made["id"]))["status"] == "open"
    await court.later(hours=2)
    assert (await court.read(made["id"]))["status"] == "decided"
    await court.later(hours=73)

    found = await court.read(made["id"])
    assert (found["status"], found["how"]) == ("closed", "silence")
    assert await court.refunded() == 450


async def test_an_operator_awards_a_part_of_exactly_that_amount(court: Court) -> None:
    dispute = await court.decided(200)
    assert await court.refunded() == 0

    await court.later(hours=73)

    assert (await court.read(dispute))["refunded"]["amount_minor"] == await court.refunded() == 200
    balances = await court.balances()
    assert "owner:dispute_hold" not in balances
    assert (with_rail(balances), balances["income:platform_fee"]) == (71, -60)


async def test_a_rejected_dispute_leaves_everything_as_it_was(court: Court) -> None:
    await court.decided(0)
    await court.mature()
    await court.later(hours=48)
    await court.later(hours=1)

    assert await paid_out(court) == [405, 405]
    assert await court.refunded() == 0


async def test_an_appeal_is_decided_by_another_operator_for_good(court: Court) -> None:
    dispute = await court.decided(450)

    said = {"statement": "The meter is right."}
    await court.owner.post(f"/disputes/{dispute}/appeal", said, 200)
    refused = await court.decide(dispute, 0, expect=403)
    await court.decide(dispute, 0, by=court.other_operator)
    again = await court.driver.post(f"/disputes/{dispute}/appeal", said, 409)

    found = await court.read(dispute)
    assert refused["code"] == "not_impartial"
    assert again["code"] == "dispute_moved_on"
    assert (found["status"], found["appealed_by"]) == ("closed", "owner")
    assert await court.balances() == WHOLE


async def test_an_operator_has_seven_days_and_then_the_hub_pays(court: Court) -> None:
    """Neither side pays for people who do not decide."""
    dispute = await court.contested()

    await court.later(days=7, hours=1)

    found = await court.read(dispute)
    assert (found["status"], found["how"], found["at_expense_of"]) == ("closed", "too_late", "hub")
    assert await court.refunded() == 450
    assert (await court.balances())["expense:goodwill"] == 405
    await court.later(hours=1)
    assert sum(await paid_out(court)) == 810


async def test_an_appeal_that_nobody_decides_leaves_the_first_decision(court: Court) -> None:
    dispute = await court.decided(450)
    await court.owner.post(f"/disputes/{dispute}/appeal", {"statement": "No, no."}, 200)

    await court.later(days=8)

    assert (await court.read(dispute))["status"] == "closed"
    assert await court.refunded() == 450


async def test_an_owner_who_was_paid_out_owes_it(court: Court) -> None:
    """Paid before the dispute: 1040 stands until it is netted with what is earned next."""
    await court.mature()
    await court.decided(450)
    await court.later(hours=73)

    assert await court.refunded() == 450
    assert (await court.balances())["owner:receivable"] == 405


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_an_owner_who_was_paid_in_tokens_owes_the_money(hub: RunningHub) -> None:
    """The tokens stay the owner's; the refund is in the driver's money."""
    court = await make_court(hub, rail="token")
    await court.mature()
    await court.decided(450)
    await court.later(hours=73)

    assert await court.refunded() == 450
    assert (await court.balances())["owner:receivable"] == 405


async def test_who_opened_it_may_take_it_back(court: Court) -> None:
    made = await court.open()

    found = await court.driver.post(f"/disputes/{made['id']}/withdrawal", expect=200)
    refused = await court.driver.post(f"/disputes/{made['id']}/withdrawal", expect=409)

    assert (found["status"], found["how"]) == ("closed", "withdrawn")
    assert refused["code"] == "dispute_moved_on"
    assert await court.balances() == WHOLE
    assert (await court.open(expect=409))["code"] == "already_disputed"


async def test_a_refund_that_the_rail_refuses_is_owed_to_the_driver(court: Court) -> None:
    payment = (await court.driver.get("/payments"))["items"][0]
    await _refund_elsewhere(court, payment["id"])
    dispute = await court.decided(450)

    await court.later(hours=73)

    assert (await court.read(dispute))["status"] == "closed"
    assert (await court.balances())["psp:suspense"] == 900 - 450  # the rail's books tell of it
    assert (await court.mailed(court.driver))[-1] == "Your refund"


async def _refund_elsewhere(court: Court, payment_id: str) -> None:
    """Somebody gives all of it back at the rail, past the hub."""
    payment = await court.hub.hub.store.read(tables.payment, payment_id)
    assert payment is not None and payment.rail_reference is not None
    order = RefundOrder(payment.rail_reference, 900, "EUR")
    await court.hub.hub.rails.collecting["sandbox"].refund(order, "by hand")


async def test_a_correction_in_the_middle_of_a_dispute_keeps_the_books(court: Court) -> None:
    """Disputed 9.00 of 9.00; corrected to 5.40, which alone can still go back."""
    dispute = await court.contested(amount=900)
    cdr = (await court.driver.get("/cdrs"))["items"][0]["id"]
    wanted = {"energy_wh": 12_000, "reason": "The meter was wrong."}
    await court.operator.post(f"/cdrs/{cdr}/corrections", wanted)
    await court.hub.settle()
    assert await court.refunded() == 360
    assert (await court.balances())["owner:dispute_hold"] == -486

    await court.decide(dispute, 900)
    await court.later(hours=73)

    assert (await court.read(dispute))["refunded"]["amount_minor"] == 540
    assert await court.refunded() == 900
    assert with_rail(await court.balances()) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_both_sides_are_written_to(court: Court) -> None:
    dispute = await court.decided(200)
    await court.driver.post(f"/disputes/{dispute}/appeal", {"statement": "More."}, 200)
    await court.decide(dispute, 450, by=court.other_operator)
    await court.hub.settle()

    decided, appealed = "Your dispute is decided", "An appeal in your dispute"
    assert await court.mailed(court.owner) == [
        *("A dispute needs your answer", decided, appealed, decided)
    ]
    assert await court.mailed(court.driver) == [
        *("Your dispute goes to an operator", decided, appealed, decided, "Your refund")
    ]


def with_rail(balances: dict[str, int]) -> int:
    """Whether it is available yet, the rail's books say."""
    return balances.get("psp:pending", 0) + balances.get("psp:available", 0)

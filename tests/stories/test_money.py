"""What becomes of the money after a session: corrected by an operator, paid out to the owner."""

from typing import Any

from tests.busy import verify
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import (
    NINE_EUROS,
    Bill,
    audited,
    bills,
    charge,
    energy,
    held,
    net,
    only,
    settled,
    transfers,
)

BROKEN = "The meter was broken."


async def town(hub: RunningHub, version: str, rail: str = "sandbox") -> tuple[Person, Place]:
    """An owner who can be paid over this rail, and the station."""
    owner = await hub.person("owner", pays=False)
    await verify(owner)
    await owner.ask("PUT", "/payout-preference", {"rail": rail}, 200)
    return owner, await hub.station(owner, version)


async def correct(hub: RunningHub, operator: Person, owner: Person, energy_wh: int) -> Any:
    """The operator sets the energy of the newest CDR, and all that follows is done."""
    newest = (await owner.get("/cdrs?role=owner"))["items"][0]
    wanted = {"energy_wh": energy_wh, "reason": BROKEN}
    made = await operator.post(f"/cdrs/{newest['id']}/corrections", wanted)
    await hub.settle()
    return made


async def kinds(person: Person, path: str) -> list[str]:
    """The kinds of all CDRs of a list, asked for two at a time."""
    found, query = [], "?limit=2"
    while True:
        page = await person.get(path + query)
        found += [one["kind"] for one in page["items"]]
        if page["next"] is None:
            return found
        query = f"?limit=2&cursor={page['next']}"


async def balances(owner: Person) -> dict[str, int]:
    """What an owner's statement of the month says is left, and was paid."""
    month = await only(owner, "/statements/2026-03")
    parts = ("earnings", "payouts", "accrued", "payable", "in_transit", "owed")
    return {part: month[part]["amount_minor"] for part in parts if month[part]["amount_minor"]}


async def in_sandbox(operator: Person) -> dict[str, int]:
    """What the rail itself has noted, in its own table."""
    totals = await only(operator, "/sandbox/totals")
    parts = ("held", "captured", "refunded", "paid_out")
    return {part: totals[part]["amount_minor"] for part in parts if totals[part]["amount_minor"]}


async def test_a_correction_is_a_credit_note_and_a_new_cdr_and_the_money_follows(
    hub: RunningHub, version: str
) -> None:
    """20 kWh were 12: 3.60 go back. Nothing is edited: the old CDR stands beside its credit."""
    owner, place = await town(hub, version)
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)
    first = await only(owner, "/cdrs?role=owner")

    made = await correct(hub, operator, owner, 12_000)
    again = {"energy_wh": 12_000, "reason": BROKEN}
    refused = await operator.post(f"/cdrs/{first['id']}/corrections", again, 409)

    credit = Bill(
        minutes=120,
        energy_wh=-20_000,
        billed_wh=-20_000,
        cost_minor=-900,
        vat_minor=-144,
        lines=("energy 20 kWh 0.45 -900",),
        kind="credit_note",
        reason=BROKEN,
    )
    right = Bill(
        minutes=120,
        energy_wh=12_000,
        billed_wh=12_000,
        cost_minor=540,
        vat_minor=86,
        lines=("energy 12 kWh 0.45 540",),
        flags=("corrected",),
    )
    assert await bills(owner) == [NINE_EUROS, credit, right]
    assert (await owner.get(f"/cdrs/{first['id']}")) == first
    assert refused["code"] == "conflict"
    session = await only(driver, "/sessions")
    assert session["cdr_id"] == made["id"]
    assert await kinds(driver, f"/sessions/{session['id']}/cdrs") == ["cdr", "credit_note", "cdr"]
    payment = await only(driver, "/payments")
    assert (payment["captured"]["amount_minor"], payment["refunded"]["amount_minor"]) == (900, 360)
    assert await in_sandbox(operator) == {"captured": 900, "refunded": 360}
    moved = net(await transfers(hub))
    assert moved == net(held(2200) | settled(540, 486, 9) | energy(12_000, "billed"))
    assert await balances(owner) == {"earnings": 486, "accrued": 486}
    assert (await audited(hub))["billed_wh"] == 12_000


async def test_matured_earnings_are_paid_in_money_to_the_last_cent(
    hub: RunningHub, version: str
) -> None:
    """Nothing leaves a day too early; then all does, once, and the rail agrees."""
    owner, place = await town(hub, version)
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)

    await hub.advance(hours=23)
    assert (await owner.get("/payouts"))["items"] == []
    for _ in range(3):
        await hub.advance(hours=12)

    payout = await only(owner, "/payouts")
    assert (payout["state"], payout["amount"]["amount_minor"]) == ("paid", 810)
    assert await balances(owner) == {"earnings": 810, "payouts": 810}
    assert await in_sandbox(operator) == {"captured": 900, "paid_out": 810}
    assert net(await transfers(hub)) == {
        "psp EUR": 900 - 810,
        "income:platform_fee EUR": -76,
        "vat:payable EUR": -14,
        **energy(20_000, "billed")["energy"],
    }
    await audited(hub)


async def test_matured_earnings_are_paid_in_tokens_at_the_stated_price(
    hub: RunningHub, version: str
) -> None:
    """8.10 at 0.25 are 32.4 tokens. The money stays with the hub, which owes the tokens."""
    owner, place = await town(hub, version, rail="token")
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)

    for _ in range(3):
        await hub.advance(hours=12)

    payout = await only(owner, "/payouts")
    assert (payout["state"], payout["amount"]["amount_minor"]) == ("paid", 810)
    assert (payout["tokens"], payout["token_price"]) == ("32.400000", "0.25")
    assert await owner.get("/wallet") == {"asset": "CHG", "amount": "32.400000"}
    assert await balances(owner) == {"earnings": 810, "payouts": 810}
    assert await in_sandbox(operator) == {"captured": 900}
    assert net(await transfers(hub)) == {
        "psp EUR": 900,
        "fx:clearing EUR": -810,
        "income:platform_fee EUR": -76,
        "vat:payable EUR": -14,
        "wallet CHG": 32_400_000,
        "fx:treasury CHG": -32_400_000,
        **energy(20_000, "billed")["energy"],
    }
    await audited(hub)


async def test_a_correction_after_the_payout_is_taken_from_the_next_earnings(
    hub: RunningHub, version: str
) -> None:
    """Half of what was paid was wrong: the owner owes it, and the next payout is less by it."""
    owner, place = await town(hub, version)
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)
    await hub.advance(hours=25)

    await correct(hub, operator, owner, 10_000)
    assert await balances(owner) == {"earnings": 405, "payouts": 810, "owed": 405}
    await charge(hub, place, driver.id_token)
    await hub.advance(hours=25)

    payouts = (await owner.get("/payouts"))["items"]
    assert [one["amount"]["amount_minor"] for one in payouts] == [405, 810]
    assert {one["state"] for one in payouts} == {"paid"}
    assert await balances(owner) == {"earnings": 1215, "payouts": 1215}
    in_rail = {"captured": 1800, "refunded": 450, "paid_out": 1215}
    assert await in_sandbox(operator) == in_rail
    moved = net(await transfers(hub))
    with_rail = moved.get("psp EUR", 0)
    assert with_rail == 1800 - 450 - 1215
    assert (await audited(hub))["billed_wh"] == 30_000

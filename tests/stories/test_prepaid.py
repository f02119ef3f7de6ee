"""Drivers who pay in first: what is there, what a session takes of it, and having it back."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from chargehub.audit.laws import findings_of
from chargehub.payments.prepaid import TOP_UP
from chargehub.store.work import Work
from tests.hub import Person, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import book, charge, net, slot, transfers
from tests.stories.test_money import correct, town

BALANCE = {"rail": "prepaid", "reference": "balance"}


def euros(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


async def pay_in(hub: RunningHub, driver: Person, amount_minor: int = 2000, **how: str) -> Any:
    """A top-up and what became of it."""
    made = await driver.post("/top-ups", {"amount": euros(amount_minor), **how})
    await hub.settle()
    return await driver.get(f"/top-ups/{made['id']}")


async def has(driver: Person) -> tuple[int, int]:
    """What is available, and what is held."""
    balances = (await driver.get("/prepaid"))["balances"]
    assert len(balances) <= 1
    of = balances[0] if balances else {"available": euros(0), "held": euros(0)}
    return of["available"]["amount_minor"], of["held"]["amount_minor"]


async def history(driver: Person) -> list[tuple[str, int, str]]:
    """The changes, oldest first, asked for one at a time."""
    found: list[tuple[str, int, str]] = []
    page = await driver.get("/prepaid?limit=1")
    while True:
        found += [
            (one["kind"], one["amount"]["amount_minor"], one["state"]) for one in page["items"]
        ]
        if page["next"] is None:
            return found[::-1]
        page = await driver.get(f"/prepaid?limit=1&cursor={page['next']}")


async def prepaying(hub: RunningHub, amount_minor: int = 15_000) -> Person:
    """A driver who pays from what was paid in by card."""
    driver = await hub.person("driver")
    assert (await pay_in(hub, driver, amount_minor))["state"] == "taken"
    await driver.post("/payment-methods", BALANCE)
    return driver


async def test_a_session_is_paid_from_what_was_paid_in(hub: RunningHub) -> None:
    """The postings of money.md 1.4 in sum, and the owner is paid out of the same funds."""
    owner, place = await town(hub, "2.0.1")
    driver = await prepaying(hub)

    await charge(hub, place, driver.id_token)

    assert await has(driver) == (14_100, 0)
    assert await history(driver) == [("top_up", 15_000, "taken"), ("spent", -900, "done")]
    payment = (await driver.get("/payments"))["items"][0]
    spent = (await driver.get("/prepaid"))["items"][0]
    assert (payment["rail"], payment["state"]) == ("prepaid", "captured")
    assert spent["payment_id"] == payment["id"]
    moved = await transfers(hub)
    del moved["energy"]
    assert net(moved) == {
        "psp EUR": 15_000,
        "driver:prepaid EUR": -14_100,
        "owner:accrued EUR": -810,
        "income:platform_fee EUR": -76,
        "vat:payable EUR": -14,
    }
    await hub.advance(hours=25)
    assert [one["state"] for one in (await owner.get("/payouts"))["items"]] == ["paid"]


async def test_a_correction_gives_back_to_the_balance(hub: RunningHub) -> None:
    owner, place = await town(hub, "2.0.1")
    driver, operator = await prepaying(hub), await hub.operator()
    await charge(hub, place, driver.id_token)

    await correct(hub, operator, owner, 12_000)

    assert await has(driver) == (14_460, 0)
    assert (await history(driver))[-1] == ("returned", 360, "done")


async def test_a_deposit_is_held_from_the_balance_and_given_back(hub: RunningHub) -> None:
    _, place = await town(hub, "2.0.1")
    driver = await prepaying(hub)
    booking = await book(hub, driver, place, timedelta(hours=2), timedelta(hours=1))
    deposit = booking["deposit"]["amount_minor"]

    assert deposit > 0 and await has(driver) == (15_000 - deposit, deposit)
    await driver.ask("POST", f"/bookings/{booking['id']}/cancel", None, 200)
    await hub.settle()
    assert await has(driver) == (15_000, 0)


async def test_too_little_is_refused_with_the_sum_that_is_there(hub: RunningHub) -> None:
    """Nothing is charged for free: the session is stopped, and told why."""
    _, place = await town(hub, "2.0.1")
    driver = await prepaying(hub, 500)

    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()

    refused = (await driver.get("/payments"))["items"][0]
    assert refused["refusal"]["code"] == "insufficient_funds"
    assert "5.00 EUR are prepaid" in refused["refusal"]["detail"]
    assert await has(driver) == (500, 0)


async def test_what_was_not_spent_goes_back_to_the_card_it_came_from(hub: RunningHub) -> None:
    driver = await hub.person("driver")
    first, second = [await pay_in(hub, driver) for _ in range(2)]

    back = await driver.post("/paybacks", {"currency": "EUR", "amount_minor": 2_500})
    await hub.settle()

    parts = [(one["top_up_id"], one["amount"]["amount_minor"]) for one in back["items"]]
    assert parts == [(second["id"], 2_000), (first["id"], 500)]
    assert await has(driver) == (1_500, 0)
    again = await driver.get(f"/top-ups/{first['id']}")
    assert again["paid_back"] == euros(500)
    refused = await driver.post("/paybacks", {"currency": "EUR", "amount_minor": 1_501}, 409)
    assert refused["detail"] == "You can have back up to 15.00 EUR."


async def test_a_repeat_by_its_key_pays_in_and_back_once(hub: RunningHub) -> None:
    driver = await hub.person("driver")
    for _ in range(2):
        wanted = {"amount": euros(2_000)}
        await driver.post("/top-ups", wanted, 201, **{"Idempotency-Key": "in"})
    await hub.settle()
    for _ in range(2):
        wanted = {"currency": "EUR", "amount_minor": 700}
        await driver.post("/paybacks", wanted, 201, **{"Idempotency-Key": "back"})
    await hub.settle()

    assert await has(driver) == (1_300, 0)


async def test_a_card_that_refuses_fills_nothing(hub: RunningHub) -> None:
    driver = await hub.person("driver", pays="refuse")

    refused = await pay_in(hub, driver)

    assert (refused["state"], refused["refusal"]["code"]) == ("refused", "card_declined")
    assert await has(driver) == (0, 0)
    assert await history(driver) == [("top_up", 2_000, "refused")]


async def test_how_much_may_be_prepaid(hub: RunningHub) -> None:
    """A purse for charging, not a bank: the law wants it small."""
    driver = await hub.person("driver")
    for wanted, detail in (
        (euros(499), "Top up by 5.00 EUR to 150.00 EUR."),
        (euros(15_001), "Top up by 5.00 EUR to 150.00 EUR."),
        (euros(-500), "Top up by 5.00 EUR to 150.00 EUR."),
        ({"amount_minor": 500, "currency": "CHG"}, "Top up in a currency of money, such as EUR."),
    ):
        refused = await driver.post("/top-ups", {"amount": wanted}, 422)
        assert (refused["code"], refused["detail"]) == ("top_up_refused", detail)
    await pay_in(hub, driver, 14_800)

    full = await driver.post("/top-ups", {"amount": euros(500)}, 422)

    assert full["detail"].startswith("At most 150.00 EUR can be prepaid, and you have 148.00 EUR.")


async def test_one_top_up_at_a_time(hub: RunningHub) -> None:
    """Else two at once would pass the limit together."""
    driver = await hub.person("driver", pays="slow")
    await driver.post("/top-ups", {"amount": euros(10_000)})

    refused = await driver.post("/top-ups", {"amount": euros(10_000)}, 409)
    leaving = await driver.get("/accounts/me/erasure")

    assert refused["code"] == "top_up_under_way"
    assert ["on its way" in told for told in leaving["obstacles"]] == [True]
    await hub.settle()


async def test_nobody_pays_from_anothers_balance(hub: RunningHub) -> None:
    rich = await prepaying(hub)
    thief = await hub.person("thief")
    theirs = {"rail": "prepaid", "reference": rich.account_id}

    refused = await thief.post("/payment-methods", theirs, 422)

    assert refused["code"] == "method_refused"
    top_up = (await rich.get("/prepaid"))["items"][0]["id"]
    await thief.get(f"/top-ups/{top_up}", 404)


async def test_no_guest_pays_from_an_accounts_balance(hub: RunningHub) -> None:
    """A guest says by mail what to pay by: an account's id is no secret and opens no balance."""
    rich = await prepaying(hub)
    _, place = await town(hub, "2.0.1")
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, timedelta(hours=5), timedelta(hours=1))}
    mail = {"energy_wh": 10_000, "email": "guest@example.org"}
    await hub.ask("POST", "/guest-bookings", {**wanted, **mail}, 202)
    await hub.settle()
    texts = [text for who, _, text in await hub.hub.store.read(mails) if who == mail["email"]]
    token = next(one for one in texts[-1].split() if "/guest-bookings/" in one).rpartition("/")[2]

    card = {"payment_method": {"rail": "prepaid", "reference": rich.account_id}}
    refused = await hub.ask("POST", f"/guest-bookings/{token}/confirm", card, 422)

    assert refused["code"] == "method_refused"


async def test_the_audit_finds_a_balance_that_nobody_paid_in(hub: RunningHub) -> None:
    """I10 and I12: a top-up that says more than was taken, and a payback that is not there."""
    hub.keeps_books = False
    await prepaying(hub, 2_000)
    assert {one.law for one in findings_of(hub.database) if one.state == "broken"} == set()

    await hub.hub.store.do(_change_top_ups)

    broken = {one.law for one in findings_of(hub.database) if one.state == "broken"}
    assert broken == {"I10", "I12"}


def _change_top_ups(work: Work) -> None:
    work.execute(update(TOP_UP).values(amount_minor=2_500))


async def test_a_balance_cannot_fill_itself(hub: RunningHub) -> None:
    driver = await prepaying(hub, 5_000)

    refused = await driver.post("/top-ups", {"amount": euros(500)}, 422)
    card = next(
        one["id"]
        for one in (await driver.get("/payment-methods"))["items"]
        if one["rail"] == "sandbox"
    )
    taken = await pay_in(hub, driver, 500, method_id=card)

    assert "by which card" in refused["detail"]
    assert taken["state"] == "taken"


async def test_who_leaves_has_it_back_first(hub: RunningHub) -> None:
    driver = await prepaying(hub, 2_000)
    mine = {"email": driver.email}

    told = await driver.post("/accounts/me/erasure", mine, 409)
    await driver.post("/paybacks", {"currency": "EUR"})
    await hub.settle()

    assert "20.00 EUR prepaid: have it paid back first" in told["detail"]
    await driver.post("/accounts/me/erasure", mine, 204)

"""All ways of money at once, on one rail: its books and the hub's are the same days later."""

from chargehub.ledger.tables import balance
from tests.busy import verify
from tests.hub import Person, RunningHub
from tests.stories.steps import audited, charge
from tests.stories.test_money import correct
from tests.stories.test_prepaid import pay_in, prepaying


async def _paid_at(hub: RunningHub, name: str, destination: str) -> Person:
    """Somebody who is paid by the sandbox, at a place of it."""
    owner = await hub.person(name, pays=False)
    await verify(owner)
    where = {"rail": "sandbox", "destination": destination}
    await owner.ask("PUT", "/payout-preference", where, 200)
    return owner


async def test_whatever_happened_the_books_of_the_rail_explain_it(hub: RunningHub) -> None:
    """Paid in and had back, spent, refunded, shared by co-owners, paid out, and sent back."""
    owner, other = await _paid_at(hub, "owner", "returns"), await _paid_at(hub, "other", "ok")
    place, operator = await hub.station(owner, "2.0.1"), await hub.operator()
    path = f"/stations/{place.station_id}/shares"
    parts = ((owner, 6_667), (other, 3_333))
    shares = [{"account_id": one.account_id, "basis_points": part} for one, part in parts]
    agreed = await owner.ask("PUT", path, {"shares": shares}, 200)
    await other.ask("POST", f"/shares/{agreed['id']}/acceptance", {}, 200)

    saver, driver = await prepaying(hub), await hub.person("driver2")
    await charge(hub, place, saver.id_token)
    await charge(hub, place, driver.id_token)
    await correct(hub, operator, owner, 12_000)
    await saver.post("/paybacks", {"currency": "EUR", "amount_minor": 4_000})
    await hub.settle()
    methods = (await saver.get("/payment-methods"))["items"]
    (card,) = [one["id"] for one in methods if one["rail"] == "sandbox"]
    assert (await pay_in(hub, saver, 1_500, method_id=card))["state"] == "taken"
    for _ in range(12):
        await hub.advance(hours=12)

    (compared,) = (await operator.get("/reconciliations"))["items"]
    lines = (await operator.get("/balance-lines"))["items"]
    told = sorted((one["kind"], one["amount"]["amount_minor"], one["state"]) for one in lines)
    totals = (await operator.get("/sandbox/totals"))["items"]
    books = [await hub.hub.store.read(balance, f"psp:{of}", "EUR") for of in _PSP]

    assert {one for _, _, one in told} == {"explained"}, lines
    assert (compared["unexplained"], compared["in_suspense"]) == (0, [])
    assert compared["missing"] == []
    assert {kind for kind, _, _ in told} == {"payment", "refund", "payout", "payout_back"}
    (euro,) = totals
    names = ("captured", "refunded", "paid_out")
    captured, refunded, paid_out = (euro[name]["amount_minor"] for name in names)
    assert books == [captured - refunded - paid_out, 0, 0]
    await audited(hub)


_PSP = ("available", "pending", "suspense")

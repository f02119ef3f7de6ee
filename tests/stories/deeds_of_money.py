"""Requests that need money of before, or a page of a rail's, as deeds that are done once."""

from dataclasses import dataclass
from typing import Any

from tests.busy import verify
from tests.hub import Person, RunningHub
from tests.stories.steps import charge
from tests.stories.stripe_hub import SETUPS, StripeHub


@dataclass(frozen=True)
class Deed:
    """A request, a different one under the same key, and that of another account, if any may.

    `changed` None: there is nothing else that could be asked for."""

    route: str
    who: Person
    path: str
    body: dict[str, Any]
    changed: dict[str, Any] | None
    other: tuple[Person, dict[str, Any]] | None = None
    status: int = 201


async def after_money(world: StripeHub) -> list[Deed]:
    """Of a debtor, of a driver who has prepaid, of an owner who has earned, of one with no card."""
    hub = world.hub
    debtor = await hub.person("debtor", pays="refuse_capture")
    prepaying, newcomer = await hub.person("prepaying"), await hub.person("newcomer", pays=False)
    earner = await hub.person("earner", pays=False)
    await verify(earner)
    place = await hub.station(earner, "2.0.1", evses=2)
    await charge(hub, place, debtor.id_token, 4_000)
    await charge(hub, place, prepaying.id_token, evse=2)
    await earner.ask("PUT", "/payout-plan", {"schedule": "on_request"}, 200)
    await earner.ask("PUT", "/payout-preference", {"rail": "sandbox"}, 200)
    await prepaying.post("/top-ups", {"amount": euros(2_000)})
    await world.advance(hours=25)
    await debtor.post("/payment-methods", {"rail": "sandbox", "reference": "ok"})
    (debt,) = (await debtor.get("/debts"))["items"]
    owed, back = {"session_id": debt["session_id"]}, {"currency": "EUR", "amount_minor": 500}
    card, more = {"rail": "stripe"}, {"amount": euros(1_000)}
    return [
        Deed("/debts/payments", debtor, "/debts/payments", owed, {}, status=202),
        Deed("/top-ups", prepaying, "/top-ups", more, {"amount": euros(1_100)}, (debtor, more)),
        Deed("/paybacks", prepaying, "/paybacks", back, {"currency": "EUR"}),
        Deed("/payouts", earner, "/payouts", {"currency": "EUR"}, {}),
        Deed(SETUPS, newcomer, SETUPS, card, None, (prepaying, card)),
    ]


def euros(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


async def moved_money(hub: RunningHub, asked: list[Deed]) -> list[Any]:
    """What became of these deeds: debts, balances, payouts, and how many payments there are."""
    who = {deed.route: deed.who for deed in asked}
    debtor, prepaying, earner = who["/debts/payments"], who["/top-ups"], who["/payouts"]
    payments = (await debtor.get("/payments"))["items"]
    return [
        (await debtor.get("/debts"))["items"],
        [one["id"] for one in payments],
        (await prepaying.get("/prepaid"))["items"],
        [one["id"] for one in (await earner.get("/payouts"))["items"]],
    ]

"""The same story with cards: entered on Stripe's page, held, taken, sent on, and reconciled.

Everything at Stripe goes over HTTP: what people do there as their browsers would, what Stripe has
as its API tells it.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
from rich.table import Table

from chargehub.commands.demo.ending import Story
from chargehub.commands.demo.stage import LIMIT_S, Person, money_text
from chargehub.commands.demo.standin import StandIn
from chargehub.people import actions as people
from chargehub.people.passwords import hash_password
from chargehub.units import major_text

ASKS_ITS_BANK = "emil"
CARDS = {"dora": "4242424242424242", ASKS_ITS_BANK: "4000002500003155", "fay": "5555555555554444"}
OPERATOR = {"email": "olga@example.org", "password": "olga looks after the hub"}


@dataclass(kw_only=True)
class CardStory(Story):
    """Drivers pay by card and an owner is paid to a bank, by a stand-in of Stripe."""

    stripe: StandIn

    title = "Three owners share six chargers. Drivers pay by card, at a stand-in of Stripe."
    mature_after = timedelta(hours=74)  # a card payment can be sent on after two days

    async def add_card(self, person: Person) -> None:
        """A card is entered on Stripe's page: the hub never sees its number."""
        setups = "/payment-method-setups"
        page = await person.post(setups, {"rail": "stripe"})
        who = person.name.title()
        self.say(f"{who} enters a card on Stripe's page: {page['url']}")
        number = CARDS[person.name]
        sent = await browse(page["url"], number=number)
        if person.name == ASKS_ITS_BANK:
            self.check("a bank that asks is answered on Stripe's page", "bank" in sent)
            sent = await browse(page["url"], number=number, agreed="yes")
            self.say(f"{who}'s bank asks whether it is {who}: yes")
        self.check(f"Stripe's page leads {who} back to the hub", "added" in sent)
        if await self.awaited(person, f"{setups}/{page['id']}", lambda told: told["method_id"]):
            (card,) = (await person.get("/payment-methods"))["items"]
            self.say(f"{who}'s wallet: {card['label']}")

    async def choose_payouts(self) -> None:
        """Anna is paid to her bank, by Stripe, which has to know her; Bjørn wants tokens."""
        await self.people["bjorn"].ask("PUT", "/payout-preference", {"rail": "token"})
        anna = self.people["anna"]
        account = await anna.post("/payout-accounts", {"country": "NO"})
        self.say(f"Anna opens an account at Stripe. It asks: {account['required'][0]}")
        link = await anna.post("/payout-accounts/links")
        self.say(f"Anna tells Stripe on its page: {link['url']}")
        await browse(link["url"])
        self.clock.advance(timedelta(minutes=1))
        is_ready = await self.awaited(anna, "/payout-accounts", _is_ready)
        self.check("Stripe pays Anna from now on", bool(is_ready))

    async def compare_rail(self) -> None:
        """What Stripe's own books say is what the ledger says, line by line."""
        await self.show_payments()
        operator = await self.operator()
        since = self.now
        await operator.post("/reconciliations/stripe")
        told = await self.awaited(
            operator, "/reconciliations", lambda one: _is_compared(one, since)
        )
        (run,) = (one for one in told["items"] if one["rail"] == "stripe") if told else ({},)
        lines = (await operator.get("/balance-lines?limit=100"))["items"]
        self.show_lines(lines)
        is_whole = bool(lines) and all(one["state"] == "explained" for one in lines)
        self.check("every line of Stripe's books is explained", is_whole)
        self.check("nothing that the hub noted is missing there", run.get("missing") == [])
        at_stripe, in_ledger = await self.at_stripe(), await self.in_ledger()
        self.check("Stripe's balance is what the ledger says it is", at_stripe == in_ledger)
        self.console.print(
            f"Stripe says that the hub has {major_text(at_stripe, 'EUR')} EUR there; the ledger "
            f"says {major_text(in_ledger, 'EUR')} EUR"
        )
        wrong = self.stripe.shortcomings
        self.check(f"all of this is as Stripe specifies it {wrong or ''}".strip(), not wrong)

    async def show_payments(self) -> None:
        """What was held on each driver's card, and what became of it."""
        for name in CARDS:
            for one in reversed((await self.people[name].get("/payments"))["items"]):
                if one["rail"] == "stripe":
                    self.console.print(
                        f"{name.title()}'s card: {money_text(one['hold'])} held, "
                        f"{money_text(one['captured'])} taken ({one['state']})"
                    )

    def show_lines(self, lines: list[Any]) -> None:
        table = Table(title="Stripe's books, compared with the hub's")
        for heading in ("line", "is", "amount", "Stripe's fee", "hub"):
            table.add_column(heading, justify="right" if heading.endswith(("t", "e")) else "left")
        for one in lines:
            amounts = money_text(one["amount"]), money_text(one["fee"])
            table.add_row(one["reference"], one["kind"], *amounts, one["told"] or one["state"])
        self.console.print(table)

    async def at_stripe(self) -> int:
        """What Stripe's API says the hub has there, in EUR cents."""
        known = {"Authorization": f"Bearer {self.stripe.key}"}
        async with httpx2.AsyncClient(headers=known, timeout=LIMIT_S) as api:
            told: Any = (await api.get(f"{self.stripe.url}/v1/balance")).json()
        parts = (*told["available"], *told["pending"])
        return sum(one["amount"] for one in parts if one["currency"] == "eur")

    async def operator(self) -> Person:
        """Olga runs the hub."""
        hashed = await asyncio.to_thread(hash_password, OPERATOR["password"])
        email = OPERATOR["email"]
        await self.hub.store.do(people.create_operator, email, "Olga", hashed, self.now)
        person = self.people["olga"] = Person(
            "olga", httpx2.AsyncClient(base_url=self.address, timeout=LIMIT_S)
        )
        login = await person.post("/logins", OPERATOR)
        person.api.headers["Authorization"] = f"Bearer {login['token']}"
        return person


async def browse(url: str, **form: str) -> str:
    """What a browser does with a page and its form: the page that it ends on."""
    async with httpx2.AsyncClient(follow_redirects=True, timeout=LIMIT_S) as browser:
        (await browser.get(url)).raise_for_status()
        return (await browser.post(url, data=form)).raise_for_status().text


def _is_ready(accounts: Any) -> bool:
    return any(one["state"] == "ready" for one in accounts["items"])


def _is_compared(told: Any, since: datetime) -> bool:
    """Stripe's books were read up to a moment after this one."""
    (run,) = (one for one in told["items"] if one["rail"] == "stripe")
    return run["finished_at"] is not None and datetime.fromisoformat(run["until"]) >= since

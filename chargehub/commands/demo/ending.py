"""The money at the end: payouts, statements, and what must hold."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rich.live import Live
from rich.table import Table

from chargehub.audit.laws import findings_of
from chargehub.commands.demo.acts import Acts
from chargehub.commands.demo.stage import LIMIT_S, Person, money_text
from chargehub.ledger.tables import balance
from chargehub.rails import sandbox
from chargehub.units import kwh_text, major_text


@dataclass
class Story(Acts):
    """The whole story: cast, acts, ending."""

    title = "Three owners share six chargers. Nobody else is needed."
    mature_after = timedelta(hours=26)

    async def tell(self) -> None:
        """The whole story, under a minute."""
        self.say(f"[bold]{self.title}[/bold]")
        await self.cast()
        with Live(self.picture(), console=self.console, refresh_per_second=8) as live:
            self.live = live
            await asyncio.gather(self.booked(), self.walk_up(), self.no_show(), self.at_home())
            await self.strangers()
            await self.pay_out()
            live.update(self.picture())
        self.live = None
        await self.audit()

    async def pay_out(self) -> None:
        """Business time runs past maturity; owners are paid."""
        self.clock.advance(self.mature_after)
        days = self.mature_after.days
        passes = "a day passes" if days == 1 else f"{days} days pass"
        self.say(f"{passes}; what was earned is mature now")
        for name in ("anna", "bjorn"):
            payout = await self.paid(self.people[name])
            amount = money_text(payout["amount"])
            via = f"{payout['rail']}" + (f" as {payout['tokens']}" if payout.get("tokens") else "")
            self.say(f"{name.title()} is paid {amount} by {via}: [bold]{payout['state']}[/bold]")
            self.check(f"the payout of {name} is paid", payout["state"] == "paid")

    async def paid(self, person: Person) -> Any:
        found: Any = {"state": "none", "amount": None, "rail": "?"}
        try:
            async with asyncio.timeout(LIMIT_S):
                while found["state"] != "paid":
                    await asyncio.sleep(0.1)
                    page = await person.get("/payouts")
                    found = page["items"][0] if page["items"] else found
        except TimeoutError:
            self.check(f"{person.name} has a payout", False)
        return found

    async def audit(self) -> None:
        """Statements, and what must hold at the end."""
        table = Table(title="owners' statements, EUR")
        for heading in ("owner", "sessions", "gross", "fee", "VAT", "earnings", "paid out", "left"):
            table.add_column(heading, justify="left" if heading == "owner" else "right")
        for name in ("anna", "bjorn", "clara"):
            statement = await self.people[name].get(f"/statements/{self.now:%Y-%m}")
            for item in statement["items"]:
                left = [item[part]["amount_minor"] for part in ("accrued", "payable", "in_transit")]
                self.check(f"the balance of {name} ends at 0", left == [0, 0, 0])
                parts = ("gross", "fee", "vat", "earnings", "payouts")
                sums = [major_text(item[part]["amount_minor"], "EUR") for part in parts]
                cells = (str(item["sessions"]), *sums, major_text(sum(left), "EUR"))
                table.add_row(name.title(), *cells)
        self.console.print(table)
        told = await self.people["anna"].get("/ledger/audit")
        energy = told["energy"]
        went = energy["billed_wh"] + energy["free_wh"] + energy["unbilled_wh"]
        self.check("kWh metered = billed + free + unbilled", energy["metered_wh"] == went > 0)
        self.check("the ledger sums to zero in every asset", not any(told["sums"].values()))
        await self.compare_rail()
        laws = await asyncio.to_thread(findings_of, self.hub.settings.database)
        broken = [one.law for one in laws if one.state == "broken"]
        self.check(f"`chargehub audit` finds no law broken {broken or ''}".strip(), not broken)
        self.console.print(
            f"{told['sessions']} sessions · {kwh_text(energy['metered_wh'])} kWh metered = "
            f"{kwh_text(energy['billed_wh'])} billed + {kwh_text(energy['free_wh'])} free + "
            f"{kwh_text(energy['unbilled_wh'])} unbilled · ledger sums {told['sums']}"
        )

    async def compare_rail(self) -> None:
        """What the sandbox says it took and paid is what the ledger says."""
        totals = {item.currency: item for item in await self.hub.store.read(sandbox.totals)}
        rail = totals["EUR"]
        with_rail = rail.captured_minor - rail.refunded_minor - rail.paid_out_minor
        in_ledger = await self.in_ledger()
        self.check("the ledger and the sandbox rail's own table agree", with_rail == in_ledger)
        self.console.print(
            f"sandbox rail: took {major_text(rail.captured_minor, 'EUR')}, paid out "
            f"{major_text(rail.paid_out_minor, 'EUR')}; ledger says the rail still has "
            f"{major_text(in_ledger, 'EUR')} EUR"
        )

    async def in_ledger(self) -> int:
        """What the ledger says is at the rail, in EUR cents."""
        read = self.hub.store.read
        pending = await read(balance, "psp:pending", "EUR")
        return pending + await read(balance, "psp:available", "EUR")

    def say_end(self) -> None:
        """What was checked, and where the hub can be looked at."""
        for claim, holds in self.checks:
            self.console.print(f"{'[green]✓[/green]' if holds else '[red]✗[/red]'} {claim}")
        self.console.print(
            f"The hub is at {self.address}/docs, OCPP at ws://127.0.0.1:{self.hub.ocpp_port}/ocpp"
        )

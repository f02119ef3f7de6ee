"""The people of a dispute, and what it is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from chargehub.ledger import tables as ledger
from chargehub.ledger.actions import post
from chargehub.ledger.rules import Transfer, moved, transfer_id
from chargehub.payments.credits import CreditRow
from chargehub.people.tables import Account, Login
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from tests.busy import verify
from tests.hub import Person, Place, RunningHub
from tests.listings.photographs import photo
from tests.people.conftest import mails
from tests.stories.steps import charge, only


@dataclass
class Court:
    """An owner with a station, a driver who charged there for 9.00, and two operators."""

    hub: RunningHub
    owner: Person
    driver: Person
    operator: Person
    other_operator: Person
    place: Place
    session_id: str

    async def open(
        self, kind: str = "energy", amount: int = 450, expect: int = 201, **more: Any
    ) -> Any:
        """The driver disputes so much of the session's cost."""
        return await self.driver.post("/disputes", self.claim(kind, amount, **more), expect)

    def claim(self, kind: str, amount: int, **more: Any) -> dict[str, Any]:
        return {
            "session_id": self.session_id,
            "kind": kind,
            "amount": {"amount_minor": amount, "currency": "EUR"},
            "statement": "That is not right.",
            **more,
        }

    async def contested(self, kind: str = "energy", amount: int = 450) -> str:
        """A dispute that waits for an operator; its id."""
        made = await self.open(kind, amount)
        answer = {"agrees": False, "statement": "It is right."}
        await self.owner.post(f"/disputes/{made['id']}/answer", answer, 200)
        return str(made["id"])

    async def decide(
        self, dispute: str, award: int, by: Person | None = None, expect: int = 200, **more: Any
    ) -> Any:
        wanted = {"awarded_minor": award, "reason": "By the readings.", **more}
        who = by or self.operator
        return await who.post(f"/disputes/{dispute}/decision", wanted, expect)

    async def decided(self, award: int, amount: int = 450, **more: Any) -> str:
        """A dispute that an operator decided so; its id."""
        dispute = await self.contested(amount=amount)
        await self.decide(dispute, award, **more)
        return dispute

    async def read(self, dispute: str) -> Any:
        return await self.driver.get(f"/disputes/{dispute}")

    async def later(self, **step: float) -> None:
        await self.hub.advance(**step)

    async def stay_logged_in(self) -> None:
        """Logins end after 30 days; a law is tried for longer."""
        end = self.hub.clock.now() + timedelta(days=1_000)
        await self.hub.hub.store.do(lambda work: work.execute(update(Login).values(expires_at=end)))

    async def give_credit(self) -> None:
        """The driver has 5.00 more, as for a booking that a station failed."""
        await self.hub.hub.store.do(_give_credit, self.driver.account_id, self.hub.clock.now())

    async def mature(self) -> None:
        await self.hub.advance(hours=25)

    async def balances(self) -> dict[str, int]:
        """The owner's and the hub's accounts that are not empty, by their family."""
        found = await self.hub.hub.store.read(ledger.balances, "")
        assert set((await self.hub.hub.store.read(ledger.asset_sums)).values()) <= {0}
        wanted = ("owner:", "psp:", "income:", "vat:", "expense:", "driver:")
        return {
            code.replace(f":{self.owner.account_id}", ""): amount
            for code, asset, amount in found
            if amount and asset == "EUR" and code.startswith(wanted)
        }

    async def refunded(self) -> int:
        """What the rail itself gave back, which must be what the payment says."""
        totals = await only(self.operator, "/sandbox/totals")
        payments = (await self.driver.get("/payments"))["items"]
        assert (
            sum(one["refunded"]["amount_minor"] for one in payments)
            == (totals["refunded"]["amount_minor"])
        )
        found: int = totals["refunded"]["amount_minor"]
        return found

    async def show_photo(self, dispute: str, who: Person, expect: int = 201) -> Any:
        answer = await self.hub.api.post(
            f"/api/v1/disputes/{dispute}/photos",
            content=photo(),
            headers={"Authorization": f"Bearer {who.token}"},
        )
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def mailed(self, who: Person) -> list[str]:
        """The subjects of what somebody was written about disputes, in order."""
        sent = await self.hub.hub.store.read(mails)
        about = ("dispute", "appeal", "refund")
        return [
            subject
            for recipient, subject, _ in sent
            if recipient == who.email and any(word in subject.lower() for word in about)
        ]


def _give_credit(work: Work, driver_id: str, now: datetime) -> None:
    entries = moved(500, "EUR", "expense:goodwill", f"driver:credit:{driver_id}")
    booking_id = new_id()
    post(work, Transfer(transfer_id(booking_id), "credit", entries, now, booking_id=booking_id))
    row = {"driver_id": driver_id, "currency": "EUR", "amount_minor": 500, "at": now}
    work.insert(CreditRow, id=new_id(), kind="given", booking_id=booking_id, **row)


async def second_operator(hub: RunningHub) -> Person:
    """Another person who runs the hub."""
    person = await hub.person("judge", pays=False)
    await hub.hub.store.do(_promote, person.account_id)
    login = {"email": person.email, "password": "correct horse"}
    person.token = (await hub.ask("POST", "/logins", login, 201))["token"]
    return person


def _promote(work: Work, account_id: str) -> None:
    statement = update(Account).where(col(Account.id) == account_id)
    work.execute(statement.values(is_operator=True))


async def make_court(hub: RunningHub, version: str = "2.0.1", rail: str = "sandbox") -> Court:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    await verify(owner)
    await owner.ask("PUT", "/payout-preference", {"rail": rail}, 200)
    operator, other = await hub.operator(), await second_operator(hub)
    place = await hub.station(owner, version)
    await charge(hub, place, driver.id_token)
    session = await only(driver, "/sessions")
    return Court(hub, owner, driver, operator, other, place, session["id"])

"""Whatever the sides, the operators and the clock do: the laws of money and of decisions."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chargehub.audit.laws import findings_of
from tests.disputes.court import Court
from tests.stories.steps import charge, only

DEEDS = ("open", "agree", "contest", "decide", "decide again", "appeal", "withdraw", "correct")
deed = st.tuples(
    st.sampled_from((*DEEDS, "wait")), st.integers(0, 900), st.sampled_from(["owner", "hub"])
)


@dataclass
class Quarrel:
    """One session of 9.00 and all that people do about it; refusals are part of it."""

    court: Court
    session_id: str
    closed: dict[str, Any] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=lambda: ["energy", "overstay", "price", "fraud"])

    async def play(self, what: str, amount: int, bearer: str) -> None:
        court = self.court
        if what == "wait":
            await court.later(hours=30)
        elif what == "correct":
            await self.correct(amount)
        elif what == "open":
            await self.open(max(1, amount))
        else:
            await self.act(what, amount, bearer)
        await court.hub.settle()
        await self.check()

    async def open(self, amount: int) -> None:
        if self.kinds:
            claim = self.court.claim(self.kinds[0], amount, session_id=self.session_id)
            made = await self.court.driver.post("/disputes", claim, None)  # type: ignore[arg-type]
            if "id" in made:
                self.kinds.pop(0)

    async def act(self, what: str, amount: int, bearer: str) -> None:
        for dispute in await self.disputes():
            path, court = f"/disputes/{dispute['id']}", self.court
            wanted = {"awarded_minor": amount, "at_expense_of": bearer, "reason": "So be it."}
            who, route, body = {
                "agree": (court.owner, "answer", {"agrees": True}),
                "contest": (court.owner, "answer", {"agrees": False}),
                "decide": (court.operator, "decision", wanted),
                "decide again": (court.other_operator, "decision", wanted),
                "appeal": (court.driver, "appeal", {"statement": "No."}),
                "withdraw": (court.driver, "withdrawal", None),
            }[what]
            answer = await who.ask("POST", f"{path}/{route}", body)
            assert "id" in answer or answer["status"] in (403, 409, 422), answer

    async def correct(self, energy: int) -> None:
        session = await self.court.driver.get(f"/sessions/{self.session_id}")
        wanted = {"energy_wh": energy * 20, "reason": "The meter was wrong."}
        await self.court.operator.ask("POST", f"/cdrs/{session['cdr_id']}/corrections", wanted)

    async def disputes(self) -> list[Any]:
        items = (await self.court.driver.get("/disputes"))["items"]
        return [one for one in items if one["session_id"] == self.session_id]

    async def check(self) -> None:
        """Sums are zero (in `balances`), refunds are the rail's and never beyond the captures, a
        closed dispute never changes, and something is frozen only while one is open."""
        await self.court.refunded()
        payments = (await self.court.driver.get("/payments"))["items"]
        for one in payments:
            assert one["refunded"]["amount_minor"] <= one["captured"]["amount_minor"]
        balances = await self.court.balances()
        totals = await only(self.court.operator, "/sandbox/totals")
        funds = sum(balances.get(code, 0) for code in ("psp:pending", "psp:available"))
        parts = {
            name: totals[name]["amount_minor"] for name in ("captured", "refunded", "paid_out")
        }
        assert funds == parts["captured"] - parts["refunded"] - parts["paid_out"]
        owner = sum(
            balances.get(f"owner:{name}", 0) for name in ("payable", "in_transit", "receivable")
        )
        goodwill = balances.get("expense:goodwill", 0)
        assert parts["paid_out"] - owner <= parts["captured"] - parts["refunded"] + goodwill
        found = await self.disputes()
        if all(one["status"] == "closed" for one in found):
            assert "owner:dispute_hold" not in balances
        for one in found:
            assert one["refunded"]["amount_minor"] <= one["amount"]["amount_minor"]
            if one["status"] == "closed":
                assert self.closed.setdefault(one["id"], one) == one

    async def end(self) -> None:
        """Everything has an end by the clock alone."""
        for _ in range(4):
            await self.court.later(days=6)
        assert {one["status"] for one in await self.disputes()} <= {"closed"}
        await self.check()
        found = findings_of(self.court.hub.database)
        assert [one for one in found if one.state == "broken"] == []


@settings(
    max_examples=12,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=st.lists(deed, min_size=3, max_size=6), has_credit=st.booleans())
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_in_any_order_the_laws_hold_and_everything_ends(
    court: Court, deeds: list[tuple[str, int, str]], has_credit: bool
) -> None:
    """Also where 5.00 of the 9.00 were paid by a credit, which is never refunded in money."""
    await court.stay_logged_in()
    await court.hub.advance(minutes=15)
    if has_credit:
        await court.give_credit()
    await charge(court.hub, court.place, court.driver.id_token)
    newest = (await court.driver.get("/sessions"))["items"][0]
    quarrel = Quarrel(court, newest["id"])
    await quarrel.play("open", 450, "owner")

    for what, amount, bearer in deeds:
        await quarrel.play(what, amount, bearer)
    await quarrel.end()

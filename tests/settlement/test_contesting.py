"""What is disputed is frozen, released or given back, to the cent, whatever happens meanwhile."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargehub.audit.laws import findings_of
from chargehub.settlement import contest, contesting
from chargehub.settlement.contest import BadContest, Bearer, Settled
from chargehub.settlement.contests import ContestView, Subject
from chargehub.settlement.split import split
from tests.settlement.books import Books, cdr

S = Subject("s")
DAY = timedelta(days=1)


def nine(gross: int = 900) -> Settled:
    parts = split(gross)
    return Settled(
        *("o", "EUR", gross, parts.owner_minor, parts.fee_minor, parts.vat_minor, gross, 0, False),
        *("income:platform_fee", "vat:payable:DE"),
    )


async def freeze(books: Books, amount: int, dispute: str = "d") -> ContestView:
    return await books.store.do(contesting.freeze, dispute, S, amount, books.clock.now())


async def give(
    books: Books, amount: int, dispute: str = "d", bearer: Bearer = "owner", sent: bool = True
) -> int:
    now = books.clock.now()
    return await books.store.do(contesting.give_back, dispute, amount, now, bearer, sent)


def test_half_of_nine_euros_is_divided_as_in_the_design() -> None:
    """Source: money.md 1.4, refund 450 of 900."""
    assert contest.parts(nine(), 450) == contest.Parts(405, 38, 7)


@given(gross=st.integers(1, 10**9), steps=st.lists(st.integers(0, 10**9), max_size=6))
def test_parts_in_any_steps_sum_up_and_end_in_the_whole(gross: int, steps: list[int]) -> None:
    whole, before = nine(gross), 0
    found = [contest.Parts(0, 0, 0)]
    for step in [*steps, gross]:
        amount = min(step, gross - before)
        found.append(contest.parts(whole, amount, before))
        assert found[-1].amount_minor == amount
        before += amount

    assert sum(one.owner_minor for one in found) == whole.owner_minor
    assert sum(one.fee_minor for one in found) == whole.fee_minor
    assert sum(one.vat_minor for one in found) == whole.vat_minor


async def test_only_the_disputed_part_of_the_owner_is_frozen(books: Books) -> None:
    await books.captured(cdr("s", 900))

    await freeze(books, 450)
    await books.mature()

    assert await books.balances() == {
        "psp:pending": 900,
        "owner:payable:o": -405,
        "owner:dispute_hold:o": -405,
        "income:platform_fee": -76,
        "vat:payable:DE": -14,
    }


@pytest.mark.parametrize("is_matured", [False, True])
async def test_what_is_released_is_as_if_it_had_never_been_frozen(
    books: Books, is_matured: bool
) -> None:
    await books.captured(cdr("s", 900))
    await freeze(books, 450)
    if is_matured:
        await books.mature()
    await books.store.do(contesting.release, "d", books.clock.now())
    await books.store.do(contesting.release, "d", books.clock.now())
    if not is_matured:
        await books.mature()

    assert await books.balances() == {
        "psp:pending": 900,
        "owner:payable:o": -810,
        "income:platform_fee": -76,
        "vat:payable:DE": -14,
    }


@pytest.mark.parametrize("is_matured", [False, True])
async def test_what_goes_back_is_borne_by_all_parts(books: Books, is_matured: bool) -> None:
    await books.captured(cdr("s", 900))
    await freeze(books, 450)
    if is_matured:
        await books.mature()
    assert await give(books, 450) == 450
    if not is_matured:
        await books.mature()

    assert await books.balances() == {
        "psp:pending": 450,
        "owner:payable:o": -405,
        "income:platform_fee": -38,
        "vat:payable:DE": -7,
    }


async def test_an_owner_who_was_paid_owes_it_and_pays_from_the_next_session(books: Books) -> None:
    """Source: money.md 1.4: 1040 +405; then netted as the owner earns."""
    await books.captured(cdr("s", 900))
    await books.mature()
    await books.pay_out(810)

    frozen = await freeze(books, 450)
    await give(books, 450)
    owed = (await books.balances())["owner:receivable:o"]
    await books.captured(cdr("t", 900))
    await books.mature()

    assert (frozen.frozen_minor, owed) == (0, 405)
    assert (await books.balances())["owner:payable:o"] == -405
    assert "owner:receivable:o" not in await books.balances()


async def test_the_hub_can_bear_it(books: Books) -> None:
    """Source: money.md 1.4, a dispute that is lost for fraud: the owner keeps the share."""
    await books.captured(cdr("s", 900))
    await freeze(books, 900)

    await give(books, 900, bearer="hub")
    await books.mature()

    assert await books.balances() == {"owner:payable:o": -810, "expense:goodwill": 810}


async def test_what_the_rail_does_not_take_back_is_owed_to_the_driver(books: Books) -> None:
    await books.captured(cdr("s", 900))
    await freeze(books, 900)

    await give(books, 900, sent=False)
    await books.mature()

    assert await books.balances() == {"psp:pending": 900, "psp:suspense": -900}


async def test_more_than_was_paid_cannot_be_disputed(books: Books) -> None:
    await books.captured(cdr("s", 900), 500)
    await freeze(books, 300)

    assert await books.store.read(contesting.contestable_minor, S) == 200
    with pytest.raises(BadContest):
        await freeze(books, 201, "e")


@pytest.mark.parametrize("is_matured", [False, True])
@pytest.mark.parametrize("is_corrected", [False, True])
async def test_who_paid_a_part_and_has_it_back_leaves_the_owner_nothing(
    books: Books, is_matured: bool, is_corrected: bool
) -> None:
    """400 of 900 were paid, all of it was the owner's, and all of it goes back: the owner keeps
    nothing that nobody paid. A correction that changes 1 cent finds the same."""
    await books.captured(cdr("s", 900), 400)
    if is_matured:
        await books.mature()
    await freeze(books, 400)
    await give(books, 400)
    if is_corrected:
        await books.captured(cdr("s", 899, version=2), 0)
    await books.mature()

    found = await books.balances()
    assert "psp:pending" not in found
    assert "owner:payable:o" not in found
    assert "owner:receivable:o" not in found
    assert found["owner:accrued:o"] == 361 - 810


async def test_two_refunds_that_stand_after_a_correction_fit_the_new_cost(books: Books) -> None:
    """400 could not be sent back and 400 could: together more than the new cost of 600."""
    await books.captured(cdr("s", 900))
    for dispute, is_sent in (("d", False), ("e", True)):
        await freeze(books, 400, dispute)
        await give(books, 400, dispute, sent=is_sent)

    await books.captured(cdr("s", 600, version=2), 500)

    found = await books.balances()
    assert (found["psp:pending"], found["psp:suspense"]) == (500, -400)


async def test_a_correction_after_a_refund_asks_nothing_back_of_the_driver(books: Books) -> None:
    """450 of 900 went back; now the cost is 700. The driver has paid 450, and that is enough."""
    await books.captured(cdr("s", 900))
    await freeze(books, 450)
    await give(books, 450)

    await books.captured(cdr("s", 700, version=2), 450)
    await books.settle(cdr("s", 700, version=2), 450)

    found = await books.balances()
    assert found["psp:pending"] == 450
    assert "driver:receivable:d" not in found
    assert found["owner:accrued:o"] == -(630 - 226)


action = st.sampled_from(
    ["freeze", "release", "return", "hub", "unsent", "mature", "correct", "payout"]
)


@dataclass
class Market:
    """Settlement as payments drive it: what the rail has kept is what the ledger shows."""

    books: Books
    session: str
    version: int = 1
    captured: int = 900
    refunded: int = 0
    payouts: int = 0
    borne: int = 0
    live: list[tuple[str, int]] = field(default_factory=list)
    ended: int = 0

    async def play(self, what: str, amount: int) -> None:
        store, now, subject = self.books.store, self.books.clock.now(), Subject(self.session)
        left = await store.read(contesting.contestable_minor, subject)
        if what == "freeze" and left:
            name = f"{self.session}-{len(self.live) + self.ended}"
            await store.do(contesting.freeze, name, subject, min(left, amount), now)
            self.live.append((name, min(left, amount)))
        elif what == "mature":
            await self.books.mature()
        elif what == "correct":
            await self.correct(amount)
        elif what == "payout":
            await self.pay_out()
        elif self.live:
            await self.end(what, amount)

    async def end(self, what: str, amount: int) -> None:
        store, now = self.books.store, self.books.clock.now()
        name, most = self.live.pop()
        self.ended += 1
        if what == "release":
            await store.do(contesting.release, name, now)
            return
        bearer: Bearer = "hub" if what == "hub" else "owner"
        wanted, is_sent = min(amount, most), what != "unsent"
        args = (name, wanted, now, bearer, is_sent)
        back = await store.do(contesting.give_back, *args)
        assert back <= wanted
        self.refunded += back if is_sent else 0
        self.borne += back if bearer == "hub" else 0

    async def correct(self, cost: int) -> None:
        self.version += 1
        self.refunded += max(0, self.captured - self.refunded - cost)
        kept = self.captured - self.refunded
        await self.books.captured(cdr(self.session, cost, self.version), kept)

    async def pay_out(self) -> None:
        payable = -(await self.books.balances()).get("owner:payable:o", 0)
        if payable:
            self.payouts += payable
            await self.books.pay_out(payable, f"{self.session}-{self.payouts}")


@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(st.tuples(action, st.integers(1, 900)), max_size=9),
    captured=st.sampled_from([900, 900, 850, 400, 1]),
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_in_any_order_the_ledger_balances_and_agrees_with_the_rail(
    books: Books, steps: list[tuple[str, int]], captured: int
) -> None:
    """Sums are zero (in `balances`), refunded <= captured, and at the end nothing is frozen. No
    owner has more than drivers paid and the hub bore."""
    number = getattr(books, "number", 0) + 1
    books.number = number  # type: ignore[attr-defined]
    before = await books.balances()
    market = Market(books, f"s{number}", captured=captured)
    await books.captured(cdr(market.session, 900), captured)

    for what, amount in steps:
        await market.play(what, amount)
        assert market.refunded <= market.captured
    for name, _ in market.live:
        await books.store.do(contesting.release, name, books.clock.now())
    await books.mature()

    after = await books.balances()
    moved = sum(after.get(code, 0) - before.get(code, 0) for code in FUNDS)
    assert moved == market.captured - market.refunded - market.payouts
    assert "owner:dispute_hold:o" not in after
    parts = (after.get(code, 0) - before.get(code, 0) for code in OWNERS)
    had = market.payouts - sum(parts)
    assert had <= market.captured - market.refunded + market.borne
    unpaid = after.get("driver:receivable:d", 0)
    assert 0 <= -after.get("owner:accrued:o", 0) <= unpaid
    broken = {one.law: one for one in findings_of(books.store.database) if one.state == "broken"}
    assert broken.keys() <= {"I6", "I10", "I16"}, broken  # there are no payments, and is no energy


FUNDS = ("psp:pending", "psp:available")
OWNERS = ("owner:payable:o", "owner:receivable:o")

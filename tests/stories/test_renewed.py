"""Grades do not count for ever: owners are asked for a new check-up, and have time for it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chargehub.clock import HandClock
from chargehub.listings import suspending
from chargehub.people.tables import Mail
from chargehub.stations import grades
from chargehub.stations.grades import GradeView
from chargehub.store.work import table_of
from tests.hub import Person, Place, RunningHub
from tests.stories.test_checkup import at_step, beat, begun, ended

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LASTS, GRACE = 40, 10


class Market:
    """A station that was checked, with grade A, and is listed for everybody."""

    def __init__(self, hub: RunningHub, owner: Person, place: Place) -> None:
        self.hub, self.owner, self.place = hub, owner, place
        self.path = f"/stations/{place.station_id}"

    async def list_it(self, access: str = "public", expect: int = 200) -> Any:
        wanted = {"tariff_id": self.place.tariff_id, "opening_hours": "24/7", "access": access}
        return await self.owner.ask("PUT", f"{self.path}/listing", wanted, expect)

    async def is_listed(self) -> bool:
        answer = await self.hub.api.get(
            f"/api/v1{self.path}/listing",
            headers={"Authorization": f"Bearer {self.owner.token}"},
        )
        return answer.status_code == 200

    async def fitness(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.owner.get(f"{self.path}/fitness")
        return found

    async def mails(self) -> list[str]:
        """Subjects of what the owner was written of check-ups, the oldest first."""
        mail = table_of(Mail)
        wanted = select(mail.c.subject).where(mail.c.subject.like("%check%")).order_by(mail.c.id)
        return [row[0] for row in await self.hub.hub.store.read(lambda reads: reads.all(wanted))]

    async def grade(self, letter: str) -> None:
        """As if a check-up had ended so now."""
        now, due_at = self.hub.clock.now(), self.hub.clock.now() + timedelta(days=LASTS)
        found = GradeView(None, letter, now, firmware_version="1.0", due_at=due_at)
        await self.hub.hub.store.do(grades.keep, self.place.station_id, found, "C")

    async def check(self) -> str:
        """A real one; its grade."""
        checkup_id = await begun(self.owner, self.place)
        await at_step(self.hub, self.owner, checkup_id, "heartbeat")
        await beat(self.hub, self.place)
        grade = (await ended(self.hub, self.owner, checkup_id))["grade"]
        await self.hub.settle()
        return str(grade)


@pytest.fixture
async def market(database: str, clock: HandClock) -> AsyncIterator[Market]:
    hub = RunningHub(
        *(database, clock),
        listing_grade="C",
        login_days=365,
        checkup_lasts_days=LASTS,
        checkup_grace_days=GRACE,
    )
    await hub.start()
    owner = await hub.person("owner")
    made = Market(hub, owner, await hub.station(owner, "2.0.1", publish=False))
    await made.grade("A")
    await made.list_it()
    yield made
    await hub.close()


async def test_an_old_grade_is_asked_for_lapses_and_is_renewed(market: Market) -> None:
    await market.hub.advance(days=LASTS)
    asked = await market.fitness()
    listed_meanwhile = await market.is_listed()
    await market.hub.advance(days=GRACE)
    lapsed, is_listed = await market.fitness(), await market.is_listed()
    refused = await market.list_it(expect=409)
    await market.place.sim.reconnect()
    grade = await market.check()
    renewed = await market.fitness()

    assert (asked["is_fit"], listed_meanwhile) == (True, True)
    assert "its last check-up was on 2026-03-02" in asked["asked_because"]
    assert asked["lapses_at"] is not None
    assert (lapsed["is_fit"], is_listed) == (False, False)
    assert refused["code"] == "checkup_needed"
    assert "asked for a new one" in refused["detail"]
    assert (grade, renewed["is_fit"], renewed["lapsed_at"]) == ("A", True, None)
    assert await market.is_listed()
    assert await market.mails() == [
        "Your station needs a new check-up",
        "Your station is off the market until it is checked",
    ]


async def test_other_firmware_needs_a_new_check_up_and_is_asked_once(market: Market) -> None:
    sim = market.place.sim
    await sim.boot()
    await market.hub.settle()
    same = await market.fitness()
    sim.firmware_version = "2.0"
    for _ in range(2):
        await sim.boot()
        await market.hub.settle()
    asked, mails = await market.fitness(), await market.mails()
    await market.check()
    renewed = await market.fitness()

    assert same["asked_because"] is None
    assert asked["asked_because"] == "its firmware is 2.0, checked was 1.0"
    assert len(mails) == 1
    assert (renewed["asked_because"], renewed["lapses_at"]) == (None, None)


async def test_a_bad_new_grade_is_none(market: Market) -> None:
    """Who is asked for a check-up is not let off by failing it."""
    await market.hub.advance(days=LASTS)
    await market.grade("F")
    await market.hub.advance(days=GRACE)

    assert not await market.is_listed()
    assert (await market.fitness())["lapsed_at"] is not None


async def test_members_and_waived_stations_are_not_asked(market: Market) -> None:
    await market.list_it("members")
    await market.hub.advance(days=LASTS + GRACE)
    for_members = await market.fitness()
    operator = await market.hub.operator()
    because = {"because": "Seen on site, its firmware comes."}
    await operator.ask("PUT", f"{market.path}/checkup-waiver", because, 200)
    await market.list_it()
    await market.hub.advance(days=LASTS)

    assert for_members["asked_because"] is None
    assert await market.is_listed()
    assert await market.mails() == []


async def test_who_lapsed_may_serve_members_and_is_brought_back_by_a_waiver(market: Market) -> None:
    await market.hub.advance(days=LASTS)
    await market.hub.advance(days=GRACE)
    await market.list_it("members")
    for_members = await market.is_listed()
    await market.list_it(expect=409)
    because = {"because": "Seen on site, its firmware comes."}
    operator = await market.hub.operator()
    await operator.ask("PUT", f"{market.path}/checkup-waiver", because, 200)

    await market.list_it()

    assert for_members
    assert await market.is_listed()


async def test_a_waiver_brings_back_what_lapsed(market: Market) -> None:
    await market.hub.advance(days=LASTS)
    await market.hub.advance(days=GRACE)
    operator = await market.hub.operator()
    because = {"because": "Seen on site, its firmware comes."}
    await operator.ask("PUT", f"{market.path}/checkup-waiver", because, 200)
    await market.hub.settle()

    assert await market.is_listed()


async def test_a_grade_that_lapses_during_a_suspension_outlasts_it(market: Market) -> None:
    """Off the market for cancels, it does not come back unchecked when that time is over."""
    await market.hub.advance(days=LASTS)
    until = market.hub.clock.now() + timedelta(days=GRACE + 5)
    store = market.hub.hub.store
    await store.do(suspending.suspend, market.place.station_id, until, market.hub.clock.now())
    await market.hub.advance(days=GRACE)
    await market.hub.advance(days=6)
    after = await market.is_listed()
    await market.place.sim.reconnect()
    await market.check()

    assert not after
    assert await market.is_listed()


async def test_an_owner_who_withdraws_meanwhile_stays_away(market: Market) -> None:
    await market.hub.advance(days=LASTS)
    await market.hub.advance(days=GRACE)
    await market.owner.ask("DELETE", f"{market.path}/listing", expect=204)
    await market.place.sim.reconnect()
    await market.check()

    assert not await market.is_listed()

"""Owners whose data the tax report lacks: asked after a quarter, reminded, then not paid."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from chargehub.clock import HandClock
from chargehub.people.tables import Login
from chargehub.reporting import rules
from chargehub.stations.schema import Location
from chargehub.store.work import Work
from tests.busy import verify
from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.reporting.test_reports import TOLD
from tests.stories.steps import audited, charge


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock, mails_kept_days=400)
    await running.start()
    yield running
    await running.close()


def in_norway(work: Work, now: datetime) -> None:
    """Where earnings in euros are never too little to be reported; and logins last."""
    work.execute(update(Location).values(country="NO"))
    work.execute(update(Login).values(expires_at=now + timedelta(days=1_000)))


async def earning(hub: RunningHub) -> tuple[Person, Place]:
    """An owner who has earned 8.10 on the second of March, and says how to be paid."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token)
    await verify(owner)
    await hub.hub.store.do(in_norway, hub.clock.now())
    return owner, place


async def subjects(hub: RunningHub) -> list[str]:
    """What owners were written about the report, in order."""
    sent = await hub.hub.store.read(mails)
    return [subject for _, subject, _ in sent if "tax report" in subject]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_owners_are_asked_reminded_twice_and_then_not_paid_until_they_tell(
    hub: RunningHub,
) -> None:
    """The quarter ends on the first of April; sixty days after they were asked it is due."""
    owner, _ = await earning(hub)
    before = await subjects(hub)
    told = []
    for days in (31, 19, 1, 20, 20):
        await hub.advance(days=days)
        told.append(len(await subjects(hub)))
    asked = await owner.get("/seller")
    preference = await owner.ask("PUT", "/payout-preference", {"rail": "sandbox"}, 200)
    await hub.settle()
    withheld = await owner.get("/payouts")
    half = await owner.ask("PUT", "/seller", {**TOLD, "birth_place": None}, 200)
    await hub.settle()
    still = await owner.get("/payouts")
    await owner.ask("PUT", "/seller", TOLD, 200)
    await hub.settle()
    paid = await owner.get("/payouts")

    assert (before, told) == ([], [1, 1, 2, 3, 4])
    assert asked["payouts_withheld_from"] == "2026-06-01T10:00:00Z"
    assert "kind, name, address, country, tin" in preference["withheld"]
    assert (withheld["items"], withheld["waiting"][0]["amount"]["amount_minor"]) == ([], 810)
    assert "PUT /api/v1/seller" in withheld["waiting"][0]["reasons"][0]
    assert (half["missing"], still["items"]) == (["tin"], [])
    assert "lacks tin of you" in still["waiting"][0]["reasons"][0]
    assert ([one["state"] for one in paid["items"]], paid["waiting"]) == (["paid"], [])
    assert (await owner.get("/payout-preference"))["withheld"] is None
    await audited(hub)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_who_has_told_it_or_earned_nothing_is_left_in_peace(hub: RunningHub) -> None:
    owner, _ = await earning(hub)
    idle = await hub.person("idle")
    await hub.station(idle, "2.0.1")
    await hub.hub.store.do(in_norway, hub.clock.now())
    await owner.ask("PUT", "/seller", TOLD, 200)
    await owner.ask("PUT", "/payout-preference", {"rail": "sandbox"}, 200)

    await hub.advance(days=100)

    assert await subjects(hub) == []
    assert [one["state"] for one in (await owner.get("/payouts"))["items"]] == ["paid"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_who_tells_and_takes_it_back_is_withheld_again(hub: RunningHub) -> None:
    owner, _ = await earning(hub)
    for days in (31, 20, 20, 20):
        await hub.advance(days=days)
    await owner.ask("PUT", "/payout-preference", {"rail": "sandbox"}, 200)

    await owner.ask("PUT", "/seller", TOLD, 200)
    await owner.ask("PUT", "/seller", {"kind": "individual"}, 200)
    await hub.settle()

    assert (await owner.get("/payouts"))["items"] == []


def test_the_quarter_that_ended_last() -> None:
    found = [rules.last_quarter(datetime(2026, month, 1, tzinfo=UTC)) for month in (1, 3, 4, 12)]

    assert found == ["2025-Q4", "2025-Q4", "2026-Q1", "2026-Q3"]

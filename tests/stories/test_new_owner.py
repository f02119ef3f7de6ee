"""Earnings of an owner who is new here wait a week; later the usual time, and less for gold."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from chargehub.clock import HandClock
from chargehub.reputation.tables import STANDING
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.work import Reads, Work
from tests.hub import RunningHub
from tests.stories.steps import charge

DAY = timedelta(days=1)


def waits(reads: Reads) -> list[timedelta]:
    """How long each settlement waits, the oldest first."""
    columns = (SETTLEMENT.c.captured_at, SETTLEMENT.c.matures_at)
    rows: list[tuple[datetime, datetime]] = [
        tuple(row) for row in reads.all(select(*columns).order_by(SETTLEMENT.c.captured_at))
    ]
    return [matures_at - captured_at for captured_at, matures_at in rows]


def gild(work: Work) -> None:
    work.execute(update(STANDING).values(tier="gold"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_new_owner_waits_a_week_and_gold_no_longer_than_a_day(
    database: str, clock: HandClock
) -> None:
    hub = RunningHub(database, clock, new_owner_maturity_hours=7 * 24, maturity_hours=3 * 24)
    await hub.start()
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    for days in (10, 25, 0):
        await charge(hub, place, driver.id_token)
        await hub.advance(hours=24 * days)
    await hub.hub.store.do(gild)
    await charge(hub, place, driver.id_token)

    found = await hub.hub.store.read(waits)
    await hub.close()

    assert found == [7 * DAY, 7 * DAY, 3 * DAY, DAY]

"""Stops that never come: every session ends in a bill some day, and a late stop corrects it."""

from typing import Any

from tests.hub import RunningHub
from tests.stories.steps import audited, bills, only
from tests.stories.test_any_order import teller


async def test_a_session_that_still_lacks_a_report_after_another_came_is_closed(
    hub: RunningHub,
) -> None:
    """One of two missing events comes, the other never: the day it has is not forgotten."""
    station, owner, driver = await teller(hub)

    await station.tell("T", 0, 3)
    await hub.advance(hours=12)
    await station.tell("T", 1)
    await hub.advance(hours=13)

    assert (await only(driver, "/sessions"))["status"] == "closed"
    assert [bill.energy_wh for bill in await bills(owner)] == [15_000]
    await audited(hub)


async def test_a_session_whose_stop_was_lost_is_billed_by_what_is_known(hub: RunningHub) -> None:
    """After a week without a word; the stop that comes at last corrects the bill."""
    station, owner, driver = await teller(hub)

    await station.tell("T", 0, 1)
    await hub.advance(days=5)
    assert (await only(driver, "/sessions"))["status"] == "active"
    for _ in range(3):
        await hub.advance(days=1)
    (first,) = await bills(owner)
    await station.tell("T", 3)
    await station.tell("T", 2)
    await hub.settle()

    assert (first.billed_wh, first.flags) == (6_000, ("estimated", "suspect"))
    assert (await bills(owner))[-1].billed_wh == 15_000
    assert (await audited(hub))["metered_wh"] == 15_000


async def test_a_session_that_another_followed_at_its_evse_is_closed_after_a_day(
    hub: RunningHub,
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")

    for minutes in (0, 30):
        await place.sim.call("StartTransaction", start(hub, driver.id_token, minutes))
        await hub.advance(minutes=30)
    await hub.advance(hours=25)

    statuses = [one["status"] for one in (await driver.get("/sessions"))["items"]]
    assert statuses == ["active", "closed"]
    assert [bill.energy_wh for bill in await bills(owner)] == [0]


def start(hub: RunningHub, token: str, register_wh: int) -> dict[str, Any]:
    at = hub.clock.now().isoformat()
    return {"connectorId": 1, "idTag": token, "meterStart": register_wh, "timestamp": at}


async def test_what_an_operator_has_set_is_not_overruled_by_late_reports(hub: RunningHub) -> None:
    station, owner, _ = await teller(hub)
    operator = await hub.operator()

    await station.tell("T", 0, 3)
    await hub.advance(hours=25)
    cdr = await only(owner, "/cdrs?role=owner")
    wanted = {"energy_wh": 1_000, "reason": "The meter was broken."}
    await operator.post(f"/cdrs/{cdr['id']}/corrections", wanted)
    await station.tell("T", 1, 2)
    await hub.settle()

    found = await bills(owner)
    assert [bill.billed_wh for bill in found] == [15_000, -15_000, 1_000]
    await audited(hub)

"""1.6 readings that come after the close: one correction for all that a queue brings."""

from datetime import timedelta
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import HALF_HOUR, audited, bills, only
from tests.stories.test_walk_up import EVERYTHING


async def begin(hub: RunningHub, place: Place, driver: Person) -> int:
    at = hub.clock.now().isoformat()
    told = {"connectorId": 1, "idTag": driver.id_token, "meterStart": 0, "timestamp": at}
    number: int = (await place.sim.call("StartTransaction", told))["transactionId"]
    return number


async def read(
    hub: RunningHub, place: Place, number: int, *readings: tuple[timedelta, int]
) -> None:
    """MeterValues of a while ago: how long, and what the register showed."""
    for ago, register_wh in readings:
        at = (hub.clock.now() - ago).isoformat()
        value = {"timestamp": at, "sampledValue": [{"value": str(register_wh)}]}
        told: dict[str, Any] = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
        await place.sim.call("MeterValues", told)


async def stop(hub: RunningHub, place: Place, number: int, register_wh: int) -> None:
    at = hub.clock.now().isoformat()
    told = {"transactionId": number, "meterStop": register_wh, "timestamp": at}
    await place.sim.call("StopTransaction", told)


HOUR = timedelta(hours=1)


async def test_readings_beyond_an_estimated_end_are_billed_in_one_correction(
    hub: RunningHub,
) -> None:
    """The stop was lost and the car went on: what the register shows is owed."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")

    number = await begin(hub, place, driver)
    await hub.advance(hours=1)
    await read(hub, place, number, (timedelta(), 4_000))
    await hub.advance(days=8)
    (first,) = await bills(owner)
    await read(hub, place, number, (150 * HOUR, 5_000), (149 * HOUR, 7_000), (148 * HOUR, 9_000))
    await hub.settle()
    assert len(await bills(owner)) == 1
    await hub.advance(hours=1)

    assert (first.billed_wh, first.flags) == (4_000, ("estimated",))
    found = await bills(owner)
    assert [bill.billed_wh for bill in found] == [4_000, -4_000, 9_000]
    assert found[1].reason == "late reports"
    assert (await audited(hub))["billed_wh"] == 9_000


async def test_readings_within_a_session_change_how_its_time_is_divided(hub: RunningHub) -> None:
    """The register at the stop stands; that the car stood still in the middle is news."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6", tariff=EVERYTHING)

    number = await begin(hub, place, driver)
    await hub.advance(hours=2)
    await stop(hub, place, number, 10_000)
    await hub.settle()
    await read(hub, place, number, (3 * HALF_HOUR, 6_000), (HALF_HOUR, 6_000))
    await read(hub, place, number, (timedelta(), 99_000))  # beyond the end: not of this session
    await hub.advance(hours=1)

    first, _, last = await bills(owner)
    assert (first.billed_wh, first.minutes) == (last.billed_wh, last.minutes) == (10_000, 120)
    assert "time 120 min 0.011 132" in first.lines
    assert "time 60 min 0.011 66" in last.lines
    assert "idle 40 min 0.1 400" in last.lines


async def test_readings_that_change_nothing_correct_nothing(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")

    number = await begin(hub, place, driver)
    await hub.advance(hours=2)
    await stop(hub, place, number, 10_000)
    await hub.settle()
    await read(hub, place, number, (HOUR, 6_000), (timedelta(), 10_000))
    await hub.advance(hours=1)
    await read(hub, place, number, (2 * HOUR, 6_000))
    await hub.advance(hours=1)

    assert len(await bills(owner)) == 1


async def test_an_operators_word_stands_against_late_readings(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    operator = await hub.operator()
    place = await hub.station(owner, "1.6")

    number = await begin(hub, place, driver)
    await hub.advance(days=8)
    cdr = await only(owner, "/cdrs?role=owner")
    wanted = {"energy_wh": 1_000, "reason": "The owner read the meter."}
    await operator.post(f"/cdrs/{cdr['id']}/corrections", wanted)
    await read(hub, place, number, (150 * HOUR, 9_000))
    await hub.advance(hours=1)

    assert [bill.billed_wh for bill in await bills(owner)] == [0, 0, 1_000]

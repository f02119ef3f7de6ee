"""1.6 stations without a clock: every start says 1970 and a register of 0, and none is lost."""

from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, bills, only

NEVER = "1970-01-01T00:00:00Z"


async def start(place: Place, driver: Person) -> int:
    told = {"connectorId": 1, "idTag": driver.id_token, "meterStart": 0, "timestamp": NEVER}
    answer: dict[str, Any] = await place.sim.call("StartTransaction", told)
    assert answer["idTagInfo"]["status"] == "Accepted"
    number: int = answer["transactionId"]
    return number


async def stop(place: Place, number: int, energy_wh: int) -> None:
    told = {"transactionId": number, "meterStop": energy_wh, "timestamp": NEVER}
    await place.sim.call("StopTransaction", told)


async def test_two_starts_after_each_other_are_two_sessions(hub: RunningHub) -> None:
    """They are told alike, but the first had ended: the driver owes both."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")

    numbers = []
    for energy_wh in (8_000, 3_000):
        numbers.append(await start(place, driver))
        await hub.advance(hours=1)
        await stop(place, numbers[-1], energy_wh)
        await hub.settle()

    assert len(set(numbers)) == 2
    found = [(bill.minutes, bill.billed_wh, bill.flags) for bill in await bills(owner)]
    assert found == [(60, 8_000, ("clock_repaired",)), (60, 3_000, ("clock_repaired",))]
    assert (await audited(hub))["billed_wh"] == 11_000


async def test_a_start_that_is_repeated_is_one_session_also_the_second_time(
    hub: RunningHub,
) -> None:
    """Its answer was lost, so the station cannot have told of its end before it asks again."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")

    for energy_wh in (8_000, 3_000):
        numbers = {await start(place, driver) for _ in range(3)}
        assert len(numbers) == 1
        await hub.advance(hours=1)
        await stop(place, numbers.pop(), energy_wh)
    await hub.settle()

    assert [bill.billed_wh for bill in await bills(owner)] == [8_000, 3_000]


async def test_a_start_with_a_true_clock_stays_one_session_after_its_end(hub: RunningHub) -> None:
    """A queue that is sent all over again: the instant tells that it is the same start."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    at = hub.clock.now().isoformat()
    told = {"connectorId": 1, "idTag": driver.id_token, "meterStart": 0, "timestamp": at}

    number = (await place.sim.call("StartTransaction", told))["transactionId"]
    await hub.advance(hours=1)
    await stop(place, number, 5_000)
    again = (await place.sim.call("StartTransaction", told))["transactionId"]
    await hub.settle()

    assert again == number
    assert (await only(owner, "/cdrs?role=owner"))["billed_wh"] == 5_000

"""Meters that have no value tell -1 or the largest number they know: nobody is billed for that."""

from typing import Any

import pytest

from chargers.line import RawStation
from tests.hub import RunningHub
from tests.stories.steps import audited, bills
from tests.stories.test_bad_frames import bare
from tests.stories.test_side_by_side import start_of


def meter_value(at: str, register: int, version: str) -> dict[str, Any]:
    sample = {"value": str(register) if version == "1.6" else register}
    return {"timestamp": at, "sampledValue": [sample]}


async def told(
    station: RawStation, version: str, token: str, registers: list[int], hour: int
) -> None:
    """A session of this hour whose start, two readings and end tell these registers."""
    start_at, *later = [f"2026-03-02T{hour:02}:{minutes}:00Z" for minutes in ("00", 15, 30, 45)]
    name, start = start_of(version, 1, token, start_at)
    first, *middle, last = registers
    if version == "1.6":
        answer = await station.call(name, {**start, "meterStart": first})
        number = answer[2]["transactionId"]
        for at, register in zip(later, middle, strict=False):
            reading = {"connectorId": 1, "transactionId": number}
            values = [meter_value(at, register, version)]
            await station.call("MeterValues", {**reading, "meterValue": values})
        end = {"transactionId": number, "meterStop": last, "timestamp": later[-1]}
        assert (await station.call("StopTransaction", end))[0] == 3
        return
    moments = [start_at, *later]
    start = {**start, "transactionInfo": {"transactionId": f"T{hour}"}}
    events = ["Started", "Updated", "Updated", "Ended"]
    for seq_no, (at, register, event) in enumerate(zip(moments, registers, events, strict=True)):
        values = [meter_value(at, register, version)]
        told_of = {"eventType": event, "seqNo": seq_no, "timestamp": at, "meterValue": values}
        assert (await station.call(name, {**start, **told_of}))[0] == 3


@pytest.mark.parametrize("missing", [-1, 2**31 - 1, 2**32 - 1])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_register_that_is_none_bills_nothing_and_is_counted(
    hub: RunningHub, version: str, missing: int
) -> None:
    """At the start, between and at the end: each session is billed by what else is known."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await hub.advance(hours=1)

    billed = []
    for registers in (
        [1_000, missing, 2_000, 3_000],
        [1_000, 2_000, 3_000, missing],
        [missing, 1_500, 2_000, 3_000],
        [missing, missing, missing, missing],
    ):
        station = await bare(hub, place, version)
        await told(station, version, driver.id_token, registers, len(billed))
        await hub.settle()
        await station.close()
        billed.append((await bills(owner))[-1])

    known = [(bill.billed_wh, "estimated" in bill.flags) for bill in billed]
    assert known == [(2_000, False), (2_000, True), (1_500, False), (0, True)]
    assert all(bill.unbilled_wh == 0 for bill in billed)
    where = await audited(hub)
    assert where["metered_wh"] == 5_500

    async def counted() -> bool:
        rules = (await owner.get(f"/stations/{place.station_id}/repairs"))["items"]
        return {each["rule"]: each["count"] for each in rules} == {"register_absurd": 7}

    await hub.until(counted)

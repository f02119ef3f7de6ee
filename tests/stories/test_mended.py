"""Stations whose words are not the standard's: charging goes on, and their owner sees it."""

from datetime import timedelta
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargers.line import RawStation
from tests.hub import RunningHub
from tests.stories.steps import bills
from tests.stories.test_bad_frames import bare
from tests.stories.test_side_by_side import start_of

AT, END = "2026-03-02T08:00:00Z", "2026-03-02T08:45:00Z"


async def session(station: RawStation, version: str, token: str) -> list[Any]:
    """5 kWh told in numbers as text, unknown words and fields nobody knows; the first answer."""
    name, start = start_of(version, 1, token, AT)
    if version == "1.6":
        odd: dict[str, Any] = {"connectorId": "1", "meterStart": "0", "vendorMood": "good"}
        answer = await station.call(name, {**start, **odd})
        number = str(answer[2]["transactionId"]) if answer[0] == 3 else "0"
        end = {"transactionId": number, "meterStop": 5_000.4, "timestamp": END}
        await station.call("StopTransaction", {**end, "reason": "Boredom"})
        return answer
    answer = await station.call(name, {**start, "seqNo": "0", "triggerReason": "Whim"})
    sample = {"value": "5000", "context": "Finally"}
    reading = {"timestamp": END, "sampledValue": sample}
    odd = {"eventType": "ENDED", "seqNo": 1, "timestamp": END, "meterValue": reading}
    await station.call(name, {**start, **odd})
    return answer


RULES = {
    "1.6": {"extra_field": 1, "fraction": 1, "number_as_text": 3, "word_unknown": 1},
    "2.0.1": {"lone_item": 2, "number_as_text": 2, "word_case": 1, "word_unknown": 2},
    "2.1": {"lone_item": 2, "number_as_text": 2, "word_case": 1, "word_unknown": 2},
}


async def test_a_session_in_odd_words_is_billed_and_its_repairs_are_shown(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)

    hub.clock.advance(timedelta(hours=1))
    station = await bare(hub, place, version)
    await session(station, version, driver.id_token)
    await hub.settle()
    await station.close()  # what was not written yet is written then

    async def shown() -> bool:
        told = (await owner.get(f"/stations/{place.station_id}/repairs"))["items"]
        return {each["rule"]: each["count"] for each in told} == RULES[version]

    await hub.until(shown)

    (bill,) = await bills(owner)
    assert (bill.energy_wh, bill.minutes) == (5_000, 45)
    assert hub.hub.switchboard.counts.repairs == RULES[version]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_strict_hub_tells_makers_what_is_wrong(
    database: str, clock: HandClock, version: str
) -> None:
    """The same session on a hub that mends nothing has the standard's errors."""
    hub = RunningHub(database, clock, ocpp_strict=True)
    await hub.start()
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)

    station = await bare(hub, place, version)
    answer = await session(station, version, driver.id_token)
    shown = (await owner.get(f"/stations/{place.station_id}/repairs"))["items"]
    alive = await station.call("Heartbeat", {})
    await station.close()
    await hub.close()

    assert answer[0] == 4
    assert answer[2] in ("TypeConstraintViolation", "PropertyConstraintViolation")
    assert (shown, alive[0]) == ([], 3)

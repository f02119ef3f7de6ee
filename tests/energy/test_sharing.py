"""Cars that share a fuse: real lines, stations that obey, and all that goes wrong on the way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from chargehub.energy.rules import TURN
from tests.energy.world import (
    FUSE_A,
    HARDWARE_A,
    SETTLING,
    Courtyard,
    connection,
    courtyard,
    settled,
)
from tests.hub import Person, RunningHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
every_version = pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])


@asynccontextmanager
async def sharing(
    hub: RunningHub, version: str, stations: int = 3, **more: Any
) -> AsyncIterator[tuple[Courtyard, Person, str]]:
    """Stations on a fuse that have acknowledged what they may draw at once."""
    owner = await hub.person("owner")
    yard, location_id = await courtyard(hub, owner, version, stations)
    place = f"/locations/{location_id}/grid-connection"
    try:
        await owner.ask("PUT", place, connection(yard, **more), 200)
        await settled(hub)
        yard.is_settled = True
        yield yard, owner, place
    finally:
        for station in yard.stations:
            await station.close()


def drawn(yard: Courtyard) -> list[int]:
    return [station.draws_a for station in yard.stations]


async def told(owner: Person, place: str) -> list[tuple[str, int]]:
    """State and reserve of the EVSEs, as the owner sees them."""
    shown = await owner.get(place)
    return [(share["state"], share["reserved_a"]) for share in shown["shares"]]


@every_version
async def test_a_lost_line_of_one_of_three_cars_never_blows_the_fuse(
    hub: RunningHub, version: str
) -> None:
    """The breaker of a courtyard opens when a hub forgets the car that it cannot see."""
    driver = await hub.person("driver")
    async with sharing(hub, version) as (yard, owner, place):
        first, second, third = yard.stations
        for station in yard.stations:
            await station.plug_in(driver.id_token)
            await settled(hub)
        assert sorted(drawn(yard)) == [10, 11, 11]

        kept_a = third.draws_a
        await third.lose_line()
        await first.unplug()
        await settled(hub)
        assert second.draws_a == FUSE_A - kept_a - 6
        assert ("offline", kept_a) in await told(owner, place)

        await third.unplug()
        await third.plug_in(driver.id_token)
        await hub.restart()
        await second.connect()
        await first.connect()
        await first.plug_in(driver.id_token)
        await settled(hub)
        assert (third.draws_a, first.draws_a + second.draws_a) == (6, FUSE_A - kept_a)

        await third.unplug()
        await third.connect()
        await settled(hub)
        assert third.default_a == 6
        assert sorted(drawn(yard)) == [0, 13, 13]
        assert yard.highest_a == FUSE_A


@every_version
async def test_a_station_that_takes_no_limit_counts_with_all_it_can_draw(
    hub: RunningHub, version: str
) -> None:
    driver = await hub.person("driver")
    owner = await hub.person("owner")
    yard, location_id = await courtyard(hub, owner, version, 2)
    place = f"/locations/{location_id}/grid-connection"
    deaf, good = yard.stations
    deaf.answers["TxDefaultProfile"] = "Rejected"
    await owner.ask("PUT", place, connection(yard, fuse_a=50), 200)
    await settled(hub)

    await good.plug_in(driver.id_token)
    await settled(hub)

    assert good.draws_a == 50 - HARDWARE_A
    shown = (await owner.get(place))["shares"]
    refusing = next(share for share in shown if share["station_id"] == deaf.station_id)
    assert (refusing["state"], refusing["refused"]) == ("refusing", "Rejected")
    assert refusing["reserved_a"] == HARDWARE_A
    asked_before = len(deaf.asked)
    await settled(hub)
    assert len(deaf.asked) == asked_before
    deaf.answers.clear()
    hub.clock.advance(timedelta(minutes=16))
    await settled(hub)
    assert (deaf.default_a, good.draws_a) == (6, HARDWARE_A)
    for station in yard.stations:
        await station.close()


@pytest.mark.parametrize("version", ["1.6"])
async def test_cars_take_turns_where_there_is_too_little_for_all(
    hub: RunningHub, version: str
) -> None:
    """A car charges with 6 A or not at all; in three turns each of three has had as many."""
    driver = await hub.person("driver")
    async with sharing(hub, version, fuse_a=14, fallback_a=0) as (yard, owner, place):
        for station in yard.stations:
            await station.plug_in(driver.id_token)
        turns = []
        for _ in range(3):
            await settled(hub)
            turns.append(drawn(yard))
            assert ("waiting", 0) in await told(owner, place)
            hub.clock.advance(TURN - SETTLING)

        assert [sorted(turn) for turn in turns] == [[0, 7, 7]] * 3
        assert [sum(turn[car] > 0 for turn in turns) for car in range(3)] == [2, 2, 2]


@pytest.mark.parametrize("version", ["2.0.1"])
async def test_a_station_that_booted_gets_its_limits_anew(hub: RunningHub, version: str) -> None:
    """Some forget their limits; until they have acknowledged them again, others give way."""
    driver = await hub.person("driver")
    async with sharing(hub, version, 2) as (yard, owner, place):
        good, forgetful = yard.stations
        await good.plug_in(driver.id_token)
        await settled(hub)
        assert good.draws_a == FUSE_A - 6

        forgetful.default_a = None
        await forgetful.boot()
        await settled(hub)

        assert forgetful.default_a == 6
        assert (await owner.get(place))["is_kept"]
        assert good.draws_a == FUSE_A - 6


@pytest.mark.parametrize("version", ["2.0.1"])
async def test_a_session_that_the_hub_gave_up_keeps_its_share_until_its_station_tells(
    hub: RunningHub, version: str
) -> None:
    """A week of silence closes the bill. It says nothing about the cable."""
    driver = await hub.person("driver")
    async with sharing(hub, version, 2) as (yard, owner, _place):
        silent, other = yard.stations
        await silent.plug_in(driver.id_token)
        await settled(hub)
        await silent.lose_line()
        hub.clock.advance(timedelta(days=8))
        await settled(hub)
        (session,) = (await owner.get("/sessions?role=owner"))["items"]
        assert session["status"] == "closed"

        await silent.connect()
        await other.plug_in(driver.id_token)
        await settled(hub)
        assert (silent.draws_a, other.draws_a) == (FUSE_A - 6, 6)

        silent.transaction = ""
        at = hub.clock.now().isoformat()
        free = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": at}
        await silent.tell("StatusNotification", free)
        await settled(hub)
        assert other.draws_a == FUSE_A - 6


@every_version
async def test_a_question_that_a_restart_interrupts_counts_until_it_is_answered(
    hub: RunningHub, version: str
) -> None:
    driver = await hub.person("driver")
    async with sharing(hub, version, 2) as (yard, owner, place):
        first, second = yard.stations
        await first.plug_in(driver.id_token)
        await settled(hub)
        first.answers["TxProfile"] = ""
        await second.plug_in(driver.id_token)
        await hub.until(lambda: len(first.asked) > 3)

        await hub.restart()
        shown = (await owner.get(place))["shares"]
        assert [share["reserved_a"] for share in shown] == [FUSE_A - 6, 6]
        first.answers.clear()
        for station in yard.stations:
            await station.connect()
        await settled(hub)
        assert drawn(yard) == [FUSE_A // 2, FUSE_A // 2]


@pytest.mark.parametrize("version", ["2.0.1"])
async def test_the_hub_alone_sets_limits_behind_a_fuse(hub: RunningHub, version: str) -> None:
    """A limit set by hand at a higher level would go before the hub's."""
    async with sharing(hub, version, 1) as (yard, owner, place):
        (station,) = yard.stations
        commands = f"/stations/{station.station_id}/commands"
        wanted = {
            "kind": "set_charging_profile",
            "profile_id": 1,
            "purpose": "session_default",
            "evse": 1,
            "unit": "A",
            "periods": [{"start_s": 0, "limit": 32}],
            "profile_kind": "relative",
            "stack_level": 9,
        }
        refused = await owner.post(commands, wanted, 409)
        assert refused["code"] == "limits_balanced"
        refused = await owner.post(commands, {"kind": "clear_charging_profiles"}, 409)
        assert refused["code"] == "limits_balanced"

        operator = await hub.operator()
        call = {"action": "ClearChargingProfile", "payload": {}}
        await operator.post(f"/stations/{station.station_id}/calls", call, 200)
        await settled(hub)
        assert station.default_a == 6

        await owner.ask("DELETE", place, None, 204)
        await settled(hub)
        assert station.default_a is None
        await owner.post(commands, wanted, 202)
        await hub.settle()
        assert station.default_a == 32
        await owner.get(place, 404)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_car_that_tells_its_needs_gets_its_share(hub: RunningHub, version: str) -> None:
    """ISO 15118: it waits for a limit of its session, also where the default says as much."""
    driver = await hub.person("driver")
    async with sharing(hub, version, 2) as (yard, _, _place):
        for station in yard.stations:
            await station.plug_in(driver.id_token)
            await settled(hub)
        car = yard.stations[0]
        asked_before = len(car.asked)

        needs = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase"}}
        assert (await car.tell("NotifyEVChargingNeeds", needs))["status"] == "Accepted"
        await hub.settle()

        ((_, told),) = car.asked[asked_before:]
        assert told["chargingProfile"]["transactionId"] == car.transaction
        assert car.draws_a == FUSE_A // 2
        for limit, word in ((16.0, "Accepted"), (16.1, "Rejected")):
            periods = [{"startPeriod": 0, "limit": limit}]
            plan = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
            meant = {"timeBase": hub.clock.now().isoformat(), "evseId": 1, "chargingSchedule": plan}
            assert (await car.tell("NotifyEVChargingSchedule", meant))["status"] == word


@every_version
async def test_an_owner_limits_a_session_by_its_name(hub: RunningHub, version: str) -> None:
    """Nobody has to look up transaction ids."""
    driver, owner = await hub.person("driver"), await hub.person("owner")
    yard, _ = await courtyard(hub, owner, version, 1)
    (station,) = yard.stations
    await station.plug_in(driver.id_token)
    await hub.settle()
    (session,) = (await owner.get("/sessions?role=owner"))["items"]
    path = f"/sessions/{session['id']}/charging-profile"
    wanted = {"unit": "A", "periods": [{"start_s": 0, "limit": 8}]}

    queued = await owner.post(path, wanted, 202)
    await hub.settle()

    assert (await owner.get(f"/commands/{queued['id']}"))["state"] == "answered"
    assert station.draws_a == 8
    await driver.post(path, wanted, 404)
    await station.unplug()
    await hub.settle()
    assert (await owner.post(path, wanted, 409))["code"] == "session_not_running"
    await station.close()

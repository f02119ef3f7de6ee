"""Stations that say things twice, late, or after the hub was restarted: one session, one bill."""

from datetime import timedelta

import pytest

from tests.hub import RunningHub
from tests.stories.steps import (
    NINE_EUROS,
    audited,
    bills,
    charge,
    energy,
    held,
    lasting,
    only,
    passing,
    settled,
    transfers,
)


async def test_a_start_and_a_stop_said_again_and_again_are_one_session(
    hub: RunningHub, version: str
) -> None:
    """Firmware that lost our answer repeats its message under a new id, also to a hub that was
    restarted meanwhile (1.6 section 3.7, 2.0.1 E13). The first answer is given again."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    sim = place.sim

    sim.lose_next_answer()
    await sim.plug_in(1, driver.id_token, authorize=False)
    await sim.reconnect()
    known = sim.evses[1].session
    assert known is not None
    again = await sim.repeat_last_message()
    await hub.settle()
    await hub.restart()
    await sim.closed()
    await sim.reconnect()
    after_restart = await sim.repeat_last_message()
    await sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    sim.lose_next_answer()
    await sim.stop(1)
    await sim.reconnect()
    await hub.settle()
    await hub.restart()
    await sim.closed()
    await sim.reconnect()
    stopped_again = await sim.repeat_last_message()
    await hub.settle()

    assert again == after_restart
    assert again.verdict == known.verdict == "accepted"
    if version == "1.6":
        assert again.transaction_id == known.transaction_id
        assert stopped_again.verdict is None
    assert (await only(driver, "/sessions"))["status"] == "closed"
    assert await bills(owner) == [NINE_EUROS]
    assert await transfers(hub) == held(2200) | settled(900, 810, 14) | energy(20_000, "billed")


async def test_sessions_of_an_offline_station_keep_their_own_times(
    hub: RunningHub, version: str
) -> None:
    """Three days without a line: prices are those of the hour at which the car charged."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    night = [{"from": "22:00", "to": "06:00"}]
    day = [{"from": "06:00", "to": "22:00"}]
    two_prices = [
        {"kind": "energy", "per_kwh": "0.20", "windows": night},
        {"kind": "energy", "per_kwh": "0.50", "windows": day},
    ]
    tariff = {"name": "Two", "currency": "EUR", "vat_percent": "0", "components": two_prices}
    place = await hub.station(owner, version, tariff=tariff)

    await place.sim.go_offline()
    for energy_wh, pause in ((8_000, timedelta(hours=12)), (4_000, timedelta(days=2))):
        await charge(hub, place, driver.id_token, energy_wh)
        hub.clock.advance(pause)
    await charge(hub, place, driver.id_token, 2_000)
    assert await bills(owner) == []
    await place.sim.reconnect(boot=True)
    await hub.settle()

    # The garage is in Oslo: from 09:00, from 23:00, and two days later from 01:00.
    assert [(bill.minutes, bill.energy_wh, bill.cost_minor) for bill in await bills(owner)] == [
        (120, 8_000, 400),
        (120, 4_000, 80),
        (120, 2_000, 40),
    ]
    starts = [cdr["started_at"] for cdr in (await owner.get("/cdrs?role=owner"))["items"]]
    assert starts == ["2026-03-05T00:00:00Z", "2026-03-02T22:00:00Z", "2026-03-02T08:00:00Z"]
    assert place.sim.queue_length == 0
    assert lasting(await transfers(hub)) == settled(520, 468, 8) | energy(14_000, "billed")


@pytest.mark.parametrize("number", [0, -1])
async def test_a_stop_without_an_id_ends_the_session_its_register_fits(
    hub: RunningHub, number: int
) -> None:
    """1.6 stations that lost the hub's number send 0 or -1. The car at the other EVSE, whose
    register would do as well, goes on charging, also when the stop is said twice."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    neighbour = await hub.person("neighbour")
    place = await hub.station(owner, "1.6", evses=2)

    await place.sim.plug_in(1, driver.id_token)
    await place.sim.plug_in(2, neighbour.id_token)
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    await place.sim.charge(2, 5_000)
    await place.sim.stop(1, transaction_id=number)
    again = await place.sim.repeat_last_message()
    await hub.settle()

    assert again.verdict is None
    assert await bills(owner) == [NINE_EUROS]
    assert (await only(neighbour, "/sessions"))["status"] == "active"
    await place.sim.charge(2, 1_000)
    await place.sim.stop(2, transaction_id=number)
    await hub.settle()
    assert [bill.billed_wh for bill in await bills(owner)] == [20_000, 6_000]
    assert (await audited(hub))["billed_wh"] == 26_000

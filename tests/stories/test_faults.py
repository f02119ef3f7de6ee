"""Stations that get wrong whatever stations get wrong: the hub keeps every Wh and never fails."""

from random import Random

import pytest

from chargers import faulty_line
from chargers.faults import FAULTS, Faults
from chargers.line import ConnectionLost
from chargers.messages import CallFailed
from chargers.station import Habits, StationSim
from tests.hub import Place, RunningHub
from tests.stories.conftest import VERSIONS
from tests.stories.steps import audited

SESSIONS = 6
FATAL = {"InternalError", "GenericError"}
HONEST = {  # what changes neither what flowed nor the words it is told in
    *("retried_start", "repeated_stop", "doubled_queue", "station_readings"),
    *("several_sockets", "restless", "silent_death", "deaf_to_pings", "clock_jumps"),
    *("reordered_queue", "hangs_up_on_fast_answers", "data_transfer_object"),
}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faulty_line, "SLOW_S", 0.01)
    monkeypatch.setattr(faulty_line, "SILENCE_S", 0.02)
    monkeypatch.setattr(faulty_line, "RESTLESS_S", (0.02, 0.1))


async def faulty(hub: RunningHub, place: Place, rates: dict[str, float], seed: int) -> StationSim:
    """The same station, but with faults."""
    await place.sim.disconnect()
    sim = place.sim = StationSim(
        *(place.sim.version, place.identity, place.password, hub.url, 1, hub.clock.now),
        habits=Habits(message_attempts=3),
        faults=Faults(rates, Random(seed)),
    )
    return sim


async def day(hub: RunningHub, sim: StationSim, id_token: str) -> None:
    """Some sessions, whatever becomes of the line meanwhile."""
    for _ in range(SESSIONS):
        steps = (
            lambda: sim.plug_in(1, id_token, authorize=False),
            *(lambda: sim.charge(1, 3_001) for _ in range(3)),
            lambda: sim.stop(1),
            lambda: sim.unplug(1),
        )
        for step in steps:
            await hub.advance(minutes=7)
            if not sim.is_connected:
                await come_back(sim)
            if step is steps[0] or sim.evses[1].session or step is steps[-1]:
                await tried(step())
    for _ in range(20):
        if sim.queue_length:
            await come_back(sim)


async def come_back(sim: StationSim) -> None:
    await tried(sim.reconnect(boot=True))


async def tried(doing: object) -> None:
    try:
        await doing  # type: ignore[misc]
    except (CallFailed, ConnectionLost):
        return


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_fleet_with_every_fault_at_once_keeps_the_books(hub: RunningHub, seed: int) -> None:
    """What was metered is billed, free or unbilled, whatever was told, and no answer is a failure
    of the hub's."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    rates = dict.fromkeys(FAULTS, 0.08)
    sims = []
    for version in VERSIONS:
        sims.append(await faulty(hub, await hub.station(owner, version), rates, seed))
        await day(hub, sims[-1], driver.id_token)
        await sims[-1].close()
    await hub.advance(hours=30)

    went = await audited(hub)
    errors = {code for sim in sims for code in sim.traffic.errors}
    assert went["metered_wh"] > 0
    assert not errors & FATAL
    assert [sim.traffic.misfits + sim.traffic.unanswered for sim in sims] == [0, 0, 0]
    played = {name for sim in sims for name in +sim.faults_played}
    assert len(played) > len(FAULTS) // 2


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_was_told_through_bad_lines_is_billed_to_the_wh(
    hub: RunningHub, seed: int, version: str
) -> None:
    """Lost answers, repeats, disorder and dead links change nothing of the bill."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    rates = dict.fromkeys(HONEST, 0.1)
    sim = await faulty(hub, await hub.station(owner, version), rates, seed)

    await day(hub, sim, driver.id_token)
    await sim.close()
    await hub.advance(hours=30)

    went = await audited(hub)
    measured = sum(session.energy_wh or 0 for session in sim.sessions)
    assert sim.traffic.told.energy_wh == measured > 0
    assert went["billed_wh"] + went["unbilled_wh"] == measured
    assert sim.given_up == 0

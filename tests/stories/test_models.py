"""Stations that do what their models do are checked: what the probe makes of them, and why.

Each model that has a transcript (docs/chargers/transcripts) is simulated with its oddity and
nothing else wrong. Where its quirk profile matters for the check-up it is played without, too.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargers.faults import Faults
from chargers.line import ConnectionLost
from chargers.station import Habits, StationSim
from chargers.vehicle import Vehicle
from tests.hub import Person, Place, RunningHub
from tests.quirks.playing import TRANSCRIPTS
from tests.stories.test_checkup import at_step, beat, begun, ended

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

TEN = timedelta(seconds=10)
PING_S = 0.2
Odd = Callable[[StationSim], None]
GOOD = ("security", "signed_readings")  # what costs every simulated station some points


def as_it_is(_sim: StationSim) -> None:
    """Its oddity is a fault of the simulator, or shows in what no check-up does."""


def sends_no_readings_when_asked(sim: StationSim) -> None:
    trigger = sim._remote.trigger

    def triggered(what: Any, evse: int | None = None) -> Any:
        return "rejected" if what == "meter_values" else trigger(what, evse)

    sim._remote.trigger = triggered  # type: ignore[method-assign]


def refuses_remote_starts_as_delivered(sim: StationSim) -> None:
    start, name = sim._remote.start, "AuthorizeRemoteTxRequests"
    sim.settings.write(name, "true")

    def started(*asked: Any) -> bool:
        return sim.settings.read(name) == "false" and start(*asked)

    sim._remote.start = started  # type: ignore[method-assign]


@dataclass(frozen=True)
class Model:
    """A model: what it tells of itself, its oddity, and what the probe says of it besides GOOD.

    `charges`: with a test charge. `untreated`: what is said where the profile is off; None: it
    makes no difference. `settings`: what the station has afterwards.
    """

    profile: str
    vendor: str
    name: str
    firmware: str = "1.0"
    faults: tuple[str, ...] = ()
    odd: Odd = as_it_is
    charges: bool = False
    grade: str = "A"
    reasons: tuple[str, ...] = ()
    untreated: tuple[str, tuple[str, ...]] | None = None
    settings: dict[str, str] = field(default_factory=dict)


NONE_CAME = ("meter_values",)
MODELS = (
    Model(
        "abb-terra-ac",
        "ABB",
        "CDT_TACW22::NET_WIFI",
        "TAC3Z9119006710273::V1.8.21",
        faults=("hangs_up_on_measurands",),
    ),
    Model("autel-maxicharger", "Autel", "MaxiCharger"),
    Model("en-plus", "EN+", "37", "1.1.805", faults=("deaf_to_pings",)),
    Model("foxess-a-series", "FoxESS", "A022KP1-E-A", "1.10"),
    Model("free2move-eprowallbox", "AB070", "F2ME.EPROSE01TXX", "2.9.3"),
    Model("fronius-wattpilot", "fronius", "wattpilot_V2", "40.7"),
    Model(
        "go-e-charger",
        "go-e",
        "go-eCharger_V4",
        "055.5",
        odd=sends_no_readings_when_asked,
        grade="F",
        reasons=NONE_CAME,
    ),
    Model(
        "go-e-charger",
        "go-e",
        "go-eCharger_V4",
        "055.5",
        odd=sends_no_readings_when_asked,
        charges=True,
        grade="B",
        reasons=NONE_CAME,
    ),
    Model(
        "growatt-thor",
        "Growatt",
        "THOR_11AS",
        faults=("local_time",),
        grade="B",
        reasons=("clock",),
    ),
    Model("huawei-scharger", "", "ACChargePoint"),
    Model(
        "ocular-lte-plus",
        "Ocular",
        "BS-EV22",
        "448.3251.0Q03197",
        settings={"HeartbeatInterval": "60"},
    ),
    Model(
        "phoenix-contact-charx",
        "Phoenix Contact",
        "EV-CC-AC1-M3",
        "1.9.0",
        odd=refuses_remote_starts_as_delivered,
        charges=True,
        untreated=("C", ("test_charge",)),
    ),
    Model("vestel-evc04", "VESTEL", "EVC04-AC22"),
    Model(
        "wallbox",
        "Wall Box Chargers",
        "CPB1-S-2-4",
        "6.6.20",
        faults=("hangs_up_when_asked_early",),
    ),
)


@asynccontextmanager
async def scene(
    database: str, clock: HandClock, model: Model, is_treated: bool
) -> AsyncIterator[tuple[RunningHub, Person, Place]]:
    hub = RunningHub(database, clock, ocpp_ping_interval_s=PING_S)
    await hub.start()
    owner = await hub.person("owner")
    place = await hub.station(owner, "1.6")
    await place.sim.disconnect()
    if not is_treated:
        path = f"/stations/{place.station_id}/quirk-profile"
        await (await hub.operator()).ask("PUT", path, {"choice": "off"}, 200)
    place.sim = StationSim(
        *("1.6", place.identity, place.password, hub.url, 1, hub.clock.now),
        habits=Habits(vendor=model.vendor, model=model.name),
        faults=Faults(dict.fromkeys(model.faults, 1.0), Random(1)),
    )
    place.sim.firmware_version = model.firmware
    model.odd(place.sim)
    try:
        yield hub, owner, place
    finally:
        await place.sim.close()
        await hub.close()


async def checked(hub: RunningHub, owner: Person, place: Place, charges: bool) -> dict[str, Any]:
    """The whole check-up of a station that is there."""
    if charges:
        await place.sim.plug_in(1, vehicle=Vehicle(100_000, 10_000))
    checkup_id = await begun(owner, place, **({"test_charge_evse": 1} if charges else {}))
    await at_step(hub, owner, checkup_id, "heartbeat")
    await beat(hub, place)
    if charges:
        await at_step(hub, owner, checkup_id, "test_charge")
        await charged(hub, place)
    return await ended(hub, owner, checkup_id)


async def charged(hub: RunningHub, place: Place) -> None:
    """A minute of it, if it began; else its time runs out."""

    async def is_decided() -> bool:
        await hub.settle()
        sim = place.sim
        return sim.evses[1].session is not None or any(
            each.action == "RemoteStartTransaction" for each in sim.commands
        )

    await hub.until(is_decided)
    await hub.settle()
    hub.clock.advance(TEN * 6)
    if place.sim.evses[1].session is not None:
        await place.sim.tick(1, TEN * 6)


def told(found: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    is_plugged = found["session_id"] is not None  # an EVSE with a car cannot be reserved
    usual = (*GOOD, *(["reservation"] if is_plugged else []))
    reasons = (each["step"] for each in found["reasons"])
    return found["grade"], tuple(each for each in reasons if each not in usual)


@pytest.mark.parametrize("model", MODELS, ids=lambda one: one.profile + " charged" * one.charges)
async def test_a_model_is_graded_as_it_deserves(
    database: str, clock: HandClock, model: Model
) -> None:
    async with scene(database, clock, model, is_treated=True) as (hub, owner, place):
        await place.sim.connect()
        await place.sim.boot()
        found = await checked(hub, owner, place, model.charges)

        assert told(found) == (model.grade, model.reasons), found
        assert found["quirk_profile"] == model.profile
        for name, value in model.settings.items():
            assert place.sim.settings.read(name) == value


@pytest.mark.parametrize(
    "model", [one for one in MODELS if one.untreated], ids=lambda one: str(one.profile)
)
async def test_without_its_profile_a_model_is_graded_worse(
    database: str, clock: HandClock, model: Model
) -> None:
    """It is the same station: the treatment makes the difference."""
    async with scene(database, clock, model, is_treated=False) as (hub, owner, place):
        await place.sim.connect()
        await place.sim.boot()
        found = await checked(hub, owner, place, model.charges)

        assert told(found) == model.untreated, found


@pytest.mark.parametrize(("is_treated", "gets_on"), [(True, True), (False, False)])
async def test_a_wallbox_that_comes_back_is_checked_with_its_profile_alone(
    database: str, clock: HandClock, is_treated: bool, gets_on: bool
) -> None:
    """Asked before its boot was answered it hangs up; known, it is not asked so early."""
    (model,) = (one for one in MODELS if one.profile == "wallbox")
    async with scene(database, clock, model, is_treated) as (hub, owner, place):
        await place.sim.connect()
        await place.sim.boot()
        await place.sim.disconnect()
        checkup_id = await begun(owner, place)

        with suppress(ConnectionLost):
            await place.sim.connect()
            with suppress(TimeoutError):
                await place.sim.closed(limit_s=0.5)
            await place.sim.boot()
            await at_step(hub, owner, checkup_id, "heartbeat")
        found = await owner.get(f"/checkups/{checkup_id}")

    states = {each["name"]: each["state"] for each in found["steps"]}
    assert (states["heartbeat"] == "running") is gets_on, states


def test_every_model_with_a_transcript_is_checked(database: str) -> None:
    with_transcript = {
        path.stem.removesuffix("-stop").removesuffix("-trigger").removesuffix("-remote")
        for path in TRANSCRIPTS.glob("*.jsonl")
    }

    assert {one.profile for one in MODELS} == {
        name.removesuffix("-connector") for name in with_transcript
    }

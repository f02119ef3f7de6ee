"""Each fault is on the wire what its sentence says, and the station itself goes on as ever."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from chargers import faulty_line
from chargers.faults import DEFAULT_RATE, FAULTS, Faults, UnknownFault, read_faults
from chargers.messages import IdToken
from chargers.scenarios import SCENARIOS
from chargers.station import Habits, StationSim
from tests.chargers.central import PASSWORD, Central
from tests.tree import ROOT

ONLY_1_6 = {
    "lost_transaction_id",
    "stale_transaction_id",
    "missing_transaction_id",
}
ONLY_2 = {"same_transaction_ids"}
ENDS_THE_LINE = {"silent_death", "restless", "hangs_up_on_fast_answers"}
ASKED_FOR = {
    *("refuses_trigger", "refuses_unaimed_start", "slow_answers", "no_answers"),
    *("hangs_up_when_asked_early", "hangs_up_on_measurands"),
}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(faulty_line, "SLOW_S", 0.01)
    monkeypatch.setattr(faulty_line, "SILENCE_S", 0.05)
    monkeypatch.setattr(faulty_line, "RESTLESS_S", (0.05, 0.1))


@pytest.fixture
async def faulty(central: Central, hand):
    """Makes a station with faults that always strike, connected to a hub that checks nothing."""
    central.is_lenient = True
    made = []

    async def make(**rates: float) -> StationSim:
        sim = StationSim(
            *(central.version, "CS01", PASSWORD, central.url),
            clock=hand,
            habits=Habits(message_attempts=3),
            faults=Faults(rates, Random(7)),
        )
        made.append(sim)
        await sim.connect()
        return sim

    yield make
    for sim in made:
        await sim.close()


async def day(sim: StationSim, hand, sessions: int = 2) -> None:
    await sim.boot()
    for _ in range(sessions):
        hand.move(minutes=1)
        await sim.plug_in(1, "alice")
        await sim.charge(1, 6_001, readings=3, before_each=lambda: hand.move(minutes=10))
        await sim.stop(1)
        await sim.unplug(1)


def told(central: Central) -> list[dict[str, Any]]:
    return [
        sample
        for _, _, payload in central.calls
        for value in payload.get("meterValue", [])
        for sample in value["sampledValue"]
    ]


def of(central: Central, kind: str) -> list[dict[str, Any]]:
    old = {"Started": "StartTransaction", "Ended": "StopTransaction"}[kind]
    return [
        payload
        for _, action, payload in central.calls
        if action == old or payload.get("eventType") == kind
    ]


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - ENDS_THE_LINE - ASKED_FOR))
async def test_a_day_with_a_fault_ends_as_any_day(central, faulty, hand, name):
    """The fault is played where the version has it, and the station does not know of it."""
    sim = await faulty(**{name: 1.0})

    await day(sim, hand)

    has_it = name not in (ONLY_2 if central.version == "1.6" else ONLY_1_6)
    assert (sim.faults_played[name] > 0) == has_it
    assert [session.energy_wh for session in sim.sessions] == [6_001, 6_001]
    assert (sim.queue_length, sim.given_up) == (0, 0)
    if not FAULTS[name].spoils_energy:
        assert sim.traffic.told.energy_wh == 12_002


@pytest.mark.parametrize("name", sorted(ENDS_THE_LINE))
async def test_a_line_that_ends_leaves_the_session_to_be_told_later(central, faulty, hand, name):
    sim = await faulty(**{name: 1.0})

    if name == "restless":
        await sim.closed()
    verdict = await sim.plug_in(1, "alice", authorize=False)
    sim.faults_played.clear()
    sim._misbehaviour = None
    await sim.reconnect()

    assert verdict is None
    assert sim.sessions[0].verdict == "accepted"
    assert sim.queue_length == 0


async def test_nobody_notices_an_answered_start_that_comes_again(central, faulty, hand):
    sim = await faulty(retried_start=1.0, repeated_stop=1.0)

    await day(sim, hand, 1)

    for kind in ("Started", "Ended"):
        first, second = of(central, kind)
        assert first == second
    assert sim.sessions[0].verdict == "accepted"


async def test_a_stop_that_is_lost_never_arrives(central, faulty, hand):
    sim = await faulty(lost_stop=1.0)

    await day(sim, hand, 1)

    assert (len(of(central, "Started")), of(central, "Ended")) == (1, [])
    assert sim.traffic.told.energy_wh == 0


async def test_readings_come_after_what_followed_them(central, faulty, hand):
    sim = await faulty(reordered_queue=1.0)

    await day(sim, hand, 1)

    is_late = central.version != "1.6"
    names = [payload.get("eventType", action) for _, action, payload in central.calls]
    end = names.index("Ended" if is_late else "StopTransaction")
    assert names[end + 1 :].count("Updated" if is_late else "MeterValues") >= 1


async def test_stop_has_lost_its_number(central, faulty, hand):
    sim = await faulty(lost_transaction_id=1.0)

    await day(sim, hand, 2)

    if central.version == "1.6":
        assert {payload["transactionId"] for payload in of(central, "Ended")} <= {0, -1}
    assert sim.traffic.told.energy_wh == 12_002


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mixed_units", lambda one: "kWh" in str(one)),
        ("celcius", lambda one: "Celcius" in str(one)),
        ("unknown_enum", lambda one: one.get("context") == "Acme.Context"),
        ("missing_as_max", lambda one: str(one["value"]) == "2147483647"),
    ],
)
async def test_samples_are_told_as_the_fault_says(central, faulty, hand, name, found):
    sim = await faulty(**{name: 1.0})

    await day(sim, hand, 1)

    assert any(found(sample) for sample in told(central))


async def test_registers_fall_and_energy_is_missing(central, faulty, hand):
    sim = await faulty(register_reset=1.0)

    await day(sim, hand, 1)

    values = [float(one["value"]) for one in told(central) if "Energy" in str(one)]
    assert 0.0 in values


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("clock_at_1970", lambda text: text.startswith("1970-01-01")),
        ("clock_jumps", lambda text: text < "2026-03-02T08:00:30"),
        ("local_time", lambda text: not text.endswith("Z")),
    ],
)
async def test_clocks_are_wrong(central, faulty, hand, name, wrong):
    sim = await faulty(**{name: 1.0})

    await day(sim, hand, 1)

    stamps = [payload["timestamp"] for _, _, payload in central.calls if "timestamp" in payload]
    assert any(map(wrong, stamps))


async def test_a_clock_that_drifts_runs_ever_further_ahead(central, faulty, hand):
    sim = await faulty(clock_drifts=1.0)

    await day(sim, hand, 1)

    last = datetime.fromisoformat(of(central, "Ended")[0]["timestamp"])
    assert last > hand() > datetime(2026, 3, 2, 8, tzinfo=UTC)


async def test_station_refuses_what_it_does_not_like(central, faulty):
    await faulty(refuses_trigger=1.0, refuses_unaimed_start=1.0)
    payload: dict[str, Any] = {"idTag": "alice"}
    action = "RemoteStartTransaction"
    if central.version != "1.6":
        action = "RequestStartTransaction"
        payload = {"idToken": {"idToken": "alice", "type": "Central"}, "remoteStartId": 1}

    trigger = await central.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
    start = await central.ask(action, payload)

    assert (trigger, start) == ({"status": "Rejected"}, {"status": "Rejected"})


async def test_station_hangs_up_on_what_it_is_asked(central, faulty):
    """Too early, or for what it cannot measure; what it can is sampled."""
    early = await faulty(hangs_up_when_asked_early=1.0)
    with pytest.raises(TimeoutError):
        await central.ask_raw("ClearCache", {}, limit_s=0.2)
    assert not early.is_connected

    picky = await faulty(hangs_up_on_measurands=1.0, hangs_up_when_asked_early=1.0)
    await picky.boot()
    await central.ask(*measurands(central, "Voltage, Current.Import"))
    assert picky.is_connected
    with pytest.raises(TimeoutError):
        await central.ask_raw(*measurands(central, "Voltage,SoC"), limit_s=0.2)
    assert not picky.is_connected
    assert +picky.faults_played == {"hangs_up_on_measurands": 1}


def measurands(central: Central, value: str) -> tuple[str, dict[str, Any]]:
    if central.version == "1.6":
        return "ChangeConfiguration", {"key": "MeterValuesSampledData", "value": value}
    where = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedMeasurands"}}
    return "SetVariables", {"setVariableData": [{"attributeValue": value, **where}]}


async def test_slow_answers_come_and_missing_ones_do_not(central, faulty):
    slow = await faulty(slow_answers=1.0)
    await central.ask("ClearCache", {})
    await slow.close()
    mute = await faulty(no_answers=1.0)

    with pytest.raises(TimeoutError):
        await central.ask_raw("ClearCache", {}, limit_s=0.1)

    assert slow.faults_played["slow_answers"] == mute.faults_played["no_answers"] == 1


async def test_station_that_is_deaf_to_pings_lives_on(central, faulty):
    sim = await faulty(deaf_to_pings=1.0)
    assert central.line is not None

    pong = await central.line.ping()
    await sim.heartbeat()

    assert not pong.done()


async def test_transaction_ids_of_its_own_count_are_understood_both_ways(central, faulty, hand):
    if central.version == "1.6":
        return
    sim = await faulty(same_transaction_ids=1.0)
    await sim.plug_in(1, IdToken("alice"))

    answer = await central.ask("RequestStopTransaction", {"transactionId": "1"})
    await sim.settled()

    assert answer["status"] == "Accepted"
    assert sim.sessions[0].reason == "remote"


async def test_the_same_seed_plays_the_same_faults(central, faulty, hand):
    frames = []
    for _ in range(2):
        begun = len(central.calls)
        sim = await faulty(**dict.fromkeys(FAULTS.keys() - ENDS_THE_LINE, 0.3))
        began_at = hand.at
        await day(sim, hand, 2)
        hand.at = began_at
        await sim.close()
        frames.append([action for _, action, _ in central.calls[begun:]])

    assert frames[0] == frames[1]


def test_faults_are_read_with_their_rates():
    assert read_faults("lost_stop:0.5,local_time") == {"lost_stop": 0.5, "local_time": DEFAULT_RATE}
    assert read_faults("all:0.2,lost_stop:0") == {**dict.fromkeys(FAULTS, 0.2), "lost_stop": 0.0}
    assert read_faults("") == {}


@pytest.mark.parametrize("text", ["dances", "lost_stop:often", "lost_stop:2", "all:-1"])
def test_unknown_faults_and_rates_are_refused(text):
    with pytest.raises(UnknownFault):
        read_faults(text)


def test_the_page_lists_every_fault_and_scenario():
    page = (ROOT / "docs/chargers.md").read_text("utf-8")

    told = {**FAULTS, **SCENARIOS}
    assert [f"| `{name}` | {one.sentence} |" in page for name, one in told.items()] == [True] * len(
        told
    )

"""Charging profiles as the hub sets them, and cars that follow them, on every version."""

from datetime import timedelta

import pytest

from chargers.habits import Habits
from chargers.vehicle import Vehicle

NOON = "2026-03-02T08:00:00Z"  # the hand clock's first instant
HOUR = timedelta(hours=1)
CAR = Vehicle(100_000, 10_000, 22_000)
PURPOSES = {"max": "ChargePointMaxProfile", "default": "TxDefaultProfile", "tx": "TxProfile"}


def profile(version: str, purpose: str = "default", **more) -> dict:
    """A profile in the words of a version; `periods` are (start, limit[, phases])."""
    periods = [
        dict(zip(("startPeriod", "limit", "numberPhases"), one, strict=False))
        for one in more.pop("periods", [(0, 5_000)])
    ]
    schedule = {"chargingRateUnit": more.pop("unit", "W"), "chargingSchedulePeriod": periods}
    for name in ("duration", "minChargingRate"):
        if name in more:
            schedule[name] = more.pop(name)
    start = more.pop("start", NOON)
    if start:
        schedule["startSchedule"] = start
    number = more.pop("id", 1)
    made = {
        "stackLevel": more.pop("level", 0),
        "chargingProfilePurpose": PURPOSES[purpose],
        "chargingProfileKind": more.pop("kind", "Absolute"),
        **more,
    }
    if version == "1.6":
        if "transactionId" in made:
            made["transactionId"] = int(made["transactionId"])
        return {"chargingProfileId": number, "chargingSchedule": schedule, **made}
    if purpose == "max":
        made["chargingProfilePurpose"] = "ChargingStationMaxProfile"
    return {"id": number, "chargingSchedule": [{"id": number, **schedule}], **made}


async def put(central, evse: int = 1, purpose: str = "default", **more) -> dict:
    made = profile(central.version, purpose, **more)
    if central.version == "1.6":
        payload = {"connectorId": evse, "csChargingProfiles": made}
    else:
        payload = {"evseId": evse, "chargingProfile": made}
    return await central.ask("SetChargingProfile", payload)


async def composite(central, evse: int = 1, duration: int = 7_200, **more) -> tuple:
    """Unit, and (start, limit) of every period the station tells."""
    name = "connectorId" if central.version == "1.6" else "evseId"
    answer = await central.ask("GetCompositeSchedule", {name: evse, "duration": duration, **more})
    assert answer["status"] == "Accepted"
    told = answer["chargingSchedule" if central.version == "1.6" else "schedule"]
    periods = told["chargingSchedulePeriod"]
    return told["chargingRateUnit"], [(one["startPeriod"], one["limit"]) for one in periods]


def powers(central) -> list[float]:
    """Every power that was told, in order."""
    return [
        float(sample["value"])
        for _, _, payload in central.calls
        for value in payload.get("meterValue", ())
        for sample in value["sampledValue"]
        if sample.get("measurand") == "Power.Active.Import"
    ]


async def test_car_follows_the_limit_at_each_instant(central, station, hand):
    """Half an hour at 5 kW and half an hour at 8 kW are 6.5 kWh, though nobody looked between."""
    sim = await station(power_w=22_000)
    answer = await put(central, periods=[(0, 5_000), (1_800, 8_000)])
    await sim.plug_in(1, "alice", vehicle=CAR)

    hand.move(hours=1)
    gained = await sim.tick(1, HOUR)

    assert answer["status"] == "Accepted"
    assert gained == 6_500
    assert powers(central)[-1] == 8_000


async def test_new_limit_counts_from_its_own_moment(central, station, hand):
    sim = await station(power_w=22_000)
    await sim.plug_in(1, "alice", vehicle=CAR)
    hand.move(minutes=30)
    await put(central)
    await sim.settled()
    told = powers(central)
    hand.move(minutes=30)

    gained = await sim.tick(1, HOUR)

    assert told[-1] == 5_000
    assert gained == 11_000 + 2_500


async def test_limit_of_nothing_suspends_and_a_lifted_one_goes_on(central, station, hand):
    sim = await station(power_w=22_000)
    await sim.plug_in(1, "alice", vehicle=CAR)

    await put(central, periods=[(0, 0)])
    await sim.settled()
    held = sim.evses[1].charging
    hand.move(hours=1)
    gained = await sim.tick(1, HOUR)
    answer = await central.ask("ClearChargingProfile", {})
    await sim.settled()

    assert (held, gained) == ("suspended_evse", 0)
    assert answer["status"] == "Accepted"
    assert sim.evses[1].charging == "charging"


@pytest.mark.parametrize(("amperes", "power_w"), [(5.9, 0), (6, 4_140)])
async def test_no_car_charges_below_six_amperes(central, station, hand, amperes, power_w):
    """IEC 61851-1 has no word for less."""
    sim = await station(power_w=22_000)
    await put(central, unit="A", periods=[(0, amperes)])
    await sim.plug_in(1, "alice", vehicle=CAR)

    hand.move(hours=1)

    assert await sim.tick(1, HOUR) == power_w


async def test_limit_below_the_least_rate_of_a_schedule_lets_nothing_flow(central, station, hand):
    sim = await station(power_w=22_000)
    await put(central, minChargingRate=5_500)
    await sim.plug_in(1, "alice", vehicle=CAR)

    hand.move(hours=1)

    assert await sim.tick(1, HOUR) == 0


async def test_profiles_are_obeyed_offline_and_kept_over_a_reset(central, station, hand):
    sim = await station(power_w=22_000)
    await put(central)
    kind = "Hard" if central.version == "1.6" else "Immediate"
    await central.ask("Reset", {"type": kind})
    await sim.settled()
    await sim.go_offline()

    await sim.plug_in(1, "alice", vehicle=CAR)
    hand.move(hours=1)

    assert await sim.tick(1, HOUR) == 5_000


async def test_profile_of_a_session_ends_with_it(central, station):
    sim = await station()
    before = await put(central, purpose="tx", transactionId="1")
    await sim.plug_in(1, "alice")
    number = sim.sessions[0].transaction_id

    other = await put(central, purpose="tx", transactionId="4711")
    own = await put(central, purpose="tx", transactionId=number)
    kept = len(sim.charging.profiles)
    await sim.stop(1)

    assert before["status"] == other["status"] == "Rejected"
    assert own["status"] == "Accepted"
    assert (kept, len(sim.charging.profiles)) == (1, 0)
    if central.version != "1.6":
        assert before["statusInfo"]["reasonCode"] == "TxNotFound"


async def test_profile_that_comes_with_a_remote_start(central, station, hand):
    sim = await station(power_w=22_000)
    made = profile(central.version, "tx", kind="Relative", start=None)
    if central.version == "1.6":
        payload = {"idTag": "alice", "connectorId": 1, "chargingProfile": made}
        await central.ask("RemoteStartTransaction", payload)
    else:
        token = {"idToken": "alice", "type": "Central"}
        payload = {"idToken": token, "remoteStartId": 1, "evseId": 1, "chargingProfile": made}
        await central.ask("RequestStartTransaction", payload)

    await sim.plug_in(1, vehicle=CAR)
    hand.move(hours=1)

    assert await sim.tick(1, HOUR) == 5_000


async def test_remote_start_with_a_profile_that_is_no_session_s_is_rejected(central, station):
    await station()
    made = profile(central.version, "default")
    if central.version == "1.6":
        payload = {"idTag": "alice", "connectorId": 1, "chargingProfile": made}
        answer = await central.ask("RemoteStartTransaction", payload)
    else:
        token = {"idToken": "alice", "type": "Central"}
        payload = {"idToken": token, "remoteStartId": 1, "evseId": 1, "chargingProfile": made}
        answer = await central.ask("RequestStartTransaction", payload)

    assert answer["status"] == "Rejected"


async def test_station_that_is_deaf_to_limits_takes_them_all_the_same(central, station, hand):
    sim = await station(power_w=22_000, habits=Habits(obeys_limits=False))
    answer = await put(central)
    await sim.plug_in(1, "alice", vehicle=CAR)

    hand.move(hours=1)

    assert answer["status"] == "Accepted"
    assert await sim.tick(1, HOUR) == 22_000
    assert await composite(central) == ("W", [(0, 5_000)])


async def test_limit_of_the_station_is_shared_by_its_cars(central, station, hand):
    sim = await station(evses=2, power_w=11_000)
    await put(central, 0, "max", periods=[(0, 12_000)])
    for evse in (1, 2):
        await sim.plug_in(evse, f"driver {evse}", vehicle=CAR)

    hand.move(hours=1)
    gained = [await sim.tick(evse, HOUR) for evse in (1, 2)]

    assert gained == [6_000, 6_000]


async def test_share_of_a_car_that_left_counts_until_it_left(central, station, hand):
    """Else the cars of the station took more than its limit, as long as nobody looked."""
    sim = await station(evses=2, power_w=11_000)
    await put(central, 0, "max", periods=[(0, 12_000)])
    for evse in (1, 2):
        await sim.plug_in(evse, f"driver {evse}", vehicle=CAR)
    hand.move(minutes=30)
    await sim.tick(2, HOUR / 2)
    await sim.stop(2)
    hand.move(minutes=30)

    gained = await sim.tick(1, HOUR)

    assert gained == 3_000 + 5_500
    assert sim.sessions[1].energy_wh == 3_000


async def test_where_it_is_too_little_for_two_the_first_one_charges(central, station, hand):
    sim = await station(evses=2, power_w=11_000)
    await put(central, 0, "max", unit="A", periods=[(0, 10)])
    for evse in (2, 1):
        await sim.plug_in(evse, f"driver {evse}", vehicle=CAR)
        hand.move(minutes=1)

    gained = [await sim.tick(evse, HOUR) for evse in (2, 1)]
    await sim.stop(2)
    hand.move(hours=1)
    await sim.tick(1, timedelta(seconds=1))
    hand.move(hours=1)

    assert gained[0] == 6_900
    assert gained[1] == 0
    assert await sim.tick(1, HOUR) == 6_900


@pytest.mark.parametrize(
    ("evse", "purpose", "more", "reason"),
    [
        (7, "default", {}, "UnknownEvse"),
        (1, "max", {}, "InvalidValue"),
        (0, "tx", {"transactionId": "1"}, "InvalidValue"),
        (1, "default", {"periods": [(10, 5_000)]}, "InvalidSchedule"),
        (1, "default", {"periods": [(0, 5_000), (60, 1), (60, 2)]}, "InvalidSchedule"),
        (1, "default", {"level": 99}, "InvalidStackLevel"),
        (1, "default", {"kind": "Recurring"}, "InvalidProfile"),
        (0, "max", {"kind": "Relative", "start": None}, "InvalidProfile"),
    ],
)
async def test_profile_that_the_standard_forbids_is_rejected(
    central, station, evse, purpose, more, reason
):
    sim = await station()

    answer = await put(central, evse, purpose, **more)

    assert answer["status"] == "Rejected"
    assert list(sim.charging.profiles) == []
    if central.version != "1.6":
        assert answer["statusInfo"] == {"reasonCode": reason}


async def test_same_level_replaces_in_1_6_and_is_a_duplicate_in_2_x(central, station):
    sim = await station()
    await put(central, 1, id=1)

    again = await put(central, 1, id=2, periods=[(0, 6_000)])
    same_id = await put(central, 1, id=1, periods=[(0, 7_000)])

    if central.version == "1.6":
        assert again["status"] == "Accepted"
    else:
        assert again["statusInfo"] == {"reasonCode": "DuplicateProfile"}
    assert same_id["status"] == "Accepted"
    assert [one.id for one in sim.charging.profiles] == [1]


async def test_composite_schedule_is_what_the_car_will_get(central, station):
    await station(power_w=22_000)
    await put(central, 1, periods=[(0, 11_040), (3_600, 5_000)], duration=7_000)
    await put(central, 0, "max", id=2, periods=[(0, 8_000)])

    assert await composite(central, chargingRateUnit="W") == (
        "W",
        [(0, 8_000), (3_600, 5_000), (7_000, 8_000)],
    )


async def test_composite_schedule_in_amperes_of_each_phase(central, station):
    await station(power_w=22_000)
    await put(central, unit="A", periods=[(0, 16, 1), (60, 10.3)])

    told = await composite(central, chargingRateUnit="A")

    assert told == ("A", [(0, 16), (60, 10.3)])


async def test_composite_schedule_of_the_station_is_that_of_all_its_evses(central, station):
    await station(evses=2, power_w=11_000)
    await put(central, 1)

    assert await composite(central, 0) == ("W", [(0, 16_000)])


async def test_composite_schedule_of_an_unknown_evse_is_rejected(central, station):
    await station()
    name = "connectorId" if central.version == "1.6" else "evseId"

    answer = await central.ask("GetCompositeSchedule", {name: 9, "duration": 60})

    assert answer["status"] == "Rejected"


async def test_profiles_are_cleared_by_what_is_given(central, station):
    sim = await station(evses=2)
    await put(central, 1, id=1, level=1)
    await put(central, 2, id=2, level=2)
    await put(central, 0, "max", id=3)
    old = central.version == "1.6"

    async def clear(**criteria) -> tuple[str, list[int]]:
        if "id" in criteria:
            payload = {"id" if old else "chargingProfileId": criteria["id"]}
        elif old:
            payload = {"connectorId" if key == "evseId" else key: criteria[key] for key in criteria}
        else:
            payload = {"chargingProfileCriteria": criteria}
        answer = await central.ask("ClearChargingProfile", payload)
        return answer["status"], [one.id for one in sim.charging.profiles]

    assert await clear(id=9) == ("Unknown", [1, 2, 3])
    assert await clear(evseId=1, stackLevel=2) == ("Unknown", [1, 2, 3])
    assert await clear(stackLevel=2) == ("Accepted", [1, 3])
    assert await clear(evseId=0) == ("Accepted", [1])
    assert await clear(chargingProfilePurpose="TxDefaultProfile") == ("Accepted", [])


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_profiles_are_reported_as_they_were_set(central, station, version):
    sim = await station(evses=2)
    await put(central, 0, "max", id=1)
    await put(central, 2, id=2, level=3, kind="Recurring", recurrencyKind="Daily")
    ask = {"requestId": 5, "chargingProfile": {}}

    answer = await central.ask("GetChargingProfiles", ask)
    await sim.settled()
    none = await central.ask("GetChargingProfiles", {**ask, "evseId": 1})

    first, second = central.payloads("ReportChargingProfiles")
    assert (answer["status"], none["status"]) == ("Accepted", "NoProfiles")
    assert (first["evseId"], first["tbc"], second["evseId"], second["tbc"]) == (0, True, 2, False)
    assert first["chargingProfile"] == [profile(version, "max", id=1)]
    assert second["chargingProfile"] == [
        profile(version, id=2, level=3, kind="Recurring", recurrencyKind="Daily")
    ]


@pytest.mark.parametrize("version", ["2.1"])
@pytest.mark.parametrize(
    "more",
    [
        {"kind": "Dynamic"},
        {"maxOfflineDuration": 60},
        {"chargingProfilePurpose": "LocalGeneration"},
    ],
)
async def test_what_only_2_1_can_ask_is_refused_not_ignored(central, station, version, more):
    await station()

    answer = await put(central, **more)

    assert answer["statusInfo"] == {"reasonCode": "UnsupportedParam"}

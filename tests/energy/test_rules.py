"""What a grid connection may be, and what EVSEs draw from it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.energy import rules
from chargehub.energy.rules import Connection, Rate, Wiring
from tests.energy.world import connection, courtyard
from tests.hub import RunningHub

USUAL = {"fuse_a": 32, "phases": 3, "voltage_v": 230, "house_a": 0, "fallback_a": 6, "every_s": 10}


@pytest.mark.parametrize(
    "wrong",
    [
        {"house_a": 33},
        {"fallback_a": 5},
        {"stations": (Wiring("a", 3), Wiring("a", 3))},
        {"phases": 1, "stations": (Wiring("a", 3),)},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(rules.BadConnection):
        rules.check(Connection(**(USUAL | {"stations": (Wiring("a", 3),)} | wrong)))


@pytest.mark.parametrize(
    ("power_w", "phases", "is_direct", "amps"),
    [(11_000, 3, False, 16), (7_400, 1, False, 33), (50_000, 3, True, 81), (1_000, 3, False, 6)],
)
def test_what_an_evse_draws_is_rounded_up(
    power_w: int, phases: int, is_direct: bool, amps: int
) -> None:
    assert rules.maximum_a(power_w, Wiring("a", phases), 230, is_direct) == amps


@given(st.integers(0, 4_000), st.sampled_from([1, 3]), st.integers(100, 300))
def test_a_direct_limit_draws_no_more_than_its_amps(
    limit_a: int, phases: int, voltage_v: int
) -> None:
    limit_w = rules.direct_w(limit_a, Wiring("a", phases), voltage_v)

    drawn_w = limit_w * 100 / rules.EFFICIENCY_PERCENT
    assert drawn_w <= limit_a * phases * voltage_v


def test_plugs_tell_direct_from_alternating_current() -> None:
    direct = ["IEC_62196_T2_COMBO", "IEC_62196_T1_COMBO", "CHADEMO", "MCS", "GBT_DC"]

    assert all(rules.is_direct([plug]) for plug in direct)
    assert not any(rules.is_direct([plug]) for plug in ("IEC_62196_T2", "GBT_AC", "NEMA_14_50"))
    assert rules.is_direct(["IEC_62196_T2", "CHADEMO"])


@pytest.mark.parametrize(
    ("told", "allowed", "is_within"),
    [
        (Rate("A", 16), Rate("A", 16), True),
        (Rate("A", 16.1), Rate("A", 16), False),
        (Rate("W", 11_040), Rate("A", 16, 3), True),
        (Rate("W", 11_041), Rate("A", 16, 3), False),
        (Rate("W", 3_681), Rate("A", 16, 1), False),
        (Rate("A", 16, 3), Rate("W", 11_000), False),
        (Rate("A", 16), Rate("W", 11_000), True),
    ],
)
def test_a_car_keeps_within_its_limit_in_either_unit(
    told: Rate, allowed: Rate, is_within: bool
) -> None:
    assert rules.is_within(told, allowed, 230) == is_within


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_station_hangs_on_one_connection(hub: RunningHub) -> None:
    owner = await hub.person("owner")
    yard, first = await courtyard(hub, owner, "1.6", 1)
    other, second = await courtyard(hub, owner, "1.6", 1)
    await owner.ask("PUT", f"/locations/{first}/grid-connection", connection(yard), 200)
    stations = connection(yard)["stations"] + connection(other)["stations"]

    taken = {"fuse_a": 32, "stations": stations}
    refused = await owner.ask("PUT", f"/locations/{second}/grid-connection", taken, 409)
    assert refused["code"] == "elsewhere_connected"
    await owner.get(f"/locations/{second}/grid-connection", 404)
    unknown = {"fuse_a": 32, "stations": [{"station_id": "nobody's"}]}
    await owner.ask("PUT", f"/locations/{second}/grid-connection", unknown, 404)
    little = {"fuse_a": 32, "fallback_a": 3, "stations": []}
    refused = await owner.ask("PUT", f"/locations/{second}/grid-connection", little, 422)
    assert refused["code"] == "bad_grid_connection"

    for station in (*yard.stations, *other.stations):
        await station.close()

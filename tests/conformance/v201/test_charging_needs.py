"""2.x smart charging (K): cars that say by ISO 15118 what they need, and mean to charge."""

from typing import Any

import pytest

from tests.conformance.v201.station import (
    ACCEPTED,
    END_WH,
    REJECTED,
    TRANSACTION,
    Case2,
    updated,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

POWER_W = 100_000  # of the EVSE
NEEDS = {
    "evseId": 1,
    "chargingNeeds": {
        "requestedEnergyTransfer": "AC_three_phase",
        "acChargingParameters": {
            "energyAmount": 20_000,
            "evMinCurrent": 6,
            "evMaxCurrent": 32,
            "evMaxVoltage": 400,
        },
    },
}


def schedule(case: Case2, limit: float, unit: str = "W") -> dict[str, Any]:
    """How the car means to charge."""
    periods = [{"startPeriod": 0, "limit": 2.0}, {"startPeriod": 600, "limit": limit}]
    planned = {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": periods}
    return {"timeBase": case.now(), "evseId": 1, "chargingSchedule": planned}


async def needs(case: Case2) -> Any:
    """The car says what it needs; the profile that follows, which is for its session."""
    assert await case.tells("NotifyEVChargingNeeds", NEEDS) == ACCEPTED
    return await profile(case)


async def profile(case: Case2) -> Any:
    sent = await case.answers("SetChargingProfile", ACCEPTED)
    assert sent["evseId"] == 1
    made = sent["chargingProfile"]
    assert made["chargingProfilePurpose"] == "TxProfile"
    assert made["transactionId"] == TRANSACTION
    (planned,) = made["chargingSchedule"]
    (period,) = planned["chargingSchedulePeriod"]
    return planned["chargingRateUnit"], period["limit"]


async def means(case: Case2, limit: float, unit: str = "W") -> Any:
    return await case.tells("NotifyEVChargingSchedule", schedule(case, limit, unit))


async def goes_on(case: Case2) -> None:
    """The car charges by its schedule, and nothing of the session is lost."""
    await case.event(updated("ChargingRateChanged", "Charging", wh=END_WH))
    await case.runs()


async def test_tc_k_53_needs_are_answered_with_a_profile(case: Case2) -> None:
    await case.charges()

    assert await needs(case) == ("W", POWER_W)
    assert await means(case, POWER_W) == ACCEPTED
    await goes_on(case)
    assert [note["topic"] for note in await case.notes()] == ["charging_needs"] * 2


async def test_tc_k_55_a_schedule_beyond_the_limits_is_made_anew(case: Case2) -> None:
    await case.charges()
    await needs(case)

    assert await means(case, POWER_W + 1) == REJECTED
    assert await profile(case) == ("W", POWER_W)
    assert await means(case, 480.0, "A") == REJECTED  # more than 100 kW even on one phase
    assert await profile(case) == ("W", POWER_W)
    assert await means(case, 16.0, "A") == ACCEPTED
    await goes_on(case)


async def test_tc_k_57_the_car_thinks_again(case: Case2) -> None:
    await case.charges()
    await needs(case)
    assert await means(case, POWER_W) == ACCEPTED

    await needs(case)
    assert await means(case, 5_000) == ACCEPTED
    await goes_on(case)


async def test_tc_k_59_the_hub_thinks_again_and_the_car_tells_its_needs(case: Case2) -> None:
    """What the owner set for the session stands: new needs do not lift it."""
    await case.charges()
    await needs(case)
    assert await means(case, POWER_W) == ACCEPTED
    session = await case.session()
    wanted = {"unit": "W", "periods": [{"start_s": 0, "limit": 4_000}]}
    await case.site.owner.post(f"/sessions/{session['id']}/charging-profile", wanted, 202)
    assert await profile(case) == ("W", 4_000)
    await case.site.hub.settle()

    assert await needs(case) == ("W", 4_000)
    assert await means(case, 4_001) == REJECTED
    assert await profile(case) == ("W", 4_000)
    assert await means(case, 4_000) == ACCEPTED
    await goes_on(case)


async def test_needs_of_nobody_are_refused(case: Case2) -> None:
    """Without a session there is nothing to limit."""
    assert await case.tells("NotifyEVChargingNeeds", NEEDS) == REJECTED

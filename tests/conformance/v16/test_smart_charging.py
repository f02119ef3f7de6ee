"""1.6 smart charging: profiles set, cleared and asked for by an operator."""

from typing import Any

import pytest

from tests.conformance.case import CARD, Asked
from tests.conformance.v16.station import ACCEPTED, Case16

pytestmark = pytest.mark.asyncio(loop_scope="package")

LIMIT = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}]}


def profile(purpose: str, **more: Any) -> dict[str, Any]:
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": LIMIT,
        **more,
    }


DEFAULT = {"connectorId": 1, "csChargingProfiles": profile("TxDefaultProfile")}
LEVEL = {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
COMPOSITE = {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"}
SCHEDULE = {
    "status": "Accepted",
    "connectorId": 1,
    "scheduleStart": "2026-03-02T08:00:00Z",
    "chargingSchedule": LIMIT,
}

CASES = {
    "TC_056": [Asked("SetChargingProfile", DEFAULT, ACCEPTED)],
    "TC_066": [
        Asked("SetChargingProfile", DEFAULT, ACCEPTED),
        Asked("GetCompositeSchedule", COMPOSITE, SCHEDULE),
    ],
    "TC_067": [
        Asked("SetChargingProfile", DEFAULT, ACCEPTED),
        Asked("ClearChargingProfile", {"id": 1}, ACCEPTED),
        Asked("SetChargingProfile", DEFAULT, ACCEPTED),
        Asked("ClearChargingProfile", LEVEL, ACCEPTED),
        Asked("ClearChargingProfile", {"id": 1}, {"status": "Unknown"}),
    ],
}


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_profiles(case: Case16, steps: Any) -> None:
    await case.plays(steps)


async def test_tc_057_a_profile_for_the_running_session(case: Case16) -> None:
    transaction = await case.charges()
    own = profile("TxProfile", transactionId=transaction)

    await case.asks("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": own}, ACCEPTED)
    await case.runs()


async def test_tc_059_remote_start_with_a_profile(case: Case16) -> None:
    wanted = {"idTag": CARD, "connectorId": 1, "chargingProfile": profile("TxProfile")}

    await case.asks("RemoteStartTransaction", wanted, ACCEPTED)
    await case.shows("Preparing")
    await case.charges()

    await case.runs()

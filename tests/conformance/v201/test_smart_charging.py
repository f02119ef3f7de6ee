"""2.x smart charging (K): profiles set, cleared, reported; limits and needs that stations tell."""

from typing import Any

import pytest

from tests.conformance.case import CARD, Asked, Noted
from tests.conformance.v201.station import (
    ACCEPTED,
    BEGIN_WH,
    END_WH,
    REJECTED,
    TRANSACTION,
    Case2,
    id_token,
    started,
    updated,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

AT = "2026-03-02T08:00:00Z"
SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
}
UNKNOWN = {"status": "Unknown"}


def profile(purpose: str, **more: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": [SCHEDULE],
        **more,
    }


def set_(evse: int, wanted: dict[str, Any], answer: Any = ACCEPTED) -> Asked:
    return Asked("SetChargingProfile", {"evseId": evse, "chargingProfile": wanted}, answer)


def cleared(answer: Any = ACCEPTED, **wanted: Any) -> Asked:
    return Asked("ClearChargingProfile", wanted, answer)


def reported(**wanted: Any) -> list[Asked | Noted]:
    """GetChargingProfiles, and the two parts of the report that follows."""
    criteria = {name: wanted.pop(name) for name in tuple(wanted) if name != "evseId"}
    asked = {"requestId": 7, **wanted, "chargingProfile": criteria}
    told = {"requestId": 7, "chargingLimitSource": "CSO", "evseId": 1}
    parts = ([profile("TxDefaultProfile")], [profile("TxProfile", id=2)])
    return [
        Asked("GetChargingProfiles", asked, ACCEPTED),
        Noted("ReportChargingProfiles", told | {"chargingProfile": parts[0], "tbc": True}),
        Noted("ReportChargingProfiles", told | {"chargingProfile": parts[1], "tbc": False}),
    ]


def composite(evse: int) -> Asked:
    wanted = {"duration": 300, "evseId": evse, "chargingRateUnit": "A"}
    schedule = {
        "evseId": evse,
        "duration": 300,
        "scheduleStart": AT,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": SCHEDULE["chargingSchedulePeriod"],
    }
    return Asked("GetCompositeSchedule", wanted, ACCEPTED | {"schedule": schedule})


DEFAULT, STATION_MAX = profile("TxDefaultProfile"), profile("ChargingStationMaxProfile")
OWN = profile("TxProfile", transactionId=TRANSACTION)
DAILY = DEFAULT | {
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "chargingSchedule": [SCHEDULE | {"startSchedule": AT, "duration": 86_400}],
}
PURPOSE = {"chargingProfilePurpose": "TxDefaultProfile"}
EXTERNAL = profile("ChargingStationExternalConstraints")
LIMIT = {"chargingLimit": {"chargingLimitSource": "EMS", "isGridCritical": False}, "evseId": 1}
NOT_LIMITED = {"chargingLimitSource": "EMS", "evseId": 1}
EV_SCHEDULE = {"timeBase": AT, "evseId": 1, "chargingSchedule": SCHEDULE}

IDLE = {
    "TC_K_01": [set_(1, DEFAULT)],
    "TC_K_02": [set_(1, OWN, REJECTED)],
    "TC_K_03": [set_(0, STATION_MAX)],
    "TC_K_04": [set_(1, DEFAULT), set_(1, DEFAULT | {"stackLevel": 1})],
    "TC_K_05": [set_(1, DEFAULT), cleared(chargingProfileId=1)],
    "TC_K_06": [
        set_(1, DEFAULT),
        cleared(chargingProfileCriteria=PURPOSE | {"evseId": 1, "stackLevel": 0}),
    ],
    "TC_K_08": [cleared(UNKNOWN, chargingProfileId=9)],
    "TC_K_10": [set_(0, DEFAULT)],
    "TC_K_19": [set_(1, DAILY)],
    "TC_K_29": reported(evseId=0, chargingLimitSource=["CSO"]),
    "TC_K_30": reported(evseId=1, chargingLimitSource=["CSO"]),
    "TC_K_31": reported(chargingLimitSource=["CSO"]),
    "TC_K_32": reported(chargingProfileId=[1, 2]),
    "TC_K_33": reported(evseId=1, stackLevel=0),
    "TC_K_34": reported(evseId=1, chargingLimitSource=["EMS"]),
    "TC_K_35": reported(evseId=1, chargingProfilePurpose="TxDefaultProfile"),
    "TC_K_36": reported(evseId=1, chargingProfilePurpose="TxDefaultProfile", stackLevel=0),
    "TC_K_43": [composite(1)],
    "TC_K_44": [composite(0)],
    "TC_K_48": [Noted("NotifyChargingLimit", LIMIT)],
    "TC_K_50": [Noted("ClearedChargingLimit", NOT_LIMITED)],
    "TC_K_52": [
        Asked("GetChargingProfiles", {"requestId": 7, "chargingProfile": PURPOSE}, ACCEPTED),
        Noted(
            "ReportChargingProfiles",
            {
                "requestId": 7,
                "chargingLimitSource": "SO",
                "evseId": 0,
                "chargingProfile": [EXTERNAL],
            },
        ),
    ],
    "TC_K_70": [set_(0, STATION_MAX), set_(1, DEFAULT | {"id": 2}), set_(2, DEFAULT | {"id": 3})],
}

DURING = {
    "TC_K_51": [Noted("ClearedChargingLimit", NOT_LIMITED)],
    "TC_K_58": [
        set_(1, OWN),
        Noted("NotifyEVChargingSchedule", EV_SCHEDULE, ACCEPTED),
    ],
    "TC_K_60": [set_(1, OWN)],
}


@pytest.mark.parametrize("steps", IDLE.values(), ids=IDLE)
async def test_profiles(case: Case2, steps: Any) -> None:
    await case.plays(steps)
    assert await case.sessions() == []


@pytest.mark.parametrize("steps", DURING.values(), ids=DURING)
async def test_during_a_session(case: Case2, steps: Any) -> None:
    await case.charges()
    await case.plays(steps)
    await case.event(updated("ChargingRateChanged", "Charging", wh=END_WH))

    await case.runs()


async def test_tc_k_15_a_station_without_smart_charging(case: Case2) -> None:
    """The station's error is shown as it is."""
    wanted = set_(1, DEFAULT)
    shown = await case.fails(wanted.action, wanted.payload, "NotSupported")

    assert (shown["state"], shown["outcome"]["status"]) == ("failed", "NotSupported")
    assert await case.authorises() == "Accepted"


async def test_tc_k_37_remote_start_with_a_profile(case: Case2) -> None:
    wanted = {
        "evseId": 1,
        "remoteStartId": 7,
        "idToken": id_token("OTHER"),
        "chargingProfile": profile("TxProfile"),
    }
    await case.plays([Asked("RequestStartTransaction", wanted, ACCEPTED)])
    await case.event(started("RemoteStart", "Charging", card=CARD, wh=BEGIN_WH))
    await case.event(updated("MeterValuePeriodic", "Charging", wh=END_WH))

    await case.runs()

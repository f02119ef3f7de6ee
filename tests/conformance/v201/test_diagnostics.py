"""2.x diagnostics (N): monitors, logs, and what stations tell of customers."""

from typing import Any

import pytest

from tests.conformance.case import CARD, Asked, Noted
from tests.conformance.v201.station import ACCEPTED, REJECTED, Case2, id_token

pytestmark = pytest.mark.asyncio(loop_scope="package")

AT = "2026-03-02T08:00:00Z"
METER = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "Power"},
}
LOCK = {"component": {"name": "ConnectorPlugRetentionLock"}, "variable": {"name": "Problem"}}
WANTED = {"value": 11_000, "type": "UpperThreshold", "severity": 5}


def monitors(*wanted: Any) -> Asked:
    """SetVariableMonitoring."""
    told = [
        {
            **{name: each[name] for name in ("type", "severity", "component", "variable")},
            "id": number,
            "status": "Accepted",
        }
        for number, each in enumerate(wanted, 1)
    ]
    return Asked(
        "SetVariableMonitoring", {"setMonitoringData": list(wanted)}, {"setMonitoringResult": told}
    )


def cleared(status: str, *numbers: int) -> Asked:
    told = [{"id": number, "status": status} for number in numbers]
    return Asked("ClearVariableMonitoring", {"id": list(numbers)}, {"clearMonitoringResult": told})


def event(trigger: str, value: str, kind: str = "CustomMonitor", **more: Any) -> Noted:
    """NotifyEvent of one event."""
    one = {
        "eventId": 1,
        "timestamp": AT,
        "trigger": trigger,
        "actualValue": value,
        "eventNotificationType": kind,
        **METER,
        **more,
    }
    return Noted("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [one]})


def log(kind: str, status: str = "Accepted", number: int = 7) -> Asked:
    wanted = {
        "logType": kind,
        "requestId": number,
        "log": {"remoteLocation": "https://files.example.org/", "oldestTimestamp": AT},
    }
    return Asked("GetLog", wanted, {"status": status, "filename": "log.zip"})


def uploads(*statuses: str, number: int = 7) -> list[Noted]:
    told = ({"status": status, "requestId": number} for status in statuses)
    return [Noted("LogStatusNotification", each) for each in told]


def customer(*, is_told: bool, is_cleared: bool, data: str = "", **who: Any) -> list[Asked | Noted]:
    """CustomerInformation of a card unless `who` says otherwise, and what is told then."""
    wanted = {"requestId": 7, "report": is_told, "clear": is_cleared}
    told = {"requestId": 7, "data": data, "seqNo": 0, "generatedAt": AT}
    asked = Asked("CustomerInformation", wanted | (who or {"idToken": id_token("OTHER")}), ACCEPTED)
    return [asked, *([Noted("NotifyCustomerInformation", told)] if is_told else [])]


CRITERIA = {"monitoringCriteria": ["ThresholdMonitoring"]}
VARIABLES = {"componentVariable": [METER]}
PERIODIC = METER | {"value": 60, "type": "Periodic", "severity": 8}
CERTIFICATE = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "0a" * 32,
    "issuerKeyHash": "0b" * 32,
    "serialNumber": "1f",
}
UNLISTED = {
    "versionNumber": 2,
    "updateType": "Differential",
    "localAuthorizationList": [{"idToken": id_token("OTHER")}],
}

CASES = {
    "TC_N_05": [
        Asked("SetMonitoringBase", {"monitoringBase": base}, ACCEPTED)
        for base in ("All", "FactoryDefault", "HardWiredOnly")
    ],
    "TC_N_08": [monitors(METER | WANTED)],
    "TC_N_09": [monitors(METER | WANTED, LOCK | {"value": 1, "type": "Delta", "severity": 0})],
    "TC_N_16": [
        Asked("SetMonitoringLevel", {"severity": severity}, ACCEPTED) for severity in range(10)
    ],
    "TC_N_17": [Asked("SetMonitoringLevel", {"severity": 10}, REJECTED)],
    "TC_N_18": [monitors(METER | WANTED), cleared("Accepted", 1)],
    "TC_N_21": [event("Alerting", "12000", "HardWiredMonitor")],
    "TC_N_24": [monitors(PERIODIC), event("Periodic", "7400", variableMonitoringId=1)],
    "TC_N_25": [log("DiagnosticsLog"), *uploads("Uploading", "Uploaded")],
    "TC_N_27": customer(is_told=True, is_cleared=False, data="Ada"),
    "TC_N_28": customer(is_told=True, is_cleared=False),
    "TC_N_29": [
        Asked(
            "CustomerInformation",
            {"requestId": 7, "report": True, "clear": False, "customerIdentifier": "Ada"},
            REJECTED,
        )
    ],
    "TC_N_30": customer(is_told=True, is_cleared=True, data="Ada"),
    "TC_N_31": customer(is_told=True, is_cleared=True),
    "TC_N_32": customer(is_told=False, is_cleared=True),
    "TC_N_34": [log("DiagnosticsLog", "Rejected")],
    "TC_N_35": [log("SecurityLog"), *uploads("Uploading", "Uploaded")],
    "TC_N_36": [
        log("DiagnosticsLog"),
        *uploads("Uploading"),
        log("DiagnosticsLog", "AcceptedCanceled", 8),
        *uploads("Uploading", "Uploaded", number=8),
    ],
    "TC_N_44": [cleared("Rejected", 1)],
    "TC_N_46": [
        *customer(is_told=False, is_cleared=True),
        Asked("SendLocalList", UNLISTED, ACCEPTED),
    ],
    "TC_N_48": [event("Delta", "")],
    "TC_N_49": [event("Alerting", "false", cleared=True)],
    "TC_N_50": [event("Periodic", "7400", variableMonitoringId=1)],
    "TC_N_62": customer(is_told=True, is_cleared=False, data="Ada", customerIdentifier="Ada"),
    "TC_N_63": customer(
        is_told=True, is_cleared=False, data="Ada", customerCertificate=CERTIFICATE
    ),
}


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_diagnostics(case: Case2, steps: Any) -> None:
    await case.plays(steps)
    assert await case.authorises(CARD) == "Accepted"


REPORTS: dict[str, Any] = {
    "TC_N_01": CRITERIA,
    "TC_N_02": VARIABLES,
    "TC_N_03": CRITERIA | VARIABLES,
    "TC_N_47": {},
    "TC_N_60": CRITERIA | {"componentVariable": [METER, LOCK]},
}


@pytest.mark.parametrize("criteria", REPORTS.values(), ids=REPORTS)
async def test_monitoring_reports(case: Case2, criteria: Any) -> None:
    monitor = WANTED | {"id": 1, "transaction": False}
    if case.version.name == "2.1":
        monitor["eventNotificationType"] = "CustomMonitor"
    told = {
        "requestId": 7,
        "generatedAt": AT,
        "monitor": [METER | {"variableMonitoring": [monitor]}],
    }
    parts = [{"seqNo": 0, "tbc": True}, {"seqNo": 1, "tbc": False}]

    await case.plays(
        [
            Asked("GetMonitoringReport", {"requestId": 7} | criteria, ACCEPTED),
            *(Noted("NotifyMonitoringReport", told | part) for part in parts),
        ]
    )

"""Helpers of these tests: payloads in, payloads out, each held against the official schema."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from chargehub.ocpp import schemas, versions
from chargehub.ocpp.versions import Version
from chargehub.stations import reports
from chargehub.stations.commands import Command

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ISO = "2026-03-02T08:00:00Z"
KNOWN = versions.supported()
ONE_SIX = next(version for version in KNOWN.values() if version.name == "1.6")
TWO_OH_ONE = next(version for version in KNOWN.values() if version.name == "2.0.1")
TWO_ONE = next(version for version in KNOWN.values() if version.name == "2.1")
BOTH = pytest.mark.parametrize("version", [ONE_SIX, TWO_OH_ONE], ids=lambda version: version.name)


def report_of(version: Version, action: str, payload: Mapping[str, Any]) -> reports.Report:
    """What the hub understands of a payload that fits its schema."""
    schemas.check(version.schemas.requests[action], payload)
    return version.messages[action][0](payload)


def answer_of(version: Version, action: str, answer: Any) -> Any:
    """What a station reads of an answer, which fits its schema."""
    payload = orjson.loads(orjson.dumps(version.messages[action][1](answer)))
    schemas.check(version.schemas.answers[action], payload)
    return payload


def start16(**changes: Any) -> dict[str, Any]:
    start = {"connectorId": 2, "idTag": "04a1b2c3", "meterStart": 1500, "timestamp": ISO}
    return {**start, **changes}


def event201(**changes: Any) -> dict[str, Any]:
    event = {
        "eventType": "Started",
        "timestamp": ISO,
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "T-1", "chargingState": "EVConnected"},
    }
    return {**event, **changes}


def calls_of(version: Version, command: Command) -> list[tuple[str, Any]]:
    """What goes over the wire for a command; each call fits its schema."""
    calls = []
    for action, payload in version.commands[type(command)][0](command):
        sent = orjson.loads(orjson.dumps(payload))
        schemas.check(version.schemas.requests[action], sent)
        calls.append((str(action), sent))
    return calls

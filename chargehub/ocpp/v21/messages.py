"""OCPP 2.1: the messages it has beyond 2.0.1, or answers in other words."""

from collections.abc import Mapping
from typing import Any

from chargehub.ocpp import iso15118
from chargehub.ocpp.fields import Message, Payload
from chargehub.ocpp.notes import note

_REJECTED = {"status": "Rejected"}
SENT = frozenset({"NotifyPeriodicEventStream"})
"""Actions that come as SEND, which has no answer. Source: OCPP 2.1 part 4, section 4.2.5."""


def _vat_number_unknown(asked: Payload) -> dict[str, Any]:
    """VatNumberValidationResponse: the hub asks no register of them, so none is valid."""
    evse = {"evseId": asked["evseId"]} if "evseId" in asked else {}
    return {"vatNumber": asked["vatNumber"], **evse, "status": "Rejected"}


MESSAGES: Mapping[str, Message] = {  # payload -> report, answer -> payload
    "BatterySwap": note("battery_swap"),
    "ClosePeriodicEventStream": note("event_stream"),
    "Get15118EVCertificate": (iso15118.contract_asked, iso15118.contract_told(17_000)),
    "GetCertificateChainStatus": (iso15118.chain_status_asked, iso15118.chain_status_told),
    "GetCertificateStatus": (iso15118.status_asked, iso15118.status_told(18_000)),
    "NotifyDERAlarm": note("energy_resource"),
    "NotifyDERStartStop": note("energy_resource"),
    "NotifyPeriodicEventStream": note("event_stream"),
    "NotifyPriorityCharging": note("charging_limit"),
    "NotifySettlement": note("payment"),
    "OpenPeriodicEventStream": note("event_stream", _REJECTED),
    "PullDynamicScheduleUpdate": note("charging_profiles", _REJECTED),
    "ReportDERControl": note("energy_resource"),
    "VatNumberValidation": note("payment", _vat_number_unknown),
}

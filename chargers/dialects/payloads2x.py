"""Payloads of OCPP 2.0.1 and 2.1 from a station's own words, and answers back. Pure.

Requests are the fields of the library's class of that name, which every 2.x has.
"""

from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chargers.dialects.peer import instant, read_instant
from chargers.dialects.words import VERDICTS_2X, at_grid
from chargers.messages import (
    Ended,
    GridReading,
    IdToken,
    Progressed,
    Reading,
    Reply,
    Session,
    Signed,
    Started,
    StatusSaid,
)
from chargers.settings import Settings

CHARGING = {
    "idle": "Idle",
    "ev_connected": "EVConnected",
    "charging": "Charging",
    "suspended_ev": "SuspendedEV",
    "suspended_evse": "SuspendedEVSE",
    "finished": "EVConnected",
}
REASONS = {
    "local": ("Local", "StopAuthorized"),
    "remote": ("Remote", "RemoteStop"),
    "ev_disconnected": ("EVDisconnected", "EVCommunicationLost"),
    "hard_reset": ("ImmediateReset", "ResetCommand"),
    "soft_reset": ("Reboot", "ResetCommand"),
    "power_loss": ("PowerLoss", "AbnormalCondition"),
    "reboot": ("Reboot", "AbnormalCondition"),
    "unlock": ("Other", "UnlockCommand"),
    "deauthorized": ("DeAuthorized", "Deauthorized"),
    "emergency_stop": ("EmergencyStop", "AbnormalCondition"),
    "other": ("Other", "AbnormalCondition"),
}
TRIGGER_REASONS = {
    "authorized": "Authorized",
    "remote_start": "RemoteStart",
    "charging_state": "ChargingStateChanged",
    "meter": "MeterValuePeriodic",
    "trigger": "Trigger",
    "limit": "ChargingRateChanged",
}
CONTEXTS = {
    "begin": "Transaction.Begin",
    "periodic": "Sample.Periodic",
    "clock": "Sample.Clock",
    "trigger": "Trigger",
    "end": "Transaction.End",
}


def id_token_of(id_token: IdToken) -> dict[str, str]:
    return {"id_token": id_token.value, "type": id_token.kind}


def read_id_token(payload: Mapping[str, Any]) -> IdToken:
    return IdToken(payload["id_token"], payload["type"])


def status(said: StatusSaid) -> dict[str, Any]:
    return {
        "timestamp": instant(said.at),
        "connector_status": said.status.capitalize(),
        "evse_id": said.evse,
        "connector_id": 1,
    }


def started(message: Started) -> dict[str, Any]:
    session = message.session
    return {
        "event_type": "Started",
        "timestamp": instant(message.at),
        "trigger_reason": TRIGGER_REASONS[message.trigger],
        "seq_no": message.seq_no,
        "transaction_info": _transaction(session, charging_state="EVConnected"),
        "meter_value": [meter_value(message.reading)],
        "offline": message.offline,
        "reservation_id": session.reservation_id,
        "evse": {"id": session.evse, "connector_id": 1},
        "id_token": id_token_of(message.id_token),
    }


def updated(message: Progressed) -> dict[str, Any]:
    state = CHARGING[message.charging] if message.charging else None
    return {
        "event_type": "Updated",
        "timestamp": instant(message.at),
        "trigger_reason": TRIGGER_REASONS[message.trigger],
        "seq_no": message.seq_no,
        "transaction_info": _transaction(message.session, charging_state=state),
        "meter_value": [meter_value(reading) for reading in message.readings] or None,
        "offline": message.offline,
    }


def ended(message: Ended) -> dict[str, Any]:
    reason, trigger = REASONS[message.reason]
    return {
        "event_type": "Ended",
        "timestamp": instant(message.at),
        "trigger_reason": trigger,
        "seq_no": message.seq_no,
        "transaction_info": _transaction(message.session, stopped_reason=reason),
        "meter_value": [meter_value(message.reading)],
        "offline": message.offline,
        "id_token": id_token_of(message.id_token) if message.id_token else None,
    }


def _transaction(session: Session, **more: str | None) -> dict[str, Any]:
    return {
        "transaction_id": session.transaction_id,
        "remote_start_id": session.remote_start_id,
        **more,
    }


def meter_value(reading: Reading) -> dict[str, Any]:
    context = CONTEXTS[reading.context]
    register = _sample(reading.register_wh, context, "Energy.Active.Import.Register", "Wh")
    sampled = [register if reading.signed is None else register | _signed(reading.signed)]
    if reading.power_w is not None:
        sampled.append(_sample(reading.power_w, context, "Power.Active.Import", "W"))
    if reading.soc_percent is not None:
        sampled.append(_sample(reading.soc_percent, context, "SoC", "Percent"))
    for number, phase in enumerate(reading.phases, 1):
        for sample in (
            _sample(float(phase.volts), context, "Voltage", "V"),
            _sample(float(phase.amperes), context, "Current.Import", "A"),
        ):
            sampled.append({**sample, "phase": f"L{number}"})
    return {"timestamp": instant(reading.at), "sampled_value": sampled}


def grid_value(reading: GridReading) -> dict[str, Any]:
    samples = [
        {**_sample(value, "Sample.Clock", measurand, unit), "location": "Inlet"}
        for measurand, value, unit in at_grid(reading)
    ]
    return {"timestamp": instant(reading.at), "sampled_value": samples}


def _signed(signed: Signed) -> dict[str, Any]:
    """2.0.1 wants a key in any case; an empty one is none."""
    return {
        "signed_meter_value": {
            "signed_meter_data": b64encode(signed.text.encode()).decode(),
            "signing_method": signed.method,
            "encoding_method": "OCMF",
            "public_key": b64encode(signed.public_key or b"").decode(),
        }
    }


def _sample(value: float, context: str, measurand: str, unit: str) -> dict[str, Any]:
    return {
        "value": value,
        "context": context,
        "measurand": measurand,
        "unit_of_measure": {"unit": unit},
    }


def reply(answer: Mapping[str, Any]) -> Reply:
    about = answer.get("idTokenInfo") or {}
    cost, until = answer.get("totalCost"), about.get("cacheExpiryDateTime")
    return Reply(
        verdict=VERDICTS_2X[about["status"]] if about else None,
        total_cost=None if cost is None else Decimal(str(cost)),
        expires_at=read_instant(until) if until else None,
    )


def _name(wanted: Mapping[str, Any]) -> str:
    return f"{wanted['component']['name']}.{wanted['variable']['name']}"


def variable_read(settings: Settings, wanted: Mapping[str, Any]) -> dict[str, Any]:
    name = _name(wanted)
    value = settings.read(name)
    access = settings.access(name)
    if value is not None:
        status = "Accepted"
    else:
        status = "UnknownVariable" if access is None else "Rejected"
    return {
        "attribute_status": status,
        "component": wanted["component"],
        "variable": wanted["variable"],
        "attribute_value": value,
    }


def variable_written(settings: Settings, wanted: Mapping[str, Any]) -> dict[str, Any]:
    words = {
        "accepted": "Accepted",
        "rejected": "Rejected",
        "read_only": "Rejected",
        "unknown": "UnknownVariable",
    }
    return {
        "attribute_status": words[settings.write(_name(wanted), wanted["attribute_value"])],
        "component": wanted["component"],
        "variable": wanted["variable"],
    }


def variable_reported(settings: Settings, name: str) -> dict[str, Any]:
    component, variable = name.split(".", 1)
    mutability = {
        "read_write": "ReadWrite",
        "read_only": "ReadOnly",
        "write_only": "WriteOnly",
    }[settings.access(name) or "read_only"]
    value = settings.read(name)
    attribute = {"type": "Actual", "mutability": mutability}
    return {
        "component": {"name": component},
        "variable": {"name": variable},
        "variable_attribute": [attribute if value is None else {**attribute, "value": value}],
    }

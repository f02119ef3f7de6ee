"""OCPP 1.6: what a station sends, as reports; what it answers to commands, as outcomes. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

from ocpp.v16.enums import (
    AvailabilityStatus,
    CancelReservationStatus,
    CertificateSignedStatus,
    ChargePointErrorCode,
    ChargePointStatus,
    ConfigurationStatus,
    RemoteStartStopStatus,
    ReservationStatus,
    ResetStatus,
    TriggerMessageStatus,
    UnlockStatus,
)

from chargehub.ocpp import fields, gridmeter, signed
from chargehub.ocpp.fields import Payload
from chargehub.stations import reports
from chargehub.stations.commands import Command, Outcome

# 1.6 says status and charging state in one word; of a cable that hangs it does not say the state.
_STATUS: dict[str, tuple[reports.ConnectorStatus, reports.ChargingState | None]] = {
    ChargePointStatus.available: ("available", None),
    ChargePointStatus.preparing: ("occupied", None),
    ChargePointStatus.charging: ("occupied", "charging"),
    ChargePointStatus.suspended_ev: ("occupied", "suspended_ev"),
    ChargePointStatus.suspended_evse: ("occupied", "suspended_evse"),
    ChargePointStatus.finishing: ("occupied", None),
    ChargePointStatus.reserved: ("reserved", None),
    ChargePointStatus.unavailable: ("unavailable", None),
    ChargePointStatus.faulted: ("faulted", None),
}


_NO_ERROR = ChargePointErrorCode.no_error.value


def booted(payload: Payload) -> reports.Booted:
    """BootNotification.req. Source: OCPP 1.6, section 4.2."""
    return reports.Booted(
        vendor=payload["chargePointVendor"],
        model=payload["chargePointModel"],
        serial_number=fields.words(payload.get("chargePointSerialNumber"))
        or fields.words(payload.get("chargeBoxSerialNumber")),
        firmware_version=fields.words(payload.get("firmwareVersion")),
    )


def heartbeat(payload: Payload) -> reports.Heartbeat:
    """Heartbeat.req. Source: OCPP 1.6, section 4.6."""
    return reports.Heartbeat()


def status_changed(payload: Payload) -> reports.StatusChanged:
    """StatusNotification.req. Connector n is EVSE n, 0 the station; the time may be missing.

    Source: OCPP 1.6, section 4.9.
    """
    status, charging = _STATUS[payload["status"]]
    evse = fields.number(payload["connectorId"], "connectorId")
    error_code = payload["errorCode"]
    return reports.StatusChanged(
        evse=evse,
        connector=min(evse, 1),
        status=status,
        charging=charging,
        at=fields.instant(payload["timestamp"]) if "timestamp" in payload else None,
        error_code=None if error_code == _NO_ERROR else error_code,
    )


def token_presented(payload: Payload) -> reports.TokenPresented:
    """Authorize.req. Source: OCPP 1.6, section 4.1."""
    return reports.TokenPresented(fields.id_token(payload["idTag"]))


def session_started(payload: Payload) -> reports.SessionStarted:
    """StartTransaction.req. Connector n is EVSE n; meterStart is Wh; the hub gives the id.

    Source: OCPP 1.6, section 4.8.
    """
    meter_wh = fields.register(payload["meterStart"])
    return reports.SessionStarted(
        evse=fields.number(payload["connectorId"], "connectorId"),
        id_token=fields.id_token(payload["idTag"]),
        meter_wh=meter_wh,
        at=fields.instant(payload["timestamp"]),
        transaction_id=None,
        reservation_id=fields.reservation_id(payload.get("reservationId")),
        repairs=fields.repairs([payload["timestamp"]], meter_wh is None),
    )


def session_ended(payload: Payload) -> reports.SessionEnded:
    """StopTransaction.req. meterStop is Wh; transactionData are readings; no reason is Local.

    Source: OCPP 1.6, section 4.10.
    """
    told = payload.get("transactionData", ())
    meter_wh, readings = fields.register(payload["meterStop"]), fields.readings(told)
    return reports.SessionEnded(
        transaction_id=str(payload["transactionId"]),
        meter_wh=meter_wh,
        at=fields.instant(payload["timestamp"]),
        reason=fields.word(payload.get("reason", "Local")),
        id_token=fields.id_token(payload["idTag"]) if "idTag" in payload else None,
        readings=readings,
        repairs=fields.repairs(
            [payload["timestamp"], *(one["timestamp"] for one in told)],
            meter_wh is None or fields.any_absurd(readings),
        ),
        signed=signed.readings(told),
    )


def metered(payload: Payload) -> reports.Metered:
    """MeterValues.req. Connector 0 is the station's main meter. Source: OCPP 1.6, section 4.7."""
    told = payload["meterValue"]
    readings = fields.readings(told)
    transaction_id = payload.get("transactionId")
    evse = fields.number(payload["connectorId"], "connectorId")
    return reports.Metered(
        evse=evse,
        transaction_id=None if transaction_id is None else str(transaction_id),
        readings=readings,
        repairs=fields.repairs([one["timestamp"] for one in told], fields.any_absurd(readings)),
        signed=signed.readings(told),
        grid=gridmeter.readings(told) if evse == 0 else (),
    )


def certificate_requested(payload: Payload) -> reports.CertificateRequested:
    """SignCertificate.req. Source: OCPP 1.6 security white paper 3, section 5.14."""
    return reports.CertificateRequested(payload["csr"])


def data_transferred(payload: Payload) -> reports.DataTransferred:
    """DataTransfer.req. Source: OCPP 1.6, section 4.3."""
    return reports.DataTransferred(
        vendor_id=payload["vendorId"],
        message_id=payload.get("messageId"),
        data=payload.get("data"),
    )


ToOutcome = Callable[[Command, Sequence[Payload]], Outcome]


def accepted_if(*words: str) -> ToOutcome:
    """Answers with one `status`: these words mean that the station will do it, or did."""

    def outcome(command: Command, answers: Sequence[Payload]) -> Outcome:
        status = answers[0]["status"]
        return Outcome("accepted" if status in words else "refused", status)

    return outcome


start_or_stop = accepted_if(RemoteStartStopStatus.accepted)
reserved = accepted_if(ReservationStatus.accepted)
reservation_cancelled = accepted_if(CancelReservationStatus.accepted)
availability_changed = accepted_if(AvailabilityStatus.accepted, AvailabilityStatus.scheduled)
reset = accepted_if(ResetStatus.accepted)
unlocked = accepted_if(UnlockStatus.unlocked)
triggered = accepted_if(TriggerMessageStatus.accepted)
certificate_taken = accepted_if(CertificateSignedStatus.accepted)
_changed = accepted_if(ConfigurationStatus.accepted, ConfigurationStatus.reboot_required)


def security_changed(command: Command, answers: Sequence[Payload]) -> Outcome:
    """ChangeConfiguration.conf: the station connects anew by itself, or wants a reset first."""
    told = _changed(command, answers)
    is_reset_needed = told.status == ConfigurationStatus.reboot_required
    return Outcome(told.fate, told.status, {"is_reset_needed": is_reset_needed})


def settings_read(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetConfiguration.conf, one or more: `settings`, the names that are `read_only` or `unknown`.

    Source: OCPP 1.6, section 5.8.
    """
    found = [one for answer in answers for one in answer.get("configurationKey", ())]
    unknown = [name for answer in answers for name in answer.get("unknownKey", ())]
    details: dict[str, Any] = {
        "settings": {one["key"]: one.get("value", "") for one in found},
        "read_only": [one["key"] for one in found if one["readonly"]],
        "unknown": unknown,
    }
    return Outcome("accepted" if found or not unknown else "refused", "", details)


def settings_written(command: Command, answers: Sequence[Payload]) -> Outcome:
    """One ChangeConfiguration.conf a setting, in the command's order; accepted if all were.

    Source: OCPP 1.6, section 5.3.
    """
    assert command.kind == "write_settings", command.kind
    told = [answer["status"] for answer in answers]
    done = (ConfigurationStatus.accepted, ConfigurationStatus.reboot_required)
    refused = [status for status in told if status not in done]
    return Outcome(
        "refused" if refused else "accepted",
        next(iter(refused or told), ""),
        {"settings": dict(zip(command.settings, told, strict=False))},
    )

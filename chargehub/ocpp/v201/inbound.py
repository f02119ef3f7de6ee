"""OCPP 2.0.1: what a station sends, as reports; what it answers to commands, as outcomes. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

from ocpp.v201.enums import (
    AttributeEnumType,
    CancelReservationStatusEnumType,
    CertificateSignedStatusEnumType,
    ChangeAvailabilityStatusEnumType,
    ChargingStateEnumType,
    ConnectorStatusEnumType,
    GenericDeviceModelStatusEnumType,
    GetVariableStatusEnumType,
    IdTokenEnumType,
    RequestStartStopStatusEnumType,
    ReserveNowStatusEnumType,
    ResetStatusEnumType,
    SetNetworkProfileStatusEnumType,
    SetVariableStatusEnumType,
    TransactionEventEnumType,
    TriggerMessageStatusEnumType,
    UnlockStatusEnumType,
)

from chargehub.ocpp import fields, gridmeter, iso15118, signed
from chargehub.ocpp.fields import Payload
from chargehub.ocpp.v201.words import PURPOSE_OF
from chargehub.stations import reports
from chargehub.stations.commands import Command, Outcome

_STATUS: dict[str, reports.ConnectorStatus] = {
    ConnectorStatusEnumType.available: "available",
    ConnectorStatusEnumType.occupied: "occupied",
    ConnectorStatusEnumType.reserved: "reserved",
    ConnectorStatusEnumType.unavailable: "unavailable",
    ConnectorStatusEnumType.faulted: "faulted",
}
_CHARGING: dict[str, reports.ChargingState] = {
    ChargingStateEnumType.idle: "idle",
    ChargingStateEnumType.ev_connected: "ev_connected",
    ChargingStateEnumType.charging: "charging",
    ChargingStateEnumType.suspended_ev: "suspended_ev",
    ChargingStateEnumType.suspended_evse: "suspended_evse",
}
_TRIGGER: dict[str, reports.Trigger] = {
    TransactionEventEnumType.started: "started",
    TransactionEventEnumType.updated: "updated",
    TransactionEventEnumType.ended: "ended",
}


_NO_TOKEN = IdTokenEnumType.no_authorization.value


def booted(payload: Payload) -> reports.Booted:
    """BootNotificationRequest. Source: OCPP 2.0.1 part 2, 1.8.1."""
    station = payload["chargingStation"]
    return reports.Booted(
        vendor=station["vendorName"],
        model=station["model"],
        serial_number=fields.words(station.get("serialNumber")),
        firmware_version=fields.words(station.get("firmwareVersion")),
        reason=fields.word(payload["reason"]),
    )


def heartbeat(payload: Payload) -> reports.Heartbeat:
    """HeartbeatRequest. Source: OCPP 2.0.1 part 2, 1.28.1."""
    return reports.Heartbeat()


def status_changed(payload: Payload) -> reports.StatusChanged:
    """StatusNotificationRequest; the charging state comes with the session's events.

    Source: OCPP 2.0.1 part 2, 1.59.1.
    """
    return reports.StatusChanged(
        evse=fields.number(payload["evseId"], "evseId"),
        connector=fields.number(payload["connectorId"], "connectorId"),
        status=_STATUS[payload["connectorStatus"]],
        charging=None,
        at=fields.instant(payload["timestamp"]),
    )


def token_presented(payload: Payload) -> reports.TokenPresented:
    """AuthorizeRequest, of contracts with their certificates. Source: OCPP 2.0.1 part 2, 1.1.1."""
    return reports.TokenPresented(_text(payload["idToken"]), iso15118.contract_shown(payload))


def session_progressed(payload: Payload) -> reports.SessionProgressed:
    """TransactionEventRequest. Ended without a reason is Local; NoAuthorization is no token.

    Source: OCPP 2.0.1 part 2, 1.60.1 and 2.48 (TransactionType).
    """
    transaction = payload["transactionInfo"]
    evse = payload.get("evse")
    trigger = _TRIGGER[payload["eventType"]]
    reason = transaction.get("stoppedReason", "Local" if trigger == "ended" else None)
    told = payload.get("meterValue", ())
    readings = fields.readings(told)
    remote_start_id = transaction.get("remoteStartId")
    return reports.SessionProgressed(
        trigger=trigger,
        transaction_id=fields.identifier(transaction["transactionId"], "transactionId"),
        seq_no=fields.number(payload["seqNo"], "seqNo"),
        at=fields.instant(payload["timestamp"]),
        evse=None if evse is None else fields.number(evse["id"], "evse.id"),
        id_token=_token(payload.get("idToken")),
        charging=_CHARGING.get(transaction.get("chargingState", "")),
        stop_reason=None if reason is None else fields.word(reason),
        remote_start_id=None
        if remote_start_id is None
        else fields.number(remote_start_id, "remoteStartId"),
        reservation_id=fields.reservation_id(payload.get("reservationId")),
        offline=payload.get("offline", False),
        readings=readings,
        repairs=fields.repairs(
            [payload["timestamp"], *(one["timestamp"] for one in told)],
            fields.any_absurd(readings),
        ),
        signed=signed.readings(told),
    )


def _token(id_token: Payload | None) -> str | None:
    if id_token is None or id_token["type"] == _NO_TOKEN:
        return None
    return _text(id_token)


def _text(id_token: Payload) -> str:
    """A contract's id may have hyphens between its parts, which mean nothing."""
    text = fields.id_token(id_token["idToken"])
    return text.replace("-", "") if id_token["type"] == iso15118.EMAID else text


def metered(payload: Payload) -> reports.Metered:
    """MeterValuesRequest: readings outside a session; EVSE 0 is the station's main meter.

    Source: OCPP 2.0.1 part 2, 1.31.1.
    """
    told = payload["meterValue"]
    readings = fields.readings(told)
    evse = fields.number(payload["evseId"], "evseId")
    return reports.Metered(
        evse=evse,
        transaction_id=None,
        readings=readings,
        repairs=fields.repairs([one["timestamp"] for one in told], fields.any_absurd(readings)),
        signed=signed.readings(told),
        grid=gridmeter.readings(told) if evse == 0 else (),
    )


def data_transferred(payload: Payload) -> reports.DataTransferred:
    """DataTransferRequest. Source: OCPP 2.0.1 part 2, 1.20.1."""
    return reports.DataTransferred(
        vendor_id=payload["vendorId"],
        message_id=payload.get("messageId"),
        data=payload.get("data"),
    )


def settings_reported(payload: Payload) -> reports.SettingsReported:
    """NotifyReportRequest: the actual value of every variable that has one.

    Source: OCPP 2.0.1 part 2, 1.38.1.
    """
    settings = {
        fields.variable_name(one["component"], one["variable"]): attribute["value"]
        for one in payload.get("reportData", ())
        for attribute in one["variableAttribute"]
        if "value" in attribute and _is_actual(attribute.get("type"))
    }
    return reports.SettingsReported(
        request_id=int(payload["requestId"]), settings=settings, is_last=not payload.get("tbc")
    )


def _is_actual(kind: str | None) -> bool:
    return kind is None or kind == AttributeEnumType.actual


def certificate_requested(payload: Payload) -> reports.CertificateRequested:
    """SignCertificateRequest; without a type it is for the station and for cars.

    Source: OCPP 2.0.1 part 2, 1.58.1 and A02; OCPP 2.1 part 2, A02.
    """
    kind = payload.get("certificateType")
    purpose: reports.CertificatePurpose = "both" if kind is None else PURPOSE_OF[kind]
    return reports.CertificateRequested(payload["csr"], purpose, payload.get("requestId"))


def reservation_ended(payload: Payload) -> reports.ReservationEnded:
    """ReservationStatusUpdateRequest. Source: OCPP 2.0.1 part 2, 1.53.1."""
    return reports.ReservationEnded(
        reservation_id=fields.number(payload["reservationId"], "reservationId"),
        status=fields.word(payload["reservationUpdateStatus"]),
    )


ToOutcome = Callable[[Command, Sequence[Payload]], Outcome]


def accepted_if(*words: str) -> ToOutcome:
    """Answers with one `status`: these words mean that the station will do it, or did."""

    def outcome(command: Command, answers: Sequence[Payload]) -> Outcome:
        answer = answers[0]
        status = answer["status"]
        told = {"transaction_id": answer["transactionId"]} if "transactionId" in answer else {}
        return Outcome("accepted" if status in words else "refused", status, told)

    return outcome


start_or_stop = accepted_if(RequestStartStopStatusEnumType.accepted)
reserved = accepted_if(ReserveNowStatusEnumType.accepted)
reservation_cancelled = accepted_if(CancelReservationStatusEnumType.accepted)
availability_changed = accepted_if(
    ChangeAvailabilityStatusEnumType.accepted, ChangeAvailabilityStatusEnumType.scheduled
)
reset = accepted_if(ResetStatusEnumType.accepted, ResetStatusEnumType.scheduled)
unlocked = accepted_if(UnlockStatusEnumType.unlocked)
triggered = accepted_if(TriggerMessageStatusEnumType.accepted)
_report_announced = accepted_if(GenericDeviceModelStatusEnumType.accepted)
certificate_taken = accepted_if(CertificateSignedStatusEnumType.accepted)
_network_profile_kept = accepted_if(SetNetworkProfileStatusEnumType.accepted)


def session_read(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetTransactionStatusResponse. Source: OCPP 2.0.1 part 2, E14."""
    told = {
        "is_ongoing": answers[0].get("ongoingIndicator"),
        "has_more": answers[0]["messagesInQueue"],
    }
    return Outcome("accepted", "", told)


def security_raised(command: Command, answers: Sequence[Payload]) -> Outcome:
    """SetNetworkProfileResponse: kept in the `slot`, or refused."""
    assert command.kind == "raise_security", command.kind
    told = _network_profile_kept(command, answers)
    return Outcome(told.fate, told.status, {"slot": command.slot})


def settings_read(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetVariablesResponse: `settings`, and the names that are `unknown`.

    For all settings it is GetBaseReportResponse: they follow as reports.
    Source: OCPP 2.0.1 part 2, 1.26.2 and 1.21.2.
    """
    assert command.kind == "read_settings", command.kind
    if not command.names:
        return _report_announced(command, answers)
    settings: dict[str, str] = {}
    unknown: list[str] = []
    for answer in answers:
        for one in answer["getVariableResult"]:
            if one["attributeStatus"] == GetVariableStatusEnumType.accepted:
                settings[_name(one)] = one.get("attributeValue", "")
            else:
                unknown.append(_name(one))
    details: dict[str, Any] = {"settings": settings, "read_only": [], "unknown": unknown}
    return Outcome("accepted" if settings else "refused", "", details)


def settings_written(command: Command, answers: Sequence[Payload]) -> Outcome:
    """SetVariablesResponse: what became of each setting; accepted if all were.

    Source: OCPP 2.0.1 part 2, 1.57.2.
    """
    told = {
        _name(one): one["attributeStatus"]
        for answer in answers
        for one in answer["setVariableResult"]
    }
    done = (SetVariableStatusEnumType.accepted, SetVariableStatusEnumType.reboot_required)
    refused = [status for status in told.values() if status not in done]
    return Outcome(
        "refused" if refused or not told else "accepted",
        next(iter(refused or told.values()), ""),
        {"settings": told},
    )


def password_set(command: Command, answers: Sequence[Payload]) -> Outcome:
    """SetVariablesResponse: the station shows the new password next time, or after a reset."""
    told = settings_written(command, answers)
    is_reset_needed = told.status == SetVariableStatusEnumType.reboot_required
    return Outcome(told.fate, told.status, {"is_reset_needed": is_reset_needed})


def cost_told(command: Command, answers: Sequence[Payload]) -> Outcome:
    """CostUpdatedResponse, which is empty. Source: OCPP 2.0.1 part 2, 1.19.2."""
    return Outcome("accepted")


def _name(result: Payload) -> str:
    return fields.variable_name(result["component"], result["variable"])

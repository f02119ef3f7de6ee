"""OCPP 1.6: the hub's answers and commands, as payloads. Pure."""

from typing import Any

from ocpp.v16.enums import (
    Action,
    AuthorizationStatus,
    AvailabilityType,
    DataTransferStatus,
    GenericStatus,
    MessageTrigger,
    RegistrationStatus,
    ResetType,
)

from chargehub.ocpp import fields
from chargehub.ocpp.fields import Calls, Unfit
from chargehub.stations import commands, reports

_LONGEST_TOKEN = 20  # CiString20Type

_VERDICT: dict[reports.StartVerdict, str] = {
    "accepted": AuthorizationStatus.accepted,
    "invalid": AuthorizationStatus.invalid,
    "blocked": AuthorizationStatus.blocked,
    "expired": AuthorizationStatus.expired,
    "no_credit": AuthorizationStatus.blocked,
    "not_now": AuthorizationStatus.blocked,
}
_BOOT = {
    "accepted": RegistrationStatus.accepted,
    "pending": RegistrationStatus.pending,
    "rejected": RegistrationStatus.rejected,
}
_DATA_TRANSFER = {
    "accepted": DataTransferStatus.accepted,
    "rejected": DataTransferStatus.rejected,
    "unknown_message_id": DataTransferStatus.unknown_message_id,
    "unknown_vendor_id": DataTransferStatus.unknown_vendor_id,
}
_TRIGGER: dict[commands.ReportWanted, str] = {
    "boot": MessageTrigger.boot_notification,
    "heartbeat": MessageTrigger.heartbeat,
    "status": MessageTrigger.status_notification,
    "meter_values": MessageTrigger.meter_values,
    "firmware": MessageTrigger.firmware_status_notification,
    "log": MessageTrigger.diagnostics_status_notification,
}
_EXTENDED_TRIGGER: dict[commands.ReportWanted, str] = {
    "signed_firmware": MessageTrigger.firmware_status_notification,
    "security_log": MessageTrigger.log_status_notification,
    "certificate": MessageTrigger.sign_charge_point_certificate,
}


def boot_answered(answer: reports.BootAnswer) -> dict[str, Any]:
    """BootNotification.conf."""
    return {
        "status": _BOOT[answer.status],
        "currentTime": fields.wire_instant(answer.now),
        "interval": answer.interval_s,
    }


def time_told(answer: reports.HeartbeatAnswer) -> dict[str, Any]:
    """Heartbeat.conf."""
    return {"currentTime": fields.wire_instant(answer.now)}


def nothing(answer: object) -> dict[str, Any]:
    """An empty confirmation: it was stored."""
    return {}


def token_judged(answer: reports.TokenAnswer) -> dict[str, Any]:
    """Authorize.conf."""
    judged = _id_tag_info(answer.verdict, answer.group)
    if answer.expires_at is not None:
        judged["expiryDate"] = fields.wire_instant(answer.expires_at)
    return {"idTagInfo": judged}


def session_answered(answer: reports.StartAnswer) -> dict[str, Any]:
    """StartTransaction.conf. The hub's transaction ids for 1.6 are numbers, kept as text."""
    return {
        "idTagInfo": _id_tag_info(answer.verdict, answer.group),
        "transactionId": int(answer.transaction_id),
    }


def session_closed(answer: reports.EndAnswer) -> dict[str, Any]:
    """StopTransaction.conf."""
    return {} if answer.verdict is None else {"idTagInfo": {"status": _VERDICT[answer.verdict]}}


def certificate_judged(answer: reports.CertificateAnswer) -> dict[str, Any]:
    """SignCertificate.conf."""
    status = GenericStatus.accepted if answer.is_accepted else GenericStatus.rejected
    return {"status": status}


def data_answered(answer: reports.DataTransferAnswer) -> dict[str, Any]:
    """DataTransfer.conf."""
    return {"status": _DATA_TRANSFER[answer.status]}


def start_session(command: commands.StartSession) -> Calls:
    """RemoteStartTransaction.req, with the connector: some stations refuse without."""
    payload: dict[str, Any] = {"idTag": id_tag(command.id_token)}
    if command.evse > 0:
        payload["connectorId"] = command.evse
    return ((Action.remote_start_transaction, payload),)


def stop_session(command: commands.StopSession) -> Calls:
    """RemoteStopTransaction.req."""
    if not command.transaction_id.isdecimal():
        raise Unfit("a transaction id of OCPP 1.6 is a number")
    payload = {"transactionId": fields.number(int(command.transaction_id), "transactionId")}
    return ((Action.remote_stop_transaction, payload),)


def reserve(command: commands.Reserve) -> Calls:
    """ReserveNow.req."""
    payload = {
        "connectorId": command.evse,
        "expiryDate": fields.wire_instant(command.expires_at),
        "idTag": id_tag(command.id_token),
        "reservationId": command.reservation_id,
    }
    if command.group is not None:
        payload["parentIdTag"] = command.group
    return ((Action.reserve_now, payload),)


def cancel_reservation(command: commands.CancelReservation) -> Calls:
    """CancelReservation.req."""
    return ((Action.cancel_reservation, {"reservationId": command.reservation_id}),)


def change_availability(command: commands.ChangeAvailability) -> Calls:
    """ChangeAvailability.req."""
    kind = AvailabilityType.operative if command.operative else AvailabilityType.inoperative
    return ((Action.change_availability, {"connectorId": command.evse, "type": kind}),)


def reset(command: commands.Reset) -> Calls:
    """Reset.req. A hard reset ends sessions at once; a soft one lets the station end them."""
    kind = ResetType.hard if command.when == "immediate" else ResetType.soft
    return ((Action.reset, {"type": kind}),)


def unlock(command: commands.Unlock) -> Calls:
    """UnlockConnector.req. Connector n is EVSE n."""
    return ((Action.unlock_connector, {"connectorId": command.evse}),)


def trigger_report(command: commands.TriggerReport) -> Calls:
    """TriggerMessage.req, or ExtendedTriggerMessage.req for what the security edition added.

    Connectors count from 1 here: none means all.
    Source: OCPP 1.6, section 5.17; security edition, ExtendedTriggerMessage.req.
    """
    action, word = Action.trigger_message, _TRIGGER.get(command.report)
    if word is None:
        action, word = Action.extended_trigger_message, _EXTENDED_TRIGGER.get(command.report)
    if word is None:
        raise Unfit(f"OCPP 1.6 has no report on {command.report.replace('_', ' ')}s")
    payload: dict[str, Any] = {"requestedMessage": word}
    if command.evse:
        payload["connectorId"] = command.evse
    return ((action, payload),)


def deliver_certificate(command: commands.DeliverCertificate) -> Calls:
    """CertificateSigned.req."""
    return ((Action.certificate_signed, {"certificateChain": command.chain}),)


def set_password(command: commands.SetPassword) -> Calls:
    """ChangeConfiguration.req of AuthorizationKey, which is written in hexadecimal."""
    return ((Action.change_configuration, {"key": "AuthorizationKey", "value": command.password}),)


def raise_security(command: commands.RaiseSecurity) -> Calls:
    """ChangeConfiguration.req of SecurityProfile. The address has no key of the standard."""
    wanted = {"key": "SecurityProfile", "value": str(command.profile)}
    return ((Action.change_configuration, wanted),)


def read_settings(command: commands.ReadSettings) -> Calls:
    """GetConfiguration.req. No names: all keys."""
    return ((Action.get_configuration, {"key": list(command.names)} if command.names else {}),)


def write_settings(command: commands.WriteSettings) -> Calls:
    """One ChangeConfiguration.req a setting."""
    return tuple(
        (Action.change_configuration, {"key": name, "value": value})
        for name, value in command.settings.items()
    )


def _id_tag_info(verdict: reports.StartVerdict, group: str | None) -> dict[str, Any]:
    parent = {} if group is None else {"parentIdTag": group}
    return {"status": _VERDICT[verdict], **parent}


def id_tag(id_token: str) -> str:
    if len(id_token) > _LONGEST_TOKEN:
        raise Unfit("an id token of OCPP 1.6 has at most 20 signs")
    return id_token

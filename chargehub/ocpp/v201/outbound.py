"""OCPP 2.0.1: the hub's answers and commands, as payloads. Pure."""

import re
from typing import Any

from ocpp.v201.enums import (
    Action,
    AuthorizationStatusEnumType,
    DataTransferStatusEnumType,
    GenericStatusEnumType,
    IdTokenEnumType,
    MessageTriggerEnumType,
    OCPPInterfaceEnumType,
    OCPPTransportEnumType,
    OCPPVersionEnumType,
    OperationalStatusEnumType,
    RegistrationStatusEnumType,
    ReportBaseEnumType,
    ResetEnumType,
)

from chargehub.ocpp import fields, iso15118
from chargehub.ocpp.fields import Calls
from chargehub.ocpp.v201.words import PURPOSES
from chargehub.stations import commands, reports
from chargehub.stations.contracts import CONTRACT

_BASE_REPORT = 0  # its requestId: reports are kept by setting, not by request
_CARD = re.compile(r"(?:[0-9A-F]{2}){4}(?:(?:[0-9A-F]{2}){3}){0,2}")  # UID of 4, 7 or 10 bytes

_VERDICT: dict[reports.StartVerdict, str] = {
    "accepted": AuthorizationStatusEnumType.accepted,
    "invalid": AuthorizationStatusEnumType.invalid,
    "blocked": AuthorizationStatusEnumType.blocked,
    "expired": AuthorizationStatusEnumType.expired,
    "no_credit": AuthorizationStatusEnumType.no_credit,
    "not_now": AuthorizationStatusEnumType.not_at_this_time,
}
_BOOT = {
    "accepted": RegistrationStatusEnumType.accepted,
    "pending": RegistrationStatusEnumType.pending,
    "rejected": RegistrationStatusEnumType.rejected,
}
_DATA_TRANSFER = {
    "accepted": DataTransferStatusEnumType.accepted,
    "rejected": DataTransferStatusEnumType.rejected,
    "unknown_message_id": DataTransferStatusEnumType.unknown_message_id,
    "unknown_vendor_id": DataTransferStatusEnumType.unknown_vendor_id,
}
_NETWORK: dict[commands.Network, str] = {
    "wired": OCPPInterfaceEnumType.wired0,
    "wireless": OCPPInterfaceEnumType.wireless0,
}
_CONNECT_S = 30  # a station's wait for an answer on the new profile
_TRIGGER: dict[commands.ReportWanted, str] = {
    "boot": MessageTriggerEnumType.boot_notification,
    "heartbeat": MessageTriggerEnumType.heartbeat,
    "status": MessageTriggerEnumType.status_notification,
    "meter_values": MessageTriggerEnumType.meter_values,
    "session": MessageTriggerEnumType.transaction_event,
    "firmware": MessageTriggerEnumType.firmware_status_notification,
    "signed_firmware": MessageTriggerEnumType.firmware_status_notification,
    "log": MessageTriggerEnumType.log_status_notification,
    "security_log": MessageTriggerEnumType.log_status_notification,
    "certificate": MessageTriggerEnumType.sign_charging_station_certificate,
    "v2g_certificate": MessageTriggerEnumType.sign_v2g_certificate,
    "combined_certificate": MessageTriggerEnumType.sign_combined_certificate,
}


def boot_answered(answer: reports.BootAnswer) -> dict[str, Any]:
    """BootNotificationResponse."""
    return {
        "currentTime": fields.wire_instant(answer.now),
        "interval": answer.interval_s,
        "status": _BOOT[answer.status],
    }


def time_told(answer: reports.HeartbeatAnswer) -> dict[str, Any]:
    """HeartbeatResponse."""
    return {"currentTime": fields.wire_instant(answer.now)}


def nothing(answer: object) -> dict[str, Any]:
    """An empty response: it was stored."""
    return {}


def token_judged(answer: reports.TokenAnswer) -> dict[str, Any]:
    """AuthorizeResponse. Until `expires_at` the station may keep it in its cache."""
    judged = _id_token_info(answer.verdict, answer.group)
    if answer.expires_at is not None:
        judged["cacheExpiryDateTime"] = fields.wire_instant(answer.expires_at)
    if answer.certificate is None:
        return {"idTokenInfo": judged}
    return {
        "idTokenInfo": judged,
        "certificateStatus": iso15118.VERDICTS[answer.certificate],
    }


def progress_answered(answer: reports.ProgressAnswer) -> dict[str, Any]:
    """TransactionEventResponse. totalCost is a number, and exact.

    Source: OCPP 2.0.1 part 2, 1.60.2, and I02 (final cost).
    """
    payload: dict[str, Any] = {}
    if answer.total_cost_minor is not None:
        payload["totalCost"] = fields.cost(answer.total_cost_minor, answer.currency_exponent)
    if answer.verdict is not None:
        payload["idTokenInfo"] = _id_token_info(answer.verdict, answer.group)
    return payload


def certificate_judged(answer: reports.CertificateAnswer) -> dict[str, Any]:
    """SignCertificateResponse."""
    accepted, rejected = GenericStatusEnumType.accepted, GenericStatusEnumType.rejected
    return {"status": accepted if answer.is_accepted else rejected}


def data_answered(answer: reports.DataTransferAnswer) -> dict[str, Any]:
    """DataTransferResponse."""
    return {"status": _DATA_TRANSFER[answer.status]}


def start_session(command: commands.StartSession) -> Calls:
    """RequestStartTransactionRequest."""
    payload: dict[str, Any] = {"evseId": command.evse} if command.evse > 0 else {}
    payload["idToken"] = id_token(command.id_token)
    payload["remoteStartId"] = command.remote_start_id
    return ((Action.request_start_transaction, payload),)


def stop_session(command: commands.StopSession) -> Calls:
    """RequestStopTransactionRequest."""
    return ((Action.request_stop_transaction, {"transactionId": command.transaction_id}),)


def read_session(command: commands.ReadSession) -> Calls:
    """GetTransactionStatusRequest. Source: OCPP 2.0.1 part 2, E14."""
    return ((Action.get_transaction_status, {"transactionId": command.transaction_id}),)


def reserve(command: commands.Reserve) -> Calls:
    """ReserveNowRequest. EVSE 0: any."""
    payload: dict[str, Any] = {
        "id": command.reservation_id,
        "expiryDateTime": fields.wire_instant(command.expires_at),
        "idToken": id_token(command.id_token),
    }
    if command.evse > 0:
        payload["evseId"] = command.evse
    if command.group is not None:
        payload["groupIdToken"] = _group(command.group)
    return ((Action.reserve_now, payload),)


def cancel_reservation(command: commands.CancelReservation) -> Calls:
    """CancelReservationRequest."""
    return ((Action.cancel_reservation, {"reservationId": command.reservation_id}),)


def change_availability(command: commands.ChangeAvailability) -> Calls:
    """ChangeAvailabilityRequest. Without an EVSE it is the whole station."""
    payload: dict[str, Any] = {"evse": {"id": command.evse}} if command.evse > 0 else {}
    payload["operationalStatus"] = (
        OperationalStatusEnumType.operative
        if command.operative
        else OperationalStatusEnumType.inoperative
    )
    return ((Action.change_availability, payload),)


def reset(command: commands.Reset) -> Calls:
    """ResetRequest for the whole station."""
    kind = ResetEnumType.immediate if command.when == "immediate" else ResetEnumType.on_idle
    return ((Action.reset, {"type": kind}),)


def unlock(command: commands.Unlock) -> Calls:
    """UnlockConnectorRequest."""
    payload = {"evseId": command.evse, "connectorId": command.connector}
    return ((Action.unlock_connector, payload),)


def trigger_report(command: commands.TriggerReport) -> Calls:
    """TriggerMessageRequest. A status is of a connector: the first, which nearly all have alone.

    Source: OCPP 2.0.1 part 2, F06.FR.12.
    """
    payload: dict[str, Any] = {}
    if command.evse:
        payload["evse"] = {"id": command.evse}
        if command.report == "status":
            payload["evse"]["connectorId"] = 1
    payload["requestedMessage"] = _TRIGGER[command.report]
    return ((Action.trigger_message, payload),)


def deliver_certificate(command: commands.DeliverCertificate) -> Calls:
    """CertificateSignedRequest, of the type and with the number that was asked for, if any."""
    payload: dict[str, Any] = {"certificateChain": command.chain}
    if command.purpose in PURPOSES:
        payload["certificateType"] = PURPOSES[command.purpose]
    if command.request_id is not None:
        payload["requestId"] = command.request_id
    return ((Action.certificate_signed, payload),)


def set_password(command: commands.SetPassword) -> Calls:
    """SetVariablesRequest of the password. Source: OCPP 2.0.1 part 2, A01."""
    variable = fields.variable_of("SecurityCtrlr.BasicAuthPassword")
    wanted = {"attributeValue": command.password, **variable}
    return ((Action.set_variables, {"setVariableData": [wanted]}),)


def raise_security(command: commands.RaiseSecurity) -> Calls:
    """SetNetworkProfileRequest. The priority of the slot and a reset follow when it is kept.

    Source: OCPP 2.0.1 part 2, B09.
    """
    profile = {
        "ocppVersion": OCPPVersionEnumType.ocpp20,
        "ocppTransport": OCPPTransportEnumType.json,
        "ocppCsmsUrl": command.url,
        "messageTimeout": _CONNECT_S,
        "securityProfile": command.profile,
        "ocppInterface": _NETWORK[command.network],
    }
    payload = {"configurationSlot": command.slot, "connectionData": profile}
    return ((Action.set_network_profile, payload),)


def read_settings(command: commands.ReadSettings) -> Calls:
    """GetVariablesRequest; for all settings GetBaseReportRequest, whose reports follow."""
    if not command.names:
        payload = {"requestId": _BASE_REPORT, "reportBase": ReportBaseEnumType.full_inventory}
        return ((Action.get_base_report, payload),)
    variables = [fields.variable_of(name) for name in command.names]
    return ((Action.get_variables, {"getVariableData": variables}),)


def write_settings(command: commands.WriteSettings) -> Calls:
    """SetVariablesRequest, all settings in one."""
    variables = [
        {"attributeValue": value, **fields.variable_of(name)}
        for name, value in command.settings.items()
    ]
    return ((Action.set_variables, {"setVariableData": variables}),)


def set_master_pass(command: commands.SetMasterPass) -> Calls:
    """SetVariablesRequest of the group. Source: OCPP 2.0.1 part 2, C16."""
    variable = fields.variable_of("AuthCtrlr.MasterPassGroupId")
    wanted = {"attributeValue": command.group, **variable}
    return ((Action.set_variables, {"setVariableData": [wanted]}),)


def tell_cost(command: commands.TellCost) -> Calls:
    """CostUpdatedRequest: what the session costs by now. Source: OCPP 2.0.1 part 2, I02."""
    cost = fields.cost(command.cost_minor, command.exponent)
    payload = {"totalCost": cost, "transactionId": command.transaction_id}
    return ((Action.cost_updated, payload),)


def _id_token_info(verdict: reports.StartVerdict, group: str | None) -> dict[str, Any]:
    common = {} if group is None else {"groupIdToken": _group(group)}
    return {"status": _VERDICT[verdict], **common}


def _group(group: str) -> dict[str, str]:
    return {"idToken": group, "type": IdTokenEnumType.central}


def id_token(text: str) -> dict[str, str]:
    """The hub tells by the text: a card's UID and a contract's id are such, all else is its own."""
    if _CARD.fullmatch(text):
        return {"idToken": text, "type": IdTokenEnumType.iso14443}
    is_contract = CONTRACT.fullmatch(text) is not None
    kind = IdTokenEnumType.e_maid if is_contract else IdTokenEnumType.central
    return {"idToken": text, "type": kind}

"""OCPP 2.0.1: firmware, logs and certificates, both ways. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from ocpp.v201.enums import (
    Action,
    ClearCacheStatusEnumType,
    DeleteCertificateStatusEnumType,
    GetCertificateIdUseEnumType,
    InstallCertificateStatusEnumType,
    LogEnumType,
    LogStatusEnumType,
    UpdateFirmwareStatusEnumType,
)

from chargehub.ocpp import fields, forms
from chargehub.ocpp.fields import Calls, Payload, Speech
from chargehub.ocpp.v201.inbound import accepted_if
from chargehub.stations import upkeep
from chargehub.stations.commands import Command, Outcome

_USE: dict[upkeep.CertificateUse, str] = {
    "hub": GetCertificateIdUseEnumType.csms_root_certificate,
    "manufacturer": GetCertificateIdUseEnumType.manufacturer_root_certificate,
    "v2g": GetCertificateIdUseEnumType.v2g_root_certificate,
    "mobility_operator": GetCertificateIdUseEnumType.mo_root_certificate,
    "v2g_chain": GetCertificateIdUseEnumType.v2g_certificate_chain,
}
_OF_USE: dict[str, str] = {str(word): use for use, word in _USE.items()}
_LOG: dict[upkeep.LogKind, str] = {
    "diagnostics": LogEnumType.diagnostics_log,
    "security": LogEnumType.security_log,
}
_REPLACED = LogStatusEnumType.accepted_canceled.value
_CHILDREN = "childCertificateHashData"

cache_cleared = accepted_if(ClearCacheStatusEnumType.accepted)
certificate_installed = accepted_if(InstallCertificateStatusEnumType.accepted)
certificate_deleted = accepted_if(DeleteCertificateStatusEnumType.accepted)


def update_firmware(command: upkeep.UpdateFirmware) -> Calls:
    """UpdateFirmwareRequest. Source: OCPP 2.0.1 part 2, L01 and L02."""
    firmware = {
        "location": command.location,
        "retrieveDateTime": fields.wire_instant(command.retrieve_at),
        **forms.instants({"installDateTime": command.install_at}),
    }
    if command.signing_certificate is not None and command.signature is not None:
        firmware["signingCertificate"] = command.signing_certificate
        firmware["signature"] = command.signature
    payload = {"requestId": command.request_id, "firmware": firmware}
    return ((Action.update_firmware, payload),)


def firmware_taken(command: Command, answers: Sequence[Payload]) -> Outcome:
    """UpdateFirmwareResponse. AcceptedCanceled: this one takes the place of another.

    Source: OCPP 2.0.1 part 2, L01.FR.24.
    """
    status = answers[0]["status"]
    is_taken = status in (UpdateFirmwareStatusEnumType.accepted, _REPLACED)
    return _taken(status, is_taken, {})


def get_log(command: upkeep.GetLog) -> Calls:
    """GetLogRequest. Source: OCPP 2.0.1 part 2, N01."""
    limits = {"oldestTimestamp": command.oldest_at, "latestTimestamp": command.latest_at}
    payload = {
        "log": {"remoteLocation": command.location} | forms.instants(limits),
        "logType": _LOG[command.log],
        "requestId": command.request_id,
    }
    return ((Action.get_log, payload),)


def log_promised(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetLogResponse. AcceptedCanceled: this upload takes the place of another.

    Source: OCPP 2.0.1 part 2, N01.FR.12.
    """
    answer = answers[0]
    details = {"file_name": answer["filename"]} if answer.get("filename") else {}
    is_taken = answer["status"] in (LogStatusEnumType.accepted, _REPLACED)
    return _taken(answer["status"], is_taken, details)


def _taken(status: str, is_taken: bool, details: dict[str, Any]) -> Outcome:
    if status == _REPLACED:
        details = {**details, "has_replaced": True}
    return Outcome("accepted" if is_taken else "refused", status, details)


def clear_cache(command: upkeep.ClearCache) -> Calls:
    """ClearCacheRequest. Source: OCPP 2.0.1 part 2, C11."""
    return ((Action.clear_cache, {}),)


def list_certificates(command: upkeep.ListCertificates) -> Calls:
    """GetInstalledCertificateIdsRequest. Source: OCPP 2.0.1 part 2, M03."""
    payload = {} if command.use is None else {"certificateType": [_USE[command.use]]}
    return ((Action.get_installed_certificate_ids, payload),)


def certificates_listed(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetInstalledCertificateIdsResponse: none found is an empty list.

    Source: OCPP 2.0.1 part 2, M03.
    """
    found = [
        {
            "use": _OF_USE.get(one["certificateType"], fields.word(one["certificateType"])),
            **forms.certificate(one["certificateHashData"]),
            "children": [forms.certificate(each) for each in one.get(_CHILDREN, ())],
        }
        for one in answers[0].get("certificateHashDataChain", ())
    ]
    return Outcome("accepted", answers[0]["status"], {"certificates": found})


def install_certificate(command: upkeep.InstallCertificate) -> Calls:
    """InstallCertificateRequest. Source: OCPP 2.0.1 part 2, M05."""
    payload = {"certificateType": _USE[command.use], "certificate": command.certificate}
    return ((Action.install_certificate, payload),)


def delete_certificate(command: upkeep.DeleteCertificate) -> Calls:
    """DeleteCertificateRequest. Source: OCPP 2.0.1 part 2, M04."""
    return ((Action.delete_certificate, forms.certificate_named(command)),)


COMMANDS: Mapping[type[Command], Speech] = {  # command -> calls, their answers -> outcome
    upkeep.ClearCache: (clear_cache, cache_cleared),
    upkeep.DeleteCertificate: (delete_certificate, certificate_deleted),
    upkeep.GetLog: (get_log, log_promised),
    upkeep.InstallCertificate: (install_certificate, certificate_installed),
    upkeep.ListCertificates: (list_certificates, certificates_listed),
    upkeep.UpdateFirmware: (update_firmware, firmware_taken),
}

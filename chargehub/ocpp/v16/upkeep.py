"""OCPP 1.6: firmware, logs and certificates, both ways. Pure.

What the security extension brought is in its own document: "Improved security for OCPP 1.6-J",
edition 3.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ocpp.v16.enums import (
    Action,
    CertificateStatus,
    CertificateUse,
    ClearCacheStatus,
    DeleteCertificateStatus,
    Log,
    LogStatus,
    UpdateFirmwareStatus,
)

from chargehub.ocpp import fields, forms
from chargehub.ocpp.fields import Calls, Payload, Speech, Unfit
from chargehub.ocpp.v16.inbound import accepted_if
from chargehub.stations import upkeep
from chargehub.stations.commands import Command, Outcome

_USE: dict[str, str] = {
    "hub": CertificateUse.central_system_root_certificate,
    "manufacturer": CertificateUse.manufacturer_root_certificate,
}
_REPLACED = LogStatus.accepted_canceled.value

cache_cleared = accepted_if(ClearCacheStatus.accepted)
certificate_installed = accepted_if(CertificateStatus.accepted)
certificate_deleted = accepted_if(DeleteCertificateStatus.accepted)


def update_firmware(command: upkeep.UpdateFirmware) -> Calls:
    """UpdateFirmware.req, or SignedUpdateFirmware.req with a certificate and a signature.

    Source: OCPP 1.6, section 5.19; security edition, SignedUpdateFirmware.req.
    """
    retrieve_at = fields.wire_instant(command.retrieve_at)
    if command.signing_certificate is None:
        if command.install_at is not None:
            raise Unfit("OCPP 1.6 names no time of installation for firmware without signature")
        payload = {"location": command.location, "retrieveDate": retrieve_at}
        return ((Action.update_firmware, payload),)
    firmware = {
        "location": command.location,
        "retrieveDateTime": retrieve_at,
        "signingCertificate": command.signing_certificate,
        "signature": command.signature,
    }
    firmware |= forms.instants({"installDateTime": command.install_at})
    request = {"requestId": command.request_id, "firmware": firmware}
    return ((Action.signed_update_firmware, request),)


def firmware_taken(command: Command, answers: Sequence[Payload]) -> Outcome:
    """UpdateFirmware.conf says nothing; SignedUpdateFirmware.conf says whether it will.

    Source: OCPP 1.6, section 5.19; security edition, SignedUpdateFirmware.conf.
    """
    status = answers[0].get("status", "")
    words = ("", UpdateFirmwareStatus.accepted, UpdateFirmwareStatus.accepted_canceled)
    return _taken(status, status in words, {})


def get_log(command: upkeep.GetLog) -> Calls:
    """GetDiagnostics.req, which numbers nothing; GetLog.req for the security log.

    Source: OCPP 1.6, section 5.9; security edition, GetLog.req.
    """
    oldest_at, latest_at = command.oldest_at, command.latest_at
    limits = {"startTime": oldest_at, "stopTime": latest_at}
    if command.log == "diagnostics":
        return ((Action.get_diagnostics, {"location": command.location} | forms.instants(limits)),)
    limits = {"oldestTimestamp": oldest_at, "latestTimestamp": latest_at}
    request = {
        "log": {"remoteLocation": command.location} | forms.instants(limits),
        "logType": Log.security_log,
        "requestId": command.request_id,
    }
    return ((Action.get_log, request),)


def log_promised(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetDiagnostics.conf: no name of a file means that there is nothing. GetLog.conf says it.

    Source: OCPP 1.6, section 6.26; security edition, GetLog.conf.
    """
    answer = answers[0]
    name = answer.get("filename", answer.get("fileName"))
    details = {"file_name": name} if name else {}
    status = answer.get("status", "")
    is_taken = status in (LogStatus.accepted, _REPLACED) if status else bool(name)
    return _taken(status, is_taken, details)


def _taken(status: str, is_taken: bool, details: dict[str, Any]) -> Outcome:
    if status == _REPLACED:
        details = {**details, "has_replaced": True}
    return Outcome("accepted" if is_taken else "refused", status, details)


def clear_cache(command: upkeep.ClearCache) -> Calls:
    """ClearCache.req. Source: OCPP 1.6, section 5.4."""
    return ((Action.clear_cache, {}),)


def list_certificates(command: upkeep.ListCertificates) -> Calls:
    """GetInstalledCertificateIds.req, one for each use: 1.6 has no word for all.

    Source: security edition, GetInstalledCertificateIds.req.
    """
    uses = _USE.values() if command.use is None else [_use(command.use)]
    return tuple((Action.get_installed_certificate_ids, {"certificateType": use}) for use in uses)


def certificates_listed(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetInstalledCertificateIds.conf: none found is an empty list.

    Source: security edition, GetInstalledCertificateIds.conf.
    """
    assert command.kind == "list_certificates", command.kind
    uses = _USE if command.use is None else [command.use]
    found = [
        {"use": use, **forms.certificate(hashes)}
        for use, answer in zip(uses, answers, strict=False)
        for hashes in answer.get("certificateHashData", ())
    ]
    return Outcome("accepted", answers[0]["status"], {"certificates": found})


def install_certificate(command: upkeep.InstallCertificate) -> Calls:
    """InstallCertificate.req. Source: security edition, InstallCertificate.req."""
    payload = {"certificateType": _use(command.use), "certificate": command.certificate}
    return ((Action.install_certificate, payload),)


def delete_certificate(command: upkeep.DeleteCertificate) -> Calls:
    """DeleteCertificate.req. Source: security edition, DeleteCertificate.req."""
    return ((Action.delete_certificate, forms.certificate_named(command)),)


def _use(use: str) -> str:
    if use not in _USE:
        raise Unfit("stations of OCPP 1.6 know certificates of the hub and the manufacturer alone")
    return _USE[use]


COMMANDS: Mapping[type[Command], Speech] = {  # command -> calls, their answers -> outcome
    upkeep.ClearCache: (clear_cache, cache_cleared),
    upkeep.DeleteCertificate: (delete_certificate, certificate_deleted),
    upkeep.GetLog: (get_log, log_promised),
    upkeep.InstallCertificate: (install_certificate, certificate_installed),
    upkeep.ListCertificates: (list_certificates, certificates_listed),
    upkeep.UpdateFirmware: (update_firmware, firmware_taken),
}

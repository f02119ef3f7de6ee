"""Firmware, logs and security events in the words of 1.6 and 2.x.

Source: OCPP 1.6, 4.5, 4.6, 5.9, 5.19 and its security white paper, 4 and 5; OCPP 2.0.1 part 2, A04,
L01 and N01.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from ocpp.v16 import call, call_result
from ocpp.v16.enums import Action as Action16
from ocpp.v201.enums import Action

from chargers.dialects.peer import Peer, answers, instant, read_instant
from chargers.messages import SecurityEvent, UpkeepKind, UpkeepSaid
from chargers.upkeep import FirmwareOrder, LogOrder

Payload = Mapping[str, Any]
ANSWERS = {
    "accepted": "Accepted",
    "cancelled_another": "AcceptedCanceled",
    "rejected": "Rejected",
    "invalid_certificate": "InvalidCertificate",
}
FIRMWARE = {
    "idle": "Idle",
    "download_scheduled": "DownloadScheduled",
    "downloading": "Downloading",
    "downloaded": "Downloaded",
    "download_failed": "DownloadFailed",
    "signature_verified": "SignatureVerified",
    "invalid_signature": "InvalidSignature",
    "install_scheduled": "InstallScheduled",
    "installing": "Installing",
    "install_rebooting": "InstallRebooting",
    "installed": "Installed",
    "installation_failed": "InstallationFailed",
}
LOGS = {
    "idle": "Idle",
    "uploading": "Uploading",
    "uploaded": "Uploaded",
    "failed": "UploadFailure",
    "not_supported": "NotSupportedOperation",
    "permission_denied": "PermissionDenied",
    "bad_message": "BadMessage",
    "cancelled": "AcceptedCanceled",
}
TECH_INFO = 255  # characters, in all versions
OLD_LOGS = {"idle": "Idle", "uploading": "Uploading", "uploaded": "Uploaded"}


class Upkeep16(Peer):
    """What a station of 1.6 answers and tells of its upkeep."""

    upkeep_kinds: ClassVar[Mapping[str, UpkeepKind]] = {
        "DiagnosticsStatusNotification": "diagnostics_16",
        "FirmwareStatusNotification": "firmware_16",
    }

    @answers(Action16.update_firmware)
    def _update_firmware(
        self,
        location: str,
        retrieve_date: str,
        retries: int | None = None,
        retry_interval: int | None = None,
    ) -> Any:
        when = read_instant(retrieve_date)
        order = FirmwareOrder("firmware_16", location, when, **_again(retries, retry_interval))
        self._commands.upkeep.update(order)
        return call_result.UpdateFirmware()

    @answers(Action16.signed_update_firmware)
    def _signed_update_firmware(
        self,
        request_id: int,
        firmware: Payload,
        retries: int | None = None,
        retry_interval: int | None = None,
    ) -> Any:
        again = _again(retries, retry_interval)
        order = _order("firmware_signed_16", request_id, firmware, again)
        return call_result.SignedUpdateFirmware(ANSWERS[self._commands.upkeep.update(order)])

    @answers(Action16.get_diagnostics)
    def _get_diagnostics(
        self,
        location: str,
        retries: int | None = None,
        retry_interval: int | None = None,
        start_time: str | None = None,
        stop_time: str | None = None,
    ) -> Any:
        order = LogOrder(
            "diagnostics_16",
            location,
            since=read_instant(start_time) if start_time else None,
            until=read_instant(stop_time) if stop_time else None,
            **_again(retries, retry_interval),
        )
        return call_result.GetDiagnostics(self._commands.upkeep.upload(order)[1])

    @answers(Action16.get_log)
    def _get_log(self, log: Payload, log_type: str, request_id: int, **more: Any) -> Any:
        word, name = self._commands.upkeep.upload(_log(log, log_type, request_id, more))
        return call_result.GetLog(ANSWERS[word], name)

    async def tell_upkeep(self, said: UpkeepSaid | SecurityEvent) -> None:
        """DiagnosticsStatusNotification and its like."""
        if isinstance(said, SecurityEvent):
            told = (said.kind, instant(said.at), _short(said.about))
            await self.ask(call.SecurityEventNotification(*told))
        elif said.kind == "firmware_16":
            await self.ask(call.FirmwareStatusNotification(FIRMWARE[said.status]))
        elif said.kind == "firmware_signed_16":
            word = FIRMWARE[said.status]
            await self.ask(call.SignedFirmwareStatusNotification(word, said.request_id))
        elif said.kind == "diagnostics_16":
            word = OLD_LOGS.get(said.status, "UploadFailed")
            await self.ask(call.DiagnosticsStatusNotification(word))
        elif said.status != "cancelled":  # the white paper has no word for it
            await self.ask(call.LogStatusNotification(LOGS[said.status], said.request_id))


class Upkeep2x(Peer):
    """What a station of 2.x answers and tells of its upkeep."""

    upkeep_kinds: ClassVar[Mapping[str, UpkeepKind]] = {
        "FirmwareStatusNotification": "firmware",
        "LogStatusNotification": "log",
    }

    @answers(Action.update_firmware)
    def _update_firmware(
        self,
        request_id: int,
        firmware: Payload,
        retries: int | None = None,
        retry_interval: int | None = None,
        **_: Any,
    ) -> Any:
        order = _order("firmware", request_id, firmware, _again(retries, retry_interval))
        return self._call_result.UpdateFirmware(ANSWERS[self._commands.upkeep.update(order)])

    @answers(Action.get_log)
    def _get_log(self, log: Payload, log_type: str, request_id: int, **more: Any) -> Any:
        if log_type not in ("DiagnosticsLog", "SecurityLog"):
            return self._call_result.GetLog("Rejected")
        word, name = self._commands.upkeep.upload(_log(log, log_type, request_id, more))
        return self._call_result.GetLog(ANSWERS[word], filename=name)

    async def tell_upkeep(self, said: UpkeepSaid | SecurityEvent) -> None:
        """FirmwareStatusNotification and its like."""
        if isinstance(said, SecurityEvent):
            request = self._call.SecurityEventNotification(
                type=said.kind, timestamp=instant(said.at), tech_info=_short(said.about)
            )
        elif said.kind == "firmware":
            word = FIRMWARE[said.status]
            request = self._call.FirmwareStatusNotification(status=word, request_id=said.request_id)
        else:
            word = LOGS[said.status]
            request = self._call.LogStatusNotification(status=word, request_id=said.request_id)
        await self.ask(request)


def _short(about: str | None) -> str | None:
    return None if about is None else about[:TECH_INFO]


def _order(
    kind: UpkeepKind, request_id: int, firmware: Payload, again: Mapping[str, Any]
) -> FirmwareOrder:
    install = firmware.get("install_date_time")
    return FirmwareOrder(
        kind,
        firmware["location"],
        read_instant(firmware["retrieve_date_time"]),
        install_at=read_instant(install) if install else None,
        request_id=request_id,
        certificate=firmware.get("signing_certificate"),
        signature=firmware.get("signature"),
        **again,
    )


def _log(log: Payload, log_type: str, request_id: int, more: Payload) -> LogOrder:
    since, until = log.get("oldest_timestamp"), log.get("latest_timestamp")
    return LogOrder(
        "log",
        log["remote_location"],
        is_security=log_type == "SecurityLog",
        since=read_instant(since) if since else None,
        until=read_instant(until) if until else None,
        request_id=request_id,
        **_again(more.get("retries"), more.get("retry_interval")),
    )


def _again(retries: int | None, interval_s: int | None) -> dict[str, Any]:
    """How often and when a failed transfer is tried again; the station's own choice is never."""
    found: dict[str, Any] = {"retries": retries or 0}
    return found | ({} if interval_s is None else {"retry_after": timedelta(seconds=interval_s)})

"""What REST takes for a station's upkeep: firmware, logs, certificates, texts, its local list."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from chargehub.rest.bodies import Instant
from chargehub.stations import commands, local_list, upkeep
from chargehub.stations.bodies import StationOrEvse, Wish

LARGEST_NUMBER = 2**31 - 1  # OCPP's integers are 32 bit
# What stations fetch from and bring to. Source: OCPP 2.0.1, FileTransferProtocols.
_LOCATION = re.compile(r"(https?|ftps?|sftp)://[!-~]+")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+=*")


def _location(text: str) -> str:
    if not _LOCATION.fullmatch(text):
        raise PydanticCustomError(
            "location", "Give an address that stations know: http, https, ftp, ftps or sftp."
        )
    return text


def _certificate(text: str) -> str:
    if not _PEM.fullmatch(text):
        raise PydanticCustomError("certificate", "Give one certificate as PEM, and no key.")
    return text


Location = Annotated[
    str,
    Field(max_length=512, examples=["https://example.org/log"]),
    AfterValidator(_location),
]
Certificate = Annotated[str, Field(max_length=5_500), AfterValidator(_certificate)]
Hash = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{1,128}$")]
MessageId = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]


class UpdateFirmwareRequest(Wish):
    """Fetch firmware and install it; a station with signed firmware needs both proofs.

    `progress` of the command tells how far it is. Another one takes its place where it may.
    """

    kind: Literal["update_firmware"]
    location: Location
    retrieve_at: Instant
    install_at: Instant | None = None
    signing_certificate: Certificate | None = None
    signature: Annotated[str, Field(max_length=800, pattern=_BASE64.pattern)] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.signing_certificate is None) != (self.signature is None):
            raise PydanticCustomError("signature", "Give certificate and signature, or neither.")
        return self

    def command(self) -> commands.Command:
        return upkeep.UpdateFirmware(
            self.location,
            self.retrieve_at,
            self.install_at,
            self.signing_certificate,
            self.signature,
        )


class GetLogRequest(Wish):
    """Upload a log; `progress` of the command tells how far it is."""

    kind: Literal["get_log"]
    log: upkeep.LogKind = "diagnostics"
    location: Location
    oldest_at: Instant | None = None
    latest_at: Instant | None = None

    def command(self) -> commands.Command:
        return upkeep.GetLog(self.log, self.location, self.oldest_at, self.latest_at)


class ClearCacheRequest(Wish):
    """Forget the id tokens that the station remembers by itself."""

    kind: Literal["clear_cache"]

    def command(self) -> commands.Command:
        return upkeep.ClearCache()


class ListCertificatesRequest(Wish):
    """Tell which certificates are installed, of one use or of all."""

    kind: Literal["list_certificates"]
    use: upkeep.CertificateUse | None = None

    def command(self) -> commands.Command:
        return upkeep.ListCertificates(self.use)


class InstallCertificateRequest(Wish):
    """Trust a root certificate."""

    kind: Literal["install_certificate"]
    use: upkeep.RootUse
    certificate: Certificate

    def command(self) -> commands.Command:
        return upkeep.InstallCertificate(self.use, self.certificate)


class DeleteCertificateRequest(Wish):
    """Trust a certificate no more; name it as `list_certificates` told it."""

    kind: Literal["delete_certificate"]
    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Hash
    issuer_key_hash: Hash
    serial_number: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{1,40}$")]

    def command(self) -> commands.Command:
        return upkeep.DeleteCertificate(
            self.hash_algorithm, self.issuer_name_hash, self.issuer_key_hash, self.serial_number
        )


class SetDisplayMessageRequest(Wish):
    """Show a text at the station; the same `message_id` again replaces it. Not in OCPP 1.6."""

    kind: Literal["set_display_message"]
    message_id: MessageId
    text: Annotated[str, Field(min_length=1, max_length=512)]
    priority: upkeep.Priority = "normal_cycle"
    shown_while: upkeep.ShownWhile | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,4})?$")] | None = None
    evse: StationOrEvse = 0

    def command(self) -> commands.Command:
        return upkeep.SetDisplayMessage(
            self.message_id,
            self.text,
            self.priority,
            self.shown_while,
            self.starts_at,
            self.ends_at,
            self.language,
            self.evse,
        )


class GetDisplayMessagesRequest(Wish):
    """Tell which texts are shown; they follow as notes on `display_messages`. Not in OCPP 1.6."""

    kind: Literal["get_display_messages"]

    def command(self) -> commands.Command:
        return upkeep.GetDisplayMessages()


class ClearDisplayMessageRequest(Wish):
    """Show a text no more. Not in OCPP 1.6."""

    kind: Literal["clear_display_message"]
    message_id: MessageId

    def command(self) -> commands.Command:
        return upkeep.ClearDisplayMessage(self.message_id)


class SyncLocalListRequest(Wish):
    """Bring the station's local list up to date: who may charge while it has no line.

    It is asked which list it has; what is missing follows as a command `send_local_list`.
    """

    kind: Literal["sync_local_list"]

    def command(self) -> commands.Command:
        return local_list.SyncLocalList()

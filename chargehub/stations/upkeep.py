"""What the hub asks for a station's upkeep: firmware, logs, certificates, texts on its display.

Pure values, as in `commands.py`. `request_id` numbers a request at its station, which names it when
it tells of its progress; 0: not numbered yet.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LogKind = Literal["diagnostics", "security"]
CertificateUse = Literal["hub", "manufacturer", "v2g", "mobility_operator", "v2g_chain"]
"""What a certificate proves. `v2g_chain` is the station's own, which nobody installs as a root."""

RootUse = Literal["hub", "manufacturer", "v2g", "mobility_operator"]
Priority = Literal["always_front", "in_front", "normal_cycle"]
ShownWhile = Literal["charging", "faulted", "idle", "unavailable"]


@dataclass(frozen=True, slots=True)
class UpdateFirmware:
    """Fetch firmware from `location` and install it. A later one takes its place where it may.

    `install_at` None: as soon as it can. With certificate and signature the station checks it.
    """

    location: str
    retrieve_at: datetime
    install_at: datetime | None = None
    signing_certificate: str | None = None
    signature: str | None = None
    request_id: int = 0
    kind: Literal["update_firmware"] = "update_firmware"


@dataclass(frozen=True, slots=True)
class GetLog:
    """Upload a log to `location`. `oldest_at` and `latest_at` None: without that limit."""

    log: LogKind
    location: str
    oldest_at: datetime | None = None
    latest_at: datetime | None = None
    request_id: int = 0
    kind: Literal["get_log"] = "get_log"


@dataclass(frozen=True, slots=True)
class ClearCache:
    """Forget the id tokens that the station remembers by itself."""

    kind: Literal["clear_cache"] = "clear_cache"


@dataclass(frozen=True, slots=True)
class ListCertificates:
    """Tell which certificates are installed. `use` None: all."""

    use: CertificateUse | None = None
    kind: Literal["list_certificates"] = "list_certificates"


@dataclass(frozen=True, slots=True)
class InstallCertificate:
    """Trust a root certificate, given as PEM."""

    use: RootUse
    certificate: str
    kind: Literal["install_certificate"] = "install_certificate"


@dataclass(frozen=True, slots=True)
class DeleteCertificate:
    """Trust a certificate no more. It is named by its hashes, as `list_certificates` tells them."""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    kind: Literal["delete_certificate"] = "delete_certificate"


@dataclass(frozen=True, slots=True)
class SetDisplayMessage:
    """Show a text to who stands at the station. The same `message_id` again replaces it.

    `shown_while` None: always. `evse` 0: on the station's main display.
    """

    message_id: int
    text: str
    priority: Priority = "normal_cycle"
    shown_while: ShownWhile | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    language: str | None = None
    evse: int = 0
    kind: Literal["set_display_message"] = "set_display_message"


@dataclass(frozen=True, slots=True)
class GetDisplayMessages:
    """Tell which texts are shown; they follow as notes on `display_messages`."""

    request_id: int = 0
    kind: Literal["get_display_messages"] = "get_display_messages"


@dataclass(frozen=True, slots=True)
class ClearDisplayMessage:
    """Show a text no more."""

    message_id: int
    kind: Literal["clear_display_message"] = "clear_display_message"


Upkeep = (
    UpdateFirmware
    | GetLog
    | ClearCache
    | ListCertificates
    | InstallCertificate
    | DeleteCertificate
    | SetDisplayMessage
    | GetDisplayMessages
    | ClearDisplayMessage
)
NUMBERED = (UpdateFirmware, GetLog, GetDisplayMessages)

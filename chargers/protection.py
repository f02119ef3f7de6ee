"""What a simulated station is given to protect its line, and each version's names for it. Values.

Source: OCPP 1.6 security white paper 3, sections 2 to 5; OCPP 2.0.1 part 2, A00 to A05.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargers.keys import Own

PROFILES: Final = (0, 1, 2, 3)
WITH_TLS, WITH_CERTIFICATE = 2, 3


@dataclass(frozen=True, slots=True)
class Words:
    """A version's names for it. `priority`, `address`: what says where to connect, if anything."""

    profile: str
    organization: str
    address: str
    priority: str
    bad_own: str
    bad_hub: str
    asking: Mapping[str, str]


ONE_SIX: Final = Words(
    "SecurityProfile",
    "CpoName",
    "CentralSystemAddress",  # a maker's own: the standard has none
    "",
    "InvalidChargePointCertificate",
    "InvalidCentralSystemCertificate",
    {},
)
TWO: Final = Words(
    "SecurityCtrlr.SecurityProfile",
    "SecurityCtrlr.OrganizationName",
    "",
    "OCPPCommCtrlr.NetworkConfigurationPriority",
    "InvalidChargingStationCertificate",
    "InvalidCsmsCertificate",
    {"certificateType": "ChargingStationCertificate"},
)


class BadProtection(ValueError):
    """What a station cannot start with. The text says what to give it."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What a station is given at first. `ca`: roots of its hub, PEM; '': those of the system, or
    none if it does not trust them. `folder`: where it keeps what it is given later.
    """

    profile: int = 1
    ca: str = ""
    folder: Path | None = None
    organization: str = ""
    certificate: str = ""
    key: bytes = b""
    trusts_system: bool = True


PASSWORD_ALONE: Final = Protection()
"""What a station has that was given nothing: profile 1."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where and how to connect. `slot`: the number of the network profile; 1.6 has none."""

    url: str
    profile: int
    slot: int = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to get in: a way, and what is shown on it."""

    way: Way
    password: str | bytes | None
    own: Own | None
    tls: ssl.SSLContext | None

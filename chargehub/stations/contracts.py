"""Contract certificates of vehicles (ISO 15118): what stations ask of them and are told. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from chargehub.people.rules import CONTRACT as CONTRACT

CertificateVerdict = Literal[
    "accepted", "bad_signature", "expired", "revoked", "not_available", "broken_chain"
]
"""How a contract's certificate stands. `not_available`: nobody could tell whether it holds."""

Standing = Literal["good", "revoked", "unknown", "failed"]
"""What a responder says of a certificate. `failed`: it says nothing."""


@dataclass(frozen=True, slots=True)
class NamedCertificate:
    """A certificate by its hashes, and where to ask whether it holds."""

    hash_algorithm: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int
    responder_url: str


@dataclass(frozen=True, slots=True)
class ContractShown:
    """What came with a contract's id token.

    `chain`: PEM, its own certificate first, for the hub to check; None: the station has checked
    it. `named`: its certificates, for the hub to ask whether they hold; at most four.
    """

    chain: str | None
    named: tuple[NamedCertificate, ...]


@dataclass(frozen=True, slots=True)
class StatusAsked:
    """GetCertificateStatus: does a certificate still hold?"""

    certificate: NamedCertificate


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """What the responder signed (DER, as base64); None: there is nothing, for this reason."""

    signed: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChainStatusAsked:
    """GetCertificateChainStatus: which certificates of a chain still hold?

    `ways`: for each of `request`, what was told of it, whom one may ask; nobody: by lists alone.
    """

    ways: tuple[tuple[NamedCertificate, ...], ...]
    request: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ChainStatusAnswer:
    """How each certificate of a request stands, and until when that is known (None: not)."""

    standings: tuple[tuple[Standing, datetime | None], ...]
    request: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ContractAsked:
    """Get15118EVCertificate: a vehicle asks for a contract certificate, or a newer one.

    `request` is the message as told: only the vehicle and the service read what is within.
    """

    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ContractAnswer:
    """The service's answer for the vehicle (EXI, as base64); None: none, for this reason.

    `remaining`: how many more contracts wait for the vehicle; None: not told.
    """

    response: str | None
    reason: str = ""
    remaining: int | None = None

"""The local certificate authority: checks what stations ask to have signed, and signs it.

Source: OCPP 1.6 security white paper 3, sections 3.3 and 4; OCPP 2.0.1 part 2, A02 and A00.FR.500
to 514; ISO 15118-2, annex F; RFC 5280.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chargehub.ocpp.tls import BadFile, check_private
from chargehub.stations.certificates import Signed
from chargehub.stations.reports import CertificatePurpose, CertificateRequested

SMALLEST_RSA_BITS: Final = 2048
SMALLEST_EC_BITS: Final = 224
AUTHORITY_YEARS: Final = 20  # a root is on the stations' disks: replacing it takes visits
SLOW_CLOCKS: Final = timedelta(hours=1)  # a station behind by less takes its certificate at once

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


class Unsigned(ValueError):
    """A request that is not signed. The text says why."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is signed. `organization`: what a subject must name; '': any. `days`: how long for.

    `is_for_cars`: cars know the authority, so it signs what stations show to them (ISO 15118-2).
    """

    organization: str
    days: int
    is_for_cars: bool = False


class Authority:
    """Signs certificates of stations."""

    def __init__(self, certificates: list[x509.Certificate], key: Key, terms: Terms) -> None:
        self._certificates = certificates
        self._key = key
        self._terms = terms

    def sign(self, request: CertificateRequested, identity: str, now: datetime) -> Signed:
        """A certificate for a request of the station with this identity.

        Raises Unsigned: unreadable, badly signed, a weak key, another one's name, or for cars.
        """
        usages = self._usages(request.purpose)
        asked = _read(request.request)
        _check_key(asked)
        self._check_subject(asked.subject, identity)
        issuer = self._certificates[0]
        until = min(now + timedelta(days=self._terms.days), issuer.not_valid_after_utc)
        if until <= now:
            raise Unsigned("The authority's own certificate has ended.")
        built = _certificate(asked, issuer, now - SLOW_CLOCKS, until)
        made = built.add_extension(usages, critical=False).sign(self._key, _hash())
        above = [one for one in self._certificates if one.subject != one.issuer]
        return Signed(
            chain="".join(_pem(one) for one in (made, *above)),
            serial_number=f"{made.serial_number:x}",
            fingerprint=made.fingerprint(hashes.SHA256()).hex(),
            valid_from=made.not_valid_before_utc,
            valid_until=made.not_valid_after_utc,
        )

    def _usages(self, purpose: CertificatePurpose) -> x509.ExtendedKeyUsage:
        """A station is the hub's client, and the server of a car."""
        if purpose == "vehicle_20" or (purpose == "vehicle" and not self._terms.is_for_cars):
            raise Unsigned("This hub signs no certificates towards such cars.")
        towards_hub = [] if purpose == "vehicle" else [ExtendedKeyUsageOID.CLIENT_AUTH]
        is_shown_to_cars = purpose != "station" and self._terms.is_for_cars
        towards_cars = [ExtendedKeyUsageOID.SERVER_AUTH] if is_shown_to_cars else []
        return x509.ExtendedKeyUsage(towards_hub + towards_cars)

    def _check_subject(self, subject: x509.Name, identity: str) -> None:
        names = [one.value for one in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        if names != [identity]:
            raise Unsigned("The common name is not the station's identity.")
        organizations = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        wanted = self._terms.organization
        if wanted and [one.value for one in organizations] != [wanted]:
            raise Unsigned("The organization is not the one that this hub signs for.")


def load(certificate: Path, key: Path, terms: Terms) -> Authority | None:
    """The authority in these files; None: there is none. Raises BadFile."""
    if not certificate.exists() and not key.exists():
        return None
    check_private(key)
    try:
        certificates = x509.load_pem_x509_certificates(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise BadFile(f"{certificate} and {key} are no PEM certificate and key.") from None
    if not isinstance(private, Key):
        raise BadFile(f"{key} is neither an RSA nor an elliptic curve key.")
    if private.public_key() != certificates[0].public_key():
        raise BadFile(f"{key} does not belong to {certificate}.")
    return Authority(certificates, private, terms)


def create(certificate: Path, key: Path, name: str, now: datetime) -> None:
    """Make a new root, its key with mode 0600. Raises BadFile where a file is already."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    until = now + timedelta(days=365 * AUTHORITY_YEARS)
    usage = _usage(digital_signature=True, key_cert_sign=True, crl_sign=True)
    built = (
        x509.CertificateBuilder(subject, subject, private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLOW_CLOCKS)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), False)
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(key, secret, 0o600)
    _write(certificate, _pem(built.sign(private, _hash())).encode(), 0o644)


def _write(path: Path, content: bytes, mode: int) -> None:
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            file.write(content)
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}.") from None


def _read(request: str) -> x509.CertificateSigningRequest:
    try:
        asked = x509.load_pem_x509_csr(request.encode())
        if not asked.is_signature_valid:
            raise Unsigned("The request is not signed with its own key.")
        if not isinstance(asked.signature_hash_algorithm, _HASHES):
            raise Unsigned("The request is signed with a weak hash.")
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise error if isinstance(error, Unsigned) else Unsigned("No readable request.") from None
    return asked


def _check_key(asked: x509.CertificateSigningRequest) -> None:
    key = asked.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        is_strong = key.key_size >= SMALLEST_RSA_BITS
    else:
        is_strong = isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= SMALLEST_EC_BITS
    if not is_strong:
        raise Unsigned(f"A key is RSA of {SMALLEST_RSA_BITS} bits or EC of {SMALLEST_EC_BITS}.")


def _certificate(
    asked: x509.CertificateSigningRequest,
    issuer: x509.Certificate,
    valid_from: datetime,
    valid_until: datetime,
) -> x509.CertificateBuilder:
    """For TLS and nothing else, whatever extensions were asked for."""
    usage = _usage(digital_signature=True, key_agreement=True)
    public = asked.public_key()
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(_public_of(issuer))
    return (
        x509.CertificateBuilder(issuer.subject, asked.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(valid_from, issuer.not_valid_before_utc))
        .not_valid_after(valid_until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
    )


def _public_of(issuer: x509.Certificate) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    key = issuer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
    return key


def _usage(**wanted: bool) -> x509.KeyUsage:
    every = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in every})


def _hash() -> hashes.SHA256:
    return hashes.SHA256()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()

"""Keys, requests and certificates of a simulated station: made, read and checked. No files.

Source: OCPP 1.6 security white paper 3, sections 3 and 5; OCPP 2.0.1 part 2, A00, A02 and M.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_HASHES = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}


class BadCertificate(ValueError):
    """What a station does not take. The text says why."""


@dataclass(frozen=True, slots=True)
class Own:
    """What a station shows: its certificate first, then those above it; and the key to it."""

    key: Key
    chain: tuple[x509.Certificate, ...]

    @property
    def ends_at(self) -> datetime:
        """When nobody takes it any more."""
        return self.chain[0].not_valid_after_utc


class CertificateName(NamedTuple):
    """How OCPP names a certificate, in hexadecimal. Source: RFC 6960, section 4.1.1 (CertID)."""

    algorithm: str
    issuer_name: str
    issuer_key: str
    serial_number: str


def new_key() -> Key:
    """A key that every hub must take."""
    return ec.generate_private_key(ec.SECP256R1())


def request(key: Key, identity: str, organization: str) -> str:
    """A request (PEM) to sign a certificate of the station with this identity."""
    names = [x509.NameAttribute(NameOID.COMMON_NAME, identity)]
    if organization:
        names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    asked = x509.CertificateSigningRequestBuilder(x509.Name(names)).sign(key, hashes.SHA256())
    return asked.public_bytes(serialization.Encoding.PEM).decode()


def read_certificates(pem: str) -> tuple[x509.Certificate, ...]:
    """All certificates of a text, in its order. Raises BadCertificate."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem.encode()))
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate("it is no PEM certificate") from None


def read_key(pem: bytes) -> Key:
    """A private key that is not encrypted. Raises BadCertificate."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadCertificate("it is no PEM key without a password") from None
    if not isinstance(key, Key):
        raise BadCertificate("the key is neither RSA nor elliptic")
    return key


def check_own(own: Own, identity: str, now: datetime) -> None:
    """Raises BadCertificate unless this station can show it to a hub now."""
    first = own.chain[0]
    names = [one.value for one in first.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if first.public_key() != own.key.public_key():
        raise BadCertificate("it does not belong to the key of the request")
    if names != [identity]:
        raise BadCertificate("its common name is another station's")
    if not first.not_valid_before_utc <= now < first.not_valid_after_utc:
        raise BadCertificate("it is not valid now")
    if not _is_for_clients(first):
        raise BadCertificate("it is not for TLS clients")
    for below, above in zip(own.chain, own.chain[1:], strict=False):
        _check_issued(below, above)


def check_root(pem: str, now: datetime) -> x509.Certificate:
    """The one certificate of a text, valid now. Raises BadCertificate."""
    found = read_certificates(pem)
    if len(found) != 1:
        raise BadCertificate("it is more than one certificate")
    if not found[0].not_valid_before_utc <= now < found[0].not_valid_after_utc:
        raise BadCertificate("it is not valid now")
    return found[0]


def name_of(
    certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str
) -> CertificateName:
    """A certificate's name, with the hash that was asked for."""
    builder = ocsp.OCSPRequestBuilder()
    asked = builder.add_certificate(certificate, issuer, _HASHES[algorithm]).build()
    return CertificateName(
        algorithm,
        asked.issuer_name_hash.hex(),
        asked.issuer_key_hash.hex(),
        f"{certificate.serial_number:x}",
    )


def pem_of(*certificates: x509.Certificate) -> str:
    """Certificates one after the other."""
    encoding = serialization.Encoding.PEM
    return "".join(one.public_bytes(encoding).decode() for one in certificates)


def pem_of_key(key: Key) -> bytes:
    """A key without a password: for a file that only its owner reads."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _is_for_clients(certificate: x509.Certificate) -> bool:
    try:
        told = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in told.value


def _check_issued(below: x509.Certificate, above: x509.Certificate) -> None:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        raise BadCertificate("the chain is broken") from None

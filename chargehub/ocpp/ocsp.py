"""OCSP: the question whether a certificate still holds, and what its answer proves. Pure.

Source: RFC 6960; OCPP 2.0.1 part 2, C07 and M06.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from chargehub.stations.contracts import NamedCertificate, Standing

SLOW_CLOCKS: Final = timedelta(minutes=5)  # a responder's clock and ours may differ by so much
ALGORITHMS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}


class Unproven(Exception):
    """An answer that proves nothing. The text says why."""


class BadSignature(Unproven):
    """It is signed by nobody who may."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer proves. `until` None: newer word may come at any time."""

    standing: Standing
    until: datetime | None


def question(named: NamedCertificate) -> bytes:
    """The request for a certificate, DER. Raises Unproven for hashes that cannot be."""
    algorithm = ALGORITHMS[named.hash_algorithm]
    try:
        asked = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            named.issuer_name_hash, named.issuer_key_hash, named.serial_number, algorithm
        )
    except (ValueError, OverflowError):
        raise Unproven("The hashes do not name a certificate.") from None
    return asked.build().public_bytes(serialization.Encoding.DER)


def named(certificate: x509.Certificate, issuer: x509.Certificate, url: str) -> NamedCertificate:
    """A certificate as a question names it."""
    key_hash, name_hash = key_hash_of(issuer, hashes.SHA256()), hashes.Hash(hashes.SHA256())
    name_hash.update(issuer.subject.public_bytes())
    return NamedCertificate(
        "SHA256", name_hash.finalize(), key_hash, certificate.serial_number, url
    )


def told(
    answer: bytes, asked: NamedCertificate, known: Iterable[x509.Certificate], now: datetime
) -> Told:
    """What an answer (DER) proves of the certificate asked for. Raises Unproven, BadSignature.

    It is signed by the certificate's issuer, or by somebody whom that issuer let sign answers.
    `known`: certificates among which the issuer may be, beside those in the answer.
    """
    try:
        read = ocsp.load_der_ocsp_response(answer)
        if read.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Unproven(f"The responder says {read.response_status.name.lower()}.")
        single = next((one for one in read.responses if _is_of(one, asked)), None)
        _check_signed(read, asked, known, now)
    except (ValueError, UnsupportedAlgorithm, TypeError):
        raise Unproven("The responder's answer cannot be read.") from None
    if single is None:
        raise Unproven("The responder's answer is about another certificate.")
    until = single.next_update_utc
    is_fresh = single.this_update_utc <= now + SLOW_CLOCKS
    if not is_fresh or (until is not None and until <= now - SLOW_CLOCKS):
        raise Unproven("The responder's answer is not of this time.")
    return Told(_STANDINGS[single.certificate_status], until)


_STANDINGS: Final[Mapping[ocsp.OCSPCertStatus, Standing]] = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}


def _is_of(one: ocsp.OCSPSingleResponse, asked: NamedCertificate) -> bool:
    return (
        one.serial_number == asked.serial_number
        and one.issuer_key_hash == asked.issuer_key_hash
        and one.issuer_name_hash == asked.issuer_name_hash
        and one.hash_algorithm.name == ALGORITHMS[asked.hash_algorithm].name
    )


def _check_signed(
    read: ocsp.OCSPResponse,
    asked: NamedCertificate,
    known: Iterable[x509.Certificate],
    now: datetime,
) -> None:
    algorithm = ALGORITHMS[asked.hash_algorithm]
    issuers = [
        each
        for each in (*known, *read.certificates)
        if key_hash_of(each, algorithm) == asked.issuer_key_hash
    ]
    delegates = [each for each in read.certificates if _may_sign(each, issuers, now)]
    if not any(_has_signed(each, read) for each in (*issuers, *delegates)):
        raise BadSignature("Nobody who may has signed the responder's answer.")


def _may_sign(one: x509.Certificate, issuers: Iterable[x509.Certificate], now: datetime) -> bool:
    """Did the issuer let the holder sign answers? Source: RFC 6960, section 4.2.2.2."""
    try:
        uses = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    is_of_now = one.not_valid_before_utc <= now + SLOW_CLOCKS and now <= one.not_valid_after_utc
    is_let = ExtendedKeyUsageOID.OCSP_SIGNING in uses and is_of_now
    return is_let and any(is_issued_by(one, issuer) for issuer in issuers)


def is_issued_by(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Does the issuer's signature stand on it, and its name?"""
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _has_signed(signer: x509.Certificate, read: ocsp.OCSPResponse) -> bool:
    key, algorithm = signer.public_key(), read.signature_hash_algorithm
    signature, signed = read.signature, read.tbs_response_bytes
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(signature, signed, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def key_hash_of(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> bytes:
    """The hash of a certificate's key as OCSP has it: its bits, without what kind of key it is."""
    hashed = hashes.Hash(algorithm)
    hashed.update(_key_bits(certificate))
    return hashed.finalize()


def _key_bits(certificate: x509.Certificate) -> bytes:
    key = certificate.public_key()
    encoding, form = serialization.Encoding, serialization.PublicFormat
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(encoding.X962, form.UncompressedPoint)
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(encoding.DER, form.PKCS1)
    return key.public_bytes(encoding.Raw, form.Raw)

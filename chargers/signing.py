"""Whether firmware is what its maker signed. Pure.

Source: OCPP 2.0.1 part 2, L01 and A00 (algorithms); OCPP 1.6 security white paper, 4.4.
"""

import binascii
from base64 import b64decode
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256


def is_trusted(certificate: str, roots: bytes | None, now: datetime) -> bool:
    """Whether a signing certificate (PEM) holds now, and a root (PEM, several) issued it.

    `roots` None: the station has none and believes any certificate that is not out of date.
    """
    try:
        signing = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError:
        return False
    if not signing.not_valid_before_utc <= now < signing.not_valid_after_utc:
        return False
    if roots is None:
        return True
    return any(_issued(root, signing) for root in x509.load_pem_x509_certificates(roots))


def is_signed(digest: bytes, signature: str, certificate: str) -> bool:
    """Whether the signature (base64) over a file with this SHA-256 is the certificate's."""
    try:
        raw = b64decode(signature, validate=True)
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, digest, ec.ECDSA(Prehashed(SHA256())))
        elif isinstance(key, rsa.RSAPublicKey):
            salted = padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO)
            key.verify(raw, digest, salted, Prehashed(SHA256()))
        else:
            return False
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _issued(root: x509.Certificate, signing: x509.Certificate) -> bool:
    try:
        signing.verify_directly_issued_by(root)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True

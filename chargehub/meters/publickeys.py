"""Public keys of meters, in all the shapes that devices, stickers and stations write them. Pure.

Source: OCMF 1, public key types (table 23); OCPP application note on signed meter values (oca:…).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

LONGEST = 2_500  # characters: as much as OCPP 2.1 has room for
CURVES: Mapping[str, ec.EllipticCurve] = {  # secp192k1 of table 23 is in no library that is kept up
    "secp192r1": ec.SECP192R1(),
    "secp256k1": ec.SECP256K1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpool256r1": ec.BrainpoolP256R1(),
    "brainpool384r1": ec.BrainpoolP384R1(),
    "brainpool512r1": ec.BrainpoolP512R1(),
}
_NAMES = {curve.name: name for name, curve in CURVES.items()}
_OCA = re.compile(r"oca:(?P<base>base16|base64):(?P<form>asn1|raw)?:?(?P<key>.+)", re.I | re.S)
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----(.+?)-----END [A-Z ]+-----", re.S)
_BETWEEN = re.compile(r"[\s:]+")  # how hexadecimal is set apart on stickers
_WRAPPED = re.compile(rb"(oca:|-----BEGIN|(?:[0-9A-Fa-f]{2}){33,})")


class UnreadableKey(ValueError):
    """The text is no public key that signatures can be checked with. It says why."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key on one of the curves. `der`: SubjectPublicKeyInfo, the point in full."""

    der: bytes
    curve: str

    @property
    def hexadecimal(self) -> str:
        """As transparency software wants it."""
        return self.der.hex().upper()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key, in hexadecimal: two keys are the same if this is."""
        return hashlib.sha256(self.der).hexdigest()

    def loaded(self) -> ec.EllipticCurvePublicKey:
        """The key itself."""
        key = load_der_public_key(self.der)
        assert isinstance(key, ec.EllipticCurvePublicKey), self.curve
        return key


def read(text: str) -> PublicKey:
    """A key from hexadecimal or base64 (of SubjectPublicKeyInfo or of the bare point), PEM, or
    OCPP's `oca:base16:asn1:…`, also wrapped in base64 once more. Raises UnreadableKey."""
    if len(text) > LONGEST:
        raise UnreadableKey("The public key is too long to be one.")
    raw = _bytes_of(text.strip())
    if _WRAPPED.match(raw) and raw.isascii():
        raw = _bytes_of(raw.decode().strip())
    if not raw:
        raise UnreadableKey("There is no public key in it.")
    return _of(_from_der(raw) if raw[0] == 0x30 else _from_point(raw))


def of_der(der: bytes) -> PublicKey:
    """A key from SubjectPublicKeyInfo in DER. Raises UnreadableKey."""
    return _of(_from_der(der))


def _bytes_of(text: str) -> bytes:
    told = _OCA.fullmatch(text)
    if told is not None:
        text = told["key"]
    pem = _PEM.search(text)
    if pem is not None:
        text = pem[1]
    plain = _BETWEEN.sub("", text).removeprefix("0x")
    try:
        if re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", plain):
            return bytes.fromhex(plain)
        padded = plain.rstrip("=") + "=" * (-len(plain.rstrip("=")) % 4)
        return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableKey(
            "The public key is neither hexadecimal nor base64. Copy all of it as it is printed."
        ) from None


def _from_der(raw: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        raise UnreadableKey(
            "The public key is damaged, or on a curve that cannot be checked here."
        ) from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise UnreadableKey("The public key is not of an elliptic curve; OCMF takes no other.")
    return key


def _from_point(raw: bytes) -> ec.EllipticCurvePublicKey:
    """The bare point, with or without its leading 04. It lies on one curve alone."""
    for curve in CURVES.values():
        size = (curve.key_size + 7) // 8
        whole = b"\x04" + raw if len(raw) == 2 * size else raw
        if len(whole) not in (2 * size + 1, size + 1):
            continue
        if len(whole) == size + 1:  # a compressed point may lie on several: nobody can tell
            raise UnreadableKey("The public key is shortened. Give the whole one.")
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(curve, whole)
        except ValueError:
            continue
    raise UnreadableKey("The public key is damaged: it is no point of a known curve.")


def _of(key: ec.EllipticCurvePublicKey) -> PublicKey:
    name = _NAMES.get(key.curve.name)
    if name is None:
        raise UnreadableKey(f"The public key is on {key.curve.name}, which OCMF does not have.")
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(der, name)

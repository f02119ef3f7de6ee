"""Signed meter readings in the Open Charge Metering Format: write, sign, read and verify. Pure.

Source: OCMF 1.0 by SAFE e.V.: sections, general information, pagination, user assignment, readings
(tables 1 to 7, 10 to 20) and signature (tables 8 and 22).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

HEADER = "OCMF"
CURVES: Mapping[str, ec.EllipticCurve] = {
    "secp256r1": ec.SECP256R1(),
    "secp256k1": ec.SECP256K1(),
}
ORDERS = {  # of the curves' groups, from SEC 2: a private key lies below
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}
IMPORT_REGISTER = "1-0:1.8.0"  # OBIS: active energy taken, all tariffs


class NotGenuine(ValueError):
    """A record that is no OCMF, or that another key signed. It says which."""


@dataclass(frozen=True, slots=True)
class Point:
    """A register at an instant. `reason`: OCMF's letter, B begin, E L R A P the ends.

    `is_synchronised`: the clock was set by the hub.
    """

    at: datetime
    register_wh: int
    reason: str
    is_synchronised: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """Whom the session is for, in OCMF's words: level, flags, kind of token, the token."""

    level: str
    flags: tuple[str, ...]
    kind: str
    token: str


@dataclass(frozen=True, slots=True)
class Meter:
    """What signs: maker and model, firmware, serial number of the meter, the charge point."""

    vendor: str
    model: str
    firmware: str
    station: str
    serial: str
    charge_point: str


class Signer:
    """A key made from a seed: the same seed, the same key. Not for anything that is real."""

    def __init__(self, seed: str, curve: str) -> None:
        number = int.from_bytes(hashlib.sha512(f"meter key:{curve}:{seed}".encode()).digest())
        self._key = ec.derive_private_key(number % (ORDERS[curve] - 1) + 1, CURVES[curve])
        self.method = f"ECDSA-{curve}-SHA256"

    @property
    def public_key(self) -> bytes:
        """Its public half: SubjectPublicKeyInfo, DER."""
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, payload: str) -> str:
        """The signature in hexadecimal; the same payload has the same one (RFC 6979)."""
        algorithm = ec.ECDSA(SHA256(), deterministic_signing=True)
        return self._key.sign(payload.encode(), algorithm).hex()


def record(signer: Signer, meter: Meter, user: User, page: int, points: Sequence[Point]) -> str:
    """A whole record, `OCMF|payload|signature`, as it is sent and verified byte by byte."""
    fields = {
        "FV": "1.0",
        "GI": f"{meter.vendor} {meter.model}",
        "GS": meter.station,
        "GV": meter.firmware,
        "PG": f"T{page}",
        "MV": meter.vendor,
        "MM": meter.model,
        "MS": meter.serial,
        "MF": meter.firmware,
        "IS": True,
        "IL": user.level,
        "IF": list(user.flags),
        "IT": user.kind,
        "ID": user.token,
        "CT": "CBIDC",
        "CI": meter.charge_point,
        "RD": [_reading(point) for point in points],
    }
    payload = _section(fields)
    return f"{HEADER}|{payload}|{_section({'SA': signer.method, 'SD': signer.sign(payload)})}"


def verified(text: str, public_key: bytes) -> dict[str, Any]:
    """The payload of a record that this key (DER) signed. Raises NotGenuine."""
    sections = text.strip().split("|")
    if len(sections) != 3 or sections[0] != HEADER:
        raise NotGenuine("this is no OCMF: OCMF|payload|signature")
    try:
        key = load_der_public_key(public_key)
    except ValueError:
        raise NotGenuine("the key cannot be read: it is SubjectPublicKeyInfo in DER") from None
    try:
        signature = orjson.loads(sections[2])
        payload: dict[str, Any] = orjson.loads(sections[1])
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise NotGenuine("the key is not of an elliptic curve")
        key.verify(bytes.fromhex(signature["SD"]), sections[1].encode(), ec.ECDSA(SHA256()))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise NotGenuine(f"a section cannot be read: {error}") from None
    except InvalidSignature:
        raise NotGenuine("another key signed it, or it was changed") from None
    return payload


def _reading(point: Point) -> dict[str, Any]:
    at = point.at.astimezone(UTC)
    clock = "S" if point.is_synchronised else "U"
    kilo, rest = divmod(point.register_wh, 1_000)
    return {
        "TM": f"{at:%Y-%m-%dT%H:%M:%S},{at.microsecond // 1_000:03d}+0000 {clock}",
        "TX": point.reason,
        "RV": orjson.Fragment(f"{kilo}.{rest:03d}"),  # all digits of the register
        "RI": IMPORT_REGISTER,
        "RU": "kWh",
        "RT": "AC",
        "EF": "",
        "ST": "G",
    }


def _section(fields: Mapping[str, Any]) -> str:
    """JSON without the sign that divides the sections."""
    return orjson.dumps(fields).decode().replace("|", "\\u007c")

"""Records in the shapes of real devices, signed with keys made for the test."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chargehub.meters.publickeys import CURVES, PublicKey, of_der

DEFAULT = "secp256r1"


class Device:
    """A meter with a key of its own on one of the curves."""

    def __init__(self, curve: str = DEFAULT, seed: int = 7) -> None:
        self.curve = curve
        self._key = ec.derive_private_key(seed, CURVES[curve])

    @property
    def der(self) -> bytes:
        public = self._key.public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def key(self) -> PublicKey:
        return of_der(self.der)

    @property
    def point(self) -> bytes:
        public = self._key.public_key()
        return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def record(self, payload: dict[str, Any], encoding: str = "hex", **more: str) -> bytes:
        """A record whose payload is written as Python writes JSON, with its white space."""
        text = json.dumps(payload)
        signed = self._key.sign(text.encode(), ec.ECDSA(SHA256()))
        shown = signed.hex().upper() if encoding == "hex" else base64.b64encode(signed).decode()
        section: dict[str, str] = {"SD": shown}
        if encoding != "hex":
            section["SE"] = encoding
        if self.curve != DEFAULT:
            section["SA"] = f"ECDSA-{self.curve}-SHA256"
        return f"OCMF|{text}|{json.dumps(section | more)}".encode()


def reading(letter: str, value: float, minute: int = 0, **more: Any) -> dict[str, Any]:
    """A register in kWh, so many minutes after ten."""
    return {
        "TM": f"2026-03-02T10:{minute:02}:00,000+0100 S",
        "TX": letter,
        "RV": value,
        "RI": "1-b:1.8.0",
        "RU": "kWh",
        "EF": "",
        "ST": "G",
    } | more


def payload(page: int, readings: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What a wallbox says: maker, meter, page, user, readings."""
    return {
        "FV": "1.0",
        "GI": "ACME box",
        "GS": "17619300",
        "PG": f"T{page}",
        "MS": "M-1",
        "IS": False,
        "IL": "NONE",
        "IF": ["RFID_NONE", "OCPP_NONE", "ISO15118_NONE", "PLMN_NONE"],
        "IT": "NONE",
        "ID": "",
        "RD": list(readings),
    } | more


def pair(device: Device, page: int = 5, energy_kwh: float = 20.0) -> tuple[bytes, bytes]:
    """Begin and end in two records, page after page."""
    return (
        device.record(payload(page, [reading("B", 100.25)])),
        device.record(payload(page + 1, [reading("E", 100.25 + energy_kwh, 59)])),
    )


def whole(device: Device, energy_kwh: float = 20.0) -> bytes:
    """Begin and end in one record, of which the second leaves out what stays as it was."""
    end = {"TM": "2026-03-02T11:59:00,000+0100 R", "TX": "E", "RV": 100.25 + energy_kwh}
    return device.record(payload(32, [reading("B", 100.25), end]))

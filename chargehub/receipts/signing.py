"""How a receipt is signed, and the file it is. Pure.

Source: RFC 8032 (Ed25519); RFC 7517 and RFC 8037 (how public keys are published).
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chargehub.receipts.chain import canonical, digest

ALGORITHM = "Ed25519"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class HubKey:
    """A public key of a hub: 32 bytes. It signed from `created_at` to `retired_at`, or still."""

    public: bytes
    created_at: datetime
    retired_at: datetime | None

    @property
    def id(self) -> str:
        """Its name: SHA-256 of its bytes, in hexadecimal."""
        return digest(self.public)

    def signs_at(self, moment: datetime) -> bool:
        """True if the hub signed with it at that moment."""
        return self.created_at <= moment and (self.retired_at is None or moment <= self.retired_at)


def public_of(seed: bytes) -> bytes:
    """The public half of a key."""
    return _pair(seed)[1]


@lru_cache(maxsize=4)
def _pair(seed: bytes) -> tuple[Ed25519PrivateKey, bytes]:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return private, private.public_key().public_bytes_raw()


def signed(receipt: dict[str, Any], seed: bytes) -> dict[str, Any]:
    """A receipt with its signature."""
    private, public = _pair(seed)
    value = private.sign(canonical(receipt))
    return {
        "receipt": receipt,
        "signature": {
            "algorithm": ALGORITHM,
            "key": digest(public),
            "public_key": base64.b64encode(public).decode(),
            "value": base64.b64encode(value).decode(),
        },
    }


def file_of(signed_receipt: dict[str, Any], packets: Sequence[bytes]) -> bytes:
    """The one file: the signed receipt, and beside it the packets whose digests it holds."""
    told = [
        {"digest": digest(packet), "content": base64.b64encode(packet).decode()}
        for packet in packets
    ]
    return canonical({**signed_receipt, "packets": told}) + b"\n"


def signer(signed_receipt: dict[str, Any]) -> bytes | None:
    """The public key that signed it; None: nobody did, or it was changed since."""
    told = signed_receipt["signature"]
    if set(told) != {"algorithm", "key", "public_key", "value"} or told["algorithm"] != ALGORITHM:
        return None
    public, value = strict_base64(told["public_key"]), strict_base64(told["value"])
    if public is None or value is None or len(public) != KEY_BYTES or told["key"] != digest(public):
        return None
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(value, canonical(signed_receipt["receipt"]))
    except (InvalidSignature, ValueError):
        return None
    return public


def strict_base64(text: str) -> bytes | None:
    """The bytes; None where the text is not the one base64 that they have."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if base64.b64encode(found).decode() == text else None


def published(keys: Sequence[HubKey]) -> dict[str, Any]:
    """The hub's public keys as a JSON Web Key Set, and since when until when each signed."""
    return {"keys": [_published(key) for key in keys]}


def _published(key: HubKey) -> dict[str, Any]:
    return {
        "kty": "OKP",
        "crv": ALGORITHM,
        "use": "sig",
        "kid": key.id,
        "x": base64.urlsafe_b64encode(key.public).rstrip(b"=").decode(),
        "created_at": key.created_at.isoformat(),
        "retired_at": key.retired_at.isoformat() if key.retired_at else None,
    }


def read_published(document: Any) -> tuple[HubKey, ...]:
    """The keys of such a set. Raises ValueError."""
    try:
        return tuple(_read(one) for one in document["keys"])
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValueError(f"this is no set of a hub's keys: {error!r}") from None


def _read(told: dict[str, Any]) -> HubKey:
    text: str = told["x"]
    public = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if told["crv"] != ALGORITHM or len(public) != KEY_BYTES:
        raise ValueError("a hub's keys are of Ed25519")
    retired_at = told["retired_at"]
    return HubKey(
        public,
        datetime.fromisoformat(told["created_at"]),
        datetime.fromisoformat(retired_at) if retired_at else None,
    )

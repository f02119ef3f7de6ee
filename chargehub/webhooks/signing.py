"""How a message is signed, so that its receiver knows who sent it. Pure.

Source: Standard Webhooks, sections Signature scheme and Webhook headers.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chargehub.webhooks.rules import Signing

KEY_BYTES = 32  # an Ed25519 seed, and enough for HMAC-SHA256


def headers(
    message_id: str, at_s: int, content: bytes, keys: Sequence[bytes], signing: Signing
) -> dict[str, str]:
    """The three headers. `at_s`: seconds since 1970 of this try; a signature for each key."""
    signed = b".".join((message_id.encode(), str(at_s).encode(), content))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(_signature(key, signed, signing) for key in keys),
    }


def _signature(key: bytes, signed: bytes, signing: Signing) -> str:
    if signing == "ed25519":
        return f"v1a,{_text(Ed25519PrivateKey.from_private_bytes(key).sign(signed))}"
    return f"v1,{_text(hmac.new(key, signed, hashlib.sha256).digest())}"


def secret(key: bytes) -> str:
    """What a receiver of HMAC signatures keeps."""
    return f"whsec_{_text(key)}"


def public_key(key: bytes) -> str:
    """What a receiver of Ed25519 signatures checks them with; no secret."""
    return (
        f"whpk_{_text(Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw())}"
    )


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()

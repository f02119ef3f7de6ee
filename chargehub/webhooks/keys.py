"""Keys of webhooks at rest: sealed, so that neither database nor backup tells them."""

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chargehub.webhooks.signing import KEY_BYTES

_PURPOSE = b"chargehub: a webhook's key"


def new_key() -> bytes:
    """32 bytes that nobody guesses."""
    return secrets.token_bytes(KEY_BYTES)


def seal(secret: str, key: bytes) -> str:
    """What only a hub with this secret can open again."""
    return _box(secret).encrypt(key).decode()


def unseal(secret: str, sealed: str) -> bytes | None:
    """The key; None: it was sealed with another secret."""
    try:
        return _box(secret).decrypt(sealed.encode())
    except InvalidToken:
        return None


def _box(secret: str) -> Fernet:
    assert secret, "the hub's secret is empty"
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))

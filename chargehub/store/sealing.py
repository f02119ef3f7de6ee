"""Keys at rest: sealed with the hub's secret, so that neither database nor backup tells them."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def seal(secret: str, purpose: bytes, key: bytes) -> str:
    """What only a hub with this secret can open again, and only for this purpose."""
    return _box(secret, purpose).encrypt(key).decode()


def unseal(secret: str, purpose: bytes, sealed: str) -> bytes | None:
    """The key; None: it was sealed with another secret."""
    try:
        return _box(secret, purpose).decrypt(sealed.encode())
    except InvalidToken:
        return None


def _box(secret: str, purpose: bytes) -> Fernet:
    assert secret, "the hub's secret is empty"
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))

"""A password on its way to a station: sealed, so that neither database nor backup tells it."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE = b"chargehub: a station's password on its way"


def seal(secret: bytes, password: str) -> str:
    """What only a hub with this secret can open again."""
    return _box(secret).encrypt(password.encode()).decode()


def unseal(secret: bytes, sealed: str) -> str | None:
    """The password; None: it was sealed with another secret."""
    try:
        return _box(secret).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _box(secret: bytes) -> Fernet:
    assert secret, "the hub's secret is empty"
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret)
    return Fernet(base64.urlsafe_b64encode(derived))

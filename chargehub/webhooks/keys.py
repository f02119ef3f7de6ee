"""Keys of webhooks at rest: sealed, so that neither database nor backup tells them."""

import secrets

from chargehub.store import sealing
from chargehub.webhooks.signing import KEY_BYTES

_PURPOSE = b"chargehub: a webhook's key"


def new_key() -> bytes:
    """32 bytes that nobody guesses."""
    return secrets.token_bytes(KEY_BYTES)


def seal(secret: str, key: bytes) -> str:
    """What only a hub with this secret can open again."""
    return sealing.seal(secret, _PURPOSE, key)


def unseal(secret: str, sealed: str) -> bytes | None:
    """The key; None: it was sealed with another secret."""
    return sealing.unseal(secret, _PURPOSE, sealed)

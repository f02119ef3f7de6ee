"""The key that signs receipts: made when it is first needed, sealed, replaced without loss."""

import base64
import secrets
from datetime import datetime
from functools import lru_cache

import structlog
from sqlalchemy import update
from sqlmodel import col

from chargehub.receipts import tables
from chargehub.receipts.schema import ReceiptKey
from chargehub.receipts.signing import KEY_BYTES, HubKey, public_of
from chargehub.store import sealing
from chargehub.store.work import Work

log = structlog.get_logger(__name__)

PURPOSE = b"chargehub: the key of receipts"


def current(work: Work, secret: str, now: datetime) -> bytes:
    """The private key that signs now. One that another secret sealed is replaced."""
    row = tables.current_key(work)
    key = unseal(secret, row.sealed) if row else None
    if row is not None and key is None:
        log.warning("key of receipts replaced: the hub's secret is another one", key=row.id)
    return key or make(work, secret, now)


def make(work: Work, secret: str, now: datetime) -> bytes:
    """A new private key; the one before signs no more, and stays published."""
    seed = secrets.token_bytes(KEY_BYTES)
    made = HubKey(public_of(seed), now, None)
    retired = update(ReceiptKey).where(col(ReceiptKey.retired_at).is_(None))
    work.execute(retired.values(retired_at=now))
    work.add(
        ReceiptKey(
            id=made.id,
            public_key=base64.b64encode(made.public).decode(),
            sealed=sealing.seal(secret, PURPOSE, seed),
            created_at=now,
        )
    )
    return seed


@lru_cache(maxsize=8)
def unseal(secret: str, sealed: str) -> bytes | None:
    """The private key; None: it was sealed with another secret."""
    return sealing.unseal(secret, PURPOSE, sealed)

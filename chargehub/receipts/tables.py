"""Every query on receipts, their keys, and the reports that they bear witness to."""

import base64
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from chargehub.receipts.schema import Receipt, ReceiptKey
from chargehub.receipts.signing import HubKey
from chargehub.sessions.schema import REPORT
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

MOST_KEYS = 1_000  # a new one every week for twenty years
MOST_REPORTS = 100_000
RECEIPT, KEY = table_of(Receipt), table_of(ReceiptKey)
_OF_VERSION = Hot(
    select(RECEIPT).where(
        RECEIPT.c.session_id == bindparam("session_id"), RECEIPT.c.version == bindparam("version")
    )
)
_NEWEST_BEFORE = Hot(
    select(RECEIPT)
    .where(RECEIPT.c.session_id == bindparam("session_id"), RECEIPT.c.version < bindparam("before"))
    .order_by(RECEIPT.c.version.desc())
    .limit(1)
)
_CURRENT_KEY = Hot(
    select(KEY)
    .where(KEY.c.retired_at.is_(None))
    .order_by(KEY.c.created_at.desc(), KEY.c.id)
    .limit(1)
)
_REPORTS = Hot(
    select(
        REPORT.c.seq_no,
        REPORT.c.action,
        REPORT.c.device_at,
        REPORT.c.received_at,
        REPORT.c.message_id,
        REPORT.c.payload,
    )
    .where(REPORT.c.session_id == bindparam("session_id"), REPORT.c.seq_no.is_not(None))
    .order_by(REPORT.c.seq_no)
    .limit(MOST_REPORTS)
)


def receipt(reads: Reads, session_id: str, version: int) -> Any:
    """The row of the receipt of a session's CDR of this version, or None."""
    return reads.one(_OF_VERSION, session_id=session_id, version=version)


def newest_before(reads: Reads, session_id: str, version: int) -> Any:
    """The row of the last receipt of a session before this version, or None."""
    return reads.one(_NEWEST_BEFORE, session_id=session_id, before=version)


def current_key(reads: Reads) -> Any:
    """The row of the key that signs now, or None."""
    return reads.one(_CURRENT_KEY)


def public_keys(reads: Reads) -> tuple[HubKey, ...]:
    """Every key that ever signed, the newest first."""
    rows = reads.all(select(KEY).order_by(KEY.c.created_at.desc(), KEY.c.id).limit(MOST_KEYS))
    return tuple(
        HubKey(base64.b64decode(row.public_key), row.created_at, row.retired_at) for row in rows
    )


def reports(reads: Reads, session_id: str) -> Sequence[Any]:
    """The facts that were reported of a session, as received, by their number."""
    return reads.all(_REPORTS, session_id=session_id)

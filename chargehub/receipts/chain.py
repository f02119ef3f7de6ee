"""The hash chain of a receipt: each entry's hash covers it and the one before. Pure.

Everything is hashed and signed as JSON with sorted keys, no white space, in UTF-8.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import orjson

GENESIS = "0" * 64  # what stands before the first entry

Entry = tuple[str, Any]
"""What kind of evidence it is, and the evidence as JSON values."""


def canonical(value: Any) -> bytes:
    """JSON values as the one text that stands for them."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def linked(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The entries in their order, each with its hash."""
    chain, before = [], GENESIS
    for kind, body in entries:
        before = _hash(before, kind, body)
        chain.append({"kind": kind, "body": body, "hash": before})
    return chain


def broken_at(chain: Sequence[dict[str, Any]]) -> int | None:
    """The first entry, counted from 1, whose hash is not that of it and all before; None: whole."""
    before = GENESIS
    for number, entry in enumerate(chain, start=1):
        before = _hash(before, entry["kind"], entry["body"])
        if entry["hash"] != before or len(entry) != 3:
            return number
    return None


def _hash(before: str, kind: str, body: Any) -> str:
    return digest(before.encode() + canonical({"kind": kind, "body": body}))

"""The effect that audits the hub's own database: in a thread, over a connection of its own."""

import asyncio
import threading
from typing import Final

from chargehub.audit import laws, tables
from chargehub.audit.findings import Finding
from chargehub.audit.laws import Manner
from chargehub.events import AuditAsked
from chargehub.store.work import Reads
from chargehub.store.writer import Store

PAUSE_S: Final = 0.02  # after some thousand transfers, for who waits for an answer of the hub


class Ended(Exception):
    """The hub ends. The delivery is tried again when it is back."""


class Auditor:
    """Audits the database of a store, beside all that goes on there; until `close`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_over = threading.Event()

    async def run(self, event: AuditAsked, _key: str) -> list[Finding] | None:
        """What was found of every law. None: it was recorded before."""
        manner = await self._store.read(self._manner, event.audit_id)
        if manner is None:
            return None
        return await asyncio.to_thread(laws.looked_at, self._store.database, manner)

    def close(self) -> None:
        """Give up what is under way."""
        self._is_over.set()

    def _manner(self, reads: Reads, audit_id: str) -> Manner | None:
        asked, last = tables.audit(reads, audit_id), tables.last(reads)
        if asked is None or asked.finished_at is not None:
            return None
        noted = None if last is None else last.head
        return Manner(noted, asked.is_full, self._breathe)

    def _breathe(self) -> None:
        if self._is_over.wait(PAUSE_S):
            raise Ended

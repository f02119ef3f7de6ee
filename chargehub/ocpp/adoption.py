"""Who comes under a name that nobody registered, while an owner's pairing window waits for it.

Whatever is noted is noted aside: a refusal takes as long with a window as without one, so that
nobody learns by knocking which names are waited for.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from chargehub.clock import Clock
from chargehub.errors import Refused, Unavailable
from chargehub.ocpp.counts import Counts
from chargehub.ocpp.limits import Buckets
from chargehub.settings import Settings
from chargehub.stations import adoption, pairing
from chargehub.stations.registration import new_password
from chargehub.stations.rules import password_digest
from chargehub.stations.views import Window
from chargehub.store.work import Work
from chargehub.store.writer import Store

log = structlog.get_logger(__name__)

NOTED_PER_S: Final = 0.5  # of one window, once five were noted: an owner reads no faster
NOTED_AT_ONCE: Final = 5
WATCHED: Final = 10_000  # adoptions whose time is not over


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the door: from where, showing what."""

    address: str
    identity: str
    password: bytes | None
    is_tls: bool
    speaks: bool


class Adoptions:
    """Adopts at most one station a window. Lives in the loop of the OCPP server."""

    def __init__(self, store: Store, clock: Clock, settings: Settings, counts: Counts) -> None:
        self._store = store
        self._clock = clock
        self._secret = settings.secret.encode()
        self._without_password = settings.ocpp_without_password
        self._counts = counts
        self._notes = Buckets(NOTED_PER_S, NOTED_AT_ONCE)
        self._failures = Buckets(NOTED_PER_S, NOTED_AT_ONCE)
        self._adopted: OrderedDict[str, tuple[str, datetime]] = OrderedDict()
        self._writing: set[asyncio.Task[None]] = set()

    async def take(self, window: Window, knock: Knock, now_s: float) -> bool:
        """Adopt who knocks, and commit. False: it showed too little, which its owner can read.

        True also if another connection under this name was adopted in the same moment: then the
        station is known now, and this one is judged like any other.
        """
        shown = adoption.Shown(
            knock.identity, knock.password, knock.is_tls, knock.speaks, self._without_password
        )
        reason = adoption.why_not(shown, window.security_profile)
        if reason is None:
            failures = self._failures.of(window.pairing_id, now_s)
            if failures.take(0, now_s):
                return False  # it could not be registered time and again; the owner knows why
            reason = await self._adopt(window, shown, knock.address)
            if reason is None:
                return True
            failures.take(1, now_s)
        noted = partial(
            pairing.note_refused,
            pairing_id=window.pairing_id,
            address=knock.address,
            reason=reason,
            now=self._clock.now(),
        )
        self._note(window.pairing_id, noted, now_s)
        return False

    async def _adopt(self, window: Window, shown: adoption.Shown, address: str) -> str | None:
        """None: it is known now. Raises Unavailable."""
        password = new_password().encode() if shown.password is None else shown.password
        digest = password_digest(self._secret, password)
        profile = adoption.profile_of(shown, window.security_profile)
        entry = pairing.Entry(digest, profile, address)
        try:
            station_id = await self._store.do(
                pairing.adopt, window.pairing_id, entry, self._clock.now()
            )
        except Refused as refusal:
            return refusal.detail
        if station_id is not None:
            self._counts.adopted += 1
            self._watch(shown.identity, window)
            log.info("station adopted", station=station_id, pairing=window.pairing_id)
        return None

    def note_turned(self, identity: str, address: str, now_s: float) -> None:
        """A known station showed something wrong. If it was adopted just now, its owner reads it:
        either this one or the adopted one is somebody else's. Asks no database.
        """
        found = self._adopted.get(identity)
        if found is None:
            return
        (pairing_id, until), now = found, self._clock.now()
        if now >= until:
            del self._adopted[identity]
            return
        noted = partial(pairing.note_contested, pairing_id=pairing_id, address=address, now=now)
        self._note(pairing_id, noted, now_s)

    def _watch(self, identity: str, window: Window) -> None:
        self._adopted[identity] = window.pairing_id, window.expires_at
        if len(self._adopted) > WATCHED:
            self._adopted.popitem(last=False)

    def _note(self, pairing_id: str, noted: Callable[[Work], None], now_s: float) -> None:
        """Not more often than somebody reads: who knocks must not keep the database busy."""
        bucket = self._notes.of(pairing_id, now_s)
        if bucket.take(1, now_s):
            bucket.take(-1, now_s)  # what is not noted costs nothing
            return
        writing = asyncio.create_task(self._write(noted))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)

    async def _write(self, noted: Callable[[Work], None]) -> None:
        try:
            await self._store.do(noted)
        except Unavailable as error:
            log.warning("knock not noted", error=str(error))

    async def stop(self) -> None:
        """Finish what is being noted."""
        if self._writing:
            await asyncio.wait(self._writing)

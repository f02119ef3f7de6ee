"""The effect that sends a message: signed, to public addresses alone, bounded in time and size."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final
from weakref import WeakValueDictionary

import httpx2
import orjson

from chargehub.clock import Clock
from chargehub.events import WebhookRequested
from chargehub.reach import NotReached, Question, Reach
from chargehub.rest.manners import cursor
from chargehub.settings import Settings
from chargehub.store.outbox import Hopeless, NotOurs
from chargehub.store.writer import Store
from chargehub.webhooks import actions, keys, signing, tables
from chargehub.webhooks.rules import Outcome, Parcel, WebhookView

AT_ONCE: Final = 100  # messages of all webhooks together
AT_ONCE_EACH: Final = 8  # of one account: its slow receivers keep nobody else waiting
GONE: Final = 410
LOCKED: Final = "The hub's own secret changed: rotate the webhook's, and send again."


class NotTaken(NotOurs):
    """The receiver did not take the message. The text says why, for people."""


class Sender:
    """Sends messages of webhooks. One for the life of the hub."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._reach = Reach(settings.webhook_private_addresses)

    async def close(self) -> None:
        await self._reach.close()

    async def run(self, event: WebhookRequested, key: str) -> Outcome | None:
        """What became of the message; None: its webhook was removed.

        Raises NotTaken, once noted, if it is to be tried again; Hopeless without a key.
        """
        parcel = await self._store.read(tables.parcel, event.message_id, self._clock.now())
        if parcel is None:
            return None
        turn = self._turns.setdefault(parcel.webhook.account_id, asyncio.Semaphore(AT_ONCE_EACH))
        async with turn, self._turn:
            return await self._send(event.message_id, key)

    async def _send(self, message_id: str, key: str) -> Outcome | None:
        """Read it anew: it may have waited for its turn while its webhook was changed."""
        parcel = await self._store.read(tables.parcel, message_id, self._clock.now())
        if parcel is None:
            return None
        if not parcel.is_ping and (not parcel.webhook.is_enabled or parcel.entry is None):
            return Outcome("dropped", error="The webhook is disabled, or the event forgotten.")
        outcome = await self._try(parcel)
        if outcome.state == "sent" or outcome.is_gone or parcel.is_ping:
            return outcome
        now = self._clock.now()
        await self._store.do(actions.note_failure, message_id, key, outcome, now)
        raise (Hopeless if outcome.is_hopeless else NotTaken)(outcome.error)

    async def _try(self, parcel: Parcel) -> Outcome:
        content = written(parcel)
        headers = self._headers(parcel, content)
        if headers is None:
            return Outcome("failed", error=LOCKED, is_hopeless=True)
        try:
            async with asyncio.timeout(self._settings.webhook_timeout_s):
                status = await self._post(parcel.webhook, content, headers)
        except TimeoutError:
            limit = self._settings.webhook_timeout_s
            return Outcome("failed", error=f"No answer within {limit:g} s.")
        except NotReached as error:
            return Outcome("failed", error=str(error))
        except (OSError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            return Outcome("failed", error=f"The line broke: {type(error).__name__}.")
        if httpx2.codes.is_success(status):
            return Outcome("sent", status)
        why = f"The answer has the status {status}."
        return Outcome("failed", status, why, is_gone=status == GONE)

    def _headers(self, parcel: Parcel, content: bytes) -> dict[str, str] | None:
        """None: no key can be opened any more."""
        webhook = parcel.webhook
        opened = [keys.unseal(self._settings.secret, one.sealed) for one in webhook.keys]
        signers = [one for one in opened if one is not None]
        if not signers:
            return None
        at_s = int(time.time())
        return signing.headers(parcel.message_id, at_s, content, signers, webhook.signing)

    async def _post(self, webhook: WebhookView, content: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer, whose body is not read. Raises NotReached and what breaks."""
        told = {**headers, "Content-Type": "application/json"}
        question = Question(webhook.account_id, "POST", webhook.url, told, content)
        async with self._reach.ask(question) as answer:
            return answer.status_code


def written(parcel: Parcel) -> bytes:
    """A message as it is sent, JSON."""
    entry = parcel.entry
    if entry is None:
        said = {
            "type": parcel.name,
            "timestamp": parcel.created_at,
            "data": {"webhook_id": parcel.webhook.id},
        }
    else:
        said = {
            "type": entry.name,
            "timestamp": entry.at,
            "resource": entry.resource,
            "cursor": cursor((entry.position,)),
            "data": entry.facts,
        }
    return orjson.dumps(said, option=orjson.OPT_UTC_Z)

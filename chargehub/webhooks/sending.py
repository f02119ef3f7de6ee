"""The effect that sends a message: signed, to public addresses alone, bounded in time and size."""

import asyncio
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit
from weakref import WeakValueDictionary

import httpx2
import orjson

from chargehub.addresses import is_public
from chargehub.clock import Clock
from chargehub.events import WebhookRequested
from chargehub.rest.manners import cursor
from chargehub.settings import Settings
from chargehub.store.outbox import Hopeless, NotOurs
from chargehub.store.writer import Store
from chargehub.webhooks import actions, keys, signing, tables
from chargehub.webhooks.rules import Outcome, Parcel, WebhookView

AT_ONCE: Final = 100  # messages of all webhooks together
AT_ONCE_EACH: Final = 8  # of one account: its slow receivers keep nobody else waiting
LOOK_UPS: Final = 32  # names looked up at the same time, in threads of their own
LOOK_UPS_EACH: Final = (
    2  # of one account: a name server may be slow too, and no thread can be ended
)
ADDRESSES: Final = 4  # of one host that are tried, one after the other
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
        self._look_ups: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._names = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="chargehub-webhook-names")
        self._client: httpx2.AsyncClient | None = None

    async def close(self) -> None:
        self._names.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            await self._client.aclose()

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
        except NotTaken as error:
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
        """The status of the answer, whose body is not read. Raises NotTaken and what breaks."""
        parts = urlsplit(webhook.url)
        host = parts.hostname
        assert host is not None, webhook.id
        port = parts.port or (443 if parts.scheme == "https" else 80)
        *others, last = await self._addresses(webhook.account_id, host, port)
        for address in others:
            try:
                return await self._ask(parts, address, content, headers)
            except httpx2.ConnectError:
                continue
        return await self._ask(parts, last, content, headers)

    async def _addresses(self, account_id: str, host: str, port: int) -> list[str]:
        """A host's addresses, of which one is then asked: a name that changes its mind between
        the check and the question gains nothing."""
        try:
            found = await self._looked_up(account_id, host, port)
        except (socket.gaierror, UnicodeError):
            raise NotTaken("The name of the host is not known.") from None
        if not self._settings.webhook_private_addresses and not all(map(is_public, found)):
            raise NotTaken("The address of the host is not a public one.")
        return found[:ADDRESSES]

    async def _looked_up(self, account_id: str, host: str, port: int) -> list[str]:
        """The account's place is free again when the thread is, not when we stop waiting."""
        loop = asyncio.get_running_loop()
        place = self._look_ups.setdefault(account_id, asyncio.Semaphore(LOOK_UPS_EACH))
        await place.acquire()

        def free(_: object) -> None:
            with suppress(RuntimeError):  # the hub has stopped
                loop.call_soon_threadsafe(place.release)

        looking = self._names.submit(_look_up, host, port)
        looking.add_done_callback(free)
        return await asyncio.wrap_future(looking)

    async def _ask(
        self, parts: SplitResult, address: str, content: bytes, headers: Mapping[str, str]
    ) -> int:
        if self._client is None:
            # A kept line belongs to an address: it could carry a message for another name there.
            limits = httpx2.Limits(max_keepalive_connections=0)
            # A cookie too: it would go to every receiver behind the same address.
            no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            self._client = httpx2.AsyncClient(
                trust_env=False,
                follow_redirects=False,
                limits=limits,
                timeout=None,
                cookies=no_cookies,
            )
        asking = self._client.stream(
            "POST",
            _at(parts, address),
            content=content,
            headers={
                **headers,
                "Content-Type": "application/json",
                "Host": parts.netloc,
                "User-Agent": "ChargeHub",
            },
            extensions={"sni_hostname": parts.hostname} if parts.scheme == "https" else {},
        )
        async with asking as answer:
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


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))


def _at(parts: SplitResult, address: str) -> str:
    """The same URL with the host's address in its place."""
    place = f"[{address}]" if ":" in address else address
    netloc = place if parts.port is None else f"{place}:{parts.port}"
    return urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))

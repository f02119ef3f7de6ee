"""Asking servers of the internet: at public addresses alone, checked where the line is opened."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit
from weakref import WeakValueDictionary

import httpx2

from chargehub.addresses import is_public

LOOK_UPS: Final = 32  # names looked up at the same time, in threads of their own
LOOK_UPS_EACH: Final = 2  # of one asker: a name server may be slow too, and no thread can be ended
ADDRESSES: Final = 4  # of one host that are tried, one after the other


class NotReached(Exception):
    """Nobody can, or may, be asked there. The text says why, for people."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and where. `asker`: in whose name, as each has few look-ups at once."""

    asker: str
    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes = b""


class Reach:
    """Opens lines to servers outside. `may_be_private`: for trials and closed networks alone."""

    def __init__(self, may_be_private: bool) -> None:
        self._may_be_private = may_be_private
        self._look_ups: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._names = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="chargehub-names")
        self._client: httpx2.AsyncClient | None = None

    async def close(self) -> None:
        self._names.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            await self._client.aclose()

    @asynccontextmanager
    async def ask(self, question: Question) -> AsyncIterator[httpx2.Response]:
        """The answer, whose body is not read yet; redirects are answers as all others.

        Raises NotReached, and what breaks: OSError, httpx2.HTTPError, httpx2.InvalidURL. Bound
        the time yourself.
        """
        parts = urlsplit(question.url)
        host = parts.hostname
        assert host is not None, question.asker
        port = parts.port or (443 if parts.scheme == "https" else 80)
        *others, last = await self._addresses(question.asker, host, port)
        answer = await self._first(others, parts, question)
        if answer is None:
            answer = await self._send(last, parts, question)
        try:
            yield answer
        finally:
            await answer.aclose()

    async def _first(
        self, addresses: list[str], parts: SplitResult, question: Question
    ) -> httpx2.Response | None:
        """Of the first address where somebody listens; None: of none of these."""
        for address in addresses:
            with suppress(httpx2.ConnectError):
                return await self._send(address, parts, question)
        return None

    async def _addresses(self, asker: str, host: str, port: int) -> list[str]:
        """A host's addresses, of which one is then asked: a name that changes its mind between
        the check and the question gains nothing."""
        try:
            found = await self._looked_up(asker, host, port)
        except (socket.gaierror, UnicodeError):
            raise NotReached("The name of the host is not known.") from None
        if not self._may_be_private and not all(map(is_public, found)):
            raise NotReached("The address of the host is not a public one.")
        return found[:ADDRESSES]

    async def _looked_up(self, asker: str, host: str, port: int) -> list[str]:
        """The asker's place is free again when the thread is, not when we stop waiting."""
        loop = asyncio.get_running_loop()
        place = self._look_ups.setdefault(asker, asyncio.Semaphore(LOOK_UPS_EACH))
        await place.acquire()

        def free(_: object) -> None:
            with suppress(RuntimeError):  # the hub has stopped
                loop.call_soon_threadsafe(place.release)

        looking = self._names.submit(_look_up, host, port)
        looking.add_done_callback(free)
        return await asyncio.wrap_future(looking)

    async def _send(self, address: str, parts: SplitResult, question: Question) -> httpx2.Response:
        client = self._opened()
        asking = client.build_request(
            question.method,
            at_address(parts, address),
            content=question.content,
            headers={**question.headers, "Host": parts.netloc, "User-Agent": "ChargeHub"},
            extensions={"sni_hostname": parts.hostname} if parts.scheme == "https" else {},
        )
        return await client.send(asking, stream=True)

    def _opened(self) -> httpx2.AsyncClient:
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
        return self._client


def at_address(parts: SplitResult, address: str) -> str:
    """The same URL with the host's address in its place."""
    place = f"[{address}]" if ":" in address else address
    netloc = place if parts.port is None else f"{place}:{parts.port}"
    return urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))

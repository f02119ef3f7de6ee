"""Asking servers outside by HTTP: bounded in time and size, and none that a station may not name.

A station that chose freely whom the hub asks could reach into the hub's own network.
"""

import asyncio
import socket
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx2

from chargehub.addresses import is_public
from chargehub.reach import at_address

LARGEST_ANSWER: Final = 65_536  # bytes; an answer for a station must fit a frame anyway
AT_ONCE: Final = 20  # questions of all stations together
AS_IT_IS: Final = {"Accept-Encoding": "identity"}  # packed, it might unfold to any size
PORTS: Final = {"http": 80, "https": 443}


class Unreachable(Exception):
    """No answer. The text says why, for people."""


class Outside:
    """Asks the hosts that an operator allows, at public addresses, unless private ones may be."""

    def __init__(self, hosts: frozenset[str], may_be_private: bool, timeout_s: float) -> None:
        self._hosts = hosts
        self._may_be_private = may_be_private
        self._timeout_s = timeout_s
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._client: httpx2.AsyncClient | None = None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def post(
        self, url: str, content: bytes, kind: str, vouched: frozenset[str] = frozenset()
    ) -> bytes:
        """The answer of a server that somebody else named. Raises Unreachable.

        `vouched`: hosts that may be asked this once, beside those that may always be.
        """
        parts = _split(url)
        host = (parts.hostname or "").lower()
        if host not in self._hosts and host not in vouched:
            raise Unreachable("The hub may not ask this responder (CHARGEHUB_OCSP_HOSTS).")
        headers = {"Content-Type": kind, "Host": parts.netloc}
        try:
            async with asyncio.timeout(self._timeout_s), self._turn:
                address = await self._address(host, parts.port or PORTS[parts.scheme])
                return await self._send(at_address(parts, address), content, headers, host)
        except (TimeoutError, OSError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Unreachable(f"The responder does not answer: {type(error).__name__}.") from error

    async def post_own(self, url: str, content: bytes, headers: Mapping[str, str]) -> bytes:
        """The answer of a server that the operator chose. Raises Unreachable."""
        try:
            async with asyncio.timeout(self._timeout_s), self._turn:
                return await self._send(url, content, headers, None)
        except (TimeoutError, OSError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise Unreachable(f"The service does not answer: {type(error).__name__}.") from error

    async def _address(self, host: str, port: int) -> str:
        """One of a host's addresses, which is then the one that is asked: a name that changes
        its mind between the check and the question gains nothing."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            raise Unreachable("The responder's name is not known.") from None
        addresses = [str(each[4][0]).partition("%")[0] for each in found]
        if not self._may_be_private and not all(is_public(each) for each in addresses):
            raise Unreachable("The responder's address is not a public one.")
        return addresses[0]

    async def _send(
        self, url: str, content: bytes, headers: Mapping[str, str], host: str | None
    ) -> bytes:
        if self._client is None:
            self._client = httpx2.AsyncClient(trust_env=False, follow_redirects=False)
        extensions = {"sni_hostname": host} if host and url.startswith("https") else {}
        asking = self._client.stream(
            "POST", url, content=content, headers={**headers, **AS_IT_IS}, extensions=extensions
        )
        async with asking as answer:
            if answer.status_code != httpx2.codes.OK:
                raise Unreachable(f"The answer has the status {answer.status_code}.")
            read = bytearray()
            async for part in answer.aiter_raw():  # so that its size on the wire is its size
                read += part
                if len(read) > LARGEST_ANSWER:
                    raise Unreachable("The answer is too long.")
            return bytes(read)


def host_of(url: str) -> str:
    """The host that a URL names, in lower case; empty: none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_fit = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_fit = False
    if not is_fit or parts.username or not url.isascii() or not url.isprintable():
        raise Unreachable("The responder's address is no URL of http or https.")
    return parts

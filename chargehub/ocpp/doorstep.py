"""The doorstep: who may stand there at all, before TLS and before a word is said.

What is refused here costs one system call; a TLS handshake costs a thousand times that.
"""

import asyncio
import errno
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from chargehub.ocpp.channel import Channels
from chargehub.ocpp.counts import Counts
from chargehub.ocpp.limits import Buckets
from chargehub.rest.throttle import subscriber
from chargehub.settings import Settings

BACKLOG: Final = 4_096  # who may knock in the same moment: after a power cut all do
AT_ONCE: Final = 1  # of these between two looks at what stations say
WIDER: Final = (
    2  # than what is answered with 429 and a time to come again: only who does not listen
)


class Doorstep:
    """Counts who stands there, by address, until they leave. Trusted proxies speak for many."""

    def __init__(self, settings: Settings, channels: Channels, counts: Counts) -> None:
        self._most = WIDER * settings.ocpp_connections_per_address
        self._knocks = Buckets(WIDER * settings.ocpp_handshake_rate, WIDER * self._most)
        self._standing: Counter[str] = Counter()
        self._channels = channels
        self._counts = counts

    def enter(self, host: str, now_s: float) -> Callable[[], None] | None:
        """What is to be called when the connection is over; None: it may not stay."""
        if self._channels.is_proxy(host):
            return _nothing
        address = subscriber(host)
        knocks = self._knocks.of(address, now_s)
        if self._standing[address] >= self._most or knocks.take(1, now_s):
            knocks.take(-1, now_s)  # a refused one costs nothing
            self._counts.turned_away += 1
            return None
        self._standing[address] += 1
        return lambda: self._leave(address)

    def _leave(self, address: str) -> None:
        self._standing[address] -= 1
        if not self._standing[address]:
            del self._standing[address]


def _nothing() -> None:
    pass


class Listener(socket.socket):
    """A listening socket that lets in whoever the doorstep bears."""

    doorstep: Doorstep

    def listen(self, backlog: int = BACKLOG, /) -> None:
        """asyncio takes as many at once as may wait; here these are two figures."""
        super().listen(BACKLOG)

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises ConnectionAbortedError if it is not to stay."""
        plain, peer = super().accept()
        leave = self.doorstep.enter(str(peer[0]), time.monotonic())
        if leave is None:
            plain.close()
            raise ConnectionAbortedError(errno.ECONNABORTED, "too many from there")
        guest = _Guest(plain.family, plain.type, plain.proto, fileno=plain.detach())
        guest.leave = leave
        return guest, peer


class _Guest(socket.socket):
    """A connection whose end is noticed."""

    leave: Callable[[], None] = staticmethod(_nothing)

    def close(self) -> None:
        super().close()
        leave, self.leave = self.leave, _nothing
        leave()


async def listeners(host: str, port: int, doorstep: Doorstep) -> list[Listener]:
    """One for each address of the host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    made: list[Listener] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            listener = Listener(family, kind, protocol)
            made.append(listener)
            listener.doorstep = doorstep
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
    except OSError:
        for listener in made:
            listener.close()
        raise
    return made

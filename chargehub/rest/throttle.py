"""What keeps one caller, or many, from taking all there is: in memory, on real time.

Token buckets per address slow guessing and flooding; a narrow door lets few in at once.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from ipaddress import IPv6Address, ip_address

from fastapi import Request

from chargehub.errors import TooMany, Unavailable

ADDRESSES = 10_000  # remembered at once; about 2 MB. The one unseen for longest is forgotten
_IPV6_PREFIX = 64  # one subscriber has at least this many addresses, so they count as one


class Throttle:
    """A bucket per address: `burst` requests at once, then `rate_per_s`."""

    def __init__(self, rate_per_s: float, burst: int, addresses: int = ADDRESSES) -> None:
        assert rate_per_s > 0
        assert burst >= 1
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._addresses = addresses
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, now_s: float) -> None:
        """Take one token at `now_s` (seconds of a monotonic clock). Raises TooMany."""
        left, seen_at_s = self._buckets.pop(address, (float(self._burst), now_s))
        left = min(self._burst, left + (now_s - seen_at_s) * self._rate_per_s)
        is_allowed = left >= 1
        self._buckets[address] = (left - 1 if is_allowed else left, now_s)
        if len(self._buckets) > self._addresses:
            self._buckets.popitem(last=False)
        if not is_allowed:
            wait_s = max(1, math.ceil((1 - left) / self._rate_per_s))
            raise TooMany(f"Too many requests. Try again in {wait_s} seconds.", wait_s)

    def __len__(self) -> int:
        return len(self._buckets)


class Throttled:
    """A dependency that takes one token of the caller's address.

    The buckets live in the running application, so two hubs in one process share nothing.
    """

    def __init__(self, name: str, rate_per_s: float, burst: int) -> None:
        self._name = f"throttle_{name}"
        self._rate_per_s = rate_per_s
        self._burst = burst

    async def __call__(self, request: Request) -> None:
        throttle = getattr(request.app.state, self._name, None)
        if throttle is None:
            throttle = Throttle(self._rate_per_s, self._burst)
            setattr(request.app.state, self._name, throttle)
        throttle.take(address_of(request), time.monotonic())


class Narrow:
    """A dependency that lets few requests in at once, and few wait for that.

    For what reads much and is open to everybody: readers and time must be left for stations and
    for people who log in. Take it with `scope="function"`, so that a caller who is slow to read
    the answer holds nobody up. Raises Unavailable where too many wait.
    """

    def __init__(self, name: str, at_once: int, waiting: int) -> None:
        self._name = f"narrow_{name}"
        self._at_once = at_once
        self._room = at_once + waiting

    async def __call__(self, request: Request) -> AsyncIterator[None]:
        door = getattr(request.app.state, self._name, None)
        if door is None:
            door = _Door(self._at_once)
            setattr(request.app.state, self._name, door)
        if door.inside >= self._room:
            raise Unavailable("Too many people ask for this right now; please try again.")
        door.inside += 1
        try:
            async with door.slots:
                yield
        finally:
            door.inside -= 1


class _Door:
    """Who is let in by `slots`; `inside` counts who waits for that too."""

    def __init__(self, at_once: int) -> None:
        self.slots = asyncio.Semaphore(at_once)
        self.inside = 0


def address_of(request: Request) -> str:
    """Who asks: an IPv4 address, the /64 of an IPv6 address, or "unknown"."""
    return subscriber(request.client.host if request.client else "unknown")


def subscriber(host: str) -> str:
    """An IPv4 address as it is; of an IPv6 address the /64, which one subscriber has."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _IPV6_PREFIX << _IPV6_PREFIX))

"""What keeps one station, or one address, from taking what others need. In memory, on real time.

The moment is an argument: seconds of a monotonic clock. Nothing here waits or reads.
"""

import math
from collections import OrderedDict
from typing import Final

FRAME_SHARE: Final = 4_096  # bytes; a larger frame counts as several
REMEMBERED: Final = 10_000  # addresses or stations; the one unseen for longest is forgotten
TRIED_WITHIN_S: Final = 600.0  # a failed login is held against its address for so long
TRIES: Final = 10  # failed logins as one station from one address that are looked at
TRY_S: Final = 5.0  # and then one in so long
LONGEST_PAUSE_S: Final = 3_600.0  # of a station that floods each time it is let in
FORGIVEN_S: Final = 3_600.0  # after its last pause a flood is a first one
WELCOME: Final = 100_000  # identities that were let in, with the address they came from


class Bucket:
    """`burst` tokens at once, then `rate_per_s`. More may be taken than there are: a debt."""

    __slots__ = ("_burst", "_left", "_rate_per_s", "_seen_at_s")

    def __init__(self, rate_per_s: float, burst: float, now_s: float) -> None:
        assert rate_per_s > 0
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._left = float(burst)
        self._seen_at_s = now_s

    def take(self, count: float, now_s: float) -> float:
        """Take so many tokens; the seconds to wait until the debt is paid, 0 if there is none."""
        grown = self._left + (now_s - self._seen_at_s) * self._rate_per_s
        self._left = min(self._burst, grown) - count
        self._seen_at_s = now_s
        return -self._left / self._rate_per_s if self._left < 0 else 0.0


class Buckets:
    """A bucket for each of many: addresses, or stations."""

    def __init__(self, rate_per_s: float, burst: float, remembered: int = REMEMBERED) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._remembered = remembered
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, name: str, now_s: float) -> Bucket:
        """Its bucket; a full one for somebody who is new, or was forgotten."""
        bucket = self._buckets.pop(name, None) or Bucket(self._rate_per_s, self._burst, now_s)
        self._buckets[name] = bucket
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        return bucket


class Pace:
    """How fast a line is answered, and when it is a flood.

    A station that waits for its answers is slowed, never cut off: it has one frame on its way.
    The bucket is the station's and outlives the line: coming back fills it no faster.
    `hurried_rate_per_s`: of frames that came before the ones ahead of them were answered.
    """

    __slots__ = ("_bucket", "_excess", "_flood_frames", "_hurried_rate_per_s", "_is_slowed")

    def __init__(
        self, bucket: Bucket, flood_frames: int, hurried_rate_per_s: float = math.inf
    ) -> None:
        self._bucket = bucket
        self._flood_frames = flood_frames
        self._hurried_rate_per_s = hurried_rate_per_s
        self._excess = 0
        self._is_slowed = False

    def wait_s(self, frame_bytes: int, now_s: float, *, is_hurried: bool = False) -> float:
        """How long a frame waits for its turn. One counts once for every 4 KiB begun."""
        count = 1 + frame_bytes // FRAME_SHARE
        wait_s = self._bucket.take(count, now_s)
        self._is_slowed = wait_s > 0
        return max(wait_s, count / self._hurried_rate_per_s) if is_hurried else wait_s

    def is_flood(self, waiting: int) -> bool:
        """Told that so many frames wait and no more are read: does the station flood the hub?"""
        self._excess = self._excess + waiting if self._is_slowed else 0
        return self._excess > self._flood_frames


class Pauses:
    """Stations that flooded are not let in again for a while, each time for twice as long."""

    def __init__(self, first_s: float) -> None:
        self._first_s = first_s
        self._paused: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def note_flood(self, identity: str, now_s: float) -> None:
        """It proved who it is, and was cut off: nobody can shut another's station out."""
        until_s, pause_s = self._paused.pop(identity, (-math.inf, 0.0))
        is_again = now_s < until_s + FORGIVEN_S
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S) if is_again else self._first_s
        self._paused[identity] = (now_s + pause_s, pause_s)
        if len(self._paused) > REMEMBERED:
            self._paused.popitem(last=False)

    def left_s(self, identity: str, now_s: float) -> float:
        """Seconds until it is let in again; 0 if it is."""
        until_s, _ = self._paused.get(identity, (0.0, 0.0))
        return max(0.0, until_s - now_s)


class Gate:
    """Who may knock: how often from one address, and trying how many stations' names.

    Whoever was let in from an address before is heard there whatever others try from it: behind
    a proxy or a router all stations have one address.
    """

    def __init__(self, rate_per_s: float, burst: int, identities: int) -> None:
        self._knocks = Buckets(rate_per_s, burst)
        self._tries = Buckets(1 / TRY_S, TRIES)
        self._identities = identities
        self._failed: OrderedDict[str, dict[str, float]] = OrderedDict()
        self._welcome: OrderedDict[tuple[str, str], None] = OrderedDict()

    def may_knock(self, address: str, identity: str, now_s: float) -> bool:
        """False: neither the identity nor the password is looked at."""
        knocks = self._knocks.of(address, now_s)
        if knocks.take(1, now_s):
            knocks.take(-1, now_s)  # a refused one costs nothing
            return False
        if (address, identity) in self._welcome:
            return True
        return not self._tries.of(f"{address} {identity}", now_s).take(0, now_s)

    def must_prove(self, address: str, identity: str, now_s: float) -> bool:
        """Were so many names tried there that nobody new hears whether a name is known?

        Whoever proves to be a station is still let in: after a restart all are new.
        """
        is_welcome = (address, identity) in self._welcome
        return not is_welcome and self._recent(address, now_s) >= self._identities

    def _recent(self, address: str, now_s: float) -> int:
        tried = self._failed.get(address, {})
        return sum(now_s - at_s < TRIED_WITHIN_S for at_s in tried.values())

    def note_failure(self, address: str, identity: str, now_s: float) -> None:
        """There is no such station, or it has another password."""
        self._tries.of(f"{address} {identity}", now_s).take(1, now_s)
        if self._recent(address, now_s) >= self._identities:
            return  # what is tried now tells nobody anything, and makes the time no longer
        tried = self._failed.pop(address, {})
        tried.pop(identity, None)
        tried[identity] = now_s
        if len(tried) > self._identities:
            del tried[next(iter(tried))]
        self._failed[address] = tried
        if len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)

    def note_entry(self, address: str, identity: str) -> None:
        """The station was let in."""
        self._welcome.pop((address, identity), None)
        self._welcome[address, identity] = None
        if len(self._welcome) > WELCOME:
            self._welcome.popitem(last=False)

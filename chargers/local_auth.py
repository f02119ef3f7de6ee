"""Whom a station lets charge without asking: its local list, its cache, and what they say offline.

Source: OCPP 1.6, 3.5 and 5.15; OCPP 2.0.1 part 2, C10 to C15, D01 and D02.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chargers.settings import Settings

Switch = Literal["list", "cache", "offline", "ahead", "unknown"]
Update = Literal["accepted", "failed", "version_mismatch", "not_enabled"]
MOST_ENTRIES = 10_000
MOST_AT_ONCE = 1_000
MOST_CACHED = 1_000
PASSING = ("concurrent", "not_now", "not_here")  # true of the moment or the place, not of the token


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub once said of a token. `expires_at` None: until it says something else."""

    verdict: str
    expires_at: datetime | None = None

    def at(self, now: datetime) -> str:
        """The verdict at an instant."""
        is_over = self.expires_at is not None and self.expires_at <= now
        return "expired" if is_over and self.verdict == "accepted" else self.verdict


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list that the hub sends. `known` None: the token goes from the list."""

    id_token: str
    known: Known | None


class LocalAuth:
    """The local list and the cache of a station. Case does not count in tokens.

    `names`: the version's names of the settings that switch it all: whether there is a list, a
    cache, whether they count offline, whether they count before the hub is asked, and whether an
    unknown token may charge offline.
    """

    def __init__(self, settings: Settings, names: Mapping[Switch, str]) -> None:
        self._settings = settings
        self._names = names
        self._list: dict[str, Known] = {}
        self._cache: dict[str, Known] = {}
        self._version = 0

    @property
    def list_version(self) -> int:
        """The version of the list; 0: it is empty."""
        return self._version if self._list else 0

    @property
    def list_length(self) -> int:
        """Tokens in the list."""
        return len(self._list)

    def is_on(self, switch: Switch) -> bool:
        """Whether a setting says so."""
        return self._settings[self._names[switch]].lower() == "true"

    def update(self, version: int, entries: Sequence[Entry], is_full: bool) -> Update:
        """Take a list, or changes of it; all of it or nothing."""
        if not self.is_on("list"):
            return "not_enabled"
        keys = [entry.id_token.casefold() for entry in entries]
        is_wrong = len(set(keys)) < len(keys) or len(keys) > MOST_AT_ONCE
        if is_wrong or (is_full and any(entry.known is None for entry in entries)):
            return "failed"
        if not is_full and version <= self.list_version:
            return "version_mismatch"
        changed = {} if is_full else dict(self._list)
        for key, entry in zip(keys, entries, strict=True):
            if entry.known is None:
                changed.pop(key, None)
            else:
                changed[key] = entry.known
        if len(changed) > MOST_ENTRIES:
            return "failed"
        self._list, self._version = changed, version
        return "accepted"

    def remember(self, id_token: str, known: Known) -> None:
        """The hub has said something of a token; those of the list are the list's alone."""
        key = id_token.casefold()
        if not self.is_on("cache") or key in self._list or known.verdict in PASSING:
            return
        self._cache.pop(key, None)
        self._cache[key] = known
        if len(self._cache) > MOST_CACHED:
            self._cache.pop(next(iter(self._cache)))

    def clear_cache(self) -> bool:
        """Forget what the hub said; False: there is no cache."""
        self._cache.clear()
        return self.is_on("cache")

    def verdict(self, id_token: str, now: datetime) -> str | None:
        """What list or cache say of a token; None: nothing."""
        key = id_token.casefold()
        for switch, known in (("list", self._list.get(key)), ("cache", self._cache.get(key))):
            if known is not None and self.is_on(switch):  # type: ignore[arg-type]
                return known.at(now)
        return None

    def decision(self, id_token: str, now: datetime, is_online: bool) -> str:
        """`start`, `ask` the hub, or why not: a verdict, `unknown_offline`, `not_offline`.

        A token that list or cache do not hold for good is asked for again while there is a line.
        """
        verdict = self.verdict(id_token, now)
        if is_online:
            return "start" if verdict == "accepted" and self.is_on("ahead") else "ask"
        if not self.is_on("offline"):
            return "not_offline"
        if verdict is None:
            return "start" if self.is_on("unknown") else "unknown_offline"
        return "start" if verdict == "accepted" else verdict

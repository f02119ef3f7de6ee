"""The local list of a station: the id tokens it accepts by itself when it has no line. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LAST_VERSION = 2**31 - 1  # OCPP's integers are 32 bit; a whole list may begin anew
MAX_LISTED = 100  # id tokens of one list; small stations hold no more
ENTRY_BYTES = 200  # of an id token in a message, whatever the version; some are shorter
LONGEST_TOKEN: Mapping[str, int] = {"1.6": 20, "2.0.1": 36}  # by OCPP version; else any


@dataclass(frozen=True, slots=True)
class Listed:
    """An id token of a list. `expires_at` None: no end."""

    id_token: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SyncLocalList:
    """Bring the station's local list up to date: ask which it has; what is missing is sent next."""

    kind: Literal["sync_local_list"] = "sync_local_list"


@dataclass(frozen=True, slots=True)
class SendLocalList:
    """A new version of the local list: all of it, or what changed since the version before."""

    version: int
    is_full: bool
    added: tuple[Listed, ...] = ()
    removed: tuple[Listed, ...] = ()
    kind: Literal["send_local_list"] = "send_local_list"


ListKeeping = SyncLocalList | SendLocalList


@dataclass(frozen=True, slots=True)
class KnownList:
    """A version of a list that its station has acknowledged, and what stands in it."""

    version: int
    listed: tuple[Listed, ...]


def update(
    told_version: int, known: KnownList | None, wanted: Iterable[Listed], at_once: int = MAX_LISTED
) -> SendLocalList | None:
    """What to send to a station that told this version; None: nothing, it is up to date.

    All of it, unless what the hub knows of the list is the very version that the station has.
    Of more than `at_once` entries the first; when they are taken, the rest is a difference.
    """
    listed = tuple(wanted)
    if known is None or known.version != told_version or not 0 < told_version < LAST_VERSION:
        next_version = told_version + 1 if 0 < told_version < LAST_VERSION else 1
        return whole(next_version, listed, at_once)
    before = set(known.listed)
    kept = {each.id_token for each in listed}
    removed = tuple(each for each in known.listed if each.id_token not in kept)[:at_once]
    added = tuple(each for each in listed if each not in before)[: at_once - len(removed)]
    if not added and not removed:
        return None
    return SendLocalList(told_version + 1, is_full=False, added=added, removed=removed)


def whole(version: int, listed: tuple[Listed, ...], at_once: int = MAX_LISTED) -> SendLocalList:
    """The list from its beginning, as far as the station takes it at once."""
    assert at_once > 0, at_once
    return SendLocalList(version, is_full=True, added=listed[:at_once])


def at_once(most_items: int | None, most_bytes: int | None) -> int:
    """How many entries a station takes in a message by what it tells of itself; at least one."""
    by_bytes = None if most_bytes is None else most_bytes // ENTRY_BYTES
    limits = [limit for limit in (most_items, by_bytes) if limit is not None]
    return max(1, min([MAX_LISTED, *limits]))


def after(known: KnownList | None, sent: SendLocalList) -> KnownList | None:
    """What the station's list is when it took this; None: that cannot be known."""
    if sent.is_full:
        return KnownList(sent.version, sent.added)
    if known is None or known.version != sent.version - 1:
        return None
    changed = {each.id_token for each in (*sent.added, *sent.removed)}
    kept = [each for each in known.listed if each.id_token not in changed]
    return KnownList(sent.version, (*kept, *sent.added))

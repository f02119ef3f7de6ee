"""The local list of a station: the id tokens it accepts by itself when it has no line. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

LAST_VERSION = 2**31 - 1  # OCPP's integers are 32 bit; a whole list may begin anew
MAX_LISTED = 100  # id tokens of one list; small stations hold no more


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
    told_version: int, known: KnownList | None, wanted: Iterable[Listed]
) -> SendLocalList | None:
    """What to send to a station that told this version; None: nothing, it is up to date.

    All of it, unless what the hub knows of the list is the very version that the station has.
    """
    listed = tuple(wanted)
    if known is None or known.version != told_version or not 0 < told_version < LAST_VERSION:
        next_version = told_version + 1 if 0 < told_version < LAST_VERSION else 1
        return SendLocalList(next_version, is_full=True, added=listed)
    before = set(known.listed)
    kept = {each.id_token for each in listed}
    added = tuple(each for each in listed if each not in before)
    removed = tuple(each for each in known.listed if each.id_token not in kept)
    if not added and not removed:
        return None
    return SendLocalList(told_version + 1, is_full=False, added=added, removed=removed)


def after(known: KnownList | None, sent: SendLocalList) -> KnownList | None:
    """What the station's list is when it took this; None: that cannot be known."""
    if sent.is_full:
        return KnownList(sent.version, sent.added)
    if known is None or known.version != sent.version - 1:
        return None
    changed = {each.id_token for each in (*sent.added, *sent.removed)}
    kept = [each for each in known.listed if each.id_token not in changed]
    return KnownList(sent.version, (*kept, *sent.added))

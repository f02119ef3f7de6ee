"""Pairing windows: a station under a name that nobody registered becomes its owner's.

An owner opens a window for one identity; the first that comes under it and shows enough is the
station, once and for good. Who comes and shows too little is noted, and the window stays open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from chargehub.errors import NotFound
from chargehub.stations import adoption, registration, rules, tables
from chargehub.stations.adoption import Windows
from chargehub.stations.schema import Pairing, Station
from chargehub.stations.views import PairingView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

DAY = timedelta(days=1)
_TAKEN = "Another station has this identity, or is about to get it. See that you read it right."

_ALL = select(
    col(Pairing.id),
    col(Pairing.owner_id),
    col(Pairing.identity),
    col(Pairing.wanted),
    col(Pairing.security_profile),
    col(Pairing.state),
    col(Pairing.reason),
    col(Pairing.opened_at),
    col(Pairing.expires_at),
    col(Pairing.ended_at),
    col(Pairing.knocked_at),
    col(Pairing.knocked_from),
    col(Pairing.is_contested),
    col(Pairing.station_id),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a station is adopted with. `digest`: of its password, or of one that nobody knows."""

    digest: str
    profile: int
    address: str


# --- what an owner does --------------------------------------------------------------------


def open_pairing(
    work: Work, owner_id: str, wanted: rules.NewStation, windows: Windows, now: datetime
) -> str:
    """Open a window for the identity; the pairing's id. Nothing is registered yet.

    Raises PairingNotOffered, NotFound, BadIdentity, BadEquipment, IdentityTaken, ReferenceTaken,
    PairingOpen, TooManyPairings. Who else has the identity, or waits for it, is not told.
    """
    assert wanted.identity is not None, wanted
    if windows.at_once == 0:
        raise adoption.PairingNotOffered("This hub adopts no stations. Register yours instead.")
    rules.check_station(wanted)
    location = tables.location(work, wanted.location_id)
    if location is None or location.owner_id != owner_id:
        raise NotFound("You have no location with this id.")
    _check_reference(work, owner_id, wanted.external_ref)
    _check_room(work, owner_id, windows, now)
    _end(work, (col(Pairing.identity) == wanted.identity) & (col(Pairing.expires_at) <= now))
    _check_free(work, owner_id, wanted.identity)
    pairing = Pairing(
        id=new_id(),
        owner_id=owner_id,
        identity=wanted.identity,
        wanted=adoption.station_body(wanted),
        security_profile=wanted.security_profile,
        opened_at=now,
        expires_at=now + windows.lasts,
    )
    try:
        work.add(pairing)
    except IntegrityError as error:  # another hub on this database was quicker
        raise rules.IdentityTaken(_TAKEN) from error
    return pairing.id


def cancel(work: Work, owner_id: str, pairing_id: str, now: datetime) -> None:
    """Nobody is adopted by this window any more. One that is over stays what it became.

    Raises NotFound, PairingOver.
    """
    own_pairing(work, owner_id, pairing_id)
    changed = update(Pairing).where(_is_open(pairing_id, now))
    if work.execute(changed.values(state="cancelled", ended_at=now)):
        return
    if own_pairing(work, owner_id, pairing_id).state == "adopted":
        raise adoption.PairingOver("The station was adopted just before; it is among yours now.")


def own_pairing(reads: Reads, owner_id: str, pairing_id: str) -> PairingView:
    """The owner's pairing. Raises NotFound, also for somebody else's."""
    row = reads.one(_ALL.where(col(Pairing.id) == pairing_id, col(Pairing.owner_id) == owner_id))
    if row is None:
        raise NotFound("You have no pairing with this id.")
    return PairingView(*row)


def page_of(reads: Reads, owner_id: str, before: str | None, limit: int) -> tuple[PairingView, ...]:
    """An owner's pairings, the newest first, older than the id `before`."""
    wanted = _ALL.where(col(Pairing.owner_id) == owner_id)
    if before is not None:
        wanted = wanted.where(col(Pairing.id) < before)
    rows = reads.all(wanted.order_by(col(Pairing.id).desc()).limit(limit))
    return tuple(PairingView(*row) for row in rows)


def _check_reference(reads: Reads, owner_id: str, external_ref: str | None) -> None:
    if external_ref is None:
        return
    is_it = (col(Station.owner_id) == owner_id) & (col(Station.external_ref) == external_ref)
    if reads.one(select(col(Station.id)).where(is_it)) is not None:
        raise adoption.ReferenceTaken(
            "You have registered a station under this external_ref. Name another."
        )


def _check_room(reads: Reads, owner_id: str, windows: Windows, now: datetime) -> None:
    of_owner = col(Pairing.owner_id) == owner_id
    is_open = col(Pairing.ended_at).is_(None) & (col(Pairing.expires_at) > now)
    if reads.value(select(func.count()).where(of_owner & is_open)) >= windows.at_once:
        raise adoption.TooManyPairings(
            f"At most {windows.at_once} pairing windows are open at once. Wait, or cancel one."
        )
    newest = select(col(Pairing.opened_at)).where(of_owner).order_by(col(Pairing.id).desc())
    nth = reads.one(newest.offset(windows.a_day - 1).limit(1))
    if nth is not None and nth.opened_at > now - DAY:
        raise adoption.TooManyPairings(
            f"At most {windows.a_day} pairing windows are opened in 24 hours. Come back tomorrow."
        )


def _check_free(reads: Reads, owner_id: str, identity: str) -> None:
    """Stations that were retired keep their identity."""
    not_over = col(Pairing.ended_at).is_(None)
    waiting = select(col(Pairing.owner_id)).where(col(Pairing.identity) == identity, not_over)
    who = reads.value(waiting)
    if who == owner_id:
        raise adoption.PairingOpen("Your window for this identity is open. Wait, or cancel it.")
    known = reads.one(select(col(Station.id)).where(col(Station.identity) == identity))
    if who is not None or known is not None:
        raise rules.IdentityTaken(_TAKEN)


# --- what happens at the door --------------------------------------------------------------


def adopt(work: Work, pairing_id: str, entry: Entry, now: datetime) -> str | None:
    """The station becomes the owner's; its id. None: the window is not open any more, perhaps
    because another connection was adopted just now.

    Raises IdentityTaken, ReferenceTaken; then nothing is changed, and the window is open.
    """
    took = update(Pairing).where(_is_open(pairing_id, now))
    seen = {"knocked_at": now, "knocked_from": entry.address}
    if not work.execute(took.values(state="adopted", reason=None, ended_at=now, **seen)):
        return None
    pairing = PairingView(*work.one(_ALL.where(col(Pairing.id) == pairing_id)))
    wanted = replace(adoption.station_of(pairing.wanted), security_profile=entry.profile)
    _check_reference(work, pairing.owner_id, wanted.external_ref)
    station_id = registration.add_station(work, pairing.owner_id, wanted, entry.digest, now)
    is_it = col(Pairing.id) == pairing_id
    work.execute(update(Pairing).where(is_it).values(station_id=station_id))
    return station_id


def note_refused(work: Work, pairing_id: str, address: str, reason: str, now: datetime) -> None:
    """Somebody came under the identity and was not adopted. The window stays open."""
    changed = update(Pairing).where(_is_open(pairing_id, now))
    seen = {"knocked_at": now, "knocked_from": address}
    work.execute(changed.values(state="refused", reason=reason, **seen))


def note_contested(work: Work, pairing_id: str, address: str, now: datetime) -> None:
    """Somebody else came under the identity just after the adoption: one of them is not it."""
    changed = update(Pairing).where(col(Pairing.id) == pairing_id)
    work.execute(changed.values(is_contested=True, knocked_at=now, knocked_from=address))


# --- what the clock does -------------------------------------------------------------------


def expire_pairings(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Close the windows whose time is over; how many."""
    is_due = col(Pairing.ended_at).is_(None) & (col(Pairing.expires_at) <= now)
    rows: Sequence[Any] = work.all(select(col(Pairing.id)).where(is_due).limit(chunk.limit))
    return chunk.each(work, rows, attrgetter("id"), _expire)


def _expire(work: Work, row: Any) -> None:
    _end(work, col(Pairing.id) == row.id)


def _end(work: Work, which: ColumnElement[bool]) -> None:
    """At the end of its time: refused if all who came were, expired if nobody came."""
    is_waiting = col(Pairing.state) == "waiting"
    became = case((is_waiting, "expired"), else_=col(Pairing.state))
    over = update(Pairing).where(which & col(Pairing.ended_at).is_(None))
    work.execute(over.values(state=became, ended_at=col(Pairing.expires_at)))


def _is_open(pairing_id: str, now: datetime) -> ColumnElement[bool]:
    is_it = col(Pairing.id) == pairing_id
    return is_it & col(Pairing.ended_at).is_(None) & (col(Pairing.expires_at) > now)

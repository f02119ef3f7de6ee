"""Queries on disputes, their evidence and rooms; and the one way in which a dispute changes."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlmodel import col

from chargehub.disputes.schema import DisputeEvidence, DisputeMessage, DisputePhoto, DisputeRow
from chargehub.disputes.views import DisputeView, MessageView, Status
from chargehub.settlement.contests import Subject
from chargehub.store.work import Reads, Work, table_of

DISPUTE = table_of(DisputeRow)
EVIDENCE = table_of(DisputeEvidence)

_CHANGEABLE = (
    *("status", "due_at", "answer", "how", "awarded_minor", "bearer", "reason", "decided_at"),
    *("decided_by", "appealed_by", "appeal", "refund_id", "refunded_minor", "closed_at"),
    "revision",
)
_CHANGE = (
    update(DISPUTE)
    .where(DISPUTE.c.id == bindparam("of_dispute"), DISPUTE.c.revision == bindparam("seen"))
    .values({name: bindparam(f"new_{name}", type_=DISPUTE.c[name].type) for name in _CHANGEABLE})
)
_MESSAGES = tuple(col(getattr(DisputeMessage, name)) for name in MessageView.__dataclass_fields__)


class EvidenceBroken(Exception):
    """Evidence is not there, or not as it was frozen. Nothing may be decided by it."""


class DisputeChanged(Exception):
    """Another unit of work changed the dispute in between. It is tried again."""


def dispute(reads: Reads, dispute_id: str) -> DisputeView | None:
    """The dispute with this id, or None."""
    row = reads.one(select(DISPUTE).where(DISPUTE.c.id == dispute_id))
    return None if row is None else DisputeView(*row)


def save(work: Work, before: DisputeView, after: DisputeView) -> DisputeView:
    """Change a dispute, if it still is as it was read. Raises DisputeChanged."""
    after = replace(after, revision=before.revision + 1)
    columns = {f"new_{name}": getattr(after, name) for name in _CHANGEABLE}
    if work.execute(_CHANGE, of_dispute=before.id, seen=before.revision, **columns) != 1:
        raise DisputeChanged(before.id)
    return after


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose disputes: those of a driver, of an owner, or (both None) all; in a status, or any."""

    driver_id: str | None = None
    owner_id: str | None = None
    status: Status | None = None


def page(reads: Reads, wanted: Wanted, after: str | None, limit: int) -> tuple[DisputeView, ...]:
    """Disputes, newest first, those before `after`."""
    statement = select(DISPUTE).order_by(DISPUTE.c.id.desc()).limit(limit)
    for name in ("driver_id", "owner_id", "status"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(DISPUTE.c[name] == value)
    if after is not None:
        statement = statement.where(DISPUTE.c.id < after)
    return tuple(DisputeView(*row) for row in reads.all(statement))


def of_subject(reads: Reads, subject: Subject) -> tuple[DisputeView, ...]:
    """All disputes that were ever opened about a session or a booking's fee."""
    is_it = DISPUTE.c.session_id == subject.session_id
    if subject.session_id is None:
        is_it = DISPUTE.c.booking_id == subject.booking_id
    return tuple(DisputeView(*row) for row in reads.all(select(DISPUTE).where(is_it)))


def due(reads: Reads, now: datetime, limit: int) -> tuple[DisputeView, ...]:
    """Disputes that the clock is to go on with, in order."""
    statement = select(DISPUTE).where(DISPUTE.c.due_at <= now)
    rows = reads.all(statement.order_by(DISPUTE.c.due_at, DISPUTE.c.id).limit(limit))
    return tuple(DisputeView(*row) for row in rows)


def evidence(reads: Reads, dispute_id: str, part: str) -> str:
    """A part of the evidence as it was frozen. Raises EvidenceBroken."""
    is_it = EVIDENCE.c.dispute_id == dispute_id, EVIDENCE.c.part == part
    row = reads.one(select(EVIDENCE.c.body, EVIDENCE.c.sha256).where(*is_it))
    if row is None or hashlib.sha256(row.body.encode()).hexdigest() != row.sha256:
        raise EvidenceBroken(f"the {part} of dispute {dispute_id} is missing or altered")
    body: str = row.body
    return body


def messages(
    reads: Reads, dispute_id: str, after: str | None, limit: int
) -> tuple[MessageView, ...]:
    """What was said in the room, oldest first, after the id `after`."""
    statement = select(*_MESSAGES).where(col(DisputeMessage.dispute_id) == dispute_id)
    if after is not None:
        statement = statement.where(col(DisputeMessage.id) > after)
    rows = reads.all(statement.order_by(col(DisputeMessage.id)).limit(limit))
    return tuple(MessageView(*row) for row in rows)


def count_messages(reads: Reads, dispute_id: str) -> tuple[int, int]:
    """How many messages a room has, and how many of them show photos."""
    counted = select(func.count(), func.count(col(DisputeMessage.photo_id)))
    row = reads.one(counted.where(col(DisputeMessage.dispute_id) == dispute_id))
    assert row is not None
    return int(row[0]), int(row[1])


def has_photo(reads: Reads, dispute_id: str, author: str) -> bool:
    """True if this side has shown a photo."""
    statement = select(col(DisputeMessage.id)).where(
        col(DisputeMessage.dispute_id) == dispute_id,
        col(DisputeMessage.author) == author,
        col(DisputeMessage.photo_id).is_not(None),
    )
    return reads.one(statement.limit(1)) is not None


def photo(reads: Reads, dispute_id: str, photo_id: str) -> bytes | None:
    """The JPEG file of a photo in the room of this dispute, or None."""
    is_it = col(DisputePhoto.id) == photo_id, col(DisputePhoto.dispute_id) == dispute_id
    found: bytes | None = reads.value(select(col(DisputePhoto.content)).where(*is_it))
    return None if found is None else bytes(found)

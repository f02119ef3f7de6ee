"""What rails told by themselves: each notice once, until it is too old to come again."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select
from sqlmodel import Field, SQLModel

from chargehub.payments.facts import Notice
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of

KEPT = timedelta(days=40)  # Stripe sends for 3 days, and by hand what is 30 days old
FORGOTTEN_AT_ONCE = 500


class RailNoticeRow(SQLModel, table=True):
    """A notice by the rail's own id of it. Nothing of its content is kept: it is a hint."""

    __tablename__ = "rail_notice"

    rail: str = Field(primary_key=True, max_length=20)
    notice_id: str = Field(primary_key=True, max_length=100)
    kind: str = Field(max_length=60)
    reference: str = Field(max_length=200)
    received_at: datetime = Field(sa_type=Instant, index=True)


NOTICE = table_of(RailNoticeRow)
_KNOWN = select(NOTICE.c.notice_id).where(
    NOTICE.c.rail == bindparam("rail"), NOTICE.c.notice_id == bindparam("notice_id")
)


def is_known(reads: Reads, rail: str, notice_id: str) -> bool:
    """True if the notice came before."""
    return reads.one(_KNOWN, rail=rail, notice_id=notice_id) is not None


def keep(work: Work, rail: str, notice: Notice, now: datetime) -> None:
    """Note that a notice came, so that it is heard once."""
    work.insert(
        RailNoticeRow,
        rail=rail,
        notice_id=notice.id,
        kind=notice.kind,
        reference=notice.reference,
        received_at=now,
    )


def forget(work: Work, now: datetime) -> int:
    """Delete notices that are too old to come again, at most 500; how many they were."""
    old = (
        select(NOTICE.c.rail, NOTICE.c.notice_id)
        .where(NOTICE.c.received_at <= now - KEPT)
        .limit(FORGOTTEN_AT_ONCE)
    )
    found = work.all(old)
    for row in found:
        mine = NOTICE.c.rail == row.rail, NOTICE.c.notice_id == row.notice_id
        work.execute(delete(NOTICE).where(*mine))
    return len(found)

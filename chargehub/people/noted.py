"""What operators did: one row for each request of theirs that changes something, refused or not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Field, SQLModel, col

from chargehub.people.tables import Account
from chargehub.store.columns import Instant, Json
from chargehub.store.work import Reads


class OperatorNote(SQLModel, table=True):
    """A request by an operator's login or API key. It is written before anything is done.

    `means`: login or key, and `means_id` which one. `route`: the pattern of its path. `ids`: what
    is named in the path, ids of things alone. `status`: how it was answered; None: the hub died on
    the way, or could not write. What was sent is not kept: bodies can hold secrets.
    """

    __tablename__ = "operator_note"

    id: str = Field(primary_key=True, max_length=36)
    account_id: str = Field(max_length=36, foreign_key="account.id", index=True)
    means: str = Field(max_length=5)
    means_id: str | None = Field(default=None, max_length=36)
    method: str = Field(max_length=6)
    route: str = Field(max_length=200)
    ids: Any = Field(sa_type=Json)
    status: int | None = None
    noted_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class NoteView:
    """What an operator did; `name`: what the operator is called now."""

    id: str
    account_id: str
    name: str
    means: str
    means_id: str | None
    method: str
    route: str
    ids: dict[str, str]
    status: int | None
    noted_at: datetime


def page_of(
    reads: Reads, account_id: str | None, after: str | None, limit: int
) -> tuple[NoteView, ...]:
    """What operators did, or one of them, newest first, from behind the id `after`."""
    names = (name for name in NoteView.__dataclass_fields__ if name != "name")
    columns = (*(col(getattr(OperatorNote, name)) for name in names), col(Account.name))
    wanted = select(*columns).join(Account, col(Account.id) == col(OperatorNote.account_id))
    if account_id is not None:
        wanted = wanted.where(col(OperatorNote.account_id) == account_id)
    if after is not None:
        wanted = wanted.where(col(OperatorNote.id) < after)
    rows = reads.all(wanted.order_by(col(OperatorNote.id).desc()).limit(limit))
    return tuple(NoteView(**row._asdict()) for row in rows)

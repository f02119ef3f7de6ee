"""Codes by which drivers join a group: for one or for so many, until then, and revocable."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select, update

from chargehub.errors import Conflict, Invalid
from chargehub.store.columns import Instant, new_id
from chargehub.store.work import Reads, Work
from chargehub.tariffs.tables import CODE, MemberCode

CODE_BYTES = 12  # as many guesses as nobody can make
MOST_CODES = 500  # of a group


class TooManyCodes(Conflict):
    """A group has as many codes as it may have."""

    code = "too_many_codes"


@dataclass(frozen=True, slots=True)
class CodeView:
    """A code of a group. `most_uses` None: any number of drivers; `expires_at` None: for ever."""

    id: str
    group_id: str
    code: str
    most_uses: int | None
    uses: int
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewCode:
    """For how many drivers, and until when."""

    most_uses: int | None = 1
    expires_at: datetime | None = None


_USE = (
    update(CODE)
    .where(
        CODE.c.id == bindparam("code_id"),
        CODE.c.revoked_at.is_(None),
        or_(CODE.c.expires_at.is_(None), CODE.c.expires_at > bindparam("now", type_=Instant())),
        or_(CODE.c.most_uses.is_(None), CODE.c.uses < CODE.c.most_uses),
    )
    .values(uses=CODE.c.uses + 1)
)


def random_code() -> str:
    """A code that nobody can guess."""
    return secrets.token_urlsafe(CODE_BYTES)


def add_code(work: Work, group_id: str, wanted: NewCode, now: datetime) -> CodeView:
    """A new code of a group. Raises Invalid, TooManyCodes."""
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise Invalid("This code would have expired already. Choose a later time.")
    if work.value(select(func.count()).where(CODE.c.group_id == group_id)) >= MOST_CODES:
        raise TooManyCodes(f"A group has {MOST_CODES} codes at most. Give one code to many.")
    code = CodeView(
        new_id(), group_id, random_code(), wanted.most_uses, 0, wanted.expires_at, None, now
    )
    work.insert(MemberCode, **{name: getattr(code, name) for name in CodeView.__slots__})
    return code


def revoke_code(work: Work, group_id: str, code_id: str, now: datetime) -> None:
    """Let nobody join by it any more; who did stays. Twice is once."""
    is_it = (CODE.c.id == code_id) & (CODE.c.group_id == group_id)
    work.execute(update(CODE).where(is_it, CODE.c.revoked_at.is_(None)).values(revoked_at=now))


def use_code(work: Work, code: CodeView, now: datetime) -> bool:
    """Count a driver who joins. False: it was used up, has expired or was revoked."""
    return work.execute(_USE, code_id=code.id, now=now) == 1


def by_code(reads: Reads, code: str) -> CodeView | None:
    """The code that is written so, whether it still counts or not."""
    row = reads.one(select(CODE).where(CODE.c.code == code))
    return None if row is None else CodeView(**row._mapping)


def codes_of(reads: Reads, group_id: str, after: str | None, limit: int) -> tuple[CodeView, ...]:
    """A group's codes, the oldest first, those after the id `after`."""
    statement = select(CODE).where(CODE.c.group_id == group_id, CODE.c.id > (after or ""))
    rows = reads.all(statement.order_by(CODE.c.id).limit(limit))
    return tuple(CodeView(**row._mapping) for row in rows)

"""The hub audits itself each night; what was found is kept, and operators hear of a broken law."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import update

from chargehub.audit import tables
from chargehub.audit.findings import Finding
from chargehub.audit.schema import AuditRow
from chargehub.audit.tables import AUDIT, AuditView
from chargehub.errors import NotFound
from chargehub.events import AuditAsked, LawsBroken
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(days=1)
FULL_EVERY: Final = timedelta(days=7)  # and the night after a law was broken
SUBJECT: Final = "The hub's books: a law of money is broken"


class NoSuchAudit(NotFound):
    """There is no audit with this id."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no audit with this id: GET /api/v1/audits.")


def ask_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have the books audited if they were not for a day; 1 if so."""
    newest = tables.newest(work)
    since = tables.begun_at(work) if newest is None else newest.asked_at
    if since is None or now < since + EVERY:
        return 0
    return chunk.each(work, ["audit"], str, lambda work, _: _ask(work, is_full(work, now), now))


def ask(work: Work, now: datetime) -> AuditView:
    """An operator wants every transfer read now; one that is under way will do."""
    newest = tables.newest(work)
    if newest is None or newest.finished_at is not None or now >= newest.asked_at + EVERY:
        _ask(work, True, now)
        newest = tables.newest(work)
    assert newest is not None
    return newest


def is_full(reads: Reads, now: datetime) -> bool:
    """Must the next one read every transfer? The others trust the last one for what it read."""
    last, full = tables.last(reads), tables.last(reads, is_full=True)
    if last is None or full is None or last.broken or last.head is None:
        return True
    return full.asked_at + FULL_EVERY <= now


def _ask(work: Work, is_full: bool, now: datetime) -> None:
    row = AuditRow(id=new_id(), asked_at=now, is_full=is_full)
    work.add(row)
    work.record(AuditAsked(row.id))


def record(work: Work, event: AuditAsked, found: list[Finding] | None, now: datetime) -> None:
    """Keep what was found, once. None: nothing was looked at."""
    if found is None:
        return
    broken = [one for one in found if one.state == "broken"]
    number, digest = _head(found)
    values = {
        "finished_at": now,
        "laws": [asdict(one) for one in found],
        "head_number": number,
        "head_hash": digest,
    }
    is_open = AUDIT.c.id == event.audit_id, AUDIT.c.finished_at.is_(None)
    if work.execute(update(AUDIT).where(*is_open).values(**values)) == 1 and broken:
        _tell(work, event.audit_id, broken, now)


def _head(found: list[Finding]) -> tuple[int | None, str | None]:
    chain = next((one.figures for one in found if one.law == "chain"), {})
    number, digest = chain.get("links"), chain.get("head")
    return (number, digest) if isinstance(number, int) and isinstance(digest, str) else (None, None)


def _tell(work: Work, audit_id: str, broken: list[Finding], now: datetime) -> None:
    laws = ", ".join(one.law for one in broken)
    log.error("a law of money is broken", audit=audit_id, laws=laws)
    work.record(LawsBroken(audit_id, laws))
    said = "".join(f"    {one.law}: {one.title}. {one.told}\n" for one in broken)
    text = (
        f"Hello,\n\nthe hub has audited its books, and found broken:\n\n{said}\n"
        "Keep a copy of the database as it is, and pay nobody before the cause is found."
        f" What breaks each law: GET /api/v1/audits/{audit_id}; what each means: docs/audit.md.\n"
    )
    for address in people.operator_addresses(work):
        mails.write_mail(work, address, SUBJECT, text, now)

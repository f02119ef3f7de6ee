"""A line that nothing explained is looked at again: the hub may have heard of it since.

Else the same money would stand in suspense, or where an operator said, and once more where the
hub has noted it itself.
"""

from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import and_, or_, update

from chargehub.reconciliation import posting, rules, tables
from chargehub.reconciliation.rules import LineView, NoSuchLine
from chargehub.reconciliation.tables import LINE
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Work


def ask(work: Work, rail: str, now: datetime) -> None:
    """Have all lines of a rail looked at that are in suspense, or were not long ago."""
    is_lately = LINE.c.resolved_at > now - rules.AGAIN_FOR
    is_open = or_(LINE.c.state == "suspense", and_(LINE.c.state == "resolved", is_lately))
    is_asked = LINE.c.rail == rail, LINE.c.look_at.is_(None)
    work.execute(update(LINE).where(*is_asked, is_open).values(look_at=now))


def look_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Look at those that are to be looked at; how many."""
    due = tables.to_look_at(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("id"), partial(_look_due, now=now))


def look(work: Work, line_id: str, now: datetime) -> bool:
    """Look at one line now; True if it does not stand as before. Raises NoSuchLine."""
    view = tables.line(work, line_id)
    if view is None:
        raise NoSuchLine("There is no line with this id.")
    return _look(work, view, now)


def _look_due(work: Work, view: LineView, now: datetime) -> None:
    _look(work, view, now)


def _look(work: Work, view: LineView, now: datetime) -> bool:
    work.execute(update(LINE).where(LINE.c.id == view.id).values(look_at=None))
    if view.state not in ("suspense", "resolved"):
        return False
    verdict = rules.judge(view.line, tables.ours(work, view.rail, view.line), now)
    if not rules.changes(view, verdict):
        return False
    values = {
        "state": verdict.state,
        "suspense_minor": verdict.suspense_minor,
        "told": verdict.told or rules.EXPLAINED_SINCE,
    }
    nobody_said = dict.fromkeys(("account", "because", "resolved_by", "resolved_at"))
    if not posting.change(work, view, **values, **nobody_said):
        return False
    posting.take_back(work, view, now)
    entries = rules.available_again_entries(view, verdict)
    posting.post(work, view.id, "funds_available_again", entries, now, number=view.suspended)
    posting.suspend(work, view, verdict, now)
    return True

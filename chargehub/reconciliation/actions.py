"""Rails are asked for their books each night; every line is explained, or stands in suspense."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import delete, update

from chargehub.events import ReconciliationAsked
from chargehub.payments.books import BookLine
from chargehub.people.rules import Actor
from chargehub.reconciliation import again, missing, posting, rules, tables
from chargehub.reconciliation.rules import Account, LineView, NoSuchLine, NotInSuspense
from chargehub.reconciliation.schema import BalanceLineRow, ReconciliationRow
from chargehub.reconciliation.tables import LINE, RUN
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Work

_BOOK_LINE = tuple(BookLine.__dataclass_fields__)


def ask_due(work: Work, now: datetime, rails: Sequence[str], chunk: Chunk = ALL) -> int:
    """Ask those of these rails whose last books are a day old; how many they were."""
    due = []
    for rail in rails:
        newest = tables.newest_run(work, rail)
        if newest is None:
            _begin(work, rail, now)
        elif newest.finished_at is not None and newest.until + rules.EVERY <= now:
            due.append(rail)
    return chunk.each(work, due, str, partial(ask, now=now))


def ask(work: Work, rail: str, now: datetime) -> None:
    """Ask a rail for its books since the last time, and some days before, unless it is asked."""
    newest = tables.newest_run(work, rail)
    if newest is None:
        _begin(work, rail, now)
    elif newest.finished_at is not None and newest.until < now:
        since = max(newest.until - rules.OVERLAP, tables.begun_at(work, rail))
        row = ReconciliationRow(id=new_id(), rail=rail, since=since, until=now)
        work.add(row)
        work.record(ReconciliationAsked(row.id, rail))


def _begin(work: Work, rail: str, now: datetime) -> None:
    """From now on its books count; what it booked before had nothing to do with the hub."""
    values = {"since": now, "until": now, "finished_at": now, "lines": 0}
    work.insert(ReconciliationRow, id=new_id(), rail=rail, **values)


def enter(work: Work, rail: str, lines: Sequence[BookLine], now: datetime) -> int:
    """Note lines, each once, with the rail's fees; how many are new."""
    added = 0
    for line in lines:
        if tables.by_reference(work, rail, line.reference) is None:
            _enter(work, rail, line, now)
            missing.told(work, rail, line.about)
            added += 1
    return added


def _enter(work: Work, rail: str, line: BookLine, now: datetime) -> None:
    line_id = new_id()
    values = {name: getattr(line, name) for name in _BOOK_LINE}
    work.insert(BalanceLineRow, id=line_id, rail=rail, state="new", suspense_minor=0, **values)
    posting.post(work, line_id, "psp_fee", rules.fee_entries(line), now)
    if line.kind == "withdrawal":
        posting.post(work, line_id, "withdrawal", rules.withdrawal_entries(line), now)
    work.flush()
    view = tables.line(work, line_id)
    assert view is not None, line_id
    _judge(work, view, now)


def record_run(work: Work, event: ReconciliationAsked, lines: int | None, now: datetime) -> None:
    """All lines are there: look again at those that nothing explained."""
    where = RUN.c.id == event.reconciliation_id, RUN.c.finished_at.is_(None)
    if lines is None:  # the hub has no such rail now; what it books meanwhile is asked for later
        work.execute(delete(RUN).where(*where))
        return
    run = tables.run(work, event.reconciliation_id)
    if (
        run is None
        or work.execute(update(RUN).where(*where).values(finished_at=now, lines=lines)) != 1
    ):
        return
    again.ask(work, event.rail, now)
    missing.look(work, run)
    for view in tables.unjudged(work, now, tables.MOST):
        _judge(work, view, now)


def judge_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """What nothing has explained in time goes into suspense, for an operator; how many lines."""
    due = tables.unjudged(work, now - rules.WAITS, chunk.limit)
    return chunk.each(work, due, attrgetter("id"), partial(_judge, now=now))


def make_available(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Let psp:available follow what rails say can be sent away now; how many lines."""
    due = tables.to_move(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("id"), partial(_make_available, now=now))


def resolve(
    work: Work, operator: Actor, line_id: str, account: Account, because: str, now: datetime
) -> LineView:
    """An operator says what stood in suspense. Raises NoSuchLine, NotInSuspense."""
    view = tables.line(work, line_id)
    if view is None:
        raise NoSuchLine("There is no line with this id.")
    said = {
        "state": "resolved",
        "account": account,
        "because": because,
        "resolved_by": operator.account_id,
        "resolved_at": now,
    }
    if view.state != "suspense" or not posting.change(work, view, **said):
        raise NotInSuspense("Nothing of this line is in suspense: it is explained, or resolved.")
    posting.settle(work, view, account, because, now)
    resolved = tables.line(work, line_id)
    assert resolved is not None, line_id
    return resolved


def _judge(work: Work, view: LineView, now: datetime) -> None:
    line = view.line
    verdict = rules.judge(line, tables.ours(work, view.rail, line), now)
    if view.state != "new" or verdict.state == "new":
        return
    values = {"state": verdict.state, "suspense_minor": verdict.suspense_minor}
    if posting.change(work, view, told=verdict.told, **values):
        posting.suspend(work, view, verdict, now)


def _make_available(work: Work, view: LineView, now: datetime) -> None:
    where = LINE.c.id == view.id, LINE.c.moved_at.is_(None)
    if work.execute(update(LINE).where(*where).values(moved_at=now)) == 1:
        posting.post(work, view.id, "funds_available", rules.available_entries(view), now)

"""Owners are asked for what the tax report lacks of them, reminded, and not paid until it is told.

After every quarter all owners are looked at; who was asked is reminded twice before payouts are
withheld. Source: Directive (EU) 2021/514, annex V, section IV, A.2.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from chargehub.jurisdictions.rules import Reporting
from chargehub.payments import withheld
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.reporting import exports, rules, schema, tables
from chargehub.reporting.schema import RequestView, SellerRequest
from chargehub.store.chunk import ALL, SIZE, Chunk
from chargehub.store.columns import values_of
from chargehub.store.work import Reads, Work

REMINDERS = 2  # between being asked and being withheld
SUBJECT = "The tax report lacks something of you"
HELD_SUBJECT = "Your payouts are withheld: the tax report lacks something of you"


# --- the clock ---------------------------------------------------------------------------------


def ask_sellers(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """After a quarter, ask owners who must be reported for what is missing; 50 are looked at.

    Who could not be looked at is looked at after the next quarter.
    """
    quarter = rules.last_quarter(now)
    after = schema.reviewed(work, quarter)
    if after is None:
        return 0
    found = schema.owners(work, after, SIZE)
    done = chunk.each(work, found, str, partial(_look, quarter=quarter, now=now))
    is_over = len(found) < SIZE
    schema.note_reviewed(work, quarter, found[-1] if found else after, now if is_over else None)
    return done


def remind_sellers(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Remind who was asked, or withhold payouts, where it is time; at most 50; how many."""
    due = schema.requests_due(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("account_id"), partial(_go_on, now=now))


def _look(work: Work, owner_id: str, quarter: str, now: datetime) -> None:
    rule = _rule(work, owner_id)
    known = schema.request(work, owner_id)
    if rule is None or rule.held_after_days is None or (known is not None and known.next_at):
        return  # nothing is asked there, or it is asked already
    if not _missing(work, owner_id) or not _is_reported(work, owner_id, quarter, rule):
        return
    if known is not None and now >= known.due_at and known.reminders >= REMINDERS:
        _write(work, known, HELD_SUBJECT, now)  # withheld since an earlier quarter
        return
    step = timedelta(days=rule.held_after_days) / (REMINDERS + 1)
    asked = RequestView(owner_id, rule.name, now, now + step * (REMINDERS + 1), 0, now + step)
    values = values_of(asked)
    if not schema.change(work, values.pop("account_id"), **values):
        work.insert(SellerRequest, account_id=owner_id, **values)
    _write(work, asked, SUBJECT, now)


def _go_on(work: Work, asked: RequestView, now: datetime) -> None:
    if not _missing(work, asked.account_id):
        schema.change(work, asked.account_id, next_at=None)
        return
    if asked.reminders >= REMINDERS:
        follow(work, asked.account_id, now)
        schema.change(work, asked.account_id, next_at=None)
        _write(work, asked, HELD_SUBJECT, now)
        return
    step = (asked.due_at - asked.asked_at) / (REMINDERS + 1)
    reminders = asked.reminders + 1
    next_at = asked.asked_at + step * (reminders + 1)
    schema.change(work, asked.account_id, reminders=reminders, next_at=next_at)
    _write(work, replace(asked, reminders=reminders), SUBJECT, now)


# --- whenever something was told ---------------------------------------------------------------


def follow(work: Work, account_id: str, now: datetime) -> None:
    """Withhold an owner's payouts, or release them, by what is missing now. Twice is once."""
    asked, left = schema.request(work, account_id), _missing(work, account_id)
    if not left:
        withheld.release(work, account_id)
    elif asked is not None and asked.reminders >= REMINDERS and now >= asked.due_at:
        withheld.withhold(work, account_id, _reason(asked, left), now)


def _reason(asked: RequestView, left: tuple[str, ...]) -> str:
    return (
        f"Withheld: the tax report ({asked.report}) lacks {', '.join(left)} of you. Tell it by"
        " PUT /api/v1/seller; then this leaves shortly."
    )


def _missing(reads: Reads, account_id: str) -> tuple[str, ...]:
    return rules.missing(tables.seller(reads, account_id))


def _rule(reads: Reads, owner_id: str) -> Reporting | None:
    """The report of the first country of an owner's stations that has one."""
    return exports.reporting(schema.countries(reads, owner_id).get(owner_id, ()))


def _is_reported(reads: Reads, owner_id: str, quarter: str, rule: Reporting) -> bool:
    """By what was earned in the year of the quarter so far."""
    quarters = rules.quarters_of(int(quarter[:4]))
    earned = [tables.earned(reads, each, owner_id) for each in quarters]
    return any(exports.is_reported(year, rule) for year in rules.years(earned) if year.sales)


def _write(work: Work, asked: RequestView, subject: str, now: datetime) -> None:
    account = people.account(work, asked.account_id)
    if account is None or not account.email:
        return
    left = ", ".join(_missing(work, asked.account_id))
    held = f"From {asked.due_at:%Y-%m-%d} on your payouts are withheld until it is told.\n"
    if subject == HELD_SUBJECT:
        held = "Your payouts are withheld until it is told; then they go on by themselves.\n"
    text = (
        "Hello,\n\n"
        f"what you earn here is reported to the tax office ({asked.report}), and the report lacks"
        f" of you: {left}.\n{held}"
        "Tell it by PUT /api/v1/seller.\n"
    )
    mails.write_mail(work, account.email, subject, text, now)

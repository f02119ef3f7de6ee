"""What owners have earned that is not theirs to be paid yet, by the day on which it will be."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, case, exists, func, literal, or_, select, type_coerce

from chargehub.settlement import contesting, shares
from chargehub.settlement.contests import CONTEST, Subject
from chargehub.settlement.fees import FEE
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.columns import EPOCH, microseconds
from chargehub.store.work import Reads
from chargehub.units import Money

AHEAD = timedelta(days=14)
_DAY = timedelta(days=1)
_DAY_US = 86_400_000_000
_DISPUTED_AT_MOST = 500  # settlements of one owner; of more, the oldest are told
_PAID = SETTLEMENT.c.captured_minor + SETTLEMENT.c.credit_minor
_EARNED = case((SETTLEMENT.c.owner_minor < _PAID, SETTLEMENT.c.owner_minor), else_=_PAID)
_OF_SESSION = SETTLEMENT, _EARNED, SETTLEMENT.c.session_id, CONTEST.c.session_id
_OF_BOOKING = FEE, FEE.c.owner_minor, FEE.c.booking_id, CONTEST.c.booking_id


@dataclass(frozen=True, slots=True)
class Maturing:
    """So much of one currency matures on that day of UTC; None: after the days looked at."""

    day: date | None
    amount: Money


def ahead(reads: Reads, owner_id: str, now: datetime) -> tuple[Maturing, ...]:
    """An owner's earnings of the next 14 days by day and currency, and those after, the soonest
    first. What is overdue counts for today; what is frozen or doubted for no day."""
    today, sums = microseconds(now) // _DAY_US, Counter[tuple[int, str]]()
    last = today + AHEAD // _DAY
    for day, currency, amount_minor in _all(reads, owner_id):
        sums[min(max(day, today), last), currency] += amount_minor
    for joint in shares.joint_of(reads, owner_id):
        for day, currency, amount_minor in _all(reads, joint.id):
            part_minor = joint.part(amount_minor, owner_id)
            sums[min(max(day, today), last), currency] += part_minor
    return tuple(
        Maturing(_date(day) if day < last else None, Money(sums[day, currency], currency))
        for day, currency in sorted(sums)
        if sums[day, currency]
    )


def _date(day: int) -> date:
    return (EPOCH + day * _DAY).date()


def _all(reads: Reads, owner_id: str) -> Iterator[tuple[int, str, int]]:
    """Day, currency and amount of all that is to mature of an owner."""
    for table, earned, subject, disputed in (_OF_SESSION, _OF_BOOKING):
        is_disputed = exists().where(disputed == subject, CONTEST.c.state != "released")
        day = type_coerce(table.c.matures_at, BigInteger) // literal(_DAY_US, BigInteger)
        waits = [
            table.c.owner_id == owner_id,
            table.c.matured_at.is_(None),
            table.c.reversed_at.is_(None),
        ]
        if table is SETTLEMENT:
            waits.append(or_(table.c.doubts.is_(None), table.c.accepted_at.is_not(None)))
        sums = select(day, table.c.currency, func.sum(earned)).where(*waits, ~is_disputed)
        for row in reads.all(sums.group_by(day, table.c.currency)):
            yield int(row[0]), row[1], int(row[2])
        single = select(day, table.c.currency, subject).where(*waits, is_disputed)
        for row in reads.all(single.order_by(subject).limit(_DISPUTED_AT_MOST)):
            yield int(row[0]), row[1], _left(reads, table, row[2])


def _left(reads: Reads, table: Any, subject: str) -> int:
    """What disputes leave to mature of one settlement, or of one booking's fee."""
    of_it = Subject(subject) if table is SETTLEMENT else Subject(booking_id=subject)
    entries = contesting.maturing(reads, of_it) or ()
    return -sum(one.amount for one in entries if one.account.startswith("owner:payable:"))

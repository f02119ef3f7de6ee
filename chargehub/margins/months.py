"""The sessions that began in a month at some stations, as they were billed and settled."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from chargehub.margins.rules import Divided
from chargehub.sessions.bound import TOO_FAST
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.schema import CDR, SESSION
from chargehub.sessions.tables import IS_LITTLE_BEYOND
from chargehub.settlement.contests import CONTEST
from chargehub.settlement.past import Past
from chargehub.settlement.tables import SETTLEMENT
from chargehub.store.columns import Instant
from chargehub.store.many import any_of
from chargehub.store.work import Reads
from chargehub.units import Span

_SETTLED = (
    SETTLEMENT.c.gross_minor,
    SETTLEMENT.c.fee_minor,
    SETTLEMENT.c.vat_minor,
    SETTLEMENT.c.owner_minor,
)
_CHARGED = (
    select(*_SETTLED, SESSION.c.start_wh, CDR)
    .select_from(CDR)
    .join(SESSION, (SESSION.c.id == CDR.c.session_id) & (SESSION.c.cdr_id == CDR.c.id))
    .outerjoin(
        SETTLEMENT,
        (SETTLEMENT.c.session_id == CDR.c.session_id) & SETTLEMENT.c.reversed_at.is_(None),
    )
    .where(
        any_of(CDR.c.station_id, "station_ids"),
        CDR.c.started_at >= bindparam("start", type_=Instant()),
        CDR.c.started_at < bindparam("end", type_=Instant()),
        SESSION.c.free_reason.is_(None),  # the household's own cars
        # Else nobody knows what flowed.
        func.coalesce(CDR.c.unbilled_reason, "").not_in(("absurd_register", TOO_FAST))
        | IS_LITTLE_BEYOND,
    )
    .order_by(CDR.c.started_at.desc(), CDR.c.id)
    .limit(bindparam("most"))
)
_RETURNED = (
    select(
        CONTEST.c.session_id,
        func.sum(CONTEST.c.amount_minor),
        func.sum(CONTEST.c.fee_minor),
        func.sum(CONTEST.c.vat_minor),
        func.sum(CONTEST.c.owner_minor),
    )
    .where(
        any_of(CONTEST.c.session_id, "session_ids"),
        CONTEST.c.state == "returned",
        CONTEST.c.bearer == "owner",
    )
    .group_by(CONTEST.c.session_id)
)


class Charged(NamedTuple):
    """A session that was charged for. `divided` None: it is not settled yet."""

    past: Past
    divided: Divided | None


def charged(reads: Reads, station_ids: Sequence[str], during: Span, most: int) -> list[Charged]:
    """The sessions that began in a time, the newest first; those of the household are left out.

    What went back to a driver at the owner's expense is taken off, whenever that was.
    """
    rows = reads.all(
        _CHARGED, station_ids=list(station_ids), start=during.start, end=during.end, most=most
    )
    records = [CdrView(*row[5:]) for row in rows]
    ids = [record.session_id for record in records]
    gone = {
        row[0]: [int(value) for value in row[1:]] for row in reads.all(_RETURNED, session_ids=ids)
    }
    return [
        Charged(Past(record, row[4]), _divided(row, record, gone.get(record.session_id, _NOTHING)))
        for row, record in zip(rows, records, strict=True)
    ]


_NOTHING = [0, 0, 0, 0]


def _divided(row: Sequence[int | None], record: CdrView, gone: Sequence[int]) -> Divided | None:
    settled = row[:4]
    if settled[0] is None:
        return Divided(0, 0, 0, 0) if record.cost_minor == 0 else None
    return Divided(*(int(was or 0) - back for was, back in zip(settled, gone, strict=True)))

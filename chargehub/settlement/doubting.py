"""Earnings that do not mature, because what is known of a session contradicts its bill.

It is judged when they would mature: by then late readings have come, and most disputes are told.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import select, update

from chargehub.errors import Conflict
from chargehub.meters.trust import CONTRADICTIONS
from chargehub.sessions import tables as sessions
from chargehub.sessions import trusting
from chargehub.settlement import shares, split
from chargehub.settlement.joint import Agreement
from chargehub.settlement.tables import SETTLEMENT, SettlementView
from chargehub.store.work import Reads, Work


class NotDoubted(Conflict):
    """Nothing is doubted of this CDR, or it was accepted or corrected already."""

    code = "not_doubted"


@dataclass(frozen=True, slots=True)
class Doubted:
    """An owner's share of a session that waits for an operator; `reasons` as in `trust.WHY`."""

    cdr_id: str
    session_id: str
    owner_id: str
    currency: str
    earnings_minor: int
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, settled: SettlementView) -> Self:
        reasons = tuple((settled.doubts or "").split())
        who = settled.cdr_id, settled.session_id, settled.owner_id, settled.currency
        return cls(*who, earned_minor(settled), reasons)


_DOUBTED = select(SETTLEMENT).where(
    SETTLEMENT.c.doubts.is_not(None),
    SETTLEMENT.c.matured_at.is_(None),
    SETTLEMENT.c.reversed_at.is_(None),
)


def doubt(work: Work, settled: SettlementView) -> bool:
    """Does something contradict the bill that this divides? Then it is noted, and waits."""
    session = None if settled.accepted_at else sessions.session(work, settled.session_id)
    record = sessions.cdr(work, settled.cdr_id)
    if session is None or record is None:
        return False
    trust = trusting.trust(work, session, record)
    if trust.verdict != "implausible":
        return False
    reasons = " ".join(one for one in trust.reasons if one in CONTRADICTIONS)
    is_it = SETTLEMENT.c.cdr_id == settled.cdr_id
    work.execute(update(SETTLEMENT).where(is_it).values(doubts=reasons))
    return True


def note_accepted(
    work: Work, cdr_id: str, operator_id: str | None, because: str, now: datetime
) -> None:
    """Somebody looked at it; None: it was decided in a dispute."""
    values = {"accepted_at": now, "accepted_by": operator_id, "accepted_because": because}
    work.execute(update(SETTLEMENT).where(SETTLEMENT.c.cdr_id == cdr_id).values(**values))


def doubted_cdr(reads: Reads, cdr_id: str) -> SettlementView:
    """The settlement of a CDR that waits for an operator. Raises NotDoubted."""
    row = reads.one(_DOUBTED.where(SETTLEMENT.c.cdr_id == cdr_id))
    if row is None:
        raise NotDoubted("Nothing waits for an operator under this CDR: GET /doubted-earnings.")
    return SettlementView(*row)


def doubted(
    reads: Reads, owner_id: str | None, after: str | None, limit: int
) -> tuple[Doubted, ...]:
    """What waits of an owner, or (None) of all, newest first, from after a CDR on."""
    mine: dict[str, Agreement] = {}
    statement = _DOUBTED.order_by(SETTLEMENT.c.cdr_id.desc()).limit(limit)
    if owner_id is not None:
        mine = {one.id: one for one in shares.joint_of(reads, owner_id)}
        statement = statement.where(SETTLEMENT.c.owner_id.in_([owner_id, *mine]))
    if after is not None:
        statement = statement.where(SETTLEMENT.c.cdr_id < after)
    found = [Doubted.of(SettlementView(*row)) for row in reads.all(statement)]
    return tuple(_part_of(mine.get(one.owner_id), one, owner_id) for one in found)


def _part_of(joint: Agreement | None, doubted: Doubted, owner_id: str | None) -> Doubted:
    if joint is None or owner_id is None:
        return doubted
    return replace(doubted, earnings_minor=joint.part(doubted.earnings_minor, owner_id))


def earned_minor(settled: SettlementView) -> int:
    """What the owner has of it, as far as it was paid."""
    paid_minor = settled.captured_minor + settled.credit_minor
    return split.earned_minor(settled.owner_minor, paid_minor, settled.sale_vat_minor)

"""What was captured becomes the owner's, the hub's and the tax's; later it matures.

Each step is one unit of work: a compare-and-set of the settlement and transfers whose ids are
derived from session, step and CDR version, so a step that runs twice moves nothing twice.
"""

from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from sqlalchemy import bindparam, update

from chargehub.errors import Forbidden
from chargehub.events import PaymentCaptured, SessionSettled
from chargehub.ledger import actions as ledger
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import (
    Entry,
    LedgerError,
    Transfer,
    TransferClash,
    netting_entries,
    transfer_id,
)
from chargehub.people.rules import Actor
from chargehub.sessions import tables as sessions
from chargehub.sessions.cdr import CdrView
from chargehub.settlement import (
    compensating,
    contesting,
    debts,
    doubting,
    shares,
    split,
    tables,
    writing_off,
)
from chargehub.settlement.contests import Subject
from chargehub.settlement.doubting import Doubted
from chargehub.settlement.split import TERMS, Parties, Terms
from chargehub.settlement.tables import SETTLEMENT, SettlementView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot, insert_of
from chargehub.store.work import Work

_COLUMNS = tuple(column.key for column in SETTLEMENT.columns)
_INSERT = insert_of(SETTLEMENT)
_MATURE = Hot(  # as it was read: another hub may have had more of it paid meanwhile
    update(SETTLEMENT)
    .where(
        SETTLEMENT.c.cdr_id == bindparam("of_cdr"),
        SETTLEMENT.c.captured_minor == bindparam("seen"),
        SETTLEMENT.c.matured_at.is_(None),
        SETTLEMENT.c.reversed_at.is_(None),
    )
    .values(matured_at=bindparam("at", type_=Instant()))
)
_REVERSE = (  # as it was read: another hub may have let it mature meanwhile, or written it off
    update(SETTLEMENT)
    .where(
        SETTLEMENT.c.cdr_id == bindparam("of_cdr"),
        SETTLEMENT.c.reversed_at.is_(None),
        SETTLEMENT.c.captured_minor == bindparam("seen"),
        SETTLEMENT.c.matured_at.is_not_distinct_from(bindparam("seen_matured", type_=Instant())),
        SETTLEMENT.c.written_off_at.is_not_distinct_from(bindparam("seen_lost", type_=Instant())),
    )
    .values(reversed_at=bindparam("at", type_=Instant()))
)


class UnknownCdr(LedgerError):
    """Something was captured for a CDR that is not there."""


class NotSettled(LedgerError):
    """A debt was paid before its cost was settled: settle first."""


def settle(work: Work, event: PaymentCaptured, now: datetime, terms: Terms = TERMS) -> None:
    """Divide the cost of a CDR once. Where it corrects an earlier one, that is taken back first.

    Raises UnknownCdr, and TransferClash if the same CDR was settled with another amount captured.
    """
    cdr = sessions.cdr(work, event.cdr_id)
    if cdr is None:
        raise UnknownCdr(f"{event.captured_minor} was captured for the unknown CDR {event.cdr_id}")
    earlier = tables.standing(work, cdr.session_id)
    if earlier is not None and earlier.version > cdr.version:
        return  # this CDR was corrected, and the correction settled, before its turn came
    if earlier is not None and earlier.cdr_id == cdr.id:
        kept_minor = earlier.captured_minor - earlier.conceded_minor - earlier.later_minor
        if kept_minor != event.captured_minor:
            raise TransferClash(
                f"CDR {cdr.id} was settled with {kept_minor} captured, not "
                f"{event.captured_minor}: what is paid later is for `settle_debt`"
            )
        return
    cdr = _earned_by(work, cdr, earlier, now)
    subject, conceded_minor = Subject(cdr.session_id), 0
    if earlier is not None:
        gone = contesting.conceded_minor(work, cdr.session_id)
        paid_minor = event.captured_minor + event.credit_minor + earlier.later_minor
        conceded_minor = min(gone, max(0, cdr.cost_minor - paid_minor))
        terms = replace(terms, vat_mode=earlier.vat_mode)  # whatever the setting says by now
        writing_off.take_back(work, earlier, now)
        contesting.undo(work, subject, now)
        _take_back(work, earlier, now)
    settled = _divide(work, cdr, event, conceded_minor, now, terms)
    if earlier is not None:
        settled = debts.carry(work, settled, earlier.later_minor, now)
        contesting.redo(work, subject, now, conceded_minor)
    if earlier is not None and earlier.transfer_id and earlier.matured_at:
        # The owner could have had the money already; a correction does not make it young again.
        _mature(work, settled, now)
    work.record(SessionSettled(cdr.session_id, cdr.id))


def settle_debt(work: Work, cdr_id: str, paid_minor: int, payment_id: str, now: datetime) -> None:
    """A driver has paid, by a payment of its own, some or all of what a settled cost still missed.

    Call it once the rail has taken `paid_minor` (above 0, in the currency of the CDR) beside what
    PaymentCaptured told of that CDR; the same `payment_id` again changes nothing. What the driver
    owes is less by it, also after it was written off: then so much of the loss is taken back. The
    owner has the part that is due of it: when the settlement matures, or now if it has. What is
    paid beyond what is owed (the cost was corrected meanwhile) lies in psp:suspense, to be given
    back. A later correction counts what was paid here beside what PaymentCaptured then tells,
    which must not contain it. Any CDR of the session will do: the standing one is paid.

    Raises UnknownCdr, NotSettled, TransferClash (the payment was noted with another amount, or
    another hub changed the settlement meanwhile: do it again).
    """
    if paid_minor <= 0:
        raise LedgerError(f"payment {payment_id} of {paid_minor} pays nothing")
    if debts.was_paid(work, payment_id, paid_minor):
        return
    cdr = sessions.cdr(work, cdr_id)
    if cdr is None:
        raise UnknownCdr(f"{paid_minor} was paid for the unknown CDR {cdr_id}")
    settled = tables.standing(work, cdr.session_id)
    if settled is None:
        raise NotSettled(f"{paid_minor} was paid for CDR {cdr_id}, which nobody has settled yet")
    debts.pay(work, settled, paid_minor, payment_id, now)
    compensating.reckon(work, cdr.session_id, now)


def _earned_by(work: Work, cdr: CdrView, earlier: SettlementView | None, now: datetime) -> CdrView:
    """With co-owners, their agreement earns it; a correction leaves it to whom it was."""
    if earlier is not None:
        return replace(cdr, owner_id=earlier.owner_id)
    holder = shares.holder(work, cdr.station_id, cdr.owner_id, now)
    return cdr if holder == cdr.owner_id else replace(cdr, owner_id=holder)


def mature_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Give owners what has matured, at most 50 settlements; how many they were."""
    due = tables.due(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("cdr_id"), _mature_in_time)


def accept(work: Work, operator: Actor, cdr_id: str, because: str, now: datetime) -> Doubted:
    """An operator accepts what is doubted: the owner's share matures at once.

    Raises NotDoubted, Forbidden.
    """
    found = doubting.doubted_cdr(work, cdr_id)
    joint = shares.agreement(work, found.owner_id)
    owners = [found.owner_id] if joint is None else [one.account_id for one in joint.shares]
    if operator.account_id in (*owners, found.driver_id):
        raise Forbidden("It is your own matter. Another operator must accept it.")
    doubting.note_accepted(work, cdr_id, operator.account_id, because, now)
    _mature(work, found, now)
    return Doubted.of(found)


def mature_now(work: Work, session_id: str, owner_id: str, now: datetime) -> None:
    """What stands settled for a session matures, if it is this owner's: it was sent already."""
    found = tables.standing(work, session_id)
    if found is not None and found.owner_id == owner_id and found.matured_at is None:
        _mature(work, found, now)


def believe(work: Work, session_id: str, because: str, now: datetime) -> None:
    """What stands settled for a session is doubted no more, and never will be."""
    found = tables.standing(work, session_id)
    if found is None or found.matured_at is not None:
        return
    doubting.note_accepted(work, found.cdr_id, None, because, now)
    if found.matures_at <= now:
        _mature(work, found, now)


def _mature_in_time(work: Work, settled: SettlementView) -> None:
    if not doubting.doubt(work, settled):
        _mature(work, settled, settled.matures_at)


def _divide(
    work: Work,
    cdr: CdrView,
    paid: PaymentCaptured,
    conceded_minor: int,
    now: datetime,
    terms: Terms,
) -> SettlementView:
    """Post the division of a cost, and note it. A CDR without cost or capture moves nothing.

    What was given back after a dispute had been captured all the same.
    """
    captured_minor = paid.captured_minor + conceded_minor
    terms = tables.terms_at(work, cdr.station_id, terms)
    divided = split.divided(cdr.cost_minor, terms)
    parties = Parties(cdr.owner_id, cdr.driver_id, cdr.currency)
    entries = split.capture_entries(
        divided, captured_minor, parties, terms.vat_country, paid.credit_minor
    )
    transfer = _transfer(cdr.session_id, "settle", cdr.version, entries, now)
    settled = SettlementView(
        cdr_id=cdr.id,
        session_id=cdr.session_id,
        version=cdr.version,
        transfer_id=transfer.id if entries else None,
        owner_id=cdr.owner_id,
        driver_id=cdr.driver_id,
        currency=cdr.currency,
        gross_minor=divided.gross_minor,
        captured_minor=captured_minor,
        credit_minor=paid.credit_minor,
        owner_minor=divided.owner_minor,
        fee_minor=divided.fee_minor,
        vat_minor=divided.vat_minor,
        captured_at=now,
        matures_at=now + terms.maturity,
        matured_at=None if entries else now,
        reversed_at=None,
        conceded_minor=conceded_minor,
        vat_mode=terms.vat_mode or "agent",
        sale_vat_percent=terms.sold_at,
    )
    if entries:
        ledger.post(work, transfer)
    work.execute(_INSERT, **{name: getattr(settled, name) for name in _COLUMNS})
    return settled


def _take_back(work: Work, settled: SettlementView, now: datetime) -> None:
    """Reverse a settlement, and its maturity before it, exactly once each.

    What the owner was paid of it is a claim against the owner.
    """
    times = {"seen_matured": settled.matured_at, "seen_lost": settled.written_off_at, "at": now}
    seen = settled.captured_minor
    if work.execute(_REVERSE, of_cdr=settled.cdr_id, seen=seen, **times) != 1:
        raise TransferClash(f"the settlement of {settled.cdr_id} was changed meanwhile")
    session_id, version = settled.session_id, settled.version
    if settled.matured_at is not None:
        payable = f"owner:payable:{settled.owner_id}"
        entries = split.recall_entries(
            settled.owner_id,
            doubting.earned_minor(settled),
            -accounts.balance(work, payable, settled.currency),
            settled.currency,
        )
        _post(work, _transfer(session_id, "recall", version, entries, now))
    debts.take_back(work, settled, now)
    if settled.transfer_id is None:
        return
    ledger.reverse(
        work,
        settled.transfer_id,
        transfer_id("session", session_id, "settle_reversed", version),
        f"CDR {settled.cdr_id} was corrected",
        now,
    )


def _mature(work: Work, settled: SettlementView, at: datetime) -> None:
    """Earnings become the owner's to have; what the owner owes is taken from them at once."""
    if work.execute(_MATURE, of_cdr=settled.cdr_id, seen=settled.captured_minor, at=at) != 1:
        return
    owner_id, currency = settled.owner_id, settled.currency
    session_id, version = settled.session_id, settled.version
    entries = contesting.maturing(work, Subject(session_id))
    if entries is None:
        entries = split.maturity_entries(owner_id, doubting.earned_minor(settled), currency)
    _post(work, _transfer(session_id, "mature", version, entries, at))
    owed = accounts.balance(work, f"owner:receivable:{owner_id}", currency)
    payable = -accounts.balance(work, f"owner:payable:{owner_id}", currency)
    netted = min(owed, payable)
    if netted > 0:
        entries = netting_entries(owner_id, netted, currency)
        _post(work, _transfer(session_id, "net", version, entries, at))


def _post(work: Work, transfer: Transfer) -> None:
    if transfer.entries:
        ledger.post(work, transfer)


def _transfer(
    session_id: str, step: str, version: int, entries: tuple[Entry, ...], at: datetime
) -> Transfer:
    return Transfer(
        id=transfer_id("session", session_id, step, version),
        kind=step,
        entries=entries,
        effective_at=at,
        session_id=session_id,
    )

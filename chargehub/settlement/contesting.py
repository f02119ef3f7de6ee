"""Freezing what is disputed, releasing it, giving it back: one balanced transfer a step.

A correction of the cost takes everything back first (`undo`) and does it anew for the new cost
(`redo`), so that a settlement is only ever reversed as it was posted.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, update

from chargehub.ledger import actions as ledger
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import (
    Entry,
    LedgerError,
    Transfer,
    moved,
    netting_entries,
    transfer_id,
)
from chargehub.settlement import contest as rules
from chargehub.settlement import contests, fees, tables, writing_off
from chargehub.settlement.contest import Back, BadContest, Bearer, Settled
from chargehub.settlement.contests import CONTEST, ContestRow, ContestView, Subject
from chargehub.settlement.split import FEE_VAT_COUNTRY
from chargehub.store.work import Reads, Work

_CHANGEABLE = (
    *("amount_minor", "owner_minor", "fee_minor", "vat_minor", "frozen_minor"),
    *("state", "bearer", "is_sent", "step", "ended_at"),
)
_CHANGE = (
    update(CONTEST)
    .where(CONTEST.c.dispute_id == bindparam("of_dispute"), CONTEST.c.step == bindparam("seen"))
    .values({name: bindparam(f"new_{name}", type_=CONTEST.c[name].type) for name in _CHANGEABLE})
)
_USUAL_VAT = f"vat:payable:{FEE_VAT_COUNTRY}"


class ContestMoved(LedgerError):
    """Another unit of work changed the contest in between, or it is not frozen any more."""


def settled(reads: Reads, subject: Subject) -> Settled | None:
    """What stands settled for a session, or as a booking's fee; None: nothing."""
    row: Any
    if subject.session_id is not None:
        row = tables.standing(reads, subject.session_id)
        posted = None if row is None else row.transfer_id
        gross = 0 if row is None else row.gross_minor
        sale_vat_minor = 0 if row is None else row.sale_vat_minor
        credit_minor = 0 if row is None else row.credit_minor
    else:
        row = fees.of_booking(reads, subject.booking_id or "")
        row = None if row is None or row.reversed_at else row
        posted = transfer_id("booking", subject.booking_id or "", "fee")
        gross, credit_minor = (0 if row is None else row.captured_minor), 0
        sale_vat_minor = 0  # fees are captured in full
    if row is None or posted is None:
        return None
    income, vat = _accounts(reads, posted)
    return Settled(
        owner_id=row.owner_id,
        currency=row.currency,
        gross_minor=gross,
        owner_minor=row.owner_minor,
        fee_minor=row.fee_minor,
        vat_minor=row.vat_minor,
        captured_minor=row.captured_minor,
        credit_minor=credit_minor,
        is_matured=row.matured_at is not None,
        income=income,
        vat=vat,
        sale_vat_minor=sale_vat_minor,
    )


def _accounts(reads: Reads, posted: str) -> tuple[str, str]:
    """Which accounts the hub's part of a settlement and its VAT went to."""
    if isinstance(reads, Work):
        reads.flush()
    transfer = accounts.transfer(reads, posted)
    codes = [entry.account for entry in transfer.entries] if transfer else []
    income = next((code for code in codes if code.startswith("income:")), "income:platform_fee")
    vat = next((code for code in codes if code.startswith("vat:")), _USUAL_VAT)
    return income, vat


def contestable_minor(reads: Reads, subject: Subject) -> int:
    """How much of what the driver has paid is not disputed or given back yet."""
    found = settled(reads, subject)
    if found is None:
        return 0
    return _left(found, contests.contests_of(reads, subject))


def _left(found: Settled, known: tuple[ContestView, ...]) -> int:
    most = min(found.captured_minor, found.gross_minor)
    return max(0, most - sum(one.amount_minor for one in known if one.counts))


def freeze(
    work: Work, dispute_id: str, subject: Subject, amount_minor: int, now: datetime
) -> ContestView:
    """Freeze the owner's part of a disputed amount, once. What was paid out already is not there
    to be frozen. Raises BadContest."""
    known = contests.contest(work, dispute_id)
    if known is not None:
        return known
    found, others = settled(work, subject), contests.contests_of(work, subject)
    if found is None or not 0 < amount_minor <= _left(found, others):
        raise BadContest(f"{amount_minor} of {subject}")
    values: dict[str, Any] = {
        "dispute_id": dispute_id,
        "session_id": subject.session_id,
        "booking_id": subject.booking_id,
        "owner_id": found.owner_id,
        "currency": found.currency,
        **dict.fromkeys(("owner_minor", "fee_minor", "vat_minor", "frozen_minor", "step"), 0),
        "amount_minor": amount_minor,
        "state": "frozen",
        "bearer": "owner",
        "is_sent": True,
        "opened_at": now,
        "ended_at": None,
    }
    work.insert(ContestRow, **values)
    return _hold(work, ContestView(**values), amount_minor, others, now)


def release(work: Work, dispute_id: str, now: datetime) -> None:
    """Nothing of the disputed amount goes back: it is the owner's again. Once."""
    view = contests.contest(work, dispute_id)
    if view is None or view.state != "frozen":
        return
    found = _lift(work, view, now)
    view = _reread(work, dispute_id)
    _change(work, view, state="released", ended_at=now)
    if found is not None and found.is_matured:
        _net(work, view, now)


def give_back(
    work: Work,
    dispute_id: str,
    amount_minor: int,
    now: datetime,
    bearer: Bearer = "owner",
    is_sent: bool = True,
) -> int:
    """Book that so much of the disputed amount went back to the driver; the rest is the owner's.

    How much it is: less if a correction has given the rest back already. Raises ContestMoved.
    """
    view = contests.contest(work, dispute_id)
    if view is None or view.state != "frozen":
        raise ContestMoved(f"nothing is frozen for {dispute_id}")
    _lift(work, view, now)
    view = replace(_reread(work, dispute_id), state="returned", bearer=bearer, is_sent=is_sent)
    amount_minor = min(amount_minor, view.amount_minor)
    return _return(work, view, amount_minor, _others(work, view), now).amount_minor


def regain(work: Work, dispute_id: str, now: datetime) -> int:
    """What went back to the driver is there again after all: the owner's, as if it had never been
    disputed. How much it is; 0: nothing of it has gone back, or it was regained before."""
    view = contests.contest(work, dispute_id)
    if view is None or view.state != "returned" or not view.is_sent:
        return 0
    found, others = settled(work, view.subject), _others(work, view)
    view = _change(work, view, state="released", step=view.step + 1)
    _reckon(work, view, now, is_posted=False)
    if found is not None and view.amount_minor:
        entries = rules.undone_entries(found, _back(view, others))
        _post(work, view, "dispute_undone", entries, now)
    _reckon(work, view, now, is_posted=True)
    if found is not None and found.is_matured:
        _net(work, view, now)
    return view.amount_minor


def reached(work: Work, subject: Subject, up_to_minor: int, now: datetime) -> int:
    """What a rail would not take back, and stayed owed, reached the driver by the bank; how much.

    Each part whole, or not at all.
    """
    sent_minor = 0
    for view in contests.contests_of(work, subject):
        is_owed = view.state == "returned" and not view.is_sent and view.amount_minor > 0
        if is_owed and sent_minor + view.amount_minor <= up_to_minor:
            sent_minor += view.amount_minor
            entries = moved(view.amount_minor, view.currency, "psp:suspense", "psp:pending")
            _post(work, view, "dispute_sent", entries, now)
            _change(work, view, is_sent=True, step=view.step + 1)
    return sent_minor


def undo(work: Work, subject: Subject, now: datetime) -> None:
    """Before a settlement is taken back: nothing is frozen, nothing has gone back."""
    known = list(contests.contests_of(work, subject))
    while known:
        view = known.pop()
        if view.state == "frozen":
            _lift(work, view, now)
        elif view.state == "returned" and view.amount_minor:
            found = settled(work, subject)
            assert found is not None, view
            entries = rules.undone_entries(found, _back(view, known))
            _post(work, view, "dispute_undone", entries, now)
            _change(work, view, step=view.step + 1)


def redo(work: Work, subject: Subject, now: datetime, conceded_minor: int = 0) -> None:
    """After a settlement was made anew: freeze and give back again, as far as there is a cost.

    `conceded_minor`: how much of what left the hub before was not given back by the correction.
    """
    known = [one for one in contests.contests_of(work, subject) if one.counts]
    found = settled(work, subject)
    left = 0 if found is None else min(found.captured_minor, found.gross_minor)
    done: list[ContestView] = []
    for view in sorted(known, key=lambda one: one.state != "returned"):
        amount = min(view.amount_minor, left)
        if view.state == "returned" and view.is_sent:
            amount = min(amount, conceded_minor)
            conceded_minor -= amount
        left -= amount
        redone = _hold if view.state == "frozen" else _return
        done.append(redone(work, view, amount, done, now))


def maturing(reads: Reads, subject: Subject) -> tuple[Entry, ...] | None:
    """What becomes available of a settlement that was disputed; None: it never was."""
    known, found = contests.contests_of(reads, subject), None
    if known:
        found = settled(reads, subject)
    return None if found is None else rules.matured_entries(found, contests.taken(known))


def conceded_minor(reads: Reads, session_id: str) -> int:
    """How much of a session's payment left the hub again because of disputes."""
    return contests.taken(contests.contests_of(reads, Subject(session_id))).sent_minor


def _hold(
    work: Work, view: ContestView, amount_minor: int, others: Sequence[ContestView], now: datetime
) -> ContestView:
    found = settled(work, view.subject)
    parts, frozen = rules.Parts(0, 0, 0), 0
    if found is not None and amount_minor:
        parts = rules.parts(found, amount_minor, _before(others))
        frozen = min(max(0, parts.owner_minor), _available(work, found, others))
    if found is not None and frozen:
        _post(work, view, "dispute_hold", rules.frozen_entries(found, frozen), now)
    return _change(
        work,
        view,
        amount_minor=amount_minor,
        owner_minor=parts.owner_minor,
        fee_minor=parts.fee_minor,
        vat_minor=parts.vat_minor,
        frozen_minor=frozen,
        step=view.step + 1,
    )


def _available(work: Work, found: Settled, others: Sequence[ContestView]) -> int:
    """What of the owner's part can be frozen: what has not been earned or was paid out cannot."""
    if found.is_matured:
        return -accounts.balance(work, found.share, found.currency)
    return rules.earned(found, contests.taken(others))


def _others(reads: Reads, view: ContestView) -> tuple[ContestView, ...]:
    known = contests.contests_of(reads, view.subject)
    return tuple(one for one in known if one.dispute_id != view.dispute_id)


def _before(others: Sequence[ContestView]) -> int:
    return sum(one.amount_minor for one in others if one.state == "returned")


def _lift(work: Work, view: ContestView, now: datetime) -> Settled | None:
    """Out of the hold, to where the owner's share is now."""
    found = settled(work, view.subject)
    if view.frozen_minor:
        assert found is not None, view
        entries = rules.released_entries(found, view.frozen_minor)
        _post(work, view, "dispute_released", entries, now)
    _change(work, view, frozen_minor=0, step=view.step + 1)
    return found


def _return(
    work: Work, view: ContestView, amount_minor: int, others: Sequence[ContestView], now: datetime
) -> ContestView:
    found, parts = settled(work, view.subject), rules.Parts(0, 0, 0)
    if found is not None and amount_minor:
        parts = rules.parts(found, amount_minor, _before(others))
    view = replace(
        view,
        amount_minor=amount_minor,
        owner_minor=parts.owner_minor,
        fee_minor=parts.fee_minor,
        vat_minor=parts.vat_minor,
    )
    step, ended_at = view.step + 1, view.ended_at or now
    changed = _change(work, view, state="returned", step=step, ended_at=ended_at)
    _reckon(work, view, now, is_posted=False)
    if found is not None and amount_minor:
        payable = -accounts.balance(work, f"owner:payable:{found.owner_id}", found.currency)
        entries = rules.returned_entries(found, _back(view, others), payable)
        _post(work, view, "dispute_refund", entries, now)
    _reckon(work, view, now, is_posted=True)
    return changed


def _reckon(work: Work, view: ContestView, now: datetime, *, is_posted: bool) -> None:
    if view.session_id is not None:
        writing_off.reckon(work, view.session_id, now, is_posted=is_posted)


def _back(view: ContestView, others: Sequence[ContestView]) -> Back:
    return Back(view.parts, contests.taken(others), view.bearer, view.is_sent)


def _net(work: Work, view: ContestView, now: datetime) -> None:
    """What the owner owes is taken from what was released, at once."""
    who, currency = view.owner_id, view.currency
    owed = accounts.balance(work, f"owner:receivable:{who}", currency)
    netted = min(owed, -accounts.balance(work, f"owner:payable:{who}", currency))
    if netted > 0:
        _post(work, view, "net", netting_entries(who, netted, currency), now)


def _reread(work: Work, dispute_id: str) -> ContestView:
    view = contests.contest(work, dispute_id)
    assert view is not None, dispute_id
    return view


def _change(work: Work, view: ContestView, **values: Any) -> ContestView:
    after = replace(view, **values)
    columns = {f"new_{name}": getattr(after, name) for name in _CHANGEABLE}
    if work.execute(_CHANGE, of_dispute=view.dispute_id, seen=view.step, **columns) != 1:
        raise ContestMoved(f"{view.dispute_id} is not as it was read")
    return after


Step = Literal[
    "dispute_hold",
    "dispute_released",
    "dispute_refund",
    "dispute_sent",
    "dispute_undone",
    "net",
]


def _post(
    work: Work, view: ContestView, kind: Step, entries: tuple[Entry, ...], now: datetime
) -> None:
    transfer = Transfer(
        id=transfer_id("dispute", view.dispute_id, kind, view.step),
        kind=kind,
        entries=entries,
        effective_at=now,
        session_id=view.session_id,
        booking_id=view.booking_id,
    )
    if entries:
        ledger.post(work, transfer)

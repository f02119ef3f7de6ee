"""Co-owners agree on shares; what their agreement may have is passed on to each of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, or_, select, update

from chargehub.ledger import actions as ledger
from chargehub.ledger import tables as accounts
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.ledger.tables import ACCOUNT
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.settlement import joint, shares
from chargehub.settlement.joint import Agreement, BadShares, NoSuchAgreement, SharesMoved
from chargehub.settlement.shares import AGREEMENT, SHARE, ShareAgreementRow, ShareRow
from chargehub.stations import registration
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Work

KIND = "share"
SUBJECT = "A share of a charging station is offered to you"
MAILED_EVERY = timedelta(days=1)  # about one station: who proposes again and again writes once
MAILS_A_DAY = 5  # to one receiver, about however many stations
_PAYABLE, _RECEIVABLE = "owner:payable", "owner:receivable"
_TO_DIVIDE = (
    select(ACCOUNT.c.holder, ACCOUNT.c.family, ACCOUNT.c.asset, ACCOUNT.c.balance)
    .join(AGREEMENT, AGREEMENT.c.id == ACCOUNT.c.holder)
    .where(
        or_(
            (ACCOUNT.c.family == _PAYABLE) & (ACCOUNT.c.balance < 0),
            (ACCOUNT.c.family == _RECEIVABLE) & (ACCOUNT.c.balance > 0),
        )
    )
    .order_by(ACCOUNT.c.holder, ACCOUNT.c.family, ACCOUNT.c.asset)
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Shares in basis points by account, and from when on; None: as soon as all accept."""

    shares: Sequence[tuple[str, int]]
    starts_at: datetime | None


def propose(
    work: Work, owner_id: str, station_id: str, wanted: Proposal, now: datetime
) -> Agreement:
    """Propose how the earnings of a station are shared, in place of what was proposed before.

    It holds when all have accepted, who lose a part among them. Raises NotFound, BadShares.
    """
    station = registration.owned_station(work, owner_id, station_id)
    joint.check(owner_id, wanted.shares)
    unknown = [one for one, _ in wanted.shares if people.account(work, one) is None]
    if unknown:
        raise BadShares(f"Nobody has the account {unknown[0]}. Ask for it: GET /accounts/me.")
    _withdraw(work, station_id)
    before = [*shares.coming(work, station_id, now), shares.standing(work, station_id, now)]
    parties = _parties(owner_id, wanted.shares, [one for one in before if one is not None])
    agreement_id = new_id()
    work.insert(
        ShareAgreementRow,
        id=agreement_id,
        station_id=station.id,
        owner_id=owner_id,
        starts_at=max(wanted.starts_at or now, now),
        proposed_at=now,
        holds_from=None,
        divisions=0,
        is_joint=len(wanted.shares) > 1,
    )
    for position, (account_id, points) in enumerate(parties):
        row = {"account_id": account_id, "basis_points": points, "accepted_at": None}
        work.insert(ShareRow, agreement_id=agreement_id, position=position, **row)
        if account_id != owner_id:
            _write(work, account_id, station.id, points, now)
    return accept(work, owner_id, agreement_id, now)


def accept(work: Work, account_id: str, agreement_id: str, now: datetime) -> Agreement:
    """A party agrees; with the last of them it holds, from its start or from now on.

    Raises NoSuchAgreement, SharesMoved.
    """
    found = shares.agreement(work, agreement_id)
    if found is None or account_id not in [one.account_id for one in found.shares]:
        raise NoSuchAgreement("You are offered no such share: GET /api/v1/shares.")
    # Two who accept at once wait here for each other, so that one of them is the last.
    is_it = AGREEMENT.c.id == agreement_id
    work.execute(update(AGREEMENT).where(is_it).values(divisions=AGREEMENT.c.divisions))
    is_mine = SHARE.c.agreement_id == agreement_id, SHARE.c.account_id == account_id
    accepting = update(SHARE).where(*is_mine, SHARE.c.accepted_at.is_(None))
    if work.execute(accepting.values(accepted_at=now)) != 1:
        raise SharesMoved("You have accepted this already.")
    waits = select(SHARE.c.account_id).where(
        SHARE.c.agreement_id == agreement_id, SHARE.c.accepted_at.is_(None)
    )
    if work.one(waits.limit(1)) is None:
        holds_from = max(found.starts_at, now)
        work.execute(update(AGREEMENT).where(is_it).values(holds_from=holds_from))
    accepted = shares.agreement(work, agreement_id)
    assert accepted is not None, agreement_id
    return accepted


def divide_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Pass on what agreements may have, or owe, to their parties; at most 50; how many."""
    due = work.all(_TO_DIVIDE.limit(chunk.limit))
    return chunk.each(work, due, _key, partial(_divide, now=now))


def _key(row: Any) -> str:
    return f"{row.holder} {row.family} {row.asset}"


class DividedMeanwhile(Exception):
    """Another hub has passed it on. The job looks again."""


def _divide(work: Work, row: Any, now: datetime) -> None:
    found = shares.agreement(work, row.holder)
    assert found is not None, row
    number = found.divisions + 1
    is_it = AGREEMENT.c.id == found.id, AGREEMENT.c.divisions == found.divisions
    if work.execute(update(AGREEMENT).where(*is_it).values(divisions=number)) != 1:
        raise DividedMeanwhile(f"{found.id} is at another division than {number}.")
    parts = joint.divided(-int(row.balance), [one.basis_points for one in found.shares])
    entries = [Entry(f"{row.family}:{found.id}", row.asset, -int(row.balance))]
    for share, part in zip(found.shares, parts, strict=True):
        entries += _passed_on(work, share.account_id, part, row.asset)
    step_id = transfer_id("shares", found.id, number)
    ledger.post(work, Transfer(step_id, KIND, tuple(entries), now))


def _passed_on(work: Work, account_id: str, part: int, currency: str) -> Iterator[Entry]:
    """A gain is payable to its party, less what that owes (`payments/netting.py`); a debt is taken
    from what is payable, the rest is owed."""
    payable, receivable = f"{_PAYABLE}:{account_id}", f"{_RECEIVABLE}:{account_id}"
    covered = part
    if part < 0:
        covered = -min(-part, -accounts.balance(work, payable, currency))
    if covered:
        yield Entry(payable, currency, -covered)
    if part != covered:
        yield Entry(receivable, currency, covered - part)


def _parties(
    owner_id: str, wanted: Sequence[tuple[str, int]], before: Sequence[Agreement]
) -> list[tuple[str, int]]:
    """The owner first, then the others, then who had a part before and shall have none."""
    named = [account_id for account_id, _ in wanted]
    earlier = [share.account_id for one in before for share in one.shares if share.basis_points]
    leaving = [(one, 0) for one in dict.fromkeys(earlier) if one not in named]
    return sorted(wanted, key=lambda one: one[0] != owner_id) + leaving


def _withdraw(work: Work, station_id: str) -> None:
    """What was proposed and not accepted by all is gone."""
    open_ = AGREEMENT.c.station_id == station_id, AGREEMENT.c.holds_from.is_(None)
    ids = [row.id for row in work.all(select(AGREEMENT.c.id).where(*open_))]
    work.execute(delete(SHARE).where(SHARE.c.agreement_id.in_(ids)))
    work.execute(delete(AGREEMENT).where(AGREEMENT.c.id.in_(ids)))


def _write(work: Work, account_id: str, station_id: str, points: int, now: datetime) -> None:
    """Tell somebody of a share, by the station's id: its name its owner chose, and could write
    anything there. Whom nothing is written any more today reads it by GET /shares all the same."""
    account = people.account(work, account_id)
    if account is None or not account.email:
        return
    subject, since = f"{SUBJECT}: {station_id}", now - MAILED_EVERY
    if mails.count_written(work, account.email, subject, since) or (
        mails.count_written(work, account.email, SUBJECT, since) >= MAILS_A_DAY
    ):
        return
    percent = f"{points // 100}.{points % 100:02} %"
    text = (
        "Hello,\n\n"
        f"the owner of the station {station_id} proposes that {percent} of what it earns be"
        " yours.\nIt holds once all co-owners have accepted. The owner may change it until then:"
        " read what is\nproposed by GET /api/v1/shares, and accept it there"
        " (POST /api/v1/shares/{agreement_id}/acceptance).\n"
    )
    mails.write_mail(work, account.email, subject, text, now)

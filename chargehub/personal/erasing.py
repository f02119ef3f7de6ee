"""A person leaves: what names somebody goes at once, the books stay under a random key."""

from collections.abc import Iterable
from datetime import UTC, datetime

import orjson
from sqlalchemy import ColumnElement, Text, delete, func, or_, select, type_coerce, update

from chargehub import events
from chargehub.payments import crediting
from chargehub.personal.columns import table, theirs
from chargehub.personal.rules import ERASED, HELD, Held, NotErasable
from chargehub.settlement import joint, shares
from chargehub.store.work import Reads, Work
from chargehub.units import Money

_LIVE_BOOKING = ("requested", "held", "confirmed", "active")
_OPEN_SESSION = ("starting", "active", "ended")
_OVER = ("captured", "released", "refused", "failed", "refunded")  # of a payment, for good
_GIVEN_UP = ("wallet", "driver:credit")  # tokens that were paid out, and what the hub promised
_MOST_TOLD = 20


def obstacles(reads: Reads, account_id: str) -> tuple[str, ...]:
    """What must be over before somebody can leave, in sentences; empty: nothing is in the way."""
    found = [
        *_bookings(reads, account_id),
        *_sessions(reads, account_id),
        *_stations(reads, account_id),
        *_payments(reads, account_id),
        *_disputes(reads, account_id),
        *_shares(reads, account_id),
        *_balances(reads, account_id),
    ]
    if reads.value(select(table("account").c.is_operator).where(_is(account_id))):
        found.append("You run this hub. Let another operator take that over first.")
    return tuple(found)


def erase(work: Work, account_id: str, now: datetime) -> None:
    """Forget who somebody is. The ledger, CDRs and bookings stay under the account's random key.

    Again changes nothing. Raises NotErasable, naming everything that is in the way.
    """
    in_the_way = obstacles(work, account_id)
    if in_the_way:
        raise NotErasable(" ".join(in_the_way))
    tokens = _tokens(work, account_id)
    crediting.give_up(work, account_id, now)
    work.record(events.PayerForgotten(account_id))
    accounts = table("account")
    email = work.value(select(accounts.c.email).where(_is(account_id)))
    _forget_mails(work, email)
    _forget_at_others(work, tokens)
    _coarsen_places(work, account_id)
    for held in HELD:
        _take(work, held, account_id, tokens)
    # Folded addresses have no capitals, so nobody can ever come by this one.
    gone = {"email_folded": f"{ERASED} {account_id}", "can_pay": False, "verified_at": None}
    work.execute(update(accounts).where(_is(account_id)).values(**gone, erased_at=now))


def _take(work: Work, held: Held, account_id: str, tokens: Iterable[str]) -> None:
    rows = table(held.table)
    is_theirs = theirs(held, account_id)
    if held.stays_with:
        books = table(held.stays_with)
        if work.one(select(books.c.owner_id).where(books.c.owner_id == account_id).limit(1)):
            return
    if held.is_deleted:
        work.execute(delete(rows).where(is_theirs))
        return
    if "seq_no" in rows.c:  # mere readings name nobody, and are in no index
        is_theirs &= rows.c.seq_no.is_not(None)
    for name in held.cut:
        column = type_coerce(rows.c[name], Text)
        for before, after in _cuts(tokens):
            is_in = column.contains(before, autoescape=True)
            cut = func.replace(column, before, after)
            work.execute(update(rows).where(is_theirs, is_in).values({name: cut}))
    if held.blank:
        work.execute(update(rows).where(is_theirs).values(**held.blank))


def _cuts(tokens: Iterable[str]) -> Iterable[tuple[str, str]]:
    """What is replaced in a JSON text, and by what: a token where it is a whole value, and nowhere
    else. An id token may be as short as a digit, and names of fields must stay."""
    for token in tokens:
        for colon in (":", ": "):
            yield f"{colon}{orjson.dumps(token).decode()}", f'{colon}"{ERASED}"'


def _tokens(reads: Reads, account_id: str) -> list[str]:
    """The person's id tokens in every spelling that was seen, the longest first."""
    tokens, sessions = table("id_token"), table("session")
    known = reads.all(
        select(tokens.c.value, tokens.c.value_folded).where(tokens.c.account_id == account_id)
    )
    seen = reads.all(
        select(sessions.c.id_token).where(sessions.c.driver_id == account_id).distinct()
    )
    spelled = {text for row in (*known, *seen) for text in row if text}
    spelled |= {text.lower() for text in spelled} | {text.upper() for text in spelled}
    return sorted(spelled, key=lambda text: (-len(text), text))


def _coarsen_places(work: Work, account_id: str) -> None:
    """Where an owner's chargers were is known no better than to the middle of the cell."""
    places = table("location")
    middle = {
        "latitude_e6": places.c.cell_latitude_e6,
        "longitude_e6": places.c.cell_longitude_e6,
    }
    work.execute(update(places).where(places.c.owner_id == account_id).values(**middle))


def _forget_mails(work: Work, email: str | None) -> None:
    """Those on their way go out first; the clock forgets them."""
    mails = table("mail")
    is_done = or_(mails.c.sent_at.is_not(None), mails.c.error.is_not(None))
    if email:
        work.execute(delete(mails).where(mails.c.recipient == email, is_done))


def _forget_at_others(work: Work, tokens: list[str]) -> None:
    """Nobody's EVSE takes the person's cards as of its household any more."""
    household = table("household_token")
    work.execute(delete(household).where(household.c.id_token.in_(tokens)))


def _is(account_id: str) -> ColumnElement[bool]:
    return table("account").c.id == account_id


def _bookings(reads: Reads, account_id: str) -> Iterable[str]:
    bookings = table("booking")
    is_theirs = or_(bookings.c.driver_id == account_id, bookings.c.owner_id == account_id)
    wanted = select(bookings.c.id).where(is_theirs, bookings.c.status.in_(_LIVE_BOOKING))
    for row in reads.all(wanted.limit(_MOST_TOLD)):
        yield f"Booking {row.id} is not over: cancel it or let it end."


def _sessions(reads: Reads, account_id: str) -> Iterable[str]:
    sessions = table("session")
    is_theirs = or_(sessions.c.driver_id == account_id, sessions.c.owner_id == account_id)
    wanted = select(sessions.c.id).where(is_theirs, sessions.c.status.in_(_OPEN_SESSION))
    for row in reads.all(wanted.limit(_MOST_TOLD)):
        yield f"Session {row.id} is not over: stop it or let it end."


def _stations(reads: Reads, account_id: str) -> Iterable[str]:
    stations = table("station")
    in_service = stations.c.owner_id == account_id, stations.c.retired_at.is_(None)
    for row in reads.all(select(stations.c.id).where(*in_service).limit(_MOST_TOLD)):
        yield f"Station {row.id} is in service: retire it (POST /stations/{row.id}/retirement)."


def _payments(reads: Reads, account_id: str) -> Iterable[str]:
    payments, payouts = table("payment"), table("payout")
    is_open = payments.c.driver_id == account_id, payments.c.state.not_in(_OVER)
    for row in reads.all(select(payments.c.id).where(*is_open).limit(_MOST_TOLD)):
        yield f"Payment {row.id} is not over: wait for its end."
    top_ups = table("top_up")
    is_asked = top_ups.c.account_id == account_id, top_ups.c.state == "requested"
    for row in reads.all(select(top_ups.c.id).where(*is_asked).limit(_MOST_TOLD)):
        yield f"Top-up {row.id} is on its way: wait for its end."
    on_its_way = payouts.c.owner_id == account_id, payouts.c.state == "requested"
    for row in reads.all(select(payouts.c.id).where(*on_its_way).limit(_MOST_TOLD)):
        yield f"Payout {row.id} is on its way: wait for its end."
    reversals = table("payout_reversal")
    on_its_way = reversals.c.owner_id == account_id, reversals.c.state == "requested"
    for row in reads.all(select(reversals.c.id).where(*on_its_way).limit(_MOST_TOLD)):
        yield f"Reversal {row.id} of a payout is on its way: wait for its end."


def _disputes(reads: Reads, account_id: str) -> Iterable[str]:
    disputes = table("dispute")
    is_theirs = or_(disputes.c.driver_id == account_id, disputes.c.owner_id == account_id)
    wanted = select(disputes.c.id).where(is_theirs, disputes.c.status != "closed")
    for row in reads.all(wanted.limit(_MOST_TOLD)):
        yield f"Dispute {row.id} is not over: withdraw it, or wait for its decision."


def _shares(reads: Reads, account_id: str) -> Iterable[str]:
    stations = table("station")
    for agreement in shares.joint_of(reads, account_id):
        is_it = stations.c.id == agreement.station_id, stations.c.retired_at.is_(None)
        in_service = reads.one(select(stations.c.id).where(*is_it))
        last = shares.standing(reads, agreement.station_id, datetime.max.replace(tzinfo=UTC))
        if in_service and last == agreement and agreement.part(joint.WHOLE, account_id):
            yield f"You have a share of station {agreement.station_id}: let its owner end that."


def _balances(reads: Reads, account_id: str) -> Iterable[str]:
    accounts = table("ledger_account")
    is_open = (
        accounts.c.holder == account_id,
        accounts.c.balance != 0,
        accounts.c.family.not_in(_GIVEN_UP),
    )
    wanted = select(accounts.c.family, accounts.c.balance, accounts.c.asset).where(*is_open)
    for row in reads.all(wanted.order_by(accounts.c.family).limit(_MOST_TOLD)):
        if row.family == "driver:prepaid":
            prepaid = Money(-row.balance, row.asset)
            yield f"You have {prepaid} prepaid: have it paid back first (POST /paybacks)."
            continue
        yield f"The account {row.family} stands at {row.balance} {row.asset}: it must be settled."

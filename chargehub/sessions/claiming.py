"""Claiming: who registered the id token of a session that nobody was known for, pays for it.

A station without a line lets a card charge that the hub has never heard of. Its energy is kept
unbilled. Whoever has that card in the own account by now, and says at which station it was used,
takes the session over: by a credit note and a CDR at the prices of its own time.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from chargehub.bookings.rules import PaymentMethodNeeded
from chargehub.errors import Forbidden
from chargehub.people import tables as people
from chargehub.people.rules import Actor, fold_id_token
from chargehub.sessions import advancing, closing, opening, rules, tables
from chargehub.sessions.cdr import UNKNOWN_TOKEN
from chargehub.sessions.schema import CDR, SESSION
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.store.work import Work

CLAIMED_AT_ONCE = 20  # sessions, the newest; whoever has more claims again

CLAIMED = "claimed"


@dataclass(frozen=True, slots=True)
class Claim:
    """Which card was used, and at which station."""

    id_token: str
    station_id: str


def claim(work: Work, actor: Actor, wanted: Claim, now: datetime) -> tuple[SessionView, ...]:
    """Take over the closed sessions of an own id token that was not known then; at most 20.

    That the token was used there is what its holder alone can say, so whoever merely made up a
    card's number learns nothing. Raises Forbidden (no card of theirs, or no valid one),
    PaymentMethodNeeded, NoSuchSession if none waits for them.
    """
    token = people.id_token(work, wanted.id_token)
    is_theirs = token is not None and token.account_id == actor.account_id
    if token is None or not is_theirs or (token.kind, token.status) != ("rfid", "valid"):
        raise Forbidden("That is no valid card of yours. Register it first, then claim.")
    driver = people.account(work, actor.account_id)
    if driver is None or not driver.can_pay:
        raise PaymentMethodNeeded("Add a payment method first, then claim.")
    found = _waiting(work, wanted.station_id, fold_id_token(token.value))
    claimed = [one for one in (_taken_over(work, session, now) for session in found) if one]
    if not claimed:
        raise rules.NoSuchSession("No session of this card at this station waits for its driver.")
    return tuple(claimed)


def _waiting(work: Work, station_id: str, id_token: str) -> tuple[SessionView, ...]:
    """Sessions whose energy is nobody's yet. What an operator has set is left to operators."""
    statement = (
        select(SESSION)
        .join(CDR, CDR.c.id == SESSION.c.cdr_id)
        .where(
            SESSION.c.station_id == station_id,
            SESSION.c.status == "closed",
            SESSION.c.id_token == id_token,
            CDR.c.unbilled_reason == UNKNOWN_TOKEN,
            CDR.c.energy_wh > 0,
        )
        .order_by(SESSION.c.id.desc())
        .limit(CLAIMED_AT_ONCE)
    )
    rows = [SessionView(*row) for row in work.all(statement)]
    return tuple(one for one in rows if rules.CORRECTED not in one.flags)


def _taken_over(work: Work, session: SessionView, now: datetime) -> SessionView | None:
    """The session as its driver's, and its CDR priced anew; None: the card was not good then."""
    number = session.evse_number
    evse = stations.evse_by_number(work, session.station_id, number) if number else None
    assert session.id_token is not None, session.id
    at = session.started_at or now
    start = opening.Start(session.station_id, evse, session.id_token, at)
    admission = opening.recognise(work, start)
    if admission.verdict != "accepted":
        return None
    claimed = replace(
        session,
        evse_id=evse.id if evse else None,
        verdict=admission.verdict,
        driver_id=admission.driver_id,
        booking_id=admission.booking_id,
        free_reason=admission.free_reason,
        tariff_snapshot_id=admission.tariff_snapshot_id,
        flags=sorted({*session.flags, CLAIMED}),
    )
    advancing.save(work, session, claimed)
    life = rules.fold(rules.read_fact(row.fact) for row in tables.facts(work, session.id))
    closing.reprice(work, claimed, life, now, reason="claimed by its driver")
    work.flush()
    after = tables.session(work, session.id)
    assert after is not None, session.id
    return after

"""Telling drivers of what was charged on their cards while nobody could be asked.

A station without a line takes a card that it knows; a stolen one is told of days later. Its
owner is written to as soon as the hub hears of it, and can block the card.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from chargehub.events import SessionOpened
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.sessions import rules, tables
from chargehub.sessions.schema import SESSION
from chargehub.sessions.tables import SessionView
from chargehub.stations import local_times
from chargehub.stations import tables as stations
from chargehub.store.work import Reads, Work

NOT_AGAIN_WITHIN = timedelta(hours=1)  # a station's queue can hold many sessions of one card
SUBJECT = "Your card charged at a station without a connection"


def tell_driver(work: Work, event: SessionOpened, now: datetime) -> None:
    """Write to the driver of a session that was told late, unless it was booked or is free.

    Of what one queue brings the first is told of: the mail asks to look through all of them.
    """
    session = tables.session(work, event.session_id)
    if session is None or session.booking_id is not None or not session.is_billable:
        return
    token = people.id_token(work, session.id_token or "")
    is_card = token is not None and token.kind == "rfid"
    heard_at = _told_late_at(work, session)
    if heard_at is None or not is_card or _was_told_of(work, session, heard_at):
        return
    driver = people.account(work, session.driver_id or "")
    if driver is not None:
        mails.write_mail(work, driver.email, SUBJECT, _text(work, session), now)


def _told_late_at(reads: Reads, session: SessionView) -> datetime | None:
    """When the first report of a session came in, if that was long after it began; else None."""
    told = tables.facts(reads, session.id)
    if session.started_at is None or not told:
        return None
    heard_at: datetime = told[0].received_at
    return None if rules.is_live(session.started_at, heard_at) else heard_at


def _was_told_of(reads: Reads, session: SessionView, heard_at: datetime) -> bool:
    """True if the driver's session before this one was told late too, just before it."""
    statement = (
        select(SESSION)
        .where(SESSION.c.driver_id == session.driver_id, SESSION.c.id < session.id)
        .order_by(SESSION.c.id.desc())
        .limit(1)
    )
    row = reads.one(statement)
    before = _told_late_at(reads, SessionView(*row)) if row is not None else None
    return before is not None and heard_at - before < NOT_AGAIN_WITHIN


def _text(reads: Reads, session: SessionView) -> str:
    station = stations.station(reads, session.station_id)
    place = stations.location(reads, station.location_id) if station else None
    at = session.started_at
    began = local_times.at_station(reads, session.station_id, at) if at else "earlier"
    return (
        "Hello,\n\n"
        f"your card that ends in {(session.id_token or '')[-4:]} began to charge a car\n"
        f"    at {place.name if place else 'a station'}\n"
        f"    on {began}.\n"
        "The station had no connection, so we hear of it only now. It is on your bill, as is\n"
        "whatever else you find in the list of your sessions.\n"
        "If it was not you, block the card at once and tell the operator, who can correct it.\n"
    )

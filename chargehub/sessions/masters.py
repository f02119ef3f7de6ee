"""Master tokens: cards of an owner or an operator that end sessions and begin none."""

from datetime import datetime

from chargehub.people import tables as people
from chargehub.people.rules import MASTER, master_group
from chargehub.sessions import opening, stopping, tables
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.stations.reports import SessionProgressed, StartVerdict, TokenAnswer
from chargehub.store.work import Reads, Work


def group_at(reads: Reads, station_id: str, id_token: str, at: datetime) -> str | None:
    """What the station's master tokens have in common, if this valid one is among them.

    An owner's count at the own stations, an operator's at all. None: it is none here.
    """
    token = people.id_token(reads, id_token)
    if token is None or (token.kind, token.status) != (MASTER, "valid"):
        return None
    if token.expires_at is not None and token.expires_at <= at:
        return None
    station = stations.station(reads, station_id)
    assert station is not None, station_id
    if token.account_id != station.owner_id:
        account = people.account(reads, token.account_id)
        if account is None or not account.is_operator:
            return None
    return master_group(station.owner_id)


def shown(work: Work, station_id: str, group: str, now: datetime) -> TokenAnswer:
    """Somebody shows a master token. A 2.x station ends all sessions by itself, or those chosen.

    OCPP 1.6 has no such group: the hub asks the station to stop what runs, and the token is
    answered as blocked, for accepted would begin a session. Source: OCPP 2.0.1 part 2, C16.
    """
    station = stations.station(work, station_id)
    if station is None or station.ocpp_version != "1.6":
        return TokenAnswer("accepted", group=group)
    for session in tables.open_at_station(work, station_id):
        stopping.ask_once(work, session, now)
    return TokenAnswer("blocked")


def stop_verdict(
    reads: Reads, station_id: str, id_token: str | None, at: datetime
) -> StartVerdict | None:
    """The word on the id token of a 1.6 stop; None: it came without one."""
    if id_token is None:
        return None
    verdict = opening.check_token(reads, id_token, at).verdict
    is_master = verdict == "invalid" and group_at(reads, station_id, id_token, at) is not None
    return "accepted" if is_master else verdict


def stopped_by(
    reads: Reads, session: SessionView, report: SessionProgressed, at: datetime
) -> str | None:
    """The group of the master token that ends a session; None: no such token, or it begins one."""
    token = report.id_token
    if token is None or token == session.id_token or report.trigger == "started":
        return None
    if report.trigger != "ended" and session.verdict != "accepted":
        return None
    return group_at(reads, session.station_id, token, at)

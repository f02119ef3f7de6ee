"""What REST shows of sessions and CDRs. Energy in Wh, amounts in minor units."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from chargehub.meters.bodies import TrustBody
from chargehub.people.rules import ID_TOKEN_LONGEST
from chargehub.rest.bodies import Body, Instant, MoneyBody
from chargehub.sessions import leaving, tables, trusting
from chargehub.sessions.cdr import MAX_ENERGY_WH, CdrView
from chargehub.sessions.running import SHOWN_READINGS, Running, running
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from chargehub.units import Money

LISTED_READINGS = 200  # three hours at one a minute, of each session of a page


class SessionRequest(Body):
    """Start a session at an EVSE."""

    evse_id: str = Field(max_length=36)


class ClaimRequest(Body):
    """Which of your cards charged at which station when nobody knew it yet."""

    id_token: str = Field(max_length=ID_TOKEN_LONGEST)
    station_id: str = Field(max_length=36)


class ClaimedBody(BaseModel):
    """The sessions that are yours now, the newest first; at most 20 at a time."""

    sessions: list["SessionBody"]


class CorrectionRequest(Body):
    """The right energy of a CDR, and why it was wrong."""

    energy_wh: int = Field(ge=0, le=MAX_ENERGY_WH)
    reason: str = Field(min_length=3, max_length=500)


class SessionBody(BaseModel):
    """A session as it stands. `energy_wh` and `cost` run while it is active.

    `status`: starting (waiting for the station and the car), active, ended (waiting for missing
    reports, or for a car to go whose booking asks a fee for staying), closed (priced; see
    `cdr_id`), failed. `cost` null: no tariff applies.
    Of a session of very many readings the early hours are shown as if it had charged evenly.
    `until`: without a booking, when somebody's booking opens there or the owner needs the EVSE for
    the own car, if that is known; be gone by then.
    `stop_requested_at` null again, with the flag stop_refused or stop_ignored: ask once more.
    `trust`: how far the energy of the bill can be; null until it is closed, and in lists.
    """

    id: str
    status: str
    evse_id: str | None
    station_id: str
    driver_id: str | None
    id_token: str | None
    booking_id: str | None
    started_at: Instant | None
    ended_at: Instant | None
    charging: str | None
    energy_wh: int
    power_w: int | None
    cost: MoneyBody | None
    is_free: bool
    stop_reason: str | None
    stop_requested_at: Instant | None
    is_station_online: bool
    until: Instant | None
    cdr_id: str | None
    flags: list[str]
    trust: TrustBody | None


class StationSessionBody(BaseModel):
    """A session as its station knows it. Owners see the end of the id token, operators all of it.

    `transaction_id` is OCPP's name of it at the station; null: it has not begun there.
    """

    id: str
    status: str
    evse: int | None
    transaction_id: str | None
    id_token: str | None
    booking_id: str | None
    started_at: datetime | None
    ended_at: datetime | None
    stop_reason: str | None
    flags: list[str]

    @classmethod
    def of(cls, session: SessionView, is_whole: bool) -> Self:
        return cls(
            id=session.id,
            status=session.status,
            evse=session.evse_number,
            transaction_id=session.transaction_id,
            id_token=session.id_token if is_whole else masked(session.id_token),
            booking_id=session.booking_id,
            started_at=session.started_at,
            ended_at=session.ended_at,
            stop_reason=session.stop_reason,
            flags=session.flags,
        )


def judged_body(reads: Reads, session: SessionView) -> dict[str, Any]:
    """A session as JSON, and how far its bill can be trusted."""
    shown = session_body(reads, session)
    record = tables.cdr(reads, session.cdr_id) if session.cdr_id else None
    if record is not None:
        trust = TrustBody.of(trusting.trust(reads, session, record), record.energy_wh)
        shown["trust"] = trust.model_dump(mode="json")
    return shown


def session_body(
    reads: Reads, session: SessionView, most_readings: int = SHOWN_READINGS
) -> dict[str, Any]:
    """A session as JSON, with its energy and cost up to now."""
    is_over = session.cdr_id is not None
    now = _closed(reads, session) if is_over else running(reads, session, most_readings)
    station = stations.station(reads, session.station_id)
    return SessionBody(
        id=session.id,
        status=session.status,
        evse_id=session.evse_id,
        station_id=session.station_id,
        driver_id=session.driver_id,
        id_token=masked(session.id_token),
        booking_id=session.booking_id,
        started_at=session.started_at,
        ended_at=session.ended_at,
        charging=session.charging,
        energy_wh=now.energy_wh,
        power_w=now.power_w,
        cost=MoneyBody.of(now.cost) if now.cost else None,
        is_free=session.is_free,
        stop_reason=session.stop_reason,
        stop_requested_at=session.stop_requested_at,
        is_station_online=station is not None and station.is_connected,
        until=leaving.until(reads, session),
        cdr_id=session.cdr_id,
        flags=session.flags,
        trust=None,
    ).model_dump(mode="json")


def _closed(reads: Reads, session: SessionView) -> Running:
    record = tables.cdr(reads, session.cdr_id or "")
    assert record is not None, session.id
    return Running(record.energy_wh, 0, _money(record))


class CdrLine(BaseModel):
    """One line of a cost: quantity times price, rounded once."""

    kind: str
    quantity: str
    unit: str
    price: str
    amount_minor: int


class CdrBody(BaseModel):
    """A closed, priced session (`cdr`), or what takes one back (`credit_note`)."""

    id: str
    session_id: str
    kind: str
    replaces: str | None
    reason: str | None
    station_id: str
    evse_id: str | None
    driver_id: str | None
    id_token: str | None
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    billed_wh: int
    free_wh: int
    unbilled_wh: int
    unbilled_reason: str | None
    cost: MoneyBody | None
    vat_minor: int
    lines: list[CdrLine]
    flags: list[str]

    @classmethod
    def of(cls, record: CdrView) -> Self:
        shown = {name: getattr(record, name) for name in cls.model_fields if name != "cost"}
        shown["id_token"] = masked(record.id_token)
        cost = _money(record)
        return cls(**shown, cost=MoneyBody.of(cost) if cost else None)


def _money(record: CdrView) -> Money | None:
    if record.tariff_snapshot_id is None:
        return None
    return Money(record.cost_minor, record.currency)


def masked(id_token: str | None) -> str | None:
    """The last four characters; whoever reads the whole token could charge with it."""
    return None if id_token is None else "…" + id_token[-4:]

"""What REST shows of sessions and CDRs. Energy in Wh, amounts in minor units."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from chargehub.rest.bodies import Body, Instant, MoneyBody
from chargehub.sessions import tables
from chargehub.sessions.cdr import MAX_ENERGY_WH, CdrView, price_session
from chargehub.sessions.meter import Point, meter
from chargehub.sessions.rules import Life
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from chargehub.tariffs import tables as tariffs

# A station may send more readings than anybody can wait for. What is shown while a session runs
# counts the newest of them one by one; what is billed counts all. At one a minute:
SHOWN_READINGS = 2_000  # more than a day
LISTED_READINGS = 200  # three hours, of each session of a page


class SessionRequest(Body):
    """Start a session at an EVSE."""

    evse_id: str = Field(max_length=36)


class CorrectionRequest(Body):
    """The right energy of a CDR, and why it was wrong."""

    energy_wh: int = Field(ge=0, le=MAX_ENERGY_WH)
    reason: str = Field(min_length=3, max_length=500)


class SessionBody(BaseModel):
    """A session as it stands. `energy_wh` and `cost` run while it is active.

    `status`: starting (waiting for the station and the car), active, ended (waiting for missing
    reports), closed (priced; see `cdr_id`), failed. `cost` null: no tariff applies.
    Of a session of very many readings the early hours are shown as if it had charged evenly.
    `stop_requested_at` null again, with the flag stop_refused or stop_ignored: ask once more.
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
    cdr_id: str | None
    flags: list[str]


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


@dataclass(frozen=True, slots=True)
class Running:
    """What a session has taken by now."""

    energy_wh: int
    power_w: int | None
    cost: MoneyBody | None


def session_body(
    reads: Reads, session: SessionView, most_readings: int = SHOWN_READINGS
) -> dict[str, Any]:
    """A session as JSON, with its energy and cost up to now."""
    is_over = session.cdr_id is not None
    running = _closed(reads, session) if is_over else _running(reads, session, most_readings)
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
        energy_wh=running.energy_wh,
        power_w=running.power_w,
        cost=running.cost,
        is_free=session.is_free,
        stop_reason=session.stop_reason,
        stop_requested_at=session.stop_requested_at,
        is_station_online=station is not None and station.is_connected,
        cdr_id=session.cdr_id,
        flags=session.flags,
    ).model_dump(mode="json")


def _closed(reads: Reads, session: SessionView) -> Running:
    record = tables.cdr(reads, session.cdr_id or "")
    assert record is not None, session.id
    return Running(record.energy_wh, 0, _money(record))


def _running(reads: Reads, session: SessionView, most_readings: int) -> Running:
    known = tables.newest_readings(reads, session.id, most_readings)
    points = [Point(r.at, r.register_wh) for r in known if r.register_wh is not None]
    if not points or session.started_at is None:
        return Running(0, None, None)
    life = _life(session)
    metered = meter(life, points, points[-1].at)
    snapshot = session.tariff_snapshot_id
    tariff = tariffs.snapshot(reads, snapshot) if snapshot else None
    evse = stations.evse(reads, session.evse_id) if session.evse_id else None
    priced = price_session(session, metered, tariff, evse.time_zone if evse else "UTC")
    cost = MoneyBody(amount_minor=priced.cost_minor, currency=priced.currency) if tariff else None
    return Running(metered.energy_wh, known[-1].power_w, cost)


def _life(session: SessionView) -> Life:
    return Life(
        session.evse_number,
        session.id_token,
        session.started_at,
        session.start_wh,
        session.ended_at,
        session.end_wh,
        session.stop_reason,
        session.charging,
        (),
    )


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
        return cls(**shown, cost=_money(record))


def _money(record: CdrView) -> MoneyBody | None:
    if record.tariff_snapshot_id is None:
        return None
    return MoneyBody(amount_minor=record.cost_minor, currency=record.currency)


def masked(id_token: str | None) -> str | None:
    """The last four characters; whoever reads the whole token could charge with it."""
    return None if id_token is None else "…" + id_token[-4:]

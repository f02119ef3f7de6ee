"""The end of a session: its usage is priced, its CDR written, its energy accounted for."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, update

from chargehub.bookings import tables as bookings
from chargehub.errors import Invalid
from chargehub.events import CdrCorrected, SessionClosed
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import energy_transfer
from chargehub.sessions import cdr as records
from chargehub.sessions import tables
from chargehub.sessions.bound import Bound
from chargehub.sessions.cdr import CdrView, Limits, Priced
from chargehub.sessions.meter import Metered, Point, meter
from chargehub.sessions.overstaying import with_overstay
from chargehub.sessions.rules import CLOCK_REPAIRED, CORRECTED, Life
from chargehub.sessions.schema import SESSION, CdrRow, ReadingRow, SessionRow
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.stations.views import EvseView
from chargehub.store.columns import derived_id, new_id, values_of
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs import windows
from chargehub.tariffs.pricing import Tariff

log = structlog.get_logger(__name__)

_CLOSE = Hot(
    update(SessionRow)
    .where(SESSION.c.id == bindparam("session_id"))
    .values(
        status="closed",
        due_at=None,
        cdr_id=bindparam("new_cdr_id"),
        cdr_version=bindparam("new_version"),
        flags=bindparam("new_flags", type_=SESSION.c.flags.type),
    )
)


def close(work: Work, session: SessionView, life: Life, now: datetime) -> CdrView:
    """Price the session and close it. The CDR, the energy and the event are one commit."""
    metered = meter(life, _points(work, session.id), now)
    record = _record(work, session, metered, version=1, now=now)
    _store(work, session, record, metered.flags)
    work.record(SessionClosed(session.id, record.id))
    return record


def reprice(
    work: Work, session: SessionView, life: Life, now: datetime, reason: str = "late reports"
) -> CdrView | None:
    """More is known of a closed session: correct its CDR if that changes anything.

    Not one that an operator has set: reports that come by themselves do not overrule a person.
    """
    if CORRECTED in session.flags:
        log.warning("late reports of a corrected session", session=session.id)
        return None
    metered = meter(life, _points(work, session.id), now)
    record = _record(work, session, metered, version=session.cdr_version + 1, now=now)
    return _replace(work, session, record, metered.flags, reason, now)


def correct(
    work: Work, session: SessionView, energy_wh: int, reason: str, now: datetime
) -> CdrView | None:
    """An operator sets the energy of a closed session. None: nothing changes by it."""
    old = current(work, session)
    metered = Metered((Point(old.started_at, 0), Point(old.ended_at, energy_wh)), (CORRECTED,))
    record = _record(work, session, metered, version=session.cdr_version + 1, now=now)
    return _replace(work, session, record, metered.flags, reason, now)


def current(work: Work, session: SessionView) -> CdrView:
    """The CDR that stands for a closed session. Raises Invalid while there is none."""
    record = tables.cdr(work, session.cdr_id) if session.cdr_id else None
    if record is None:
        raise Invalid("The session is not closed yet, so there is no CDR to correct.")
    return record


def _points(work: Work, session_id: str) -> list[Point]:
    work.flush(ReadingRow)
    return [
        Point(reading.at, reading.register_wh)
        for reading in tables.readings(work, session_id)
        if reading.register_wh is not None
    ]


def allowance_wh(
    reads: Reads, session: SessionView, tariff: Tariff | None, started_at: datetime, time_zone: str
) -> int:
    """What the driver may still take of the free energy of the month in which the session began.

    The sessions that closed before have used theirs; one that is priced anew counts no session of
    its own.
    """
    if tariff is None or not tariff.free_wh_per_month or session.driver_id is None:
        return 0
    if isinstance(reads, Work):
        reads.flush()
    month = windows.month(started_at, time_zone)
    used = tables.free_wh(reads, session.owner_id, session.driver_id, month, session.id)
    return max(0, tariff.free_wh_per_month - used)


def limits(
    reads: Reads,
    session: SessionView,
    metered: Metered,
    tariff: Tariff | None,
    evse: EvseView | None,
) -> Limits:
    """What the bill of a session that took this is limited by.

    Where an operator set the energy power bounds nothing; where the station's clock tells no
    durations it does over the slot that was booked.
    """
    time_zone = evse.time_zone if evse else "UTC"
    allowance = allowance_wh(reads, session, tariff, metered.points[0].at, time_zone)
    if evse is None or CORRECTED in metered.flags:
        return Limits(allowance)
    is_timed = CLOCK_REPAIRED not in session.flags
    return Limits(allowance, Bound(evse.power_w, booked(reads, session), is_timed))


def booked(reads: Reads, session: SessionView) -> timedelta | None:
    """How long the slot of a session is; None: it was not booked."""
    booking = bookings.booking(reads, session.booking_id) if session.booking_id else None
    return None if booking is None else booking.ends_at - booking.starts_at


def price(reads: Reads, session: SessionView, metered: Metered) -> Priced:
    """What a session that took this costs, by what was agreed: tariff, free energy, overstay."""
    snapshot_id = session.tariff_snapshot_id
    tariff = tariffs.snapshot(reads, snapshot_id) if snapshot_id else None
    evse = stations.evse(reads, session.evse_id) if session.evse_id else None
    time_zone = evse.time_zone if evse else "UTC"
    limited = limits(reads, session, metered, tariff, evse)
    priced = records.price_session(session, metered, tariff, time_zone, limited)
    if records.is_broken_off(session.stop_reason, metered.energy_wh):
        priced = records.waived(priced)
    return with_overstay(reads, session, priced, tariff, metered.points[-1].at)


def _record(
    work: Work, session: SessionView, metered: Metered, version: int, now: datetime
) -> CdrView:
    priced = price(work, session, metered)
    return CdrView(
        id=new_id(),
        session_id=session.id,
        version=version,
        kind="cdr",
        replaces=None,
        reason=None,
        station_id=session.station_id,
        evse_id=session.evse_id,
        owner_id=session.owner_id,
        driver_id=session.driver_id,
        id_token=session.id_token,
        started_at=metered.points[0].at,
        ended_at=metered.points[-1].at,
        energy_wh=metered.energy_wh,
        billed_wh=priced.billed_wh,
        free_wh=priced.free_wh,
        unbilled_wh=priced.unbilled_wh,
        unbilled_reason=priced.unbilled_reason,
        cost_minor=priced.cost_minor,
        vat_minor=priced.vat_minor,
        currency=priced.currency,
        lines=priced.lines,
        tariff_snapshot_id=session.tariff_snapshot_id,
        flags=sorted({*session.flags, *metered.flags}),
        created_at=now,
    )


def _store(work: Work, session: SessionView, record: CdrView, flags: tuple[str, ...]) -> None:
    work.append(CdrRow, values_of(record))
    ledger.post(work, _energy(record))
    work.execute(
        _CLOSE,
        session_id=session.id,
        new_cdr_id=record.id,
        new_version=record.version,
        new_flags=sorted({*session.flags, *flags}),
    )
    work.notify(f"session:{session.id}")


def _replace(
    work: Work,
    session: SessionView,
    record: CdrView,
    flags: tuple[str, ...],
    reason: str,
    now: datetime,
) -> CdrView | None:
    """Credit note for the CDR that stands, the new CDR in its place, energy moved with it."""
    old = current(work, session)
    if records.is_same(old, record):
        return None
    note = records.credit_note(old, new_id(), reason, now)
    record = replace(record, id=new_id())  # lists are sorted by id: after its credit note
    work.append(CdrRow, values_of(note))
    ledger.reverse(
        work,
        _energy(old).id,
        derived_id("credit_energy", old.id),
        reason,
        now,
    )
    _store(work, session, record, flags)
    work.record(CdrCorrected(session.id, note.id, record.id))
    return record


def _energy(record: CdrView) -> Any:
    reason = record.unbilled_reason
    return energy_transfer(
        session_id=record.session_id,
        evse_id=record.evse_id or record.station_id,
        metered_wh=record.energy_wh,
        billed_wh=record.billed_wh,
        free_wh=record.free_wh,
        unbilled={reason: record.unbilled_wh} if reason else {},
        version=record.version,
        effective_at=record.created_at,
    )

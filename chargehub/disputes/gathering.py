"""The evidence of a dispute, frozen as it is opened: what the hub knows of the session or slot.

Two documents of canonical JSON, each under its SHA-256. The pack is for both sides; the reports
are the station's own words, byte by byte, and hold the driver's whole id token.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select

from chargehub.bookings.tables import BookingView
from chargehub.disputes import lines, proving
from chargehub.disputes.deciding import Facts
from chargehub.disputes.proving import Proved
from chargehub.disputes.schema import DisputeEvidence
from chargehub.meters.bodies import SignedPacketBody, TrustBody
from chargehub.sessions import closing, trusting
from chargehub.sessions import rules as sessions_rules
from chargehub.sessions import tables as sessions
from chargehub.sessions.bodies import masked
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.meter import Metered, Point, meter
from chargehub.sessions.rules import CORRECTED
from chargehub.sessions.schema import REPORT
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.store.columns import values_of
from chargehub.store.work import Reads, Work
from chargehub.tariffs import pricing
from chargehub.tariffs import tables as tariffs

FORM = 1  # of the documents; a change of their shape counts it up
MOST_READINGS = 10_000
MOST_REPORTS = 2_000
AROUND = timedelta(hours=2)  # before and after, of the station's line
_HIDDEN = ("start_key", "remote_start_id")  # of a session: no business of the other side


@dataclass(frozen=True, slots=True)
class Scene:
    """What a dispute is about: a session with its CDR, or a booking that ended without one."""

    session: SessionView | None = None
    record: CdrView | None = None
    booking: BookingView | None = None

    @property
    def station_id(self) -> str:
        found = self.session or self.booking
        assert found is not None
        return found.station_id

    @property
    def snapshot_id(self) -> str | None:
        found = self.session or self.booking
        assert found is not None
        return found.tariff_snapshot_id

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From when the driver was to begin until it was over."""
        if self.record is not None:
            return self.record.started_at, self.record.ended_at
        assert self.booking is not None
        return self.booking.starts_at, self.booking.ends_at


def facts(work: Work, scene: Scene, cost_minor: int, currency: str) -> Facts:
    """What can decide by itself."""
    proved = proving.proved(work, scene.session, scene.record)
    return Facts(
        was_offline=_was_offline(work, scene),
        energy_wh=scene.record.energy_wh if scene.record else 0,
        signed_wh=proved.signed_wh,
        cost_minor=cost_minor,
        recomputed_minor=_recomputed(work, scene),
        currency=currency,
        provable_minor=_provable(work, scene, proved),
        forged_minor=proved.forged_minor,
    )


def _was_offline(reads: Reads, scene: Scene) -> bool | None:
    """Of a booking that was given up before its start, it means nothing."""
    start, booking = scene.span[0], scene.booking
    if booking is not None and booking.ended_at is not None and booking.ended_at < start:
        return None
    return lines.was_offline(reads, scene.station_id, start)


def _recomputed(work: Work, scene: Scene) -> int | None:
    """What the session costs by its readings and what was agreed, worked out anew."""
    session, record = scene.session, scene.record
    if session is None or record is None or scene.snapshot_id is None:
        return None
    return _cost(work, session, record, _metered(work, session, record))


def _provable(work: Work, scene: Scene, proved: Proved) -> int | None:
    """What is proved of the energy costs so much; None: nothing speaks against the bill."""
    session, record = scene.session, scene.record
    if session is None or record is None or not proved.is_less:
        return None
    metered = proving.cut(_metered(work, session, record), proved.signed_wh)
    return _cost(work, session, record, metered)


def _cost(work: Work, session: SessionView, record: CdrView, metered: Metered) -> int | None:
    priced = closing.price(work, session, metered)
    return priced.cost_minor if priced.currency == record.currency else None


def _metered(work: Work, session: SessionView, record: CdrView) -> Metered:
    if CORRECTED in record.flags:  # by an operator, who set the energy
        points = Point(record.started_at, 0), Point(record.ended_at, record.energy_wh)
        return Metered(points, (CORRECTED,))
    told = sessions.facts(work, session.id)
    life = sessions_rules.fold(sessions_rules.read_fact(row.fact) for row in told)
    readings = [
        Point(one.at, one.register_wh)
        for one in sessions.readings(work, session.id)
        if one.register_wh is not None
    ]
    return meter(life, readings, record.ended_at)


def freeze(work: Work, dispute_id: str, scene: Scene, found: Facts, now: datetime) -> str:
    """Keep the evidence; the SHA-256 of its pack. Nothing changes it afterwards."""
    work.flush()
    reports = _reports(work, scene)
    told = {"dispute_id": dispute_id, "form": FORM, "reports": [_told(one) for one in reports]}
    reports_sha256 = _keep(work, dispute_id, "reports", told)
    pack = {
        "form": FORM,
        "dispute_id": dispute_id,
        "frozen_at": now,
        "session": _session(scene.session),
        "booking": _booking(scene.booking),
        "cdr": _without_token(scene.record),
        "tariff": _tariff(work, scene),
        "recomputed_cost_minor": found.recomputed_minor,
        "signed_wh": found.signed_wh,
        "trust": _trust(work, scene),
        "signed_packets": _packets(work, scene),
        "readings": _readings(work, scene),
        "reports": [_summary(one) for one in reports],
        "reports_sha256": reports_sha256,
        "station": _station(work, scene),
        "line": _line(work, scene),
    }
    return _keep(work, dispute_id, "pack", pack)


def _keep(work: Work, dispute_id: str, part: str, document: dict[str, Any]) -> str:
    body = orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    sha256 = hashlib.sha256(body).hexdigest()
    row = {"dispute_id": dispute_id, "part": part, "sha256": sha256, "body": body.decode()}
    work.insert(DisputeEvidence, **row)
    return sha256


def _reports(reads: Reads, scene: Scene) -> Sequence[Any]:
    """What the station told of the session's life, in order; mere readings stand by themselves."""
    if scene.session is None:
        return ()
    statement = (
        select(REPORT)
        .where(REPORT.c.session_id == scene.session.id, REPORT.c.seq_no.is_not(None))
        .order_by(REPORT.c.seq_no)
        .limit(MOST_REPORTS)
    )
    return reads.all(statement)


def _told(row: Any) -> dict[str, Any]:
    return {"action": row.action, "message_id": row.message_id, "payload": row.payload}


def _summary(row: Any) -> dict[str, Any]:
    fact = dict(row.fact or {})
    return {
        "action": row.action,
        "message_id": row.message_id,
        "seq_no": row.seq_no,
        "device_at": row.device_at,
        "received_at": row.received_at,
        "fact": fact | {"id_token": masked(fact.get("id_token"))},
        "payload_sha256": hashlib.sha256(row.payload.encode()).hexdigest(),
    }


def _session(session: SessionView | None) -> dict[str, Any] | None:
    shown = _without_token(session)
    return shown and {name: value for name, value in shown.items() if name not in _HIDDEN}


def _booking(booking: BookingView | None) -> dict[str, Any] | None:
    return _without_token(booking)


def _without_token(view: Any) -> dict[str, Any] | None:
    """The fields of a session, booking or CDR, with the end of the id token alone."""
    if view is None:
        return None
    return values_of(view) | {"id_token": masked(view.id_token)}


def _tariff(reads: Reads, scene: Scene) -> dict[str, Any] | None:
    if scene.snapshot_id is None:
        return None
    tariff = tariffs.snapshot(reads, scene.snapshot_id)
    return {"snapshot_id": scene.snapshot_id, "canonical": pricing.canonical(tariff)}


def _readings(reads: Reads, scene: Scene) -> list[dict[str, Any]]:
    if scene.session is None:
        return []
    found = sessions.newest_readings(reads, scene.session.id, MOST_READINGS)
    return [values_of(one) for one in found]


def _trust(reads: Reads, scene: Scene) -> dict[str, Any] | None:
    """How far the billed energy can be trusted as the dispute is opened, and why."""
    if scene.session is None or scene.record is None:
        return None
    found = trusting.trust(reads, scene.session, scene.record)
    return TrustBody.of(found, scene.record.energy_wh).model_dump()


def _packets(reads: Reads, scene: Scene) -> list[dict[str, Any]]:
    """What each signed packet is, and the hash of it; the packets stand in the reports."""
    if scene.session is None:
        return []
    found = trusting.looked_at(reads, scene.session)
    return [SignedPacketBody.of(view, looked).model_dump() for view, looked in found]


def _station(reads: Reads, scene: Scene) -> dict[str, Any]:
    station = stations.station(reads, scene.station_id)
    assert station is not None, scene.station_id
    evse_id = (scene.session or scene.booking).evse_id  # type: ignore[union-attr]
    evse = stations.evse(reads, evse_id) if evse_id else None
    skew = scene.session.clock_ahead_s if scene.session else station.clock_ahead_s
    names = ("id", "ocpp_version", "vendor", "model", "serial_number", "firmware_version")
    return {
        **{name: getattr(station, name) for name in names},
        "clock_ahead_s": skew,
        "evse_id": evse_id,
        "evse_status_now": evse.status if evse else None,
        "is_connected_now": station.is_connected,
    }


def _line(reads: Reads, scene: Scene) -> dict[str, Any]:
    start, end = scene.span
    changes = lines.around(reads, scene.station_id, start - AROUND, end + AROUND)
    return {
        "was_offline_at_start": _was_offline(reads, scene),
        "changes": [{"at": at, "is_online": is_online} for at, is_online in changes],
    }

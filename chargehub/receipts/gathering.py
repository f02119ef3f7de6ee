"""All that bears witness to a bill, as the entries of a receipt: JSON values, in a fixed order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from chargehub.meters import tables as meters
from chargehub.meters.trust import Keys, Looked
from chargehub.receipts import tables
from chargehub.receipts.chain import Entry, digest
from chargehub.sessions import closing, pages, trusting
from chargehub.sessions import tables as sessions
from chargehub.sessions.bodies import masked
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.tables import SessionView
from chargehub.settlement import tables as settlements
from chargehub.settlement.split import Terms
from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.pricing import canonical, vat_within

TOGETHER = 100  # readings or reports of one entry
MOST_RECORDS = 200  # CDRs and credit notes of one session


def gather(reads: Reads, session: SessionView, record: CdrView, terms: Terms) -> list[Entry]:
    """The session, its tariff, reports, readings, signatures, keys, trust, its CDRs so far, and the
    VAT within the last of them."""
    evse = stations.evse(reads, session.evse_id) if session.evse_id else None
    signed = trusting.signed(reads, session)
    trust = trusting.judged(signed, record, evse)
    return [
        ("session", _session(reads, session, evse.time_zone if evse else "UTC")),
        ("tariff", _tariff(reads, record)),
        *_pages("reports", (_report(row) for row in tables.reports(reads, session.id))),
        *_pages("readings", _readings(reads, session.id)),
        *(("meter_key", _key(key)) for key in _keys(signed.keys)),
        *(("signed_reading", _packet(view, one)) for view, one in signed.looked_at()),
        (
            "trust",
            {
                "verdict": trust.verdict,
                "reasons": list(trust.reasons),
                "power_w": evse.power_w if evse else None,
            },
        ),
        *((one.kind, _record(one)) for one in _records(reads, session, record)),
        ("vat", _vat(reads, record, terms)),
    ]


def _session(reads: Reads, session: SessionView, time_zone: str) -> dict[str, Any]:
    booked = closing.booked(reads, session)
    return {
        "id": session.id,
        "station_id": session.station_id,
        "evse_id": session.evse_id,
        "evse": session.evse_number,
        "transaction_id": session.transaction_id,
        "owner_id": session.owner_id,
        "driver_id": session.driver_id,
        "id_token": masked(session.id_token),
        "booking_id": session.booking_id,
        "booked_s": None if booked is None else booked // timedelta(seconds=1),
        "verdict": session.verdict,
        "is_free": session.is_free,
        "started_at": _at(session.started_at),
        "start_wh": session.start_wh,
        "ended_at": _at(session.ended_at),
        "end_wh": session.end_wh,
        "stop_reason": session.stop_reason,
        "clock_ahead_s": session.clock_ahead_s,
        "time_zone": time_zone,
    }


def _tariff(reads: Reads, record: CdrView) -> dict[str, Any]:
    snapshot_id = record.tariff_snapshot_id
    text = canonical(tariffs.snapshot(reads, snapshot_id)) if snapshot_id else None
    return {"snapshot_id": snapshot_id, "text": text}


def _vat(reads: Reads, record: CdrView, terms: Terms) -> dict[str, Any]:
    """Who sells, and the VAT of that: the owner's by the tariff, the hub's by the place.

    A correction is sold as the session was.
    """
    settled = settlements.standing(reads, record.session_id)
    if settled is not None:
        terms = replace(terms, vat_mode=settled.vat_mode)
    terms = settlements.terms_at(reads, record.station_id, terms)
    percent = terms.sold_at
    if percent is not None:
        vat_minor = vat_within(record.cost_minor, Decimal(percent))
        return {"sold_by": "hub", "percent": percent, "vat_minor": vat_minor}
    snapshot_id = record.tariff_snapshot_id
    percent = f"{tariffs.snapshot(reads, snapshot_id).vat_percent:f}" if snapshot_id else "0"
    return {"sold_by": "owner", "percent": percent, "vat_minor": record.vat_minor}


def _report(row: Any) -> dict[str, Any]:
    return {
        "seq_no": row.seq_no,
        "action": row.action,
        "message_id": row.message_id,
        "device_at": _at(row.device_at),
        "received_at": _at(row.received_at),
        "digest": digest(row.payload.encode()),
    }


def _readings(reads: Reads, session_id: str) -> Iterator[list[Any]]:
    for reading in sessions.readings(reads, session_id):
        if reading.register_wh is not None:
            yield [_at(reading.at), reading.register_wh]


def _keys(keys: Keys) -> Iterator[tuple[str, str, bool]]:
    for key in keys.confirmed:
        yield key.hexadecimal, key.fingerprint, True
    for key in keys.told:
        yield key.hexadecimal, key.fingerprint, False


def _key(key: tuple[str, str, bool]) -> dict[str, Any]:
    content, fingerprint, is_confirmed = key
    return {"public_key": content, "fingerprint": fingerprint, "is_confirmed": is_confirmed}


def _packet(view: meters.PacketView, looked: Looked) -> dict[str, Any]:
    return {
        "id": view.packet.id,
        "digest": view.digest,
        "at": _at(view.at),
        "received_at": _at(view.received_at),
        "context": view.context,
        "state": looked.state,
        "key": looked.key.fingerprint if looked.key else None,
        "is_used_before": view.packet.is_used_before,
    }


def _records(reads: Reads, session: SessionView, record: CdrView) -> Sequence[CdrView]:
    """All up to this one, oldest first."""
    found = pages.cdrs_of_session(reads, session.id, None, MOST_RECORDS)
    return [one for one in found if one.id <= record.id]


def _record(record: CdrView) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    values["id_token"] = masked(record.id_token)
    return {
        name: _at(value) if isinstance(value, datetime) else value for name, value in values.items()
    }


def _pages(kind: str, items: Iterable[Any]) -> Iterator[Entry]:
    told = iter(items)
    while part := list(islice(told, TOGETHER)):
        yield kind, part


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()

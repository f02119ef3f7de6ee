"""The certificates of stations: signed by the hub, held against what a station shows, revoked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from chargehub.errors import NotFound
from chargehub.people.rules import Actor
from chargehub.stations import commanding, notes
from chargehub.stations.commands import DeliverCertificate, TriggerReport
from chargehub.stations.registration import seen_station
from chargehub.stations.reports import (
    CertificateAnswer,
    CertificatePurpose,
    CertificateRequested,
    Noted,
)
from chargehub.stations.schema import Station, StationCertificate
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant, new_id
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work

RENEWED = timedelta(days=30)  # before its end: time for a station that is switched off for weeks
MOST_A_DAY = 10  # of one station: its firmware may fail to keep one, but not for ever
WITH_CERTIFICATE = 3  # the security profile
WAITS = timedelta(days=1)  # for a station that lost its line; later it asks again


@dataclass(frozen=True, slots=True)
class Signed:
    """A new certificate. `chain` is PEM, the station's own first."""

    chain: str
    serial_number: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate of a station. `revoked_at` None: it lets the station in until its end, unless
    its purpose is `vehicle`."""

    id: str
    purpose: CertificatePurpose
    serial_number: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None


_ALL = select(
    col(StationCertificate.id),
    col(StationCertificate.purpose),
    col(StationCertificate.serial_number),
    col(StationCertificate.fingerprint),
    col(StationCertificate.valid_from),
    col(StationCertificate.valid_until),
    col(StationCertificate.revoked_at),
)
_LETS_IN = col(StationCertificate.purpose) != "vehicle"
_GOOD = Hot(
    select(func.count()).where(
        col(StationCertificate.station_id) == bindparam("of_station"),
        _LETS_IN,
        col(StationCertificate.fingerprint) == bindparam("fingerprint"),
        col(StationCertificate.revoked_at).is_(None),
        col(StationCertificate.valid_from) <= bindparam("now", type_=Instant),
        col(StationCertificate.valid_until) > bindparam("now", type_=Instant),
    )
)


def is_good(reads: Reads, station_id: str, fingerprint: str, now: datetime) -> bool:
    """Is this a certificate of this very station, in its time and not revoked?"""
    return bool(reads.value(_GOOD, of_station=station_id, fingerprint=fingerprint, now=now))


def has_good(reads: Reads, station_id: str, now: datetime) -> bool:
    """Has the station any certificate that lets it in?"""
    wanted = _ALL.where(
        col(StationCertificate.station_id) == station_id,
        _LETS_IN,
        col(StationCertificate.revoked_at).is_(None),
        col(StationCertificate.valid_until) > now,
    )
    return reads.one(wanted.limit(1)) is not None


def keep_signed(
    work: Work, station_id: str, report: CertificateRequested, signed: Signed, now: datetime
) -> CertificateAnswer:
    """Keep what was signed for a station, and send it the certificate; not too many a day."""
    day = col(StationCertificate.signed_at) > now - timedelta(days=1)
    of_station = col(StationCertificate.station_id) == station_id
    if work.value(select(func.count()).where(of_station & day)) >= MOST_A_DAY:
        reason = f"{MOST_A_DAY} certificates were signed for this station within a day."
        return refuse(work, station_id, report, reason, now)
    work.add(
        StationCertificate(
            id=new_id(),
            station_id=station_id,
            purpose=report.purpose,
            serial_number=signed.serial_number,
            fingerprint=signed.fingerprint,
            valid_from=signed.valid_from,
            valid_until=signed.valid_until,
            signed_at=now,
        )
    )
    _note(work, station_id, report, {"status": "signed", "serial": signed.serial_number}, now)
    delivery = DeliverCertificate(signed.chain, report.purpose, report.request_id)
    commanding.command(work, station_id, delivery, now, WAITS)
    return CertificateAnswer(is_accepted=True)


def refuse(
    work: Work, station_id: str, report: CertificateRequested, reason: str, now: datetime
) -> CertificateAnswer:
    """Keep why a request was not signed, for people to read."""
    _note(work, station_id, report, {"status": "refused", "reason": reason}, now)
    return CertificateAnswer(is_accepted=False)


def _note(
    work: Work,
    station_id: str,
    report: CertificateRequested,
    outcome: Mapping[str, Any],
    now: datetime,
) -> None:
    content = {"purpose": report.purpose, "request": report.request, **outcome}
    notes.keep(work, station_id, Noted("certificate", content), now)


def ask_renewals(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Ask stations that connect with a certificate for a new request, once, before its end.

    How many were asked. Those that asked by themselves are left alone.
    """
    newer = aliased(StationCertificate)
    has_newer = exists().where(
        col(newer.station_id) == col(StationCertificate.station_id),
        col(newer.id) > col(StationCertificate.id),
        col(newer.purpose) != "vehicle",
    )
    due = work.all(
        select(col(StationCertificate.id), col(StationCertificate.station_id))
        .join(Station, col(Station.id) == col(StationCertificate.station_id))
        .where(
            _LETS_IN,
            col(StationCertificate.renewal_asked_at).is_(None),
            col(StationCertificate.valid_until) <= now + RENEWED,
            col(StationCertificate.valid_until) > now,
            col(StationCertificate.revoked_at).is_(None),
            col(Station.security_profile) == WITH_CERTIFICATE,
            col(Station.retired_at).is_(None),
            ~has_newer,
        )
        .limit(chunk.limit)
    )
    return chunk.each(work, due, attrgetter("id"), partial(_ask_renewal, now=now))


def _ask_renewal(work: Work, certificate: Any, now: datetime) -> None:
    is_it = col(StationCertificate.id) == certificate.id
    work.execute(update(StationCertificate).where(is_it).values(renewal_asked_at=now))
    commanding.command(work, certificate.station_id, TriggerReport("certificate"), now, RENEWED)


def page_of(
    reads: Reads, station_id: str, before: str | None, limit: int
) -> tuple[CertificateView, ...]:
    """A station's certificates, the newest first, older than the id `before`."""
    wanted = _ALL.where(col(StationCertificate.station_id) == station_id)
    if before is not None:
        wanted = wanted.where(col(StationCertificate.id) < before)
    rows = reads.all(wanted.order_by(col(StationCertificate.id).desc()).limit(limit))
    return tuple(CertificateView(*row) for row in rows)


def revoke(
    work: Work, actor: Actor, station_id: str, certificate_id: str, now: datetime
) -> CertificateView:
    """From now on it lets nobody in; once revoked it stays so. Raises NotFound."""
    seen_station(work, actor, station_id)
    is_it = (col(StationCertificate.id) == certificate_id) & (
        col(StationCertificate.station_id) == station_id
    )
    not_yet = col(StationCertificate.revoked_at).is_(None)
    work.execute(update(StationCertificate).where(is_it & not_yet).values(revoked_at=now))
    row = work.one(_ALL.where(is_it))
    if row is None:
        raise NotFound("The station has no certificate with this id.")
    return CertificateView(*row)

"""Keys of meters are told by stations and confirmed by owners; what meters sign is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import update
from sqlmodel import col

from chargehub.events import CommandFinished, MeterKeyTold, StationBooted
from chargehub.meters import ocmf, publickeys, rules, tables
from chargehub.meters.asking import ask_keys
from chargehub.meters.publickeys import PublicKey, UnreadableKey
from chargehub.meters.rules import KeyView
from chargehub.meters.schema import MeterKey, SignedPacket
from chargehub.people import tables as people
from chargehub.people.mails import write_mail
from chargehub.people.rules import Actor
from chargehub.stations import tables as stations
from chargehub.stations.registration import seen_station
from chargehub.stations.signed import SignedReading
from chargehub.stations.views import EvseView
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

log = structlog.get_logger(__name__)

CHANGED_SUBJECT = "A meter of yours has another key"


@dataclass(frozen=True, slots=True)
class Where:
    """Which meter signed, and of which session. `evse_number` 0: the station's own."""

    station_id: str
    evse_number: int
    session_id: str | None


def keep(work: Work, where: Where, told: Iterable[SignedReading], received_at: datetime) -> None:
    """Keep what a meter signed as it was sent, and the key that came with it."""
    for reading in told:
        values = {
            "station_id": where.station_id,
            "evse_number": where.evse_number,
            "session_id": where.session_id,
            "at": reading.at,
            "received_at": received_at,
            "context": reading.context[:20],
            "encoding": reading.encoding[:50] if reading.encoding else None,
            "digest": ocmf.digest(reading.content),
            "content": reading.content,
        }
        work.append(SignedPacket, values)
        if reading.public_key is not None:
            _learn_text(work, where, reading.public_key, "reading", received_at)
    if where.evse_number and not tables.keys(work, where.station_id, where.evse_number):
        learn_settings(work, where.station_id, received_at)
        if not tables.keys(work, where.station_id, where.evse_number):
            ask_keys(work, where.station_id, received_at)


def learn_settings(work: Work, station_id: str, now: datetime) -> None:
    """Take up the keys that stand in a station's settings."""
    for name, value in tables.key_settings(work, station_id).items():
        number = rules.evse_of_setting(name)
        if number is None or not value:
            continue
        evses = [number] if number else [one.number for one in _evses(work, station_id)]
        for each in evses:
            _learn_text(work, Where(station_id, each, None), value, "setting", now)


def follow_boot(work: Work, event: StationBooted, now: datetime) -> None:
    """A station booted: another meter may be in it than the one that is known."""
    learn_settings(work, event.station_id, now)
    if tables.has_keys(work, event.station_id):
        ask_keys(work, event.station_id, now)


def follow_command(work: Work, event: CommandFinished, now: datetime) -> None:
    """A station's settings were read: its keys may be among them."""
    if event.kind in ("read_settings", "trigger_report"):
        learn_settings(work, event.station_id, now)


def confirm_key(work: Work, actor: Actor, evse_id: str, text: str, now: datetime) -> KeyView:
    """The owner says which key is printed on the device: what it signs counts as signed.

    Raises NotFound, BadMeterKey, MeterKeyDiffers.
    """
    evse = seen_evse(work, actor, evse_id)
    try:
        key = publickeys.read(text)
    except UnreadableKey as error:
        raise rules.BadMeterKey(str(error)) from None
    learn_settings(work, evse.station_id, now)
    known = tables.keys(work, evse.station_id, evse.number)
    told = [one for one in known if one.told_by != "owner"]
    is_known = any(one.key == key for one in known)
    if told and not is_known:
        raise rules.MeterKeyDiffers(told[-1].key.fingerprint)
    if not is_known:
        _add(work, Where(evse.station_id, evse.number, None), key, "owner", now)
    _confirm(work, actor, evse, key, now)
    found = tables.keys(work, evse.station_id, evse.number)
    return next(one for one in found if one.key == key)


def keys_seen(reads: Reads, actor: Actor, evse_id: str) -> tuple[KeyView, ...]:
    """The keys of an EVSE's meter, for its owner and operators. Raises NotFound."""
    evse = seen_evse(reads, actor, evse_id)
    return tables.keys(reads, evse.station_id, evse.number)


def seen_evse(reads: Reads, actor: Actor, evse_id: str) -> EvseView:
    """An EVSE that the actor owns or operates. Raises NotFound."""
    evse = stations.evse(reads, evse_id)
    seen_station(reads, actor, evse.station_id if evse else "")
    assert evse is not None, evse_id
    return evse


def _evses(work: Work, station_id: str) -> tuple[EvseView, ...]:
    return stations.evses_of_station(work, station_id)


def _learn_text(work: Work, where: Where, text: str, told_by: str, now: datetime) -> None:
    try:
        key = publickeys.read(text)
    except UnreadableKey as error:
        log.info("key of a meter not readable", station=where.station_id, why=str(error))
        return
    known = tables.keys(work, where.station_id, where.evse_number)
    if any(one.key == key for one in known):
        return
    if len(known) >= rules.MOST_KEYS or not _exists(work, where):
        log.warning("key of a meter not kept", station=where.station_id, evse=where.evse_number)
        return
    key_id = _add(work, where, key, told_by, now)
    work.record(MeterKeyTold(key_id, where.station_id, where.evse_number))
    if any(one.state == "confirmed" for one in known):
        _tell_changed(work, where, key, now)


def _exists(work: Work, where: Where) -> bool:
    return stations.evse_by_number(work, where.station_id, where.evse_number) is not None


def _add(work: Work, where: Where, key: PublicKey, told_by: str, now: datetime) -> str:
    row = MeterKey(
        id=new_id(),
        station_id=where.station_id,
        evse_number=where.evse_number,
        fingerprint=key.fingerprint,
        content=key.hexadecimal,
        curve=key.curve,
        told_by=told_by,
        state="told",
        first_seen_at=now,
    )
    work.add(row)
    return row.id


def _confirm(work: Work, actor: Actor, evse: EvseView, key: PublicKey, now: datetime) -> None:
    of_evse = (
        col(MeterKey.station_id) == evse.station_id,
        col(MeterKey.evse_number) == evse.number,
    )
    is_it = col(MeterKey.fingerprint) == key.fingerprint
    is_confirmed = col(MeterKey.state) == "confirmed"
    retired = update(MeterKey).where(*of_evse, ~is_it, is_confirmed)
    work.execute(retired.values(state="retired", retired_at=now))
    confirmed = update(MeterKey).where(*of_evse, is_it, ~is_confirmed)
    work.execute(
        confirmed.values(
            state="confirmed", confirmed_at=now, confirmed_by=actor.account_id, retired_at=None
        )
    )


def _tell_changed(work: Work, where: Where, key: PublicKey, now: datetime) -> None:
    station = stations.station(work, where.station_id)
    owner = people.account(work, station.owner_id) if station else None
    evse = stations.evse_by_number(work, where.station_id, where.evse_number)
    if station is None or owner is None or evse is None:
        return
    write_mail(work, owner.email, CHANGED_SUBJECT, _changed_text(station.identity, evse, key), now)


def _changed_text(identity: str, evse: EvseView, key: PublicKey) -> str:
    return (
        "Hello,\n\n"
        f"the meter of EVSE {evse.number} of your station {identity} signs with another key than\n"
        "the one that you confirmed. Until you confirm the new one, its readings count as unsigned."
        "\n\nIf the meter was exchanged, compare the key that is printed on it with this one:\n\n"
        f"    {key.hexadecimal}\n    SHA-256 {key.fingerprint}\n\n"
        f"and confirm it (PUT /api/v1/evses/{evse.id}/meter-key). If nobody exchanged it, have\n"
        "the station looked at.\n"
    )

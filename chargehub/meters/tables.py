"""Every query on the keys of meters and on what they signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, or_, select, update
from sqlmodel import col

from chargehub.meters.publickeys import PublicKey
from chargehub.meters.rules import KEY_SETTINGS, MOST_KEYS, KeyView
from chargehub.meters.schema import MeterKey, SignedPacket
from chargehub.meters.trust import MOST_PACKETS, Packet
from chargehub.stations.schema import StationSetting
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work, table_of

KEY, PACKET = table_of(MeterKey), table_of(SignedPacket)
_KEYS = Hot(
    select(KEY)
    .where(
        KEY.c.station_id == bindparam("station_id"), KEY.c.evse_number == bindparam("evse_number")
    )
    .order_by(KEY.c.id)
    .limit(MOST_KEYS)
)
_OTHER = PACKET.alias()
_PACKETS = Hot(
    select(
        *PACKET.columns,
        exists()
        .where(
            _OTHER.c.digest == PACKET.c.digest,
            _OTHER.c.session_id != PACKET.c.session_id,
            _OTHER.c.id < PACKET.c.id,
        )
        .label("is_used_before"),
    )
    .where(PACKET.c.session_id == bindparam("session_id"))
    .order_by(PACKET.c.id)
    .limit(MOST_PACKETS + 1)
)
_MOVE = (
    update(PACKET)
    .where(PACKET.c.session_id == bindparam("from_id"))
    .values(session_id=bindparam("to_id"))
)


@dataclass(frozen=True, slots=True)
class PacketView:
    """A packet as it was sent, and the station's words about it."""

    packet: Packet
    at: datetime
    received_at: datetime
    context: str
    encoding: str | None
    digest: str


def keys(reads: Reads, station_id: str, evse_number: int) -> tuple[KeyView, ...]:
    """The keys of an EVSE's meter, in the order in which they were first seen."""
    rows = reads.all(_KEYS, station_id=station_id, evse_number=evse_number)
    return tuple(_key(row) for row in rows)


def is_confirmed(reads: Reads, station_id: str, evse_number: int) -> bool:
    """True if the owner has confirmed a key of an EVSE's meter."""
    return any(one.state == "confirmed" for one in keys(reads, station_id, evse_number))


def has_keys(reads: Reads, station_id: str) -> bool:
    """True if a key of any of a station's meters is known."""
    of_station = select(KEY.c.id).where(KEY.c.station_id == station_id)
    return reads.one(of_station.limit(1)) is not None


def key_settings(reads: Reads, station_id: str) -> dict[str, str]:
    """What a station reported of the settings that may hold public keys: name -> value."""
    name = col(StationSetting.name)
    wanted = select(name, col(StationSetting.value)).where(
        col(StationSetting.station_id) == station_id,
        or_(*(name.startswith(one, autoescape=True) for one in KEY_SETTINGS)),
    )
    return {row.name: row.value for row in reads.all(wanted.order_by(name).limit(100))}


def packets(reads: Reads, session_id: str) -> tuple[PacketView, ...]:
    """What was signed of a session, in the order in which it came; one more than is looked at."""
    rows: Sequence[Any] = reads.all(_PACKETS, session_id=session_id)
    return tuple(
        PacketView(
            Packet(row.id, row.content, bool(row.is_used_before)),
            row.at,
            row.received_at,
            row.context,
            row.encoding,
            row.digest,
        )
        for row in rows
    )


def hand_over(work: Work, from_id: str, to_id: str) -> None:
    """What was signed of one session is of another."""
    work.execute(_MOVE, from_id=from_id, to_id=to_id)


def _key(row: Any) -> KeyView:
    return KeyView(
        id=row.id,
        station_id=row.station_id,
        evse_number=row.evse_number,
        key=PublicKey(bytes.fromhex(row.content), row.curve),
        told_by=row.told_by,
        state=row.state,
        first_seen_at=row.first_seen_at,
        confirmed_at=row.confirmed_at,
        confirmed_by=row.confirmed_by,
        retired_at=row.retired_at,
    )

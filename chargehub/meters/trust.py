"""How far the energy of a bill can be trusted: signed, plausible or implausible, and why. Pure.

Signed means: a key that the owner has confirmed signed the begin and the end, of one meter, page
after page, and the bill is their difference. What contradicts the bill makes it implausible; what
is only missing leaves it plausible. Source: OCMF 1, signing and verification process; money.md 1.1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Literal

from chargehub.meters import ocmf
from chargehub.meters.ocmf import NotGenuine, NotReadable, Record, SignedReading
from chargehub.meters.publickeys import PublicKey

MOST_PACKETS = 500  # of a session: one every three minutes of a day
ROUNDED_WH = 1  # a station rounds registers to whole Wh, the meter signs their parts
MARGIN_PERCENT = 25  # by which a station may give more than is stated, and a clock be wrong
SHORT = timedelta(minutes=5)  # over less, a rounded clock says nothing about power

Verdict = Literal["signed", "plausible", "implausible"]
State = Literal["genuine", "unconfirmed", "forged", "unreadable"]

WHY = {
    "not_signed": "The meter signed nothing of this session.",
    "unreadable": "What the meter signed is in a form that cannot be read here.",
    "key_unconfirmed": "The owner has not confirmed the key of this meter yet.",
    "key_changed": "Another key signed than the one that the owner confirmed.",
    "forged": "A signed reading was changed, or a key signed it that nobody knows.",
    "meter_changed": "Begin and end were not signed by the same meter.",
    "meter_error": "The meter itself says that its energy cannot be used.",
    "interrupted": "The meter had an error during the session.",
    "begin_missing": "The signed reading of the begin is missing.",
    "end_missing": "The signed reading of the end is missing.",
    "pages_missing": "Signed readings between begin and end are missing, or come twice.",
    "too_many": f"The meter signed more than {MOST_PACKETS} readings; not all were looked at.",
    "used_before": "A signed reading was told for another session too.",
    "bill_differs": "The bill is not what the meter signed.",
    "corrected": "An operator set the energy of the bill.",
    "register_faulty": "The registers that the station told fell.",
    "register_missing": "The station told no register of the begin, or one that cannot be.",
    "too_fast": "It is more energy than this EVSE can give in that time.",
    "estimated": "The end was never told; the last known register is billed.",
}
CONTRADICTIONS = frozenset(
    {
        *("forged", "meter_changed", "meter_error", "used_before", "bill_differs"),
        *("register_faulty", "too_fast"),
    }
)
FAULTY = frozenset({"register_reset", "register_backwards"})
MISSING = frozenset({"register_absurd", "start_unknown"})
CORRECTED, ESTIMATED = "corrected", "estimated"


@dataclass(frozen=True, slots=True)
class Packet:
    """What a station sent as signed, byte by byte. `is_used_before`: another session has it too."""

    id: int
    content: bytes
    is_used_before: bool = False


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an EVSE: those that the owner confirmed, and others that its station told."""

    confirmed: tuple[PublicKey, ...]
    told: tuple[PublicKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """What was billed: energy in Wh, how long it took, the flags of its CDR.

    `power_w`: what the EVSE can give; None: nobody knows.
    """

    energy_wh: int
    duration: timedelta
    flags: tuple[str, ...]
    power_w: int | None


@dataclass(frozen=True, slots=True)
class Looked:
    """A packet and what it is. `record` None: it cannot be read. `key`: that which signed it."""

    packet: Packet
    state: State
    record: Record | None
    key: PublicKey | None


@dataclass(frozen=True, slots=True)
class Trust:
    """The verdict, its reasons by their names in `WHY`, and the signed begin and end, if any."""

    verdict: Verdict
    reasons: tuple[str, ...]
    begin: SignedReading | None
    end: SignedReading | None
    looked: tuple[Looked, ...]


def judge(packets: Sequence[Packet], keys: Keys, bill: Bill) -> Trust:
    """How far a closed session's energy can be trusted. Packets in any order, may repeat.

    No verdict is better than signed, and none is signed with a reason against it.
    """
    looked = tuple(look(packet, keys) for packet in _once(packets[:MOST_PACKETS]))
    records = sorted(
        (one.record for one in looked if one.state == "genuine" and one.record is not None),
        key=lambda record: record.page,
    )
    records = [record for record in records if record.is_of_session]
    begin, end = _ends(records)
    reasons = [
        *_of_packets(looked, len(packets), bool(keys.confirmed)),
        *(_of_records(records, begin, end) if records else ()),
        *_of_bill(bill, begin, end),
    ]
    return Trust(_verdict(reasons), tuple(dict.fromkeys(reasons)), begin, end, looked)


def most_wh(power_w: int, took: timedelta, margin_percent: int = MARGIN_PERCENT) -> int:
    """What an EVSE of that power can have given in that time, with a margin in percent.

    Over less than five minutes as in five.
    """
    seconds = max(took, SHORT) // timedelta(seconds=1)
    return power_w * (100 + margin_percent) * seconds // (100 * 3_600)


def look(packet: Packet, keys: Keys) -> Looked:
    """What a packet is, by these keys."""
    try:
        record = ocmf.read(packet.content)
    except NotReadable:
        return Looked(packet, "unreadable", None, None)
    for key in keys.confirmed:
        if _has_signed(key, record):
            return Looked(packet, "genuine", record, key)
    for key in keys.told:
        if _has_signed(key, record):
            return Looked(packet, "unconfirmed", record, key)
    is_known = bool(keys.confirmed or keys.told)
    return Looked(packet, "forged" if is_known else "unconfirmed", record, None)


def _has_signed(key: PublicKey, record: Record) -> bool:
    try:
        record.check(key)
    except NotGenuine:
        return False
    return True


def _once(packets: Iterable[Packet]) -> Iterable[Packet]:
    return {packet.content: packet for packet in reversed(list(packets))}.values()


def _ends(records: Sequence[Record]) -> tuple[SignedReading | None, SignedReading | None]:
    readings = [reading for record in records for reading in record.readings]
    begin = next((one for one in readings if one.is_begin), None)
    ends = (one for one in reversed(readings) if one.is_end)
    end = next((one for one in ends if begin is None or one.register == begin.register), None)
    return begin, end


def _of_packets(looked: Sequence[Looked], number: int, has_key: bool) -> Iterable[str]:
    if not looked:
        yield "not_signed"
    states = {one.state for one in looked}
    if number > MOST_PACKETS:
        yield "too_many"
    if "forged" in states:
        yield "forged"
    if "unreadable" in states:
        yield "unreadable"
    if "unconfirmed" in states:
        yield "key_changed" if has_key else "key_unconfirmed"
    if any(one.packet.is_used_before for one in looked if one.state == "genuine"):
        yield "used_before"


def _of_records(
    records: Sequence[Record], begin: SignedReading | None, end: SignedReading | None
) -> Iterable[str]:
    readings = [reading for record in records for reading in record.readings]
    if begin is None:
        yield "begin_missing"
    if end is None:
        yield "end_missing"
    if len({record.serial for record in records}) > 1:
        yield "meter_changed"
    if any(after.page != before.page + 1 for before, after in pairwise(records)):
        yield "pages_missing"
    if any(reading.reason == "X" for reading in readings):
        yield "interrupted"
    if not all(reading.is_usable for reading in readings):
        yield "meter_error"


def _of_bill(bill: Bill, begin: SignedReading | None, end: SignedReading | None) -> Iterable[str]:
    is_corrected = CORRECTED in bill.flags
    if is_corrected:
        yield "corrected"
    if begin is not None and end is not None:
        over = bill.energy_wh - (end.energy_wh - begin.energy_wh)
        if over > ROUNDED_WH or (over < -ROUNDED_WH and not is_corrected):
            yield "bill_differs"
    if FAULTY.intersection(bill.flags) and not is_corrected:
        yield "register_faulty"
    if MISSING.intersection(bill.flags) and not is_corrected:
        yield "register_missing"
    if ESTIMATED in bill.flags:
        yield "estimated"
    is_bound = bill.power_w is not None and not is_corrected
    if is_bound and bill.energy_wh > most_wh(bill.power_w or 0, bill.duration):
        yield "too_fast"


def _verdict(reasons: Sequence[str]) -> Verdict:
    if CONTRADICTIONS.intersection(reasons):
        return "implausible"
    return "plausible" if reasons else "signed"

"""Does a receipt hold? Checked from the file alone, with the code that priced it. Pure.

Every finding is a sentence for people. What a file cannot show is told as open, not as true.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from chargehub.meters import publickeys
from chargehub.meters.trust import WHY, Bill, Keys, Looked, Packet, Trust, judge, look
from chargehub.receipts.chain import broken_at, canonical, digest
from chargehub.receipts.signing import HubKey, signer, strict_base64
from chargehub.sessions.bound import UNBOUND, Bound
from chargehub.sessions.cdr import NO_CURRENCY, Limits, Priced, price_session
from chargehub.sessions.meter import Metered, Point, meter
from chargehub.sessions.rules import CLOCK_REPAIRED, CORRECTED, Life
from chargehub.tariffs.pricing import Tariff, fingerprint, parse, vat_within
from chargehub.units import kwh_text, major_text

FORMAT = "chargehub-receipt-1"
LARGEST = 64 * 1024 * 1024  # bytes: a reading a second for a week
NEGATED = ("energy_wh", "billed_wh", "free_wh", "unbilled_wh", "cost_minor", "vat_minor")
# What a file that was made up may lack or twist; each is told as a finding.
_TWISTED = (
    *(KeyError, TypeError, ValueError, IndexError, AttributeError),
    *(ArithmeticError, AssertionError),
)


class Unreadable(ValueError):
    """The file is no receipt at all. It says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `holds` None: this file alone cannot show it."""

    name: str
    holds: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a receipt is about, and everything that was found."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """True if nothing speaks against it."""
        return all(finding.holds is not False for finding in self.findings)


def check(content: bytes, known: Sequence[HubKey] | None) -> Checked:
    """Everything about a receipt's file. `known`: the hub's published keys; None: not at hand.

    Raises Unreadable for what is no receipt. Any changed byte makes some finding fail.
    """
    if len(content) > LARGEST:
        raise Unreadable("The file is too large for a receipt.")
    try:
        document = orjson.loads(content)
        receipt = document["receipt"]
        is_ours = receipt["format"] == FORMAT
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Unreadable("The file is no receipt of ChargeHub.") from None
    if not is_ours:
        raise Unreadable("The receipt is of a form that this version does not know.")
    parts: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("file", lambda: _file(content, document)),
        ("signature", lambda: _signature(document, known)),
        ("chain", lambda: _chain(receipt)),
        ("tariff", lambda: _tariff(receipt)),
        ("price", lambda: _price(receipt)),
        ("vat", lambda: _vat(receipt)),
        ("corrections", lambda: _corrections(receipt)),
        ("packets", lambda: _packets(document)),
        ("meter", lambda: _meter(document)),
    )
    return Checked(_title(receipt), tuple(_found(name, part) for name, part in parts))


def _found(name: str, part: Callable[[], Finding]) -> Finding:
    try:
        return part()
    except _TWISTED as error:
        return Finding(name, False, f"It cannot be read: {type(error).__name__}.")


def _title(receipt: dict[str, Any]) -> str:
    try:
        record = _last(receipt, "cdr")
        energy = f"{kwh_text(record['energy_wh'])} kWh"
        times = f"{record['started_at']} to {record['ended_at']}"
        return f"Session {receipt['session_id']}, {times}: {energy}, {_amount(record)}"
    except _TWISTED:
        return "A receipt that cannot be read"


def _file(content: bytes, document: dict[str, Any]) -> Finding:
    is_whole = set(document) == {"receipt", "signature", "packets"}
    is_written = content == canonical(document) + b"\n"
    if is_whole and is_written:
        return Finding("file", True, "The file is written as the hub writes it.")
    return Finding("file", False, "The file was written anew by something else than the hub.")


def _signature(document: dict[str, Any], known: Sequence[HubKey] | None) -> Finding:
    public = signer(document)
    if public is None:
        text = "The hub's signature is wrong: the receipt was changed, or the hub never signed it."
        return Finding("signature", False, text)
    name = document["signature"]["key"]
    if known is None:
        text = (
            f"It was signed with the key {name}. Whether that is the hub's shows the hub's list, "
            "/.well-known/chargehub-receipt-keys.json: give it with --keys."
        )
        return Finding("signature", None, text)
    found = next((key for key in known if key.public == public), None)
    if found is None:
        return Finding("signature", False, f"The key {name} that signed it is none of the hub's.")
    issued_at = datetime.fromisoformat(document["receipt"]["issued_at"])
    if not found.signs_at(issued_at):
        text = "The hub's key that signed it was not in use at the time that it says."
        return Finding("signature", False, text)
    return Finding("signature", True, f"The hub signed it, with its key {name}.")


def _chain(receipt: dict[str, Any]) -> Finding:
    chain = receipt["chain"]
    number = broken_at(chain)
    if number is not None:
        text = f"The hash chain breaks at entry {number} of {len(chain)}: something was changed."
        return Finding("chain", False, text)
    if receipt["head"] != chain[-1]["hash"]:
        return Finding("chain", False, "The hash chain does not end where the receipt says.")
    text = f"The hash chain holds: {len(chain)} entries, none changed, left out or moved."
    return Finding("chain", True, text)


def _tariff(receipt: dict[str, Any]) -> Finding:
    record, told = _last(receipt, "cdr"), _last(receipt, "tariff")
    if record["tariff_snapshot_id"] != told["snapshot_id"]:
        return Finding("tariff", False, "The bill is of another tariff than the one in the file.")
    if told["snapshot_id"] is None:
        return Finding("tariff", True, "No tariff applied.")
    if fingerprint(told["text"]) != told["snapshot_id"]:
        return Finding("tariff", False, "The tariff is not the one that was agreed: its hash is.")
    text = f"The tariff “{parse(told['text']).name}” is the one whose hash the bill names."
    return Finding("tariff", True, text)


def _price(receipt: dict[str, Any]) -> Finding:
    record, told = _last(receipt, "cdr"), _last(receipt, "tariff")
    session = _last(receipt, "session")
    tariff = parse(told["text"]) if told["text"] is not None else None
    metered, priced = _priced(receipt, record, session, tariff)
    wrong = [name for name in Priced.__dataclass_fields__ if getattr(priced, name) != record[name]]
    times = metered.points[0].at, metered.points[-1].at
    wrong += [
        name
        for name, found in (
            ("started_at", times[0].isoformat()),
            ("ended_at", times[1].isoformat()),
            ("energy_wh", metered.energy_wh),
        )
        if record[name] != found
    ]
    if wrong:
        names = ", ".join(wrong)
        text = f"Worked out again, the bill is another one: {names} differ."
        return Finding("price", False, text)
    basis = "the energy that an operator set" if _is_corrected(record) else "the readings"
    text = f"Worked out again from {basis} and the tariff, the bill is the same: {_amount(record)}."
    return Finding("price", True, text)


def _vat(receipt: dict[str, Any]) -> Finding:
    record, told = _last(receipt, "cdr"), _last(receipt, "vat")
    if told["vat_minor"] != vat_within(record["cost_minor"], Decimal(told["percent"])):
        return Finding("vat", False, f"The VAT is not {told['percent']} % of the bill.")
    text = f"VAT of {told['percent']} % is within the bill; who sells is the {told['sold_by']}."
    return Finding("vat", True, text)


@dataclass(frozen=True, slots=True)
class _Judged:
    verdict: str | None
    driver_id: str | None
    is_free: bool


def _priced(
    receipt: dict[str, Any], record: dict[str, Any], session: dict[str, Any], tariff: Tariff | None
) -> tuple[Metered, Priced]:
    judged = _Judged(session["verdict"], session["driver_id"], session["is_free"])
    metered = _metered(receipt, record, session)
    allowance = 0 if judged.is_free else record["free_wh"]
    limits = Limits(allowance, _bound(receipt, record, session))
    return metered, price_session(judged, metered, tariff, session["time_zone"], limits)


def _bound(receipt: dict[str, Any], record: dict[str, Any], session: dict[str, Any]) -> Bound:
    """What the EVSE can have given, as far as its power bounds this bill."""
    if _is_corrected(record):
        return UNBOUND
    seconds = session["booked_s"]
    booked = None if seconds is None else timedelta(seconds=seconds)
    is_timed = CLOCK_REPAIRED not in record["flags"]
    return Bound(_last(receipt, "trust")["power_w"], booked, is_timed)


def _metered(receipt: dict[str, Any], record: dict[str, Any], session: dict[str, Any]) -> Metered:
    """The registers that were billed: those of the readings, or what an operator set."""
    if _is_corrected(record):
        start, end = _instant(record["started_at"]), _instant(record["ended_at"])
        assert start is not None
        assert end is not None
        return Metered((Point(start, 0), Point(end, record["energy_wh"])), (CORRECTED,))
    points = [
        Point(datetime.fromisoformat(at), register_wh)
        for part in _bodies(receipt, "readings")
        for at, register_wh in part
    ]
    life = Life(
        evse=session["evse"],
        id_token=None,
        started_at=_instant(session["started_at"]),
        start_wh=session["start_wh"],
        ended_at=_instant(session["ended_at"]),
        end_wh=session["end_wh"],
        stop_reason=None,
        charging=None,
        missing=(),
    )
    return meter(life, points, datetime.fromisoformat(record["created_at"]))


def _corrections(receipt: dict[str, Any]) -> Finding:
    """Every CDR but the last was taken back by a credit note of all its amounts."""
    records = {one["id"]: one for one in _bodies(receipt, "cdr")}
    last = _last(receipt, "cdr")
    if last["id"] != receipt["cdr_id"] or last["version"] != receipt["version"]:
        return Finding("corrections", False, "The receipt is of another bill than it says.")
    notes = {one["replaces"]: one for one in _bodies(receipt, "credit_note")}
    for name, record in records.items():
        if name == last["id"]:
            continue
        note = notes.pop(name, None)
        if note is None or any(note[each] != -record[each] for each in NEGATED):
            text = "An earlier bill of the session was not taken back whole."
            return Finding("corrections", False, text)
    if notes:
        return Finding("corrections", False, "A credit note takes back a bill that is not here.")
    if receipt["corrects"] is None:
        return Finding("corrections", True, _first_text(len(records)))
    text = (
        f"It takes the place of the receipt of version {receipt['corrects']['version']} "
        f"(SHA-256 {receipt['corrects']['hash']})."
    )
    return Finding("corrections", True, text)


def _first_text(bills: int) -> str:
    return (
        "It is the first bill of the session." if bills == 1 else "Earlier bills were taken back."
    )


def _packets(document: dict[str, Any]) -> Finding:
    told = [one["digest"] for one in _bodies(document["receipt"], "signed_reading")]
    there = _there(document)
    if there is None or not set(there) <= set(told):
        text = "A signed reading in the file is not one that the hub received."
        return Finding("packets", False, text)
    if not told:
        return Finding("packets", True, "The meter signed nothing.")
    missing = len(set(told) - set(there))
    if missing:
        text = (
            f"{missing} of {len(set(told))} signed readings are not in this copy, only their "
            "hashes: they hold the driver's id token, and the driver's copy has them."
        )
        return Finding("packets", None, text)
    text = f"All {len(there)} signed readings are byte by byte those that the hub received."
    return Finding("packets", True, text)


def _there(document: dict[str, Any]) -> dict[str, bytes] | None:
    """The packets of the file by their digests; None if one is not what it says."""
    found = {}
    for one in document["packets"]:
        content = strict_base64(one["content"])
        if set(one) != {"digest", "content"} or content is None:
            return None
        if digest(content) != one["digest"] or one["digest"] in found:
            return None
        found[one["digest"]] = content
    return found


def _meter(document: dict[str, Any]) -> Finding:
    receipt = document["receipt"]
    told, packets = _last(receipt, "trust"), _bodies(receipt, "signed_reading")
    there = _there(document) or {}
    if any(one["digest"] not in there for one in packets):
        text = f"The hub found it {told['verdict']}; without the signed readings nobody can tell."
        return Finding("meter", None, text)
    keys = _keys(receipt)
    trust = _trusted(receipt, told, there, keys)
    states = [look(_packet(one, there), keys) for one in packets]
    is_same = (trust.verdict, list(trust.reasons)) == (told["verdict"], told["reasons"])
    if not is_same or any(
        _state(looked) != (one["state"], one["key"])
        for looked, one in zip(states, packets, strict=True)
    ):
        text = f"The hub says {told['verdict']}; by the signatures it is {trust.verdict}."
        return Finding("meter", False, text)
    return _of_trust(trust)


def _of_trust(trust: Trust) -> Finding:
    reasons = " ".join(WHY[reason] for reason in trust.reasons)
    if trust.verdict == "signed":
        key = next(one.key for one in trust.looked if one.key is not None)
        text = (
            "The meter signed begin and end, and the bill is their difference. Compare its key "
            f"with the one on the device: SHA-256 {key.fingerprint}."
        )
        return Finding("meter", True, text)
    if trust.verdict == "implausible":
        return Finding("meter", False, f"The energy is implausible. {reasons}")
    return Finding("meter", None, f"The energy is plausible, and not signed. {reasons}")


def _trusted(
    receipt: dict[str, Any], told: dict[str, Any], there: dict[str, bytes], keys: Keys
) -> Trust:
    record = _last(receipt, "cdr")
    started_at, ended_at = _instant(record["started_at"]), _instant(record["ended_at"])
    assert started_at is not None
    assert ended_at is not None
    bill = Bill(
        energy_wh=record["energy_wh"],
        duration=ended_at - started_at,
        flags=tuple(record["flags"]),
        power_w=None if CLOCK_REPAIRED in record["flags"] else told["power_w"],
    )
    packets = [_packet(one, there) for one in _bodies(receipt, "signed_reading")]
    return judge(packets, keys, bill)


def _packet(told: dict[str, Any], there: dict[str, bytes]) -> Packet:
    return Packet(told["id"], there[told["digest"]], told["is_used_before"])


def _keys(receipt: dict[str, Any]) -> Keys:
    found = [(one, publickeys.read(one["public_key"])) for one in _bodies(receipt, "meter_key")]
    return Keys(
        confirmed=tuple(key for one, key in found if one["is_confirmed"]),
        told=tuple(key for one, key in found if not one["is_confirmed"]),
    )


def _state(looked: Looked) -> tuple[str, str | None]:
    return looked.state, looked.key.fingerprint if looked.key else None


def _amount(record: dict[str, Any]) -> str:
    if record["currency"] == NO_CURRENCY:
        return "nothing to pay"
    return f"{major_text(record['cost_minor'], record['currency'])} {record['currency']}"


def _is_corrected(record: dict[str, Any]) -> bool:
    return CORRECTED in record["flags"]


def _bodies(receipt: dict[str, Any], kind: str) -> list[Any]:
    return [entry["body"] for entry in receipt["chain"] if entry["kind"] == kind]


def _last(receipt: dict[str, Any], kind: str) -> Any:
    return _bodies(receipt, kind)[-1]


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

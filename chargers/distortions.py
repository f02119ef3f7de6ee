"""What faulty stations write into their calls. Each function changes one payload in place.

They see OCPP's own field names of every version, know nothing of lines, and return whether there
was anything to change.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Payload = dict[str, Any]
REGISTER = "Energy.Active.Import.Register"
MAX_INT = 2**31 - 1
NO_CLOCK = datetime(1970, 1, 1, tzinfo=UTC)
LOCAL_OFFSET = timedelta(hours=2)
JUMP = timedelta(hours=1)
DRIFT_PERCENT = 5
STEP_BACK_WH = 5_000
LONG = "0123456789" * 6


@dataclass(slots=True)
class Memory:
    """What a faulty station keeps from call to call."""

    last_transaction_id: int | None = None
    first_at: datetime | None = None
    jumped: bool = False
    reset_at_wh: int = 0


@dataclass(slots=True)
class Call:
    """A call on its way out; `struck`: the fault strikes anew, else only lasts."""

    action: str
    payload: Payload
    struck: bool = True

    @property
    def is_start(self) -> bool:
        """A session's begin."""
        return self.action == "StartTransaction" or self.payload.get("eventType") == "Started"

    @property
    def is_stop(self) -> bool:
        """A session's end."""
        return self.action == "StopTransaction" or self.payload.get("eventType") == "Ended"

    @property
    def is_reading(self) -> bool:
        """Neither begin nor end, but of a meter."""
        kind = self.payload.get("eventType", "Updated")
        return self.action in ("MeterValues", "TransactionEvent") and kind == "Updated"

    @property
    def is_of_a_session(self) -> bool:
        """A begin, a reading or an end."""
        return self.is_start or self.is_stop or self.is_reading


Distortion = Callable[[Call, Memory], bool]


def samples(payload: Payload) -> Iterator[Payload]:
    """Every sampled value."""
    for value in (*payload.get("meterValue", ()), *payload.get("transactionData", ())):
        yield from value["sampledValue"]


def registers(payload: Payload) -> list[Payload]:
    """The sampled values that are the register; no measurand means it too. Signed text is none."""
    found = (one for one in samples(payload) if one.get("format") != "SignedData")
    return [one for one in found if one.get("measurand", REGISTER) == REGISTER]


def lost_transaction_id(call: Call, memory: Memory) -> bool:
    """1.6: a stop with transaction id 0 or -1."""
    if call.action != "StopTransaction":
        return False
    call.payload["transactionId"] = -(call.payload["meterStop"] % 2)
    return True


def stale_transaction_id(call: Call, memory: Memory) -> bool:
    """1.6: a reading names the session before."""
    if call.action == "StopTransaction":
        memory.last_transaction_id = call.payload["transactionId"]
    if call.action != "MeterValues" or memory.last_transaction_id is None or not call.struck:
        return False
    if "transactionId" in call.payload:
        call.payload["transactionId"] = memory.last_transaction_id
    return "transactionId" in call.payload


def missing_transaction_id(call: Call, memory: Memory) -> bool:
    """1.6: a reading names no session."""
    is_reading = call.action == "MeterValues"
    return is_reading and call.payload.pop("transactionId", None) is not None


def register_reset(call: Call, memory: Memory) -> bool:
    """The register falls to zero during a session and counts from there."""
    found = registers(call.payload)
    strikes = call.struck and call.is_reading and bool(found)
    if strikes:
        memory.reset_at_wh = int(found[0]["value"])
    _move_registers(call.payload, lambda wh: max(0, wh - memory.reset_at_wh))
    return strikes


def register_steps_back(call: Call, memory: Memory) -> bool:
    """One reading is lower than the one before it."""
    if not call.is_reading or not registers(call.payload):
        return False
    _move_registers(call.payload, lambda wh: max(0, wh - STEP_BACK_WH))
    return True


def missing_as_max(call: Call, memory: Memory) -> bool:
    """A register that could not be read is told as 2147483647."""
    if not call.is_reading or not registers(call.payload):
        return False
    _move_registers(call.payload, lambda _: MAX_INT)
    return True


def power_without_energy(call: Call, memory: Memory) -> bool:
    """A reading tells power and no register."""
    found = registers(call.payload) if call.is_reading else []
    if not found or len(found) == len(list(samples(call.payload))):
        return False
    for value in call.payload["meterValue"]:
        value["sampledValue"] = [one for one in value["sampledValue"] if one not in found]
    return True


def celcius(call: Call, memory: Memory) -> bool:
    """A temperature in `Celcius`, as 1.6 once spelt it."""
    value = (call.payload.get("meterValue") or [None])[0]
    if value is None or not call.is_reading:
        return False
    is_old = "transactionId" in call.payload or "connectorId" in call.payload
    unit = {"unit": "Celcius"} if is_old else {"unitOfMeasure": {"unit": "Celcius"}}
    told = {"value": "31" if is_old else 31, "measurand": "Temperature", **unit}
    value["sampledValue"].append(told)
    return True


def mixed_units(call: Call, memory: Memory) -> bool:
    """A register now and then in kWh."""
    found = registers(call.payload)
    for one in found:
        kilo = int(one["value"]) / 1_000
        one["value"] = f"{kilo:.3f}" if isinstance(one["value"], str) else kilo
        _set_unit(one, "kWh")
    return bool(found)


def missing_units(call: Call, memory: Memory) -> bool:
    """No unit is told; Wh is meant. A kWh that is told as such stays one."""
    found = [one for one in samples(call.payload) if _unit(one) not in (None, "kWh", "Celcius")]
    for one in found:
        one.pop("unit", None)
        one.pop("unitOfMeasure", None)
    return bool(found)


def unknown_enum(call: Call, memory: Memory) -> bool:
    """A word of the maker's own where the standard has a list."""
    found = list(samples(call.payload))
    for one in found:
        one["context"] = "Acme.Context"
    if "reason" in call.payload:
        call.payload["reason"] = "AcmeReason"
    if "errorCode" in call.payload:
        call.payload["errorCode"] = "AcmeError"
    return bool(found) or "reason" in call.payload or "errorCode" in call.payload


def extra_fields(call: Call, memory: Memory) -> bool:
    """A field that no schema knows."""
    call.payload["acmeRevision"] = "7b"
    return True


def long_serial(call: Call, memory: Memory) -> bool:
    """A serial number of sixty characters."""
    station = call.payload.get("chargingStation", call.payload)
    if call.action != "BootNotification":
        return False
    station["chargePointSerialNumber" if station is call.payload else "serialNumber"] = LONG
    return True


def clock_drifts(call: Call, memory: Memory) -> bool:
    """The clock runs too fast."""

    def drift(at: datetime) -> datetime:
        memory.first_at = memory.first_at or at
        return at + (at - memory.first_at) * DRIFT_PERCENT / 100

    return _move_clock(call.payload, drift)


def clock_jumps(call: Call, memory: Memory) -> bool:
    """The clock jumps back by an hour, and forward at the next strike."""
    memory.jumped ^= call.struck
    return memory.jumped and _move_clock(call.payload, lambda at: at - JUMP)


def clock_at_1970(call: Call, memory: Memory) -> bool:
    """The clock was never set."""
    return _move_clock(
        call.payload, lambda at: NO_CLOCK + (at - at.replace(hour=0, minute=0, second=0))
    )


def local_time(call: Call, memory: Memory) -> bool:
    """Local time, and no zone with it."""
    found = list(_stamps(call.payload))
    for holder in found:
        at = datetime.fromisoformat(holder["timestamp"]) + LOCAL_OFFSET
        holder["timestamp"] = at.replace(tzinfo=None).isoformat(timespec="seconds")
    return bool(found)


def numbers_as_text(call: Call, memory: Memory) -> bool:
    """Numbers in quotation marks."""
    holders = [call.payload, *samples(call.payload)]
    found = [
        (holder, name)
        for holder in holders
        for name in ("meterStart", "meterStop", "value", "seqNo")
        if isinstance(holder.get(name), int | float)
    ]
    for holder, name in found:
        holder[name] = str(holder[name])
    return bool(found)


def _move_registers(payload: Payload, change: Callable[[int], int]) -> None:
    for name in ("meterStart", "meterStop"):
        if name in payload:
            payload[name] = change(payload[name])
    for one in registers(payload):
        one["value"] = type(one["value"])(change(int(one["value"])))


def _move_clock(payload: Payload, change: Callable[[datetime], datetime]) -> bool:
    found = list(_stamps(payload))
    for holder in found:
        at = change(datetime.fromisoformat(holder["timestamp"]))
        holder["timestamp"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return bool(found)


def _stamps(payload: Payload) -> Iterator[Payload]:
    values = (*payload.get("meterValue", ()), *payload.get("transactionData", ()))
    return (holder for holder in (payload, *values) if "timestamp" in holder)


def _unit(sample: Payload) -> str | None:
    unit: str | None = sample.get("unit") or (sample.get("unitOfMeasure") or {}).get("unit")
    return unit


def _set_unit(sample: Payload, unit: str) -> None:
    if isinstance(sample["value"], str):
        sample["unit"] = unit
    else:
        sample["unitOfMeasure"] = {"unit": unit}

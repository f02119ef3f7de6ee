"""Fields that every OCPP version has: instants, id tokens, numbers, readings, setting names.

Pure. Lenient towards what stations really send; whoever reads a field here gets the hub's own
units, or `Unfit` if no meaning can be found.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson

from chargehub.stations.commands import Command, Outcome
from chargehub.stations.reports import Reading, Report
from chargehub.units import round_half_up

Payload = Mapping[str, Any]
Calls = tuple[tuple[str, Mapping[str, Any]], ...]  # actions and payloads to send, in this order
Message = tuple[Callable[[Payload], Report], Callable[[Any], dict[str, Any]]]  # in, out
Speech = tuple[Callable[[Any], Calls], Callable[[Command, Sequence[Payload]], Outcome]]  # out, in

NO_CLOCK: Final = datetime(1970, 1, 1, tzinfo=UTC)  # what a device says that never saw a clock
LARGEST_NUMBER: Final = 2**31 - 1  # OCPP's integers are 32 bit, and so are the columns
LARGEST_WH: Final = 10**12  # 1 TWh: more than any station meters in its life
LARGEST_W: Final = 10**9
# What firmware tells where it has no value: the largest number of 32 bits, with and without sign.
# As Wh they would be more than 2 GWh. Its -1 is refused for being negative.
NO_REGISTER: Final = frozenset({2**31 - 1, 2**32 - 1})
REGISTER_ABSURD: Final = "register_absurd"
LONGEST_TOKEN: Final = 255  # OCPP 2.1; the schemas of 2.0.1 allow 36, of 1.6 20
LONGEST_ID: Final = 36
_LONGEST_VALUE = 20  # signs of a sample; with 12 powers of ten still exact in Decimal's 28 digits

_REGISTER = "Energy.Active.Import.Register"
_POWER = "Power.Active.Import"
_SOC = "SoC"
_SCALES: Mapping[str, Mapping[str | None, int]] = {  # units as the standard writes them, then not
    _REGISTER: {None: 1, "Wh": 1, "kWh": 1000, "wh": 1, "kwh": 1000},
    _POWER: {None: 1, "W": 1, "kW": 1000, "w": 1, "kw": 1000},
    _SOC: {None: 1, "Percent": 1, "percent": 1, "%": 1},
}
_BEGIN = "transaction_begin"
PHASES = {"L1": 1, "L2": 2, "L3": 3, "L1-N": 1, "L2-N": 2, "L3-N": 3}
_CONTEXTS = {
    "Interruption.Begin": "interruption_begin",
    "Interruption.End": "interruption_end",
    "Other": "other",
    "Sample.Clock": "sample_clock",
    "Sample.Periodic": "sample_periodic",
    "Transaction.Begin": _BEGIN,
    "Transaction.End": "transaction_end",
    "Trigger": "trigger",
}
_EPOCH = re.compile(r"\d{9,10}|\d{12,13}")  # seconds or milliseconds since 1970
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VARIABLE = re.compile(
    r"(?P<component>[^.\[\]@]+)(?:\[(?P<component_instance>[^\]]+)\])?"
    r"(?:@(?P<evse>\d+)(?::(?P<connector>\d+))?)?"
    r"\.(?P<variable>[^\[\]]+)(?:\[(?P<variable_instance>[^\]]+)\])?"
)


class Unfit(ValueError):
    """A value with no meaning here, or one that this OCPP version cannot carry.

    The text names the field and never the value.
    """


def instant(text: str) -> datetime:
    """A device's time, in UTC. No zone means UTC (see `repairs`); unreadable means NO_CLOCK.

    A clock that is wrong is no reason to lose the energy that came with it, so this never fails.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return _utc(_odd_instant(text))
    return at if at.tzinfo is UTC else _utc(at)


def _utc(at: datetime | None) -> datetime:
    if at is None:
        return NO_CLOCK
    if at.tzinfo is None:
        return at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError:  # 0001-01-01 east of Greenwich: some firmware's "never"
        return NO_CLOCK


def _odd_instant(text: str) -> datetime | None:
    """A lower-case zone, outer spaces, a leap second, or seconds since 1970 as text."""
    trimmed = text.strip().upper()
    if _EPOCH.fullmatch(trimmed):
        return datetime.fromtimestamp(int(trimmed if len(trimmed) < 12 else trimmed[:-3]), UTC)
    try:
        return datetime.fromisoformat(trimmed.replace(":60", ":59", 1))
    except ValueError:
        return None


def repairs(texts: Iterable[str], is_absurd: bool = False) -> tuple[str, ...]:
    """What had to be assumed of a report's times: 'time_unreadable', 'time_without_zone'.

    `is_absurd`: a register of it was none ('register_absurd').
    """
    faults = [fault for text in texts if (fault := _fault(text)) is not None]
    if is_absurd:
        faults.append(REGISTER_ABSURD)
    return tuple(sorted(set(faults))) if faults else ()


def _fault(text: str) -> str | None:
    try:
        at: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        at = _odd_instant(text)
    if at is None:
        return "time_unreadable"
    return "time_without_zone" if at.tzinfo is None else None


def wire_instant(at: datetime) -> str:
    """An instant for a station: whole seconds and 'Z', which every firmware can read."""
    return f"{at.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def id_token(text: str) -> str:
    """An id token folded: case and outer space do not count. Raises Unfit for no real one."""
    folded = text.strip().upper()
    if len(folded) > LONGEST_TOKEN or not folded.isprintable():
        raise Unfit("the id token is too long or not printable")
    return folded


def words(value: Any) -> str | None:
    """A station's free text; None where it is absent or empty."""
    return value.strip() or None if isinstance(value, str) else None


def word(text: str) -> str:
    """An OCPP word as one of ours: 'EVDisconnected' is 'ev_disconnected'."""
    return _HUMP.sub("_", text).lower().replace(".", "_")


def number(value: float, name: str) -> int:
    """A count or an id, 0 to LARGEST_NUMBER. Raises Unfit."""
    if not 0 <= value <= LARGEST_NUMBER:
        raise Unfit(f"{name} is negative or too large")
    return int(value)


def reservation_id(value: float | None) -> int | None:
    """A reservation's number; None also for the 0 and -1 of firmware without reservations."""
    return int(value) if value is not None and 0 < value <= LARGEST_NUMBER else None


def identifier(text: str, name: str) -> str:
    """A station's id for something: printable, not empty. Raises Unfit."""
    if not 0 < len(text) <= LONGEST_ID or not text.isprintable():
        raise Unfit(f"{name} is empty, too long or not printable")
    return text


def register(value: float) -> int | None:
    """A register in whole Wh, as 1.6 sends it at a start and a stop; None: it cannot be one.

    The session is real, whatever the meter said: it is not lost for that.
    """
    return None if _is_absurd(value) else int(value)


def _is_absurd(amount: Decimal | float) -> bool:
    return not 0 <= amount <= LARGEST_WH or amount in NO_REGISTER


def readings(meter_values: Iterable[Payload]) -> tuple[Reading, ...]:
    """The readings of a report, in its order; instants without anything of use are left out.

    A register that cannot be one counts as not told, and `is_absurd` says so.

    Source: MeterValue and SampledValue of OCPP 1.6, section 7.33, and OCPP 2.0.1 part 2, 2.43.
    """
    told = [_reading(meter_value) for meter_value in meter_values]
    return tuple([reading for reading in told if reading is not None])


def _reading(meter_value: Payload) -> Reading | None:
    """One instant. A total goes before the sum of phases.

    Only what is measured at the outlet counts, which is also the default; the state of charge is
    measured in the car. Where a station packs the registers of begin and end into one instant,
    the begin yields.
    """
    totals: dict[str, Decimal | int] = {}
    phases: dict[str, dict[int, Decimal | int]] = {}
    context = ""
    is_absurd = False
    for sample in meter_value["sampledValue"]:
        measurand = sample.get("measurand", _REGISTER)
        if measurand not in _SCALES:
            continue  # most of what a station measures
        if "location" in sample and sample["location"] != "Outlet" and measurand != _SOC:
            continue
        amount = amount_of(sample, _SCALES[measurand])
        if amount is None:
            continue
        if measurand == _REGISTER:
            if _is_absurd(amount):
                is_absurd = True
                continue
            told = context_of(sample)
            if told == _BEGIN and context not in ("", _BEGIN):
                continue
            if context == _BEGIN != told:
                totals.pop(_REGISTER, None)
                phases.pop(_REGISTER, None)
            context = told
        if "phase" not in sample:
            totals[measurand] = amount
        elif sample["phase"] in PHASES:
            phases.setdefault(measurand, {})[PHASES[sample["phase"]]] = amount
    for measurand, by_phase in phases.items():
        totals.setdefault(measurand, sum(by_phase.values()))
    register_wh = _whole(totals.get(_REGISTER), LARGEST_WH)
    power_w = _whole(totals.get(_POWER), LARGEST_W)
    soc_percent = _whole(totals.get(_SOC), 100)
    if register_wh is None and power_w is None and soc_percent is None and not is_absurd:
        return None
    at = instant(meter_value["timestamp"])
    kept = context or "sample_periodic"
    return Reading(at, register_wh, power_w, soc_percent, kept, is_absurd)


def context_of(sample: Payload) -> str:
    """Why a sample was taken, in our words; 'sample_periodic' where it is not said."""
    return _CONTEXTS.get(sample.get("context", "Sample.Periodic"), "other")


def any_absurd(found: Iterable[Reading]) -> bool:
    """True if the register of a reading was none."""
    return any(reading.is_absurd for reading in found)


def amount_of(sample: Payload, scale: Mapping[str | None, int]) -> Decimal | int | None:
    """A sample in Wh, W or percent, exact; None if it is not a number in a unit we know.

    1.6: `value` is text, `unit` beside it; signed data is no number. 2.x: `value` is a number,
    times ten to the `multiplier`, in the `unit` of `unitOfMeasure`.
    """
    value, multiplier, measure = sample["value"], 0, sample.get("unitOfMeasure")
    if measure is None:
        unit = sample.get("unit")
    else:
        unit, multiplier = measure.get("unit"), int(measure.get("multiplier", 0))
    factor = scale.get(unit) or scale.get(str(unit).lower())
    if factor is None or sample.get("format") == "SignedData":
        return None
    if multiplier == 0:  # the usual cases first, ten times as fast
        if type(value) is int:
            return value * factor
        if type(value) is str and value.isdecimal() and len(value) < _LONGEST_VALUE:
            return int(value) * factor
    return _odd_amount(str(value).strip(), multiplier, factor)


def _odd_amount(text: str, multiplier: int, factor: int) -> Decimal | None:
    if len(text) > _LONGEST_VALUE or not -12 <= multiplier <= 12:
        return None
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return None
    if not exact.is_finite() or not -_LONGEST_VALUE < exact.adjusted() < _LONGEST_VALUE:
        return None
    return exact.scaleb(multiplier) * factor


def _whole(amount: Decimal | int | None, limit: int) -> int | None:
    """Rounded half up; None for what is negative or absurd, such as a missing value's MaxInt."""
    if amount is None or not 0 <= amount <= limit:
        return None
    return amount if isinstance(amount, int) else round_half_up(amount)


def cost(amount_minor: int, exponent: int) -> orjson.Fragment:
    """Money as a JSON number with all its digits: no float on the way, so 12.34 leaves as 12.34."""
    assert exponent >= 0, exponent
    sign = "-" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**exponent)
    digits = f".{part:0{exponent}d}" if exponent else ""
    return orjson.Fragment(f"{sign}{whole}{digits}")


def variable_name(component: Payload, variable: Payload) -> str:
    """A 2.x variable as the name of a setting: 'Component[instance]@evse:connector.Variable[…]'.

    The usual one is just 'Component.Variable'. `variable_of` is the way back.
    """
    name = component["name"] + _bracketed(component.get("instance"))
    if evse := component.get("evse"):
        connector = evse.get("connectorId")
        name += f"@{evse['id']}" + ("" if connector is None else f":{connector}")
    return f"{name}.{variable['name']}{_bracketed(variable.get('instance'))}"


def _bracketed(instance: str | None) -> str:
    return f"[{instance}]" if instance else ""


def variable_of(name: str) -> dict[str, Any]:
    """The 2.x component and variable behind a setting's name. Raises Unfit."""
    found = _VARIABLE.fullmatch(name)
    if found is None:
        raise Unfit("a setting of this station is named 'Component.Variable'")
    component: dict[str, Any] = {"name": found["component"]}
    if found["component_instance"]:
        component["instance"] = found["component_instance"]
    if found["evse"]:
        component["evse"] = {"id": number(int(found["evse"]), "evse")}
        if found["connector"]:
            component["evse"]["connectorId"] = number(int(found["connector"]), "connector")
    variable = {"name": found["variable"]}
    if found["variable_instance"]:
        variable["instance"] = found["variable_instance"]
    return {"component": component, "variable": variable}

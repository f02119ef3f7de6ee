"""What each step of a check-up asks of a station, and what it makes of what comes back. Pure.

A step asks its commands one after the other: that is kinder to small stations, and an answer can
be told apart from the next. It is looked at whenever something came back, and is over when its
verdict stands, or when its time is up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from chargehub.checkups.evidence import Charge, Evidence, Intervals, Known, Seen
from chargehub.checkups.rules import StepName, Verdict
from chargehub.stations.commands import (
    Call,
    CancelReservation,
    Command,
    ReadSettings,
    Reserve,
    TriggerReport,
    WriteSettings,
)

BEAT_S: Final = 10  # the heartbeat interval of the probe: two of them pass in half a minute
BEAT_WITHIN_S: Final = (5, 20)  # a station may be busy, and a clock round
SKEW_GOOD_S, SKEW_WEAK_S = 10, 60
HIGHEST_WH: Final = 1_000_000_000  # a house's charger counts a gigawatt hour in no lifetime
RESERVATION_ID: Final = 2_147_000_001  # above all that bookings ever have
RESERVED: Final = timedelta(minutes=2)
ID_TOKEN: Final = "CHECKUP"  # nobody's: it is reserved for, and never charges
POWER_SLACK: Final = 130  # percent of what the owner stated

HEARTBEAT: Final = {"1.6": "HeartbeatInterval"}
HEARTBEAT_2X: Final = "OCPPCommCtrlr.HeartbeatInterval"
SAMPLING: Final = {"1.6": "MeterValueSampleInterval"}
SAMPLING_2X: Final = "SampledDataCtrlr.TxUpdatedInterval"
_SIGNING: Final = ("SampledDataCtrlr.SignReadings", "AlignedDataCtrlr.SignReadings")


Asking = Callable[[Known, Intervals, datetime], tuple[Command, ...]]
Judging = Callable[[Known, Evidence], Verdict | None]


@dataclass(frozen=True, slots=True)
class Probe:
    """A step: what it asks, how it is judged (None: it waits), and how long it may take."""

    asks: Asking
    judge: Judging
    limit: timedelta = timedelta(seconds=60)


def _nothing(_known: Known, _intervals: Intervals, _now: datetime) -> tuple[Command, ...]:
    return ()


def _trigger(report: Literal["boot"]) -> Asking:
    def asks(_known: Known, _intervals: Intervals, _now: datetime) -> tuple[Command, ...]:
        return (TriggerReport(report),)

    return asks


def _trigger_each(report: Literal["status", "meter_values"]) -> Asking:
    def asks(known: Known, _intervals: Intervals, _now: datetime) -> tuple[Command, ...]:
        return tuple(TriggerReport(report, number) for number in sorted(known.evses))

    return asks


def _connection(known: Known, found: Evidence) -> Verdict | None:
    if known.is_connected:
        return Verdict("passed", f"It is connected with OCPP {known.version}.")
    return Verdict("failed", "It did not connect within an hour.") if found.is_over else None


def _boot(known: Known, found: Evidence) -> Verdict | None:
    name = " ".join(part for part in (known.vendor, known.model) if part) or "without a name"
    if found.of("boot"):
        return Verdict("passed", f"It booted when asked: {name}.")
    if not (found.is_over or (found.asked and found.is_refused)):
        return None
    if known.is_accepted:
        return Verdict("weak", f"It booted before ({name}), not when asked: {found.words}.")
    return Verdict("failed", f"It sends no BootNotification: {found.words}.")


def _ask_settings(_known: Known, _intervals: Intervals, _now: datetime) -> tuple[Command, ...]:
    return (ReadSettings(),)


def _settings(known: Known, found: Evidence) -> Verdict | None:
    if found.is_answered and found.is_refused:
        return Verdict("failed", f"It does not tell its settings: {found.words}.")
    is_told = bool(found.of("settings")) or (known.version == "1.6" and found.is_answered)
    if is_told and known.settings:
        return Verdict("passed", f"It tells {len(known.settings)} settings.")
    if not found.is_over:
        return None
    return Verdict("weak", "It promised its settings and told none, or not all of them.")


def _quirks(known: Known, found: Evidence) -> Verdict | None:
    name = known.quirk_profile
    if name is None:
        return Verdict("passed", "Nothing odd is known of its model.")
    if known.written is None or known.written == "answered":
        return Verdict("passed", f"It is treated by the quirk profile {name}.")
    if known.written in ("queued", "sent") and not found.is_over:
        return None
    return Verdict("weak", f"Of the quirk profile {name} it did not take the settings.")


def heartbeat_setting(version: str) -> str:
    """The setting of the heartbeat interval in this version of OCPP."""
    return HEARTBEAT.get(version, HEARTBEAT_2X)


def _ask_beats(known: Known, _intervals: Intervals, _now: datetime) -> tuple[Command, ...]:
    return (
        WriteSettings({heartbeat_setting(known.version): str(BEAT_S)}),
        TriggerReport("heartbeat"),
    )


def _heartbeat(known: Known, found: Evidence) -> Verdict | None:
    """Two beats of its own at the interval that it was just given; else one when asked."""
    beats = [each.at for each in found.of("heartbeat")]
    apart = [round((b - a).total_seconds()) for a, b in pairwise(beats)]
    low, high = BEAT_WITHIN_S
    if any(low <= seconds <= high for seconds in apart):
        return Verdict("passed", f"It beats every {BEAT_S} s when told so.")
    is_fixed = bool(found.asked) and found.asked[0].state in ("refused", "failed")
    if beats and (is_fixed or found.is_over):
        return Verdict("weak", "It beats when asked, and not at the interval that it is given.")
    return Verdict("failed", f"It sends no heartbeat: {found.words}.") if found.is_over else None


def _status(known: Known, found: Evidence) -> Verdict | None:
    told = {each.evse for each in found.of("status")}
    missing = sorted(set(known.evses) - told)
    if not missing:
        return Verdict("passed", f"It tells the status of all EVSEs ({len(known.evses)}).")
    if not (found.is_over or found.is_refused):
        return None
    numbers = ", ".join(map(str, missing))
    if set(known.evses) <= told | known.told:
        return Verdict("weak", f"It tells a status by itself, not when asked: {found.words}.")
    return Verdict("failed", f"No status came of EVSE {numbers}.")


def _meter_values(known: Known, found: Evidence) -> Verdict | None:
    readings = found.of("reading")
    of_evses = {each.evse for each in readings if each.register_wh is not None}
    if not (set(known.evses) <= of_evses or found.is_over or found.is_refused):
        return None
    if any(each.is_absurd for each in readings):
        return Verdict("failed", "Its register is no number that a meter shows.")
    registers = [each.register_wh for each in readings if each.register_wh is not None]
    if not readings:
        return Verdict("failed", f"It sent no MeterValues: {found.words}.")
    if not registers:
        return Verdict("failed", "Its MeterValues have no Energy.Active.Import.Register.")
    if not all(0 <= register <= HIGHEST_WH for register in registers):
        return Verdict("failed", f"A register of {max(registers)} Wh: the unit is wrong.")
    return _of_all(known, readings, of_evses)


def by_charge(judged: Verdict, readings: int, charge: Charge | None) -> Verdict:
    """The verdict on the readings once more, after the test charge.

    Some stations send none on demand and whole ones while they charge: these can be billed. What
    came when asked (`readings`: how many) and was wrong stays so.
    """
    if judged.result != "failed" or readings or charge is None or (charge.gained_wh or 0) <= 0:
        return judged
    text = f"It sends none when asked; its register rose by {charge.gained_wh} Wh in the charge."
    return Verdict("weak", text)


def _of_all(known: Known, readings: tuple[Seen, ...], of_evses: set[int]) -> Verdict:
    if missing := sorted(set(known.evses) - of_evses):
        numbers = ", ".join(map(str, missing))
        return Verdict("weak", f"No register came of EVSE {numbers}.")
    for each in readings:
        most_w = known.evses.get(each.evse, 0) * POWER_SLACK // 100
        if most_w and each.power_w is not None and each.power_w > most_w:
            return Verdict("weak", f"EVSE {each.evse} tells {each.power_w} W: more than it has.")
    if all(each.power_w is None for each in readings):
        return Verdict("passed", "Registers came of all EVSEs, without the power.")
    return Verdict("passed", "Registers and power came of all EVSEs.")


def _clock(known: Known, found: Evidence) -> Verdict | None:
    told = [each.ahead_s for each in found.before if each.ahead_s is not None]
    if known.clock_ahead_s is not None:
        told.append(known.clock_ahead_s)
    if not told:
        return Verdict("weak", "It told no time.")
    # What was kept while the line was down says an old time: the nearest is the clock's.
    off_s = min(told, key=abs)
    way = "ahead" if off_s > 0 else "behind"
    detail = f"Its clock is {abs(off_s)} s {way}." if off_s else "Its clock is right."
    if abs(off_s) <= SKEW_GOOD_S:
        return Verdict("passed", detail)
    return Verdict("weak" if abs(off_s) <= SKEW_WEAK_S else "failed", detail)


def _ask_reservation(known: Known, _intervals: Intervals, now: datetime) -> tuple[Command, ...]:
    evse = min(known.evses, default=1)
    return (
        Reserve(RESERVATION_ID, evse, ID_TOKEN, now + RESERVED),
        CancelReservation(RESERVATION_ID),
    )


def _reservation(_known: Known, found: Evidence) -> Verdict | None:
    if not found.asked or (not found.is_answered and not found.is_over):
        return None
    reserve, cancel = found.asked[0], found.asked[-1]
    if reserve.state == "answered" and cancel.state == "answered":
        return Verdict("passed", "It takes reservations and lets them go.")
    if reserve.state == "answered":
        return Verdict("weak", f"It takes reservations and does not let go: {found.words}.")
    if reserve.status.lower() in ("occupied", "faulted", "unavailable"):
        return Verdict("weak", f"It knows reservations; its EVSE was {reserve.status.lower()}.")
    return Verdict("failed", f"It takes no reservations: {found.words}.")


def _ask_list(_known: Known, _intervals: Intervals, _now: datetime) -> tuple[Command, ...]:
    return (Call("GetLocalListVersion"),)


def _local_list(known: Known, found: Evidence) -> Verdict | None:
    if not found.asked or (not found.is_answered and not found.is_over):
        return None
    asked = found.asked[0]
    version = asked.answer.get("listVersion", asked.answer.get("versionNumber"))
    if asked.state != "answered" or not isinstance(version, int):
        return Verdict("failed", f"It keeps no local list: {found.words}.")
    names = ("LocalAuthListEnabled", "LocalAuthListCtrlr.Enabled")
    is_off = any(known.settings.get(name, "").lower() == "false" for name in names)
    if version < 0 or is_off:
        return Verdict("weak", "It knows the local list, which is switched off.")
    return Verdict("passed", f"It keeps a local list, now of version {version}.")


def _security(known: Known, _found: Evidence) -> Verdict:
    profile = known.security_profile
    if profile >= 2:
        return Verdict("passed", f"Its line is encrypted (security profile {profile}).")
    if profile == 1:
        return Verdict("weak", "It has a password, and its line is not encrypted.")
    return Verdict("failed", "It shows no password (security profile 0).")


def _signed(known: Known, found: Evidence) -> Verdict:
    if any(each.is_signed for each in (*found.before, *found.seen)):
        return Verdict("passed", "Its meter signs what it shows.")
    is_on = any(known.settings.get(name, "").lower() == "true" for name in _SIGNING)
    if known.has_meter_key or is_on:
        return Verdict("weak", "Its meter can sign; no signed reading came yet.")
    return Verdict("failed", "No signed reading came, and no key of a meter is known.")


def _test_charge(known: Known, found: Evidence) -> Verdict | None:
    charge = known.charge
    if charge is None:
        return Verdict("skipped", "No test charge was asked for.")
    if charge.status == "failed":
        return Verdict("failed", "The station did not start.")
    if charge.status == "closed":
        return _charged(known, charge)
    if not found.is_over:
        return None
    return Verdict("failed", f"The test charge came to no end; its session is {charge.status}.")


def _charged(known: Known, charge: Charge) -> Verdict:
    gained = charge.gained_wh or 0
    if gained <= 0:
        return Verdict("failed", "It started and stopped from afar, and the register did not rise.")
    most = max(known.evses.values(), default=0) * POWER_SLACK * max(charge.took_s, 60) // 360_000
    if gained > max(most, 100):
        return Verdict("weak", f"{gained} Wh in {charge.took_s} s are more than its power gives.")
    return Verdict("passed", f"It started, charged {gained} Wh and stopped from afar.")


def _ask_intervals(known: Known, intervals: Intervals, _now: datetime) -> tuple[Command, ...]:
    sampling = SAMPLING.get(known.version, SAMPLING_2X)
    return (
        WriteSettings({heartbeat_setting(known.version): str(intervals.heartbeat_s)}),
        WriteSettings({sampling: str(intervals.sampling_s)}),
    )


def _intervals(known: Known, found: Evidence) -> Verdict | None:
    if not found.is_answered and not found.is_over:
        return None
    taken = [each for each in found.asked if each.state == "answered"]
    if found.asked and len(taken) == len(found.asked):
        return Verdict("passed", "It took the intervals of heartbeats and readings.")
    names = f"{heartbeat_setting(known.version)}, {SAMPLING.get(known.version, SAMPLING_2X)}"
    return Verdict("weak" if taken else "failed", f"It did not take all of {names}: {found.words}.")


PROBES: Final[Mapping[StepName, Probe]] = {
    "connection": Probe(_nothing, _connection, timedelta(hours=1)),
    "boot": Probe(_trigger("boot"), _boot, timedelta(seconds=90)),
    "settings": Probe(_ask_settings, _settings, timedelta(seconds=120)),
    "quirks": Probe(_nothing, _quirks),
    "heartbeat": Probe(_ask_beats, _heartbeat, timedelta(seconds=45)),
    "status": Probe(_trigger_each("status"), _status),
    "meter_values": Probe(_trigger_each("meter_values"), _meter_values),
    "clock": Probe(_nothing, _clock),
    "reservation": Probe(_ask_reservation, _reservation),
    "local_list": Probe(_ask_list, _local_list),
    "security": Probe(_nothing, _security),
    "signed_readings": Probe(_nothing, _signed),
    "test_charge": Probe(_nothing, _test_charge, timedelta(minutes=10)),
    "intervals": Probe(_ask_intervals, _intervals),
}

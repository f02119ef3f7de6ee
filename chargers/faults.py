"""What real stations get wrong, each as a switch with a rate. The list stands here alone.

`distortions.py` says what a payload becomes, `faulty_line.py` plays all of it on a line.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from chargers import distortions
from chargers.distortions import Distortion, Memory

DEFAULT_RATE = 0.1  # often enough to be seen in a short run, seldom enough that days go on
EVERY = "all"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `lasts`: once struck it stays with the station.

    `spoils_energy`: nobody can tell any more what flowed, or it is never told.
    """

    sentence: str
    distortion: Distortion | None = None
    spoils_energy: bool = False
    lasts: bool = False


FAULTS: Mapping[str, Fault] = {  # distortions in the order in which they are applied
    "register_reset": Fault(
        "The register falls to zero during a session and counts from there.",
        distortions.register_reset,
        spoils_energy=True,
        lasts=True,
    ),
    "register_steps_back": Fault(
        "A reading is lower than the one before it.", distortions.register_steps_back
    ),
    "missing_as_max": Fault(
        "A register that could not be read is told as 2147483647.", distortions.missing_as_max
    ),
    "power_without_energy": Fault(
        "A reading tells power and no register.", distortions.power_without_energy
    ),
    "celcius": Fault("A temperature is told in Celcius.", distortions.celcius),
    "mixed_units": Fault("A register is told in kWh now and then.", distortions.mixed_units),
    "missing_units": Fault("No unit is told, and Wh is meant.", distortions.missing_units),
    "stale_transaction_id": Fault(
        "A reading names the session before its own (1.6).",
        distortions.stale_transaction_id,
        lasts=True,
    ),
    "missing_transaction_id": Fault(
        "A reading names no session (1.6).", distortions.missing_transaction_id
    ),
    "lost_transaction_id": Fault(
        "A stop has the transaction id 0 or -1 (1.6).", distortions.lost_transaction_id
    ),
    "unknown_enum": Fault(
        "A word of the maker's own stands where the standard has a list.",
        distortions.unknown_enum,
    ),
    "extra_fields": Fault("A call has a field no schema knows.", distortions.extra_fields),
    "long_serial": Fault("The serial number has sixty characters.", distortions.long_serial),
    "clock_drifts": Fault("The clock runs too fast.", distortions.clock_drifts, lasts=True),
    "clock_jumps": Fault(
        "The clock jumps back by an hour, and some time later forward again.",
        distortions.clock_jumps,
        lasts=True,
    ),
    "clock_at_1970": Fault("The clock was never set.", distortions.clock_at_1970),
    "local_time": Fault("Times are local and name no zone.", distortions.local_time),
    "numbers_as_text": Fault("Numbers stand in quotation marks.", distortions.numbers_as_text),
    "retried_start": Fault(
        "The answer to a start is lost, and the start comes again under a new message id."
    ),
    "repeated_stop": Fault("A stop that was answered comes again."),
    "doubled_queue": Fault("Any message of a session comes twice."),
    "reordered_queue": Fault("A reading comes after the message that followed it."),
    "lost_stop": Fault("A stop never leaves the station.", spoils_energy=True),
    "station_readings": Fault("MeterValues of connector or EVSE 0 come with those of a session."),
    "data_transfer_object": Fault("DataTransfer carries an object where 1.6 wants text."),
    "same_transaction_ids": Fault(
        "The station counts its transaction ids from 1 as its neighbours do (2.x)."
    ),
    "deaf_to_pings": Fault("The station never answers a ping."),
    "silent_death": Fault("The link dies without a word, and is noticed only after a while."),
    "several_sockets": Fault("The station opens a second line and leaves the first one open."),
    "restless": Fault("The station comes back every few seconds."),
    "refuses_trigger": Fault("TriggerMessage is refused."),
    "refuses_unaimed_start": Fault("A remote start that names no connector or EVSE is refused."),
    "hangs_up_on_fast_answers": Fault("The station hangs up when the answer comes too fast."),
    "hangs_up_when_asked_early": Fault(
        "The station hangs up when the hub asks something before it answered anything."
    ),
    "hangs_up_on_measurands": Fault(
        "The station hangs up when it is to sample what it cannot measure."
    ),
    "slow_answers": Fault("The hub's calls are answered late."),
    "no_answers": Fault("The hub's calls are not answered."),
}


class UnknownFault(ValueError):
    """There is no such fault, or no such rate; the text says so."""


def read_faults(text: str) -> Mapping[str, float]:
    """`NAME[:RATE],…` as name -> rate from 0 to 1. `all` means each; what is said later counts."""
    rates: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, rate = part.strip().partition(":")
        if name != EVERY and name not in FAULTS:
            raise UnknownFault(f"there is no fault “{name}”; `chargers faults` lists them")
        try:
            share = float(rate) if rate else DEFAULT_RATE
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise UnknownFault(f"the rate of {name} is a number from 0 to 1, not {rate}")
        rates |= dict.fromkeys(FAULTS if name == EVERY else (name,), share)
    return rates


@dataclass(slots=True)
class Faults:
    """The faults of one station, by seed. `played` counts how often each struck."""

    rates: Mapping[str, float]
    chance: Random
    played: Counter[str] = field(default_factory=Counter)
    memory: Memory = field(default_factory=Memory)

    def strikes(self, name: str) -> bool:
        """Whether this fault strikes now; counts it."""
        strikes = self.would_strike(name)
        self.played[name] += strikes
        return strikes

    def would_strike(self, name: str) -> bool:
        """Whether this fault strikes, if there is something to strike."""
        rate = self.rates.get(name, 0.0)
        return rate > 0 and self.chance.random() < rate

    def distort(self, action: str, payload: distortions.Payload) -> distortions.Payload:
        """The payload as a station with these faults writes it."""
        for name, fault in FAULTS.items():
            if fault.distortion is None or name not in self.rates:
                continue
            struck = self.would_strike(name)
            if struck or fault.lasts:
                call = distortions.Call(action, payload, struck)
                self.played[name] += fault.distortion(call, self.memory) and struck
        return payload

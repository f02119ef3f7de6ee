"""The energy that a station told the hub, as anybody reads it who saw the calls answered.

From what went over the line, not from what the station knows: faults may lie between the two.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from chargers.distortions import registers


@dataclass(slots=True)
class Told:
    """`starts` and `stops`: session -> register in Wh. A repeated one changes nothing."""

    starts: dict[str, int] = field(default_factory=dict)
    stops: dict[str, int] = field(default_factory=dict)

    @property
    def energy_wh(self) -> int:
        """Of all sessions whose begin and end were told; registers that fell count nothing."""
        ended = self.stops.keys() & self.starts.keys()
        return sum(max(0, self.stops[one] - self.starts[one]) for one in ended)

    def add(self, action: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
        """Take in a call that was answered."""
        with suppress(KeyError, IndexError, TypeError, InvalidOperation):
            if action == "StartTransaction":
                self.starts.setdefault(str(answer["transactionId"]), int(payload["meterStart"]))
            elif action == "StopTransaction":
                register_wh = int(payload["meterStop"])
                self.stops.setdefault(self._stopped(payload["transactionId"]), register_wh)
            elif payload.get("eventType") in ("Started", "Ended"):
                is_start = payload["eventType"] == "Started"
                of = self.starts if is_start else self.stops
                of.setdefault(payload["transactionInfo"]["transactionId"], _register_wh(payload))

    def _stopped(self, number: int) -> str:
        """The session that a stop ends; a station that lost its number means the one that runs."""
        if number > 0:
            return str(number)
        running = [one for one in self.starts if one not in self.stops]
        return running[-1] if running else list(self.starts)[-1]


def _register_wh(payload: dict[str, Any]) -> int:
    sample = registers(payload)[-1]
    unit = (sample.get("unitOfMeasure") or {}).get("unit", "Wh")
    return int(Decimal(str(sample["value"])) * (1_000 if unit == "kWh" else 1))

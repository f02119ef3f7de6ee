"""How far a station has come on its first day: connected, booted, meter seen, test charge done."""

from collections.abc import Mapping
from typing import Any, Literal

State = Literal["done", "now", "bad", ""]
_STATES: Mapping[str, State] = {
    "passed": "done",
    "weak": "done",
    "failed": "bad",
    "running": "now",
    "waiting": "",
    "skipped": "",
}


def stages(station: Mapping[str, Any], checkup: Mapping[str, Any] | None) -> Mapping[str, State]:
    """The four by their names. `checkup`: the newest, None: there was none."""
    steps = {step["name"]: step["state"] for step in checkup["steps"]} if checkup else {}
    return {
        "connected": _connected(station),
        "booted": _booted(station),
        "meter": _STATES[steps.get("meter_values", "waiting")],
        "charge": _STATES[steps.get("test_charge", "waiting")],
    }


def _connected(station: Mapping[str, Any]) -> State:
    if station["is_connected"]:
        return "done"
    return "bad" if station["connected_at"] else "now"


def _booted(station: Mapping[str, Any]) -> State:
    if station["is_accepted"]:
        return "done"
    return "now" if station["is_connected"] else ""

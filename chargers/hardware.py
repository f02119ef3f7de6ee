"""How the stations of a run are built and set up, as text on the command line: one list of both."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from chargers.habits import Habits
from chargers.ocmf import CURVES
from chargers.settings import Settings

NEVER = "never"


class BadHardware(ValueError):
    """The text names no such thing, or gives it a value that it cannot have."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something about the hardware: its field of Habits, and how its value is read."""

    sentence: str
    field: str
    read: Callable[[str], Any]


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not least <= (found := int(text)) <= most:
            raise ValueError
        return found

    return read


def _curve(text: str) -> str:
    if text not in CURVES:
        raise ValueError
    return text


def _time(text: str) -> timedelta | None:
    return None if text == NEVER else timedelta(seconds=float(text))


def _switch(text: str) -> bool:
    return {"yes": True, "no": False}[text]


PARTS: Mapping[str, Part] = {
    "phases": Part("Phases of every EVSE, 1 to 3.", "phases", _number(1, 3)),
    "least_current_a": Part(
        "A limit below it lets a car take nothing, A.", "least_current_a", _number(0, 32)
    ),
    "obeys_limits": Part(
        "no: charging profiles are taken and not followed.", "obeys_limits", _switch
    ),
    "noise_percent": Part(
        "How far off power, voltage and current are told.", "noise_percent", _number(0, 50)
    ),
    "signs": Part("Meters sign in OCMF: secp256r1 or secp256k1.", "signs", _curve),
    "install_s": Part("How long firmware is installed; never: it fails.", "install_time", _time),
    "maker": Part(
        "File with the certificates (PEM) that may sign firmware.",
        "manufacturer_roots",
        lambda text: Path(text).read_bytes(),
    ),
    "honours_reservations": Part(
        "no: it lets others charge where one is kept.", "honours_reservations", _switch
    ),
    "stops_when_refused": Part(
        "no: a session goes on whose token the hub refuses.", "stops_when_refused", _switch
    ),
}


def read_hardware(text: str) -> Mapping[str, Any]:
    """Fields of Habits from NAME=VALUE,… Raises BadHardware."""
    found = {}
    for name, value in _pairs(text.split(",")):
        part = PARTS.get(name)
        if part is None:
            raise BadHardware(f"the hardware has {', '.join(PARTS)}; not “{name}”")
        try:
            found[part.field] = part.read(value)
        except (ValueError, KeyError, OSError) as error:
            raise BadHardware(f"{name} cannot be “{value}”: {part.sentence} {error}") from None
    return found


def read_settings(texts: Iterable[str]) -> Mapping[str, str]:
    """Setting -> value from NAME=VALUE texts. Raises BadHardware."""
    return dict(_pairs(texts))


def built(base: Habits, parts: Mapping[str, Any], seed: int) -> Habits:
    """Habits with these parts."""
    return replace(base, **parts, seed=str(seed))


def set_up(settings: Settings, wanted: Mapping[str, str]) -> None:
    """Write settings as the hub would; those that a version does not have are left out.

    Raises BadHardware for a value that does not fit.
    """
    for name, value in wanted.items():
        if settings.write(name, value) in ("rejected", "read_only"):
            raise BadHardware(f"the setting {name} cannot be “{value}”")


def unknown(names: Iterable[str], stations: Sequence[Settings]) -> list[str]:
    """The settings that none of the stations has: of another version, or a slip of the pen."""
    return [name for name in names if all(one.access(name) is None for one in stations)]


def _pairs(texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in texts:
        name, sign, value = text.strip().partition("=")
        if sign and name:
            yield name.strip(), value.strip()
        elif text.strip():
            raise BadHardware(f"“{text}” is not NAME=VALUE")

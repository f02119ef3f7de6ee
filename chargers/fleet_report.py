"""The end of a fleet's run in numbers, for people who compare two runs and for machines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from chargers.life import Life
from chargers.station import StationSim

PERCENTILES = (50, 95, 99, 100)
RULES = ("unanswered", "misfits", "cut")


def broken_rules(lives: Sequence[Life]) -> dict[str, int]:
    """What a hub may never do, and how often it did: no answer, one that fits no schema, a line
    that it closed without a word."""
    return {rule: sum(getattr(life.station.traffic, rule) for life in lives) for rule in RULES}


def report(lives: Sequence[Life]) -> dict[str, Any]:
    """All of it, in whole Wh and milliseconds."""
    stations = [_of(life) for life in lives]
    sums = (
        *("sessions", "energy_told_wh", "energy_measured_wh", "calls", "queued", "given_up"),
        *("held_back", "started_unasked", "readings_signed"),
    )
    return {
        "totals": {name: sum(one[name] for one in stations) for name in sums},
        "rules_broken": broken_rules(lives),
        "latency_ms": _percentiles([s for life in lives for s in life.station.traffic.latencies_s]),
        "stations": stations,
    }


def write(lives: Sequence[Life], path: Path) -> None:
    """The report as a JSON file."""
    path.write_bytes(orjson.dumps(report(lives), option=orjson.OPT_INDENT_2))


def _of(life: Life) -> dict[str, Any]:
    station, traffic = life.station, life.station.traffic
    return {
        "identity": station.identity,
        "version": station.version,
        "sessions": sum(not session.is_running for session in station.sessions),
        "energy_told_wh": traffic.told.energy_wh,
        "energy_measured_wh": _measured_wh(station),
        "queued": station.queue_length,
        "given_up": station.given_up,
        "calls": traffic.calls,
        "errors": dict(traffic.errors),
        "unanswered": traffic.unanswered,
        "misfits": traffic.misfits,
        "cut": traffic.cut,
        "latency_ms": _percentiles(list(traffic.latencies_s)),
        "firmware_version": station.firmware_version,
        "charging_profiles": len(station.charging.profiles),
        "held_back": station.held_back,
        "local_list_version": station.local_auth.list_version,
        "started_unasked": station.started_unasked,
        "readings_signed": station.metering.signed,
        "signing_method": station.metering.signing_method,
        "public_key": (station.metering.public_key or b"").hex() or None,
        "faults": dict(+station.faults_played),
    }


def _measured_wh(station: StationSim) -> int:
    return sum(session.energy_wh or 0 for session in station.sessions)


def _percentiles(latencies_s: list[float]) -> dict[str, float]:
    ordered = sorted(latencies_s)
    return {
        f"p{percent}": round(1_000 * ordered[(len(ordered) - 1) * percent // 100], 3)
        for percent in PERCENTILES
        if ordered
    }

"""Forms that all OCPP versions share: hashes of certificates, schedules, limits of time.

Pure. What differs between versions stands in their folders.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from chargehub.ocpp.fields import Payload, wire_instant
from chargehub.stations import profiles, upkeep


def certificate(hashes: Payload) -> dict[str, str]:
    """A certificate as the hub names it. Source: OCPP 2.0.1 part 2, CertificateHashDataType."""
    return {
        "hash_algorithm": hashes["hashAlgorithm"],
        "issuer_name_hash": hashes["issuerNameHash"],
        "issuer_key_hash": hashes["issuerKeyHash"],
        "serial_number": hashes["serialNumber"],
    }


def certificate_named(command: upkeep.DeleteCertificate) -> dict[str, Any]:
    """The way back: the payload that names a certificate."""
    return {
        "certificateHashData": {
            "hashAlgorithm": command.hash_algorithm,
            "issuerNameHash": command.issuer_name_hash,
            "issuerKeyHash": command.issuer_key_hash,
            "serialNumber": command.serial_number,
        }
    }


def instants(named: Mapping[str, datetime | None]) -> dict[str, str]:
    """Those of the instants that are given, as stations read them."""
    return {name: wire_instant(at) for name, at in named.items() if at is not None}


def schedule(wanted: profiles.Schedule) -> dict[str, Any]:
    """A charging schedule. Source: OCPP 1.6, section 7.13, and 2.0.1 part 2, K01."""
    payload: dict[str, Any] = {
        "chargingRateUnit": wanted.unit,
        "chargingSchedulePeriod": [_period(period) for period in wanted.periods],
        **instants({"startSchedule": wanted.starts_at}),
    }
    if wanted.duration_s is not None:
        payload["duration"] = wanted.duration_s
    return payload


def _period(period: profiles.Period) -> dict[str, Any]:
    payload: dict[str, Any] = {"startPeriod": period.start_s, "limit": _limit(period.limit)}
    if period.phases is not None:
        payload["numberPhases"] = period.phases
    return payload


def _limit(limit: float) -> orjson.Fragment:
    """One digit behind the point, as both standards ask, and no binary dust behind it."""
    return orjson.Fragment(f"{limit:.1f}")


def periods_told(periods: Iterable[Payload]) -> list[dict[str, Any]]:
    """The periods of a schedule that a station told, in the hub's words."""
    return [
        {
            "start_s": int(period["startPeriod"]),
            "limit": period.get("limit"),
            "phases": period.get("numberPhases"),
        }
        for period in periods
    ]

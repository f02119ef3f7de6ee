"""A receipt made without a hub: two hours of charging, signed by its meter, at 0.45 EUR a kWh."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from chargehub.meters import ocmf
from chargehub.receipts.actions import FORMAT
from chargehub.receipts.chain import Entry, linked
from chargehub.receipts.signing import HubKey, file_of, public_of, signed
from chargehub.sessions.cdr import price_session
from chargehub.sessions.meter import Metered, Point
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.pricing import Tariff, canonical, fingerprint
from tests.meters.signing import Device, pair

SEED = b"a hub's key, for tests: 32 bytes"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
END = START + timedelta(hours=2)
ISSUED = END + timedelta(minutes=1)
HUB = (HubKey(public_of(SEED), START, None),)
DEVICE = Device()
PACKETS = pair(DEVICE)
TEXT = canonical(Tariff("Home", "EUR", Decimal(19), (EnergyPrice(Decimal("0.45")),)))


class Judged:
    verdict, driver_id, is_free = "accepted", "driver", False


def entries() -> list[Entry]:
    points = [Point(START + timedelta(minutes=30 * n), 100_250 + 5_000 * n) for n in range(5)]
    tariff = Tariff("Home", "EUR", Decimal(19), (EnergyPrice(Decimal("0.45")),))
    priced = price_session(Judged(), Metered(tuple(points), ()), tariff, "Europe/Oslo")
    session = {
        "id": "session",
        "evse": 1,
        "driver_id": "driver",
        "verdict": "accepted",
        "is_free": False,
        "started_at": START.isoformat(),
        "start_wh": 100_250,
        "ended_at": END.isoformat(),
        "end_wh": 120_250,
        "booked_s": None,
        "clock_ahead_s": None,
        "time_zone": "Europe/Oslo",
    }
    record: dict[str, Any] = {
        "id": "cdr-1",
        "version": 1,
        "kind": "cdr",
        "replaces": None,
        "started_at": START.isoformat(),
        "ended_at": END.isoformat(),
        "energy_wh": 20_000,
        "tariff_snapshot_id": fingerprint(TEXT),
        "flags": [],
        "created_at": END.isoformat(),
        **{name: getattr(priced, name) for name in priced.__dataclass_fields__},
    }
    key = DEVICE.key
    packets = [
        {
            "id": number,
            "digest": ocmf.digest(packet),
            "state": "genuine",
            "key": key.fingerprint,
            "is_used_before": False,
        }
        for number, packet in enumerate(PACKETS)
    ]
    return [
        ("session", session),
        ("tariff", {"snapshot_id": fingerprint(TEXT), "text": TEXT}),
        ("readings", [[point.at.isoformat(), point.register_wh] for point in points]),
        (
            "meter_key",
            {"public_key": key.hexadecimal, "fingerprint": key.fingerprint, "is_confirmed": True},
        ),
        *(("signed_reading", packet) for packet in packets),
        ("trust", {"verdict": "signed", "reasons": [], "power_w": 11_000}),
        ("cdr", record),
        ("vat", {"sold_by": "owner", "percent": "19", "vat_minor": 144}),
    ]


def receipt(found: list[Entry]) -> dict[str, Any]:
    chain = linked(found)
    return {
        "format": FORMAT,
        "issued_at": ISSUED.isoformat(),
        "session_id": "session",
        "cdr_id": "cdr-1",
        "version": 1,
        "corrects": None,
        "chain": chain,
        "head": chain[-1]["hash"],
    }


def file(found: list[Entry] | None = None) -> bytes:
    return file_of(signed(receipt(found or entries()), SEED), PACKETS)

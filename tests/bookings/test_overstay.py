"""What staying after a booking costs: worked numbers, and laws for all the others."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.bookings.overstay import Overstay, Stay, cap, lines, settled
from chargehub.units import minor

GOLDEN: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "golden" / "overstay.json").read_text()
)
UNTIL = datetime(2026, 3, 10, 11, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["case"])
def test_worked_numbers(case: dict[str, Any]) -> None:
    stated = case.get("per_minute")
    currency = case.get("currency", "EUR")
    asked = Overstay(
        Decimal(stated) if stated else None,
        timedelta(minutes=case.get("grace_minutes", 15)),
        case.get("night_ok", True),
    )
    stay = Stay(
        datetime.fromisoformat(case["until"]),
        datetime.fromisoformat(case["left"]),
        datetime.fromisoformat(case["waited_for"]) if "waited_for" in case else None,
        case.get("time_zone", "Europe/Oslo"),
        currency,
    )

    found = lines(settled(asked, case.get("plugs", ["IEC_62196_T2"]), currency), stay)

    shown = [
        "{kind} {quantity} {unit} {price} {amount_minor}".format(**one.stored()) for one in found
    ]
    assert shown == case["lines"]


@given(
    left_s=st.integers(-3600, 200_000),
    longer_s=st.integers(0, 100_000),
    waited_s=st.none() | st.integers(-3600, 200_000),
    night_ok=st.booleans(),
)
def test_staying_longer_never_costs_less_and_never_more_than_the_cap(
    left_s: int, longer_s: int, waited_s: int | None, night_ok: bool
) -> None:
    overstay = settled(Overstay(night_ok=night_ok), ["CHADEMO"], "EUR")
    waited_for_at = None if waited_s is None else UNTIL + waited_s * SECOND

    def cost(stayed_s: int, waited_for_at: datetime | None) -> int:
        stay = Stay(UNTIL, UNTIL + stayed_s * SECOND, waited_for_at, "Europe/Oslo", "EUR")
        return sum(line.amount_minor for line in lines(overstay, stay))

    sooner, later = cost(left_s, waited_for_at), cost(left_s + longer_s, waited_for_at)
    assert 0 <= sooner <= later <= minor(cap("EUR"), "EUR")
    assert cost(left_s, None) <= sooner
    assert left_s > 15 * 60 or sooner == 0

"""Worked numbers, one file a case: checked by hand once, and the same for ever."""

from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from chargehub.tariffs.components import Segment, Usage
from chargehub.tariffs.fields import decimal_text
from chargehub.tariffs.pricing import canonical, parse, price

FILES = sorted((Path(__file__).parent / "golden").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_bill_is_the_one_that_was_worked_out_by_hand(path: Path) -> None:
    case: dict[str, Any] = orjson.loads(path.read_bytes())
    tariff = parse(orjson.dumps(case["tariff"]).decode())
    segments = tuple(
        Segment(datetime.fromisoformat(start), datetime.fromisoformat(end), energy_wh, state)
        for start, end, energy_wh, state in case["segments"]
    )

    cost = price(tariff, Usage(case["time_zone"], segments, case.get("free_wh", 0)))

    lines = [
        [line.kind, decimal_text(line.quantity), decimal_text(line.price), line.amount_minor]
        for line in cost.lines
    ]
    assert lines == case["lines"], case["why"]
    assert (cost.total_minor, cost.vat_minor) == (case["total_minor"], case["vat_minor"])
    assert parse(canonical(tariff)) == tariff

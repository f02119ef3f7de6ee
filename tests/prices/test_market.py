"""Wholesale prices of a file: what they mean, and what a broken file changes."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chargehub.clock import HandClock
from chargehub.prices.listed import BadPrices, parse
from chargehub.prices.market import FileMarket, NoMarket
from tests.hub import RunningHub

HEAD = "area,currency,from,to,per_kwh\n"
TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
NO_TABLES: Any = None  # a file needs none


def row(start: datetime, per_kwh: str, area: str = "NO1", length: timedelta = HOUR) -> str:
    return f"{area},EUR,{start.isoformat()},{(start + length).isoformat()},{per_kwh}\n"


def told(market: FileMarket, at: datetime) -> Decimal | None:
    known = market.price_at(NO_TABLES, "NO1", "EUR", at)
    assert known is None or not known.is_old
    return known and known.per_kwh


def test_a_price_holds_from_its_start_up_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(HEAD + row(TEN + HOUR, "-0.02", length=HOUR / 4) + row(TEN, "0.11"))
    market = FileMarket(file)

    known = [told(market, TEN + n * HOUR / 4) for n in range(-1, 6)]

    assert known == [None, *[Decimal("0.11")] * 4, Decimal("-0.02"), None]
    assert market.knows("NO1", "EUR")
    assert not market.knows("NO1", "NOK") and not market.knows("NO2", "EUR")
    assert market.price_at(NO_TABLES, "NO2", "EUR", TEN) is None
    assert not NoMarket().knows("NO1", "EUR")


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_days_of_23_and_25_hours_have_a_price_for_each(day: tuple[int, ...], hours: int) -> None:
    zone = ZoneInfo("Europe/Oslo")
    start = datetime(*day, tzinfo=zone)  # type: ignore[arg-type, misc]
    end = (start + timedelta(days=1)).astimezone(UTC)
    first = start.astimezone(UTC)
    local = [(first + n * HOUR).astimezone(zone) for n in range(hours + 1)]
    lines = [
        f"NO1,EUR,{a.isoformat()},{b.isoformat()},0.{n:02d}\n"
        for n, (a, b) in enumerate(pairwise(local))
    ]

    found = parse((HEAD + "".join(lines)).encode(), is_json=False)

    assert [each.per_kwh for each in found] == [Decimal(n) / 100 for n in range(hours)]
    assert (found[0].during.start, found[-1].during.end) == (first, end)


def test_what_is_said_twice_is_said_once() -> None:
    twice = parse((HEAD + row(TEN, "0.1") * 2).encode(), is_json=False)

    assert [each.per_kwh for each in twice] == [Decimal("0.1")]


def test_json_says_the_same() -> None:
    text = (
        '[{"area": "NO1", "currency": "EUR", "from": "2026-03-01T10:00:00Z",'
        ' "to": "2026-03-01T11:00:00Z", "per_kwh": "0.11"}]'
    )

    assert parse(text.encode(), is_json=True) == parse((HEAD + row(TEN, "0.11")).encode(), False)


@pytest.mark.parametrize(
    "wrong",
    [
        row(TEN, "0.1") + row(TEN + HOUR / 2, "0.2"),
        row(TEN, "0.1") + row(TEN, "0.2"),
        row(TEN, "1e3"),
        row(TEN, "NaN"),
        row(TEN, "0.1234567"),
        row(TEN, "1001"),
        row(TEN, ""),
        row(TEN, "0.1", length=2 * HOUR),
        row(TEN, "0.1", length=-HOUR),
        row(TEN, "0.1", length=timedelta()),
        row(TEN, "0.1").replace("+00:00", ""),
        row(TEN, "0.1").replace("EUR", "EURO"),
        row(TEN, "0.1", area=""),
        "NO1,EUR,0001-01-01T00:00:00+23:00,0001-01-01T01:00:00+23:00,0.1\n",
        "NO1,EUR\n",
    ],
)
def test_what_cannot_be_meant_is_refused_whole(wrong: str) -> None:
    with pytest.raises(BadPrices):
        parse((HEAD + wrong).encode(), is_json=False)


@pytest.mark.parametrize("wrong", [b"{}", b"[1]", b"\xff", b"[", b'[{"per_kwh": 0.1}]'])
def test_json_of_another_shape_is_refused(wrong: bytes) -> None:
    with pytest.raises(BadPrices):
        parse(wrong, is_json=True)


def test_a_file_that_breaks_leaves_the_last_good_prices(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    market = FileMarket(file)
    assert told(market, TEN) is None

    for content, expected in ((HEAD + row(TEN, "0.11"), "0.11"), ("broken", "0.11")):
        file.write_text(content)
        assert told(market, TEN) == Decimal(expected)
    file.unlink()
    assert told(market, TEN) == Decimal("0.11")
    file.write_text(HEAD + row(TEN, "0.12"))
    os.utime(file, ns=(1, 1))
    assert told(market, TEN) == Decimal("0.12")


async def test_a_tariff_follows_its_market_and_then_goes_back_to_its_own_price(
    database: str, clock: HandClock, tmp_path: Path
) -> None:
    """(0.28 + 0.10) and 25 % VAT are 0.475. After the last price 0.45 is wanted again."""
    file = tmp_path / "prices.csv"
    start = clock.now()
    file.write_text(HEAD + row(start, "0.28") + row(start + HOUR, "-0.5"))
    hub = RunningHub(database, clock, wholesale_file=str(file))
    await hub.start()
    try:
        owner = await hub.person("owner", pays=False)
        bounds = {"floor_per_kwh": "0.10", "ceiling_per_kwh": "1"}
        energy = [{"kind": "energy", "per_kwh": "0.45"}]
        wanted = {"name": "M", "currency": "EUR", "vat_percent": "25", "components": energy}
        made = await owner.post("/tariffs", wanted | bounds)
        path = f"/tariffs/{made['id']}/dynamics"
        rule = {"by": "wholesale", "area": "NO1", "margin_per_kwh": "0.10"}

        refused = await owner.ask("PUT", path, rule | {"area": "NO9"}, 422)
        await owner.ask("PUT", path, rule, 200)
        told = []
        for _ in range(3):
            await hub.advance(minutes=59)
            told.append(await owner.get(path))
            await hub.advance(minutes=1)

        assert "NO9" in refused["detail"]
        assert [each["signals"]["wholesale_per_kwh"] for each in told] == ["0.28", "-0.5", None]
        assert [each["prices_per_kwh"] for each in told] == [["0.475"], ["0.4275"], ["0.45"]]
    finally:
        await hub.close()

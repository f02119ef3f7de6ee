"""The neighbourhood of the demo: drawn from real sessions, lived on a real hub."""

import asyncio
import csv
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import httpx2
import pytest
from rich.console import Console

from chargehub.app import Hub
from chargehub.audit.laws import findings_of
from chargehub.clock import FastClock
from chargehub.commands.demo import run
from chargehub.commands.demo.habits import HOURS, TENTHS_WH, Visit, visit_on, without_clashes
from chargehub.commands.demo.life import Life
from chargehub.commands.demo.neighbourhood import DRIVER, STATIONS
from tests.tree import ROOT

SESSIONS = ROOT.parent / "shared" / "data" / "residential_sessions.csv"
NOW = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)


def test_figures_are_those_of_the_real_sessions() -> None:
    if not SESSIONS.exists():
        pytest.skip("the real sessions are not beside this checkout")
    with SESSIONS.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter=";"))

    amounts = [
        (int(row["Start_plugin_hour"]), round(float(row["El_kWh"].replace(",", ".")) * 1000))
        for row in rows
        if row["Duration_hours"] not in ("", "NA")
        and float(row["Duration_hours"].replace(",", ".")) >= 0.1
        and float(row["El_kWh"].replace(",", ".")) >= 0.5
    ]
    ordered = sorted(wh for _, wh in amounts)

    assert len(amounts) == 6_701
    for hour, thousandth in enumerate(HOURS):
        share = 1000 * sum(begun == hour for begun, _ in amounts) / len(amounts)
        assert abs(share - thousandth) <= 1
    for tenth, wh in enumerate(TENTHS_WH[1:-1], start=1):
        assert abs(ordered[len(ordered) * tenth // 10] - wh) <= 20


def test_nobody_charges_in_two_places_or_two_in_one() -> None:
    random = Random(3)
    days = [NOW.date() + timedelta(days=day) for day in range(30)]
    visits = [visit_on(day, "Europe/Berlin", [11_000] * 3, 4, random) for day in days * 10]

    kept = without_clashes(visits)

    for key in ("place", "driver"):
        for one in {getattr(visit, key) for visit in kept}:
            same = [visit for visit in kept if getattr(visit, key) == one]
            assert all(a.leaves_at < b.arrives_at for a, b in pairwise(same))
    assert 50 < len(kept) < len(visits)


def test_a_visit_lasts_as_long_as_its_energy_takes() -> None:
    visit = Visit(0, 0, NOW, NOW + timedelta(hours=3), 11_000)

    assert visit.read_at(11_000, 3, 3) == NOW + timedelta(hours=1)


async def test_the_neighbourhood_lives_and_its_books_are_true(tmp_path: Path) -> None:
    with run._listening() as listener:
        settings = await asyncio.to_thread(run._settings, tmp_path, listener, None)
        settings = settings.model_copy(update=run.THERE)
        hub = Hub(settings, FastClock(NOW - timedelta(days=10), 1))
        async with run._serving(hub, listener):
            life = Life(hub, settings.public_url, Console(quiet=True))
            try:
                await life.settle_down()
                await life.pass_by(NOW, days=10, visits=8)
                await life.plans_of_dora()
                await life.go_on(rounds=2)

                async with httpx2.AsyncClient(base_url=settings.public_url, timeout=60) as api:
                    page = (await api.get("/")).text
                dora = life.people[DRIVER]
                sessions = (await dora.get("/sessions?role=driver"))["items"]
                bookings = (await dora.get("/bookings?role=driver"))["items"]
            finally:
                await life.close()

    assert page.count("data-evse=") == STATIONS
    assert life.charged >= 3 and len(life.charging) >= 5
    assert "active" in {each["status"] for each in sessions}
    assert "confirmed" in {each["status"] for each in bookings}
    laws = await asyncio.to_thread(findings_of, settings.database)
    assert [each.law for each in laws if each.state == "broken"] == []

"""Uptime and outages as authorities ask for them, by port, and whether it is enough."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from chargehub.jurisdictions.rules import Uptime
from chargehub.reporting.rules import is_met, month_after, share_of
from chargehub.reputation.uptime import Measured
from chargehub.units import Span
from tests.hub import Person, Place, RunningHub
from tests.reporting.test_reports import hub, rows
from tests.reputation.test_facts import lose

__all__ = ["hub"]
YEAR = Span(datetime(2025, 4, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
MINUTES = 525_600
UK = Uptime(least_percent="99", formula="uk", period="calendar_year", from_power_w=50_000)
NEVI = Uptime(least_percent="97", formula="nevi", period="past_12_months")


@pytest.mark.parametrize(
    ("bound", "measured", "met"),
    [
        (NEVI, Measured(MINUTES * 60, 15_768 * 60, 0, 0, 0), False),  # 97 %, and not more
        (NEVI, Measured(MINUTES * 60, 15_768 * 60 - 1, 0, 0, 0), True),
        (NEVI, Measured(3_600, 15_768 * 60, 1, 0, 0), True),
        (NEVI, Measured(), None),
        (UK, Measured(100, 1, 0, 99, 1), True),  # 99 % is enough
        (UK, Measured(1_000, 11, 0, 989, 11), False),
        (UK, Measured(100, 100, 0, 0, 0), None),  # without a line nothing is measured there
        (None, Measured(100, 0, 0, 100, 0), None),
    ],
)
def test_bounds_are_those_of_the_rules(
    bound: Uptime | None, measured: Measured, met: bool | None
) -> None:
    assert is_met(bound, share_of(bound, measured, YEAR), 50_000) is met


def test_a_bound_is_asked_from_a_power_on() -> None:
    assert is_met(UK, Fraction(1, 2), 49_999) is None
    assert is_met(UK, Fraction(1, 2), 50_000) is False


def test_months_are_counted_over_years() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)

    found = [month_after(start, months) for months in (-1, 0, 11, 12)]

    assert [f"{one:%Y-%m}" for one in found] == ["2025-12", "2026-01", "2026-12", "2027-01"]


async def in_country(owner: Person, place: Place, code: str) -> None:
    """The place is in another country than before; its listing is withdrawn for that."""
    station = await owner.get(f"/stations/{place.station_id}")
    await owner.ask("DELETE", f"/stations/{place.station_id}/listing", None, 204)
    path = f"/locations/{station['location_id']}/country"
    await owner.ask("PUT", path, {"country": code}, 200)


async def measured(hub: RunningHub, code: str) -> tuple[Person, list[dict[str, Any]]]:
    """A station on the market from Monday 08:00 on, without its line from 20:00 to midnight."""
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1", time_zone="UTC")
    await hub.advance(hours=12)
    await lose(hub, owner, place)
    await hub.advance(hours=4)
    await place.sim.reconnect(boot=True)
    await hub.settle()
    await in_country(owner, place, code)
    await hub.advance(hours=24)
    return owner, await rows(owner, "/reports/uptime/2026")


async def test_twelve_months_are_asked_for_with_every_month(hub: RunningHub) -> None:
    owner, (month, year) = await measured(hub, "US")

    assert (month["period"], year["period"], month["country"]) == ("2026-03", "2026", "US")
    assert (month["offered_s"], month["outage_s"]) == (str(16 * 3_600), str(4 * 3_600))
    assert (month["least_percent"], month["over"]) == ("97", "past_12_months")
    # 4 hours of the 337 days from April on: 337 * 24 = 8,088 hours
    assert (month["reached_percent"], month["is_met"]) == ("99.9505", "yes")
    assert month["nevi_percent"] == "94.4444"  # of the three days of March that are over
    assert (year["least_percent"], year["is_met"]) == ("", "")
    assert await rows(owner, "/reports/uptime/2025") == []


async def test_other_countries_ask_for_nothing_and_get_the_figures(hub: RunningHub) -> None:
    _, (month, year) = await measured(hub, "GB")

    assert month["uk_percent"] == year["uk_percent"] == "100.0000"
    assert {row["is_met"] for row in (month, year)} == {""}  # below 50 kW nothing is asked


async def test_outages_are_told_by_port_and_minute(hub: RunningHub) -> None:
    owner, _ = await measured(hub, "US")

    (row,) = await rows(owner, "/reports/outages/2026-Q1")

    assert (row["began_at"], row["ended_at"]) == ("2026-03-02T20:00:00Z", "2026-03-03T00:00:00Z")
    assert (row["minutes"], row["excluded_minutes"]) == ("240.00", "0.00")
    assert row["cause"] == "no_line"
    assert await rows(owner, "/reports/outages/2026-Q2") == []


async def test_an_outage_that_is_not_over_has_no_end(hub: RunningHub) -> None:
    owner, operator = await hub.person("owner", pays=False), await hub.operator()
    place = await hub.station(owner, "1.6", time_zone="UTC")
    await lose(hub, owner, place)
    await hub.advance(minutes=90)

    (row,) = await rows(operator, "/reports/outages/2026-Q1?whose=all")

    assert (row["began_at"], row["ended_at"], row["minutes"]) == (
        "2026-03-02T08:00:00Z",
        "",
        "90.00",
    )
    assert await rows(operator, "/reports/outages/2026-Q1") == []

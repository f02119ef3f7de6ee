"""Times in mails: by the clock of the place, also on the night when that changes."""

from datetime import UTC, datetime, timedelta

import pytest

from chargehub.stations.local_times import spelt
from chargehub.units import Span

NIGHT = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # Oslo's clock goes back at 01:00 UTC


@pytest.mark.parametrize(
    ("time_zone", "told"),
    [
        ("Europe/Oslo", "from 2026-10-25 02:30 CEST to 2026-10-25 02:30 CET (Europe/Oslo)"),
        (
            "America/Sao_Paulo",
            "from 2026-10-24 21:30 UTC-03 to 2026-10-24 22:30 UTC-03 (America/Sao_Paulo)",
        ),
        (
            "Asia/Kathmandu",
            "from 2026-10-25 06:15 UTC+0545 to 2026-10-25 07:15 UTC+0545 (Asia/Kathmandu)",
        ),
        ("UTC", "from 2026-10-25 00:30 UTC to 2026-10-25 01:30 UTC (UTC)"),
    ],
)
def test_a_time_is_told_by_the_clock_there(time_zone: str, told: str) -> None:
    assert spelt(Span(NIGHT, NIGHT + timedelta(hours=1)), time_zone) == told

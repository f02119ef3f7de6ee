"""Night where it is night for certain, and day wherever it may be."""

from datetime import UTC, datetime

import pytest

from chargehub.energy.sunlight import may_shine

OSLO, QUITO, SYDNEY, TROMSO = (
    (59_913_900, 10_752_200),
    (-180_700, -78_467_800),
    (-33_868_800, 151_209_300),
    (69_649_200, 18_955_300),
)


@pytest.mark.parametrize(
    ("place", "at", "is_day"),
    [
        (OSLO, datetime(2026, 3, 2, 8, 0, tzinfo=UTC), True),  # the sun rose at 06:10
        (OSLO, datetime(2026, 3, 2, 11, 0, tzinfo=UTC), True),
        (OSLO, datetime(2026, 3, 2, 16, 30, tzinfo=UTC), True),  # it sets at 16:40
        (OSLO, datetime(2026, 3, 2, 19, 0, tzinfo=UTC), False),
        (OSLO, datetime(2026, 3, 2, 1, 0, tzinfo=UTC), False),
        (OSLO, datetime(2026, 6, 21, 20, 30, tzinfo=UTC), True),  # it sets at 20:44
        (OSLO, datetime(2026, 12, 21, 11, 30, tzinfo=UTC), True),
        (QUITO, datetime(2026, 6, 21, 12, 0, tzinfo=UTC), True),  # 07:00 there
        (QUITO, datetime(2026, 6, 21, 4, 0, tzinfo=UTC), False),
        (SYDNEY, datetime(2026, 12, 21, 2, 0, tzinfo=UTC), True),
        (SYDNEY, datetime(2026, 12, 21, 14, 0, tzinfo=UTC), False),
        (TROMSO, datetime(2026, 6, 21, 23, 0, tzinfo=UTC), True),  # it does not set
        (TROMSO, datetime(2026, 12, 21, 20, 0, tzinfo=UTC), False),
    ],
)
def test_the_sun_shines_by_day(place: tuple[int, int], at: datetime, is_day: bool) -> None:
    assert may_shine(*place, at) is is_day


def test_nowhere_is_it_always_day_in_march() -> None:
    hours = [datetime(2026, 3, 20, hour, tzinfo=UTC) for hour in range(24)]

    for longitude_e6 in range(-180_000_000, 180_000_001, 30_000_000):
        lit = sum(may_shine(45_000_000, longitude_e6, at) for at in hours)
        assert 12 <= lit <= 14, longitude_e6

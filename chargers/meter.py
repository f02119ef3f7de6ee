"""The meter of an EVSE: a register in whole Wh that only rises."""

from datetime import timedelta

WATT_MICROSECONDS_PER_WH = 3_600_000_000


class Meter:
    """Counts energy. What does not fill a whole Wh is kept for the next time, never lost."""

    def __init__(self, register_wh: int = 0) -> None:
        assert register_wh >= 0, register_wh
        self._register_wh = register_wh
        self._rest = 0

    @property
    def register_wh(self) -> int:
        """What the register shows, in whole Wh."""
        return self._register_wh

    def add(self, energy_wh: int) -> None:
        """Count whole Wh."""
        assert energy_wh >= 0, energy_wh
        self._register_wh += energy_wh

    def run(self, power_w: int, elapsed: timedelta) -> int:
        """Count `power_w` flowing for `elapsed`; returns the whole Wh the register rose by."""
        assert power_w >= 0, power_w
        assert elapsed >= timedelta(), elapsed
        whole, self._rest = divmod(
            self._rest + power_w * (elapsed // timedelta(microseconds=1)),
            WATT_MICROSECONDS_PER_WH,
        )
        self._register_wh += whole
        return whole

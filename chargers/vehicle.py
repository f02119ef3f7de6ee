"""A car: how full its battery is and how much power it takes. Pure; whole Wh and W."""

from dataclasses import dataclass, replace

TAPER_FROM_PERCENT = 80  # above this charge cars lower their power to spare the battery
LEAST_SHARE_PERCENT = 10  # of the full power, taken just before the battery is full


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A car with a battery of `battery_wh`, filled to `level_wh`, taking at most `max_power_w`.

    0 <= level_wh <= battery_wh, always.
    """

    battery_wh: int = 60_000
    level_wh: int = 18_000
    max_power_w: int = 11_000

    def __post_init__(self) -> None:
        assert self.battery_wh > 0, self.battery_wh
        assert 0 <= self.level_wh <= self.battery_wh, self.level_wh
        assert self.max_power_w > 0, self.max_power_w

    @property
    def soc_percent(self) -> int:
        """State of charge, 0 to 100, rounded down."""
        return self.level_wh * 100 // self.battery_wh

    @property
    def is_full(self) -> bool:
        """True if it takes no more."""
        return self.level_wh == self.battery_wh

    def power_w(self, offered_w: int) -> int:
        """The power it takes when `offered_w` is offered.

        Never more than offered or than its own limit; falls in a straight line above 80 % charge
        and never rises while the battery fills; 0 when full.
        """
        assert offered_w >= 0, offered_w
        if self.is_full:
            return 0
        taper_wh = self.battery_wh * TAPER_FROM_PERCENT // 100
        if self.level_wh <= taper_wh:
            return min(offered_w, self.max_power_w)
        room = self.battery_wh - self.level_wh
        width = self.battery_wh - taper_wh
        percent = LEAST_SHARE_PERCENT + (100 - LEAST_SHARE_PERCENT) * room // width
        return min(offered_w, max(1, self.max_power_w * percent // 100))

    def charged(self, energy_wh: int) -> "Vehicle":
        """The same car with that much more in its battery, at most full."""
        assert energy_wh >= 0, energy_wh
        return replace(self, level_wh=min(self.battery_wh, self.level_wh + energy_wh))

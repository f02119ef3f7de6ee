"""What an EVSE can have given: nobody is billed for more, whatever its meter says. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from chargehub.meters.trust import most_wh
from chargehub.sessions.meter import Metered, Point

TOO_FAST = "too_fast"  # as in the verdicts on what meters say


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that a session can have taken.

    `power_w` is what the EVSE gives; None: nothing is known that bounds it. `booked` is how long
    the session's slot is, whose price was told for that power without any margin. `is_timed`
    False: the station's clock told no durations, so that the slot alone bounds.
    """

    power_w: int | None = None
    booked: timedelta | None = None
    is_timed: bool = True

    def most_wh(self, took: timedelta) -> int | None:
        """The most in so much time; None: no bound. Never less for more time."""
        if self.power_w is None:
            return None
        most = most_wh(self.power_w, took) if self.is_timed else None
        if self.booked is None:
            return most
        slot = max(took, self.booked) if self.is_timed else self.booked
        told = most_wh(self.power_w, slot, margin_percent=0)
        return told if most is None else min(most, told)

    def cut(self, metered: Metered) -> Metered:
        """What may be billed of it: no register above what the EVSE can have given until then.

        Where all of it fits, it is as it was. Start and end stay, and registers only rise.
        """
        start, end = metered.points[0], metered.points[-1]
        most = self.most_wh(end.at - start.at)
        if most is None or metered.energy_wh <= most:
            return metered
        return Metered(tuple(self._cut(start, point) for point in metered.points), metered.flags)

    def _cut(self, start: Point, point: Point) -> Point:
        most = self.most_wh(point.at - start.at)
        assert most is not None, self
        return Point(point.at, min(point.register_wh, start.register_wh + most))


UNBOUND = Bound()

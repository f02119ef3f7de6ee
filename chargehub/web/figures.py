"""The hub's figures as Prometheus reads them, for people; and how quickly one of them grows."""

from collections import deque
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

APART_S = 5.0  # two looks nearer to each other say little of a rate
LOOKS = 30

Figures = Mapping[str, Mapping[str, float]]


def figures(text: str) -> Figures:
    """By name without `chargehub_` and `_total`: values by their label, or by no letter."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name.removeprefix("chargehub_").removesuffix("_total")
            label = next(iter(sample.labels.values()), "")
            if not name.endswith("_created"):
                found.setdefault(name, {})[label] = sample.value
    return found


class Growth:
    """How quickly a number that only grows did so between two looks."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, float]] = deque(maxlen=LOOKS)

    def per_minute(self, value: float, at_s: float) -> int | None:
        """Since the newest look that is old enough; None: there was none. `at_s`: monotonic."""
        if self._looks and value < self._looks[-1][1]:
            self._looks.clear()  # counted anew: the hub was started again
        old = [look for look in self._looks if at_s - look[0] >= APART_S]
        self._looks.append((at_s, value))
        if not old:
            return None
        then_s, then = old[-1]
        return round(60 * (value - then) / (at_s - then_s))

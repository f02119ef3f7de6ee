"""What passed over the lines, in plain numbers, and the same as metrics."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector


@dataclass(slots=True)
class Counts:
    """Counted by all lines of one server since its start. Read and written in its loop only."""

    frames: int = 0  # came in
    calls: int = 0  # of stations, answered
    repeated: int = 0  # answered from memory: the station had sent the very same call
    refused: int = 0  # answered with an error that is the station's
    failed: int = 0  # answered with InternalError
    answers_refused: int = 0  # of ours, which a station could not read (2.1)
    unreadable: int = 0  # no OCPP frame
    unsolicited: int = 0  # answers to nothing we had asked
    asked: int = 0  # calls to stations
    timed_out: int = 0  # of those, without an answer in time
    turned_away: int = 0  # connections refused before the upgrade
    unknown: int = 0  # of those, under a name that no station has
    adopted: int = 0  # stations that came while their owner's pairing window was open
    replaced: int = 0  # lines closed because a newer one of the same station came
    slowed: int = 0  # frames that waited because their station sends too many
    floods: int = 0  # lines closed because that went on
    repairs: Counter[str] = field(default_factory=Counter)  # places mended, by rule


class LineMetrics(Collector):
    """Gives Prometheus the counts, and how many stations have a line by OCPP version."""

    def __init__(self, counts: Counts, connected: Callable[[], Mapping[str, int]]) -> None:
        self._counts = counts
        self._connected = connected

    def collect(self) -> Iterable[Metric]:
        """Called at each scrape."""
        stations = GaugeMetricFamily(
            "chargehub_connected_stations", "Stations with a line.", labels=["ocpp_version"]
        )
        for version, number in self._connected().items():
            stations.add_metric([version], number)
        yield stations
        events = CounterMetricFamily(
            "chargehub_ocpp", "What passed over the lines.", labels=["what"]
        )
        for each in fields(Counts):
            if each.type is int:
                events.add_metric([each.name], getattr(self._counts, each.name))
        yield events
        repairs = CounterMetricFamily(
            "chargehub_ocpp_repairs", "Places of calls that were mended.", labels=["rule"]
        )
        for rule, number in self._counts.repairs.items():
            repairs.add_metric([rule], number)
        yield repairs

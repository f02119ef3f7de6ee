"""How the hub is seen from outside: the form of its log, and its metrics."""

import logging
import sys
from collections.abc import Callable, Iterator

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

# Local variables hold passwords, id tokens and keys: no traceback shows them.
NO_LOCALS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def set_up_log(level: str, as_json: bool) -> None:
    """Constant sentences with facts as fields, to standard error."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("chargehub.wire").setLevel(number)
    # A job that is still busy at the next tick is no news: it looks again at the one after.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    ending = (
        [structlog.processors.ExceptionRenderer(NO_LOCALS), structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *ending,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


Gauges = dict[str, tuple[str, Callable[[], float]]]


class _Gauges(Collector):
    """Reads the hub's figures when somebody asks."""

    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (meaning, read) in self._gauges.items():
            yield GaugeMetricFamily(f"chargehub_{name}", meaning, value=read())


def registry_of(gauges: Gauges) -> CollectorRegistry:
    """A registry of figures: name -> (meaning, how to read it)."""
    registry = CollectorRegistry()
    registry.register(_Gauges(gauges))
    return registry

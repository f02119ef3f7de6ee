"""Live messages within one process: a topic changed, look again. Lossy on purpose."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class LiveBus:
    """Wakes those who watch a topic. Wakes may be merged; none carries content."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[asyncio.Event]] = defaultdict(set)

    def publish(self, topics: Iterable[str]) -> None:
        """Wake everybody who watches one of the topics."""
        for topic in topics:
            for watcher in self._watchers.get(topic, ()):
                watcher.set()

    @contextmanager
    def watch(self, *topics: str) -> Iterator[asyncio.Event]:
        """An event that is set when one of the topics changes; clear it before looking."""
        event = asyncio.Event()
        for topic in topics:
            self._watchers[topic].add(event)
        try:
            yield event
        finally:
            for topic in set(topics):
                self._watchers[topic].discard(event)
                if not self._watchers[topic]:
                    del self._watchers[topic]

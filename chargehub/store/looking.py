"""Looking before writing: whether a job has anything to do, asked of a reader.

Most jobs have nothing to do at most ticks; only those that have are given to the writer.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from chargehub.store.chunk import Chunk
from chargehub.store.work import Reads, Work

Job = Callable[[Work, datetime, Chunk], int]


class _WouldWrite(Exception):
    """The job has come to its first change, so there is something to do."""


class _Look(Work):
    """A unit of work that ends where the first change would be made."""

    def __init__(self, reads: Reads) -> None:
        super().__init__(reads.connection, {}, {})

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise _WouldWrite

    _begin = append = at_last = notify = _refuse  # what every change goes through


def idle_jobs(
    reads: Reads, jobs: Sequence[Job], now: datetime, put_off: Mapping[str, Collection[str]]
) -> int:
    """How many jobs have nothing to do, before the first that has (or fails: it does so again
    where that is noted). `put_off`: by a job's name, keys of rows that it is to leave out."""
    for number, job in enumerate(jobs):
        try:
            found = job(_Look(reads), now, Chunk(put_off[job.__name__]))
        except Exception:  # a change, or a fault
            return number
        if found:
            return number
    return len(jobs)

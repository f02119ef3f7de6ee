"""What a job does in one unit of work: a chunk of due rows, each whole or not at all.

A row that cannot be done leaves nothing, keeps no other from being done, and is put off.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TypeVar

from chargehub.store.work import Work

Row = TypeVar("Row")

SIZE = 50  # rows in one unit of work, so that a job never keeps the writer for long


class Chunk:
    """The rows a job takes on now. `put_off`: keys of rows that failed lately, to be left out."""

    def __init__(self, put_off: Collection[str] = ()) -> None:
        self._put_off = put_off
        self.failed: dict[str, Exception] = {}

    @property
    def limit(self) -> int:
        """How many rows to read: those to be done may stand behind those that are put off."""
        return SIZE + len(self._put_off)

    def each(
        self,
        work: Work,
        rows: Sequence[Row],
        key: Callable[[Row], str],
        deed: Callable[[Work, Row], None],
    ) -> int:
        """Do the deed for every row that is not put off, at most `SIZE`; how many it was done for.

        What failed stands in `failed`, by key.
        """
        chosen = [row for row in rows if key(row) not in self._put_off][:SIZE]
        for row in chosen:
            error = work.attempt(partial(_do, deed, row))
            if error is not None:
                self.failed[key(row)] = error
        return len(chosen) - len(self.failed)


def _do(deed: Callable[[Work, Row], None], row: Row, work: Work) -> None:
    deed(work, row)


class AllOrNothing(Chunk):
    """A chunk of which every row must succeed: for who asks for the deed, and no job."""

    def each(
        self,
        work: Work,
        rows: Sequence[Row],
        key: Callable[[Row], str],
        deed: Callable[[Work, Row], None],
    ) -> int:
        """Do the deed for every row; how many they were. Raises what the deed raises."""
        for row in rows:
            deed(work, row)
        return len(rows)


ALL = AllOrNothing()

"""Points at which a hub can die within this process: its statements and its requests to the twin.

A hub that died runs no further statement and hears no further answer, whatever thread of it goes
on: what SQLite rolls back then is what it rolls back after a real death. What a real death does
to the file itself (fsync) is not seen here; `test_kill.py` ends real processes.
"""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from tests.crash.left import Keeper
from tests.crash.postgresql import on_postgresql

_SILENT = ("PRAGMA", "ROLLBACK")  # opening a file, and what SQLite does by itself after a death


class Killed(BaseException):
    """The process ended here. No `except Exception` of the hub may live on after it."""


class Points:
    """Counts the points of one life of a hub, and ends it at one of them.

    `kill_at` 1 is the first point; None: it lives. `passed`: the name of every point so far.
    `keeper` notes at each of them what a death would leave.
    """

    def __init__(self, kill_at: int | None = None, keeper: Keeper | None = None) -> None:
        self.passed: list[str] = []
        self.has_died = False
        self.died: Callable[[], None] = lambda: None
        self.committing = threading.Lock()
        self.keeper = keeper
        self._kill_at = kill_at
        self._lock = threading.Lock()

    def reach(self, name: str) -> None:
        """Here the hub may die. Raises Killed."""
        with self._lock:
            if not self.has_died:
                self.passed.append(name)
                dies_here = len(self.passed) == self._kill_at
                with self.committing:
                    if self.keeper is not None:
                        self.keeper.note(len(self.passed))
                    self.has_died |= dies_here
                if not dies_here:
                    return
                self.died()
        raise Killed(name)

    def watch(self, engine: Engine) -> None:
        """Every statement of this engine is a point, and so is what comes after a COMMIT."""
        event.listen(engine, "do_connect", self._connect)

    def _connect(self, dialect: Any, _record: Any, args: Any, options: dict[str, Any]) -> Any:
        if dialect.name == "postgresql":
            return on_postgresql(self.reach, args, options)
        options["factory"] = lambda *args, **more: _Connection(self, *args, **more)
        return None  # so SQLAlchemy connects


class _Connection(sqlite3.Connection):
    def __init__(self, points: Points, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._points = points

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(lambda connection: _Cursor(self._points, connection))

    def commit(self) -> None:
        if not self.in_transaction:
            return
        self._points.reach("COMMIT")
        with self._points.committing:
            if self._points.has_died:  # meanwhile, at a point of another thread
                raise Killed("COMMIT")
            super().commit()
        self._points.reach("after COMMIT")


class _Cursor(sqlite3.Cursor):
    def __init__(self, points: Points, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._points = points

    def execute(self, statement: str, *values: Any) -> "_Cursor":
        if not statement.startswith(_SILENT):
            self._points.reach(statement)
        super().execute(statement, *values)
        return self

"""Points of a life on PostgreSQL: as on SQLite, the statements and what comes after a COMMIT."""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus


def on_postgresql(reach: Callable[[str], None], args: Any, options: dict[str, Any]) -> Any:
    """A connection that calls `reach` with the name of each point before it goes on."""

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *values: Any, **more: Any) -> Any:
            reach(str(query))
            return super().execute(query, *values, **more)

        def executemany(self, query: Any, *values: Any, **more: Any) -> None:
            reach(str(query))
            super().executemany(query, *values, **more)

    class Connection(psycopg.Connection[Any]):
        def commit(self) -> None:
            if self.info.transaction_status == TransactionStatus.IDLE:
                return
            reach("COMMIT")
            super().commit()
            reach("after COMMIT")

    return Connection.connect(*args, **{**options, "cursor_factory": Cursor})

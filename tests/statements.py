"""Statements compiled once for all databases of a run, as a hub compiles them once for its life.

SQLAlchemy keeps what it compiled with the engine; tests make thousands of engines, each for a few
statements. Here all engines of one kind of database keep it together.

Source: SQLAlchemy 2.1, `Connection.execution_options.compiled_cache`; keys begin with the dialect.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event

MOST = 20_000  # statements; a whole run knows fewer, as the hub writes none by hand


class Compiled(dict[Any, Any]):
    """What was compiled, by statement, whatever engine it was for."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= MOST:
            self.clear()
        super().__setitem__(key[1:], compiled)


COMPILED: dict[str, Compiled] = {}


def share_compiled() -> None:
    """All engines of this process share what they compile from now on."""
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    shared = COMPILED.setdefault(connection.dialect.name, Compiled())
    connection.execution_options(compiled_cache=shared)

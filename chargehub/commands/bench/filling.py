"""Writes very many rows into tables, all or none; indices and laws are made when all is there.

An index is made of all rows at once far sooner than row by row.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, text
from sqlmodel import SQLModel

from chargehub.store.work import table_of

_CACHE_KIB: Final = 1_000_000  # SQLite's, so that rows in no order find their page in memory
_SQLITE: Final = text(
    "SELECT 'DROP ' || type || ' ' || name, sql FROM sqlite_master"
    " WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND tbl_name IN :tables ORDER BY name"
).bindparams(bindparam("tables", expanding=True))
# Keys and unique constraints stay: ids come in order, and others may refer to them.
_POSTGRES: Final = text("""
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
        pg_get_constraintdef(oid))
FROM pg_constraint
WHERE contype IN ('f', 'x') AND conrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[]))
UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[]))
    AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
""")


@contextmanager
def filling(engine: Engine, models: Sequence[type[SQLModel]]) -> Iterator["Filler"]:
    """Rows for these tables, in one transaction.

    On SQLite nothing that was there before is held against the triggers: they see new rows only.
    """
    tables = [table_of(model).name for model in models]
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if is_sqlite:
            connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_KIB}")
            connection.commit()
        with connection.begin():
            laws = connection.execute(_SQLITE if is_sqlite else _POSTGRES, {"tables": tables}).all()
            _run(connection, (drop for drop, _ in laws))
            yield Filler(connection)
            _run(connection, (make for _, make in laws))
    engine.dispose()  # and with it the large cache


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


class Filler:
    """One transaction in which tables are filled."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._columns: dict[type[SQLModel], _Columns] = {}

    def write(self, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
        """A column that is not given has its default."""
        columns = self._columns.get(model)
        if columns is None:
            columns = self._columns[model] = _Columns(model, self.connection)
        names, table = ", ".join(columns.names), table_of(model).name
        cursor: Any = self.connection.connection.cursor()
        if self.connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(columns.names))
            sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"
            cursor.executemany(sql, map(columns.values, rows))
        else:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(columns.values(row))
        cursor.close()


class _Columns:
    """The columns of a table, and how a row is said to the driver."""

    def __init__(self, model: type[SQLModel], connection: Connection) -> None:
        dialect = connection.dialect
        fields = model.model_fields.items()
        defaults = {name: field.default for name, field in fields if not field.is_required()}
        kinds = {each.name: each.type.dialect_impl(dialect) for each in table_of(model).c}
        self.names = list(kinds)
        self._ways = [(name, kind.bind_processor(dialect)) for name, kind in kinds.items()]
        self._defaults = {
            name: way(defaults[name]) if way else defaults[name]
            for name, way in self._ways
            if name in defaults
        }

    def values(self, row: dict[str, Any]) -> list[Any]:
        return [
            self._defaults[name] if name not in row else way(row[name]) if way else row[name]
            for name, way in self._ways
        ]

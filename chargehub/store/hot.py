"""Statements of the hot paths: compiled once, then sent straight to the driver's cursor.

SQLAlchemy's own way costs about 80 µs a statement, this one about 10. Types, constraints' errors
and row attributes are the same; only what the hot paths need is supported.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ClauseElement

Processor = Callable[[Any], Any] | None
_ROWS_TOGETHER = (64, 8, 1)  # a few texts, so that the driver finds them in its cache


class Hot:
    """A Core statement with named bind parameters, for `Reads` and `Work`.

    `columns`: the columns of an INSERT that is to be given by keyword.
    """

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, params: dict[str, Any]) -> "Cursor":
        """Execute once. Raises what SQLAlchemy would raise."""
        compiled = self._compile(connection.dialect)
        cursor: Any = connection.connection.cursor()
        try:
            cursor.execute(compiled.sql, compiled.bound(params))
        except connection.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            raise _wrapped(compiled.sql, error, connection.dialect) from error
        return Cursor(cursor, compiled)

    def run_many(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Execute once for every row; on SQLite an INSERT takes many rows at a time."""
        compiled = self._compile(connection.dialect)
        bound = [compiled.bound(row) for row in rows]
        cursor: Any = connection.connection.cursor()
        try:
            if connection.dialect.name == "sqlite":
                for sql, values in compiled.together(bound):
                    cursor.execute(sql, values)
            else:
                cursor.executemany(compiled.sql, bound)
        except connection.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            raise _wrapped(compiled.sql, error, connection.dialect) from error
        finally:
            cursor.close()

    def _compile(self, dialect: Dialect) -> "_Compiled":
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _Compiled(
                self._statement, self._columns, dialect
            )
        return found


class Cursor:
    """What a statement gave."""

    def __init__(self, cursor: Any, compiled: "_Compiled") -> None:
        self._cursor = cursor
        self._compiled = compiled

    def first(self) -> Any:
        """The first row or None."""
        row = self._cursor.fetchone()
        self._cursor.close()
        return None if row is None else self._compiled.row(row)

    def all(self) -> list[Any]:
        """Every row."""
        rows = self._compiled.rows(self._cursor.fetchall())
        self._cursor.close()
        return rows

    def changed(self) -> int:
        """How many rows were changed."""
        count: int = self._cursor.rowcount
        self._cursor.close()
        return count


class _Compiled:
    """A statement for one database: its text, and how values go in and come out."""

    def __init__(
        self, statement: ClauseElement, columns: Sequence[str] | None, dialect: Dialect
    ) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        assert not compiled.post_compile_params, "IN lists are not for hot statements: use OR"
        self.sql: str = compiled.string
        defaults = compiled.construct_params(_check=False)
        order: Sequence[str] | None = compiled.positiontup
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        names = order if order is not None else list(binds)
        self._positional = order is not None
        self._names = names
        self._defaults = {name: defaults[name] for name in names if not binds[name].required}
        self._in = [
            (i, processor)
            for i, name in enumerate(names)
            if (processor := _bind(binds[name].type, dialect))
        ]
        self._make: Any = None
        if isinstance(statement, Select) or getattr(statement, "_returning", None):  # no public way
            self._results(statement, dialect)

    def together(self, bound: Sequence[Sequence[Any]]) -> Iterator[tuple[str, list[Any]]]:
        """One INSERT for many rows: every statement hands the interpreter to another thread."""
        head, values = self.sql.split(" VALUES ")
        at = 0
        for size in _ROWS_TOGETHER:
            while len(bound) - at >= size:
                part = bound[at : at + size]
                yield (
                    f"{head} VALUES {', '.join([values] * size)}",
                    [v for row in part for v in row],
                )
                at += size

    def _results(self, statement: Any, dialect: Dialect) -> None:
        columns = list(
            statement.selected_columns if isinstance(statement, Select) else statement._returning
        )
        names = [getattr(column, "key", None) or f"column_{i}" for i, column in enumerate(columns)]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self._make = row._make
        self._out = [
            (i, processor)
            for i, column in enumerate(columns)
            if (processor := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]

    def bound(self, params: dict[str, Any]) -> Any:
        """The parameters as the driver wants them."""
        given = self._defaults | params if self._defaults else params
        values = [given[name] for name in self._names]
        for index, processor in self._in:
            values[index] = processor(values[index])
        return values if self._positional else dict(zip(self._names, values, strict=True))

    def rows(self, raw: Sequence[Sequence[Any]]) -> list[Any]:
        """As `row`, of many."""
        return list(map(self.row if self._out else self._make, raw))

    def row(self, raw: Sequence[Any]) -> Any:
        """A row whose columns are attributes."""
        if not self._out:
            return self._make(raw)
        values = list(raw)
        for index, processor in self._out:
            values[index] = processor(values[index])
        return self._make(values)


def _bind(kind: Any, dialect: Dialect) -> Processor:
    processor: Processor = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _wrapped(sql: str, error: Exception, dialect: Dialect) -> Exception:
    base: Any = dialect.dbapi.Error  # type: ignore[union-attr]
    return DBAPIError.instance(sql, None, error, base, dialect=dialect)


def insert_of(table: Table) -> Hot:
    """INSERT into a table with every column given but a serial key."""
    keys = [column.key for column in table.columns if column is not table.autoincrement_column]
    return Hot(insert(table), keys)

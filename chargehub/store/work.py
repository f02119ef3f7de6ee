"""One unit of work: reads, writes and the events that go with them, in one commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from chargehub.events import Event
from chargehub.store.columns import new_id, values_of
from chargehub.store.hot import Hot, insert_of
from chargehub.store.tables import DeliveryRow, EventRow

Rows = dict[Table, list[dict[str, Any]]]
Finish = Callable[[Connection, list[Any]], None]
Followers = Mapping[type[Event], Sequence[str]]


def table_of(model: type[SQLModel]) -> Table:
    """The Core table behind a SQLModel class."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def write_rows(connection: Connection, rows: Rows) -> None:
    """Insert what was collected, one statement a table."""
    for table, values in rows.items():
        _insert(table).run_many(connection, values)


_ERRANDS = frozenset({table_of(EventRow), table_of(DeliveryRow)})


@cache
def _insert(table: Table) -> Hot:
    return insert_of(table)


@cache
def _defaults(model: type[SQLModel]) -> dict[str, Any]:
    """What a row has where nothing is said."""
    fields = model.model_fields.items()
    return {name: field.default for name, field in fields if not field.is_required()}


class Reads:
    """What a query takes: statements in, rows out. Statements are SQLAlchemy Core."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection:
        """The connection itself, for what no statement says."""
        return self._connection

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    def one(self, statement: Executable | Hot, **params: Any) -> Any:
        """The first row, its columns as attributes, or None."""
        if isinstance(statement, Hot):
            return statement.run(self._connection, params).first()
        return self._connection.execute(statement, params).first()

    def all(self, statement: Executable | Hot, **params: Any) -> Sequence[Any]:
        """Every row. Put a LIMIT into the statement."""
        if isinstance(statement, Hot):
            return statement.run(self._connection, params).all()
        return self._connection.execute(statement, params).all()

    def value(self, statement: Executable | Hot, **params: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.one(statement, **params)
        return None if row is None else row[0]


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """A stored event that this version of the hub has no words for; `why` is for operators."""

    name: str
    aggregate: str
    why: str


class Delivery:
    """An event that is owed to one follower."""

    __slots__ = ("event", "follower", "id", "tries")

    def __init__(
        self, delivery_id: str, event: Event | UnknownEvent, follower: str, tries: int = 0
    ) -> None:
        self.id = delivery_id
        self.event = event
        self.follower = follower
        self.tries = tries

    def values(self, event_id: str, now: datetime) -> dict[str, Any]:
        """The row, as it is first stored."""
        return {
            "id": self.id,
            "event_id": event_id,
            "follower": self.follower,
            "aggregate": self.event.aggregate,
            "state": "pending",
            "tries": 0,
            "due_at": now,
            "error": None,
        }


class Work(Reads):
    """What an action takes. Everything in it is committed together, or nothing is.

    `add` and `execute` write at once. `append` is for append-only rows: they are written as one
    statement at the end of the batch, so they cannot be read back before `flush`.

    The savepoint is set before the first write: an action that only reads and appends needs none.
    """

    def __init__(self, connection: Connection, followers: Followers, batch: Rows) -> None:
        super().__init__(connection)
        self._followers = followers
        self._batch = batch
        self._appended: Rows = {}
        self._written: set[Table] = set()  # of the batch's rows, by this action
        self._is_begun = False
        self.deliveries: list[Delivery] = []
        self.topics: list[str] = []
        self.last: dict[Finish, list[Any]] = {}

    def execute(self, statement: Executable | Hot, **params: Any) -> int:
        """How many rows were changed."""
        self._begin()
        if isinstance(statement, Hot):
            return statement.run(self._connection, params).changed()
        result: Any = self._connection.execute(statement, params)
        changed: int = result.rowcount
        return changed

    def change(self, statement: Hot, **params: Any) -> Sequence[Any]:
        """As `execute`, of a statement that gives the rows that it changed."""
        self._begin()
        return self.all(statement, **params)

    def add(self, row: SQLModel) -> None:
        """Insert one row now."""
        self._begin()
        table = table_of(type(row))
        values = {
            column.key: value
            for column in table.columns
            if (value := getattr(row, column.key)) is not None or not column.primary_key
        }
        _insert(table).run(self._connection, values).changed()

    def insert(self, model: type[SQLModel], **values: Any) -> None:
        """As `add`, without building the model's object: for the hot paths."""
        self._begin()
        _insert(table_of(model)).run(self._connection, _defaults(model) | values).changed()

    def append(self, table: type[SQLModel], values: dict[str, Any]) -> None:
        """Insert one append-only row at the end of the batch. Every column must be given."""
        self._appended.setdefault(table_of(table), []).append(values)

    def at_last(self, finish: Finish, item: Any) -> None:
        """Have `finish` run with this item, just before the commit, once for the whole batch.

        The items of all actions that succeeded come in the order of the actions. For what stands
        in one order over everything, and must not be waited for longer than a commit takes.
        """
        self.last.setdefault(finish, []).append(item)

    def flush(self, *models: type[SQLModel]) -> None:
        """Write what was appended so far, by this action and by those before it in the batch.

        All of it, or the rows of these models alone: what is not read back is cheaper written
        with the rest of the batch. Rows of those before stay in the batch's list until this
        action has succeeded: if it fails, they are rolled back together with it and must be
        written again.
        """
        tables = [table_of(model) for model in models] or [*self._batch, *self._appended]
        for table in dict.fromkeys(tables):
            rows = [] if table in self._written else list(self._batch.get(table, ()))
            rows += self._appended.pop(table, ())
            self._written.add(table)
            if rows:
                self._begin()
                _insert(table).run_many(self._connection, rows)

    def settle(self) -> None:
        """Let what was appended so far be read back; events are never read by an action."""
        if any(table not in _ERRANDS for table in self._appended):
            self.flush()

    def keep(self, batch: Rows) -> None:
        """The action succeeded: what it wrote stands, its rows join the batch's."""
        if self._is_begun:
            self._say("RELEASE SAVEPOINT action")
        for table in self._written:
            batch.pop(table, None)
        for table, rows in self._appended.items():
            batch.setdefault(table, []).extend(rows)

    def undo(self, error: Exception) -> None:
        """The action failed: nothing of it stands. Raises if the whole transaction may be lost."""
        if self._is_begun:
            self._say("ROLLBACK TO SAVEPOINT action")
            self._say("RELEASE SAVEPOINT action")
        elif isinstance(error, DBAPIError):  # a read that failed outside any savepoint
            raise error

    def attempt(self, deed: Callable[["Work"], None]) -> Exception | None:
        """Do a deed within this work: whole, or not at all. Gives what it raised.

        Raises if the whole transaction may be lost.
        """
        self._begin()
        self.flush()
        part = Work(self._connection, self._followers, {})
        part._begin()
        try:
            deed(part)
            part.flush()
        except Exception as error:  # the caller's to judge, whatever it is; the work goes on
            part.undo(error)
            return error
        part.keep({})
        self.deliveries += part.deliveries
        self.topics += part.topics
        for finish, items in part.last.items():
            self.last.setdefault(finish, []).extend(items)
        return None

    def _begin(self) -> None:
        if not self._is_begun:
            self._say("SAVEPOINT action")
            self._is_begun = True

    def _say(self, statement: str) -> None:
        cursor = self._connection.connection.cursor()
        cursor.execute(statement)
        cursor.close()

    def notify(self, topic: str) -> None:
        """After the commit, wake those who watch the topic."""
        self.topics.append(topic)

    def record(self, event: Event) -> None:
        """Note what happened, and owe it to every follower."""
        now = datetime.now(UTC)
        event_id, kind = new_id(), type(event)
        self.append(
            EventRow,
            {
                "id": event_id,
                "name": kind.__name__,
                "aggregate": event.aggregate,
                "body": values_of(event),
                "recorded_at": now,
            },
        )
        for follower in self._followers.get(kind, ()):
            delivery = Delivery(new_id(), event, follower)
            self.deliveries.append(delivery)
            self.append(DeliveryRow, delivery.values(event_id, now))

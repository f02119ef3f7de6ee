"""What became of a transaction whose COMMIT was not answered: the line broke on the way back.

PostgreSQL remembers how each of its transactions ended. SQLite is in our own process: a COMMIT
that fails there has not happened.
"""

import time
from typing import Literal

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

Outcome = Literal["committed", "aborted", "unknown"]

LOOK_FOR_S = 5.0  # a server that fails over takes longer, but nobody else is served meanwhile
LOOK_EVERY_S = 0.1

_STATUS = text("SELECT pg_xact_status(CAST(:transaction AS xid8))")


def transaction_of(connection: Connection) -> str | None:
    """The number PostgreSQL gave the open transaction. None: it wrote nothing, or is SQLite's."""
    if connection.dialect.name != "postgresql":
        return None
    cursor = connection.connection.cursor()
    cursor.execute("SELECT pg_current_xact_id_if_assigned()::text")
    row = cursor.fetchone()
    cursor.close()
    return None if row is None else row[0]


def of(engine: Engine, transaction: str | None) -> Outcome:
    """How a transaction ended that failed before or in its COMMIT. Waits a while for the server.

    `transaction` None: it did not come as far as its COMMIT, or there was nothing to store.
    """
    if transaction is None:
        return "aborted"
    deadline = time.monotonic() + LOOK_FOR_S
    while True:
        match _status(engine, transaction):
            case "committed":
                return "committed"
            case "aborted":
                return "aborted"
        if time.monotonic() >= deadline:
            return "unknown"
        time.sleep(LOOK_EVERY_S)


def _status(engine: Engine, transaction: str) -> str | None:
    """`committed`, `aborted` or `in progress`; None: the server does not say."""
    try:
        with engine.connect() as connection:
            found: str | None = connection.scalar(_STATUS, {"transaction": transaction})
            return found
    except DBAPIError:
        return None

"""Settings from flags and environment, with mistakes told as a sentence."""

import sys
from typing import NoReturn

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from chargehub.settings import Settings
from chargehub.store.engines import parse_url
from chargehub.store.migrate import is_migrated, migrate


def load(**flags: object) -> Settings:
    """The settings; flags that were given come before the environment."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = error.errors()[0]
        fail(f"CHARGEHUB_{str(wrong['loc'][0]).upper()}: {wrong['msg']}")


def prepare(database: str) -> None:
    """See that the tables are there: an SQLite file is migrated, PostgreSQL must have been."""
    try:
        if parse_url(database).drivername.startswith("sqlite"):
            migrate(database)
        elif not is_migrated(database):
            fail("The database lacks this version's tables. Run `chargehub migrate` first.")
    except DBAPIError as error:
        fail(f"The database cannot be used: {error.orig}")


def fail(sentence: str) -> NoReturn:
    """Say what is wrong and end with status 2."""
    print(sentence, file=sys.stderr)
    raise SystemExit(2)

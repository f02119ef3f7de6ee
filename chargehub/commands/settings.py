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
        return settings_of(**flags)
    except ValidationError as error:
        fail(sentence_of(error))


def settings_of(**flags: object) -> Settings:
    """The same. Raises ValidationError."""
    return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]


def sentence_of(error: ValidationError) -> str:
    """Which setting is wrong, and how. What it was is not told: it may be a secret."""
    wrong = error.errors()[0]
    return f"CHARGEHUB_{str(wrong['loc'][0]).upper()}: {wrong['msg']}"


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

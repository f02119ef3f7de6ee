"""`chargehub migrate`: the tables this version needs."""

from chargehub.commands.settings import load
from chargehub.store.migrate import migrate


def run(database: str | None) -> None:
    """Apply what is missing and say so."""
    before, after = migrate(load(database=database).database)
    print(f"{before or 'empty'} -> {after}" if before != after else f"up to date at {after}")

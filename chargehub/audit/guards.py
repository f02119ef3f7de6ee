"""The law of the guards: the triggers that refuse to change what was posted are there."""

import re

from sqlalchemy import text

from chargehub.audit.findings import Faults, Finding, finding
from chargehub.ledger.tables import APPEND_ONLY_POSTGRES, APPEND_ONLY_SQLITE
from chargehub.store.work import Reads

_SQLITE = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
_POSTGRES = text(
    "SELECT tgname, tgenabled FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal"
)


def triggers(reads: Reads) -> Finding:
    """Each trigger of the ledger stands, as it was made (SQLite) or enabled (PostgreSQL)."""
    is_sqlite = reads.dialect == "sqlite"
    made = _named(APPEND_ONLY_SQLITE if is_sqlite else APPEND_ONLY_POSTGRES)
    rows = reads.all(_SQLITE if is_sqlite else _POSTGRES)
    there = {row[0]: row[1] for row in rows}
    faults = Faults()
    for name, statement in made.items():
        if name not in there:
            faults.add(f"the trigger {name} is not there")
        elif (there[name] != statement) if is_sqlite else (_is_off(there[name])):
            faults.add(f"the trigger {name} is another one, or switched off")
    told = f"{len(made)} triggers refuse to change or delete what was posted."
    return finding("guards", "what was posted is guarded", told, {"triggers": len(made)}, faults)


def _named(statements: tuple[str, ...]) -> dict[str, str]:
    matches = ((re.match(r"CREATE TRIGGER (\w+)", one), one) for one in statements)
    return {match[1]: one for match, one in matches if match is not None}


def _is_off(enabled: str | bytes) -> bool:
    letter = enabled.decode() if isinstance(enabled, bytes) else enabled
    return letter not in ("O", "A")  # for the origin, or always

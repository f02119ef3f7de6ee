"""Every law of money, looked at in one state of a database. It reads, and changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from chargehub.audit import books, claims, debts, reading
from chargehub.audit.findings import Finding
from chargehub.audit.tally import Tally
from chargehub.store.engines import read_engine
from chargehub.store.work import Reads

Head = tuple[int, str]
"""Where the chain ends: the number of its last link, and its hash."""
_NO_TESTIMONY = (
    ("I5", "webhooks in any order, any number of times", "The tests of the rails show it."),
    ("I11", "a crash anywhere changes nothing", "The tests that kill the hub show it."),
    ("I13", "minted within the schedule", "No tokens are minted yet."),
    ("I14", "what is owed in tokens only grows", "No tokens are distributed yet."),
)


def findings_of(database: str, noted: Head | None = None) -> list[Finding]:
    """Every law, in the order of its number. The chain must hold what was `noted` of it."""
    with snapshot(database) as reads:
        return audited(reads, noted)


def audited(reads: Reads, noted: Head | None) -> list[Finding]:
    """The same, of what these reads see."""
    tally = Tally(noted)
    for linked in reading.links(reads):
        tally.add(linked)
    of_energy = tally.energy_finding(books.energy_of_cdrs(reads), books.energy_by_cdr(reads))
    findings = [
        *tally.findings(reading.stored(reads)),
        of_energy,
        books.division(reads),
        claims.taken(reads),
        claims.lifetimes(reads),
        claims.rails(reads),
        claims.credit(reads),
        debts.debts(reads),
        books.corrections(reads),
        books.once(reads),
        *(Finding(law, title, "open", told, {}) for law, title, told in _NO_TESTIMONY),
    ]
    return sorted(findings, key=_place)


def _place(found: Finding) -> tuple[bool, int]:
    """The chain first, then the laws by number, then those without one."""
    digits = found.law[1:]
    return found.law != "chain", int(digits) if digits.isdigit() else 99


@contextmanager
def snapshot(database: str) -> Iterator[Reads]:
    """One state of the database, whatever a running hub writes meanwhile."""
    engine = read_engine(database)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield Reads(connection)
    finally:
        engine.dispose()

"""Every law of money, looked at in one state of a database. It reads, and changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chargehub.audit import books, claims, debts, guards, reading
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


_OF_TALLY = ("chain", "I1", "I2", "I3", "I4", "I6")
_LAWS: tuple[tuple[str, Callable[[Reads], Finding]], ...] = (
    ("I7", books.division),
    ("I8", claims.taken),
    ("I9", claims.lifetimes),
    ("I10", claims.rails),
    ("I12", claims.credit),
    ("I15", books.corrections),
    ("I16", books.once),
    ("debts", debts.debts),
    ("guards", guards.triggers),
)
_GARBAGE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What comes of values that no hub has written; where the database holds no types, anybody can."""


def findings_of(database: str, noted: Head | None = None) -> list[Finding]:
    """Every law, in the order of its number. The chain must hold what was `noted` of it."""
    with snapshot(database) as reads:
        return audited(reads, noted)


def audited(reads: Reads, noted: Head | None) -> list[Finding]:
    """The same, of what these reads see."""
    findings = [
        *_of_ledger(reads, noted),
        *(_looked_at(reads, law, look) for law, look in _LAWS),
        *(Finding(law, title, "open", told, {}) for law, title, told in _NO_TESTIMONY),
    ]
    return sorted(findings, key=_place)


def _of_ledger(reads: Reads, noted: Head | None) -> list[Finding]:
    tally = Tally(noted)
    try:
        for linked in reading.links(reads):
            tally.add(linked)
        found = tally.findings(reading.stored(reads))
        of_cdrs, ill = books.energy_of_cdrs(reads), books.energy_by_cdr(reads)
        return [*found, tally.energy_finding(of_cdrs, ill)]
    except _GARBAGE as error:
        return [_unreadable(law, error, f" after link {tally.head[0]}") for law in _OF_TALLY]


def _looked_at(reads: Reads, law: str, look: Callable[[Reads], Finding]) -> Finding:
    try:
        return look(reads)
    except _GARBAGE as error:
        return _unreadable(law, error)


def _unreadable(law: str, error: Exception, where: str = "") -> Finding:
    told = f"A row{where} holds what no hub has written: {type(error).__name__}: {error}."
    return Finding(law, "what it is about can be read", "broken", told, {"broken": 1})


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

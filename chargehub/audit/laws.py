"""Every law of money, looked at in one state of a database. It reads, and changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from chargehub.audit import books, claims, debts, guards, reading
from chargehub.audit.findings import Finding
from chargehub.audit.tally import Carried, Linked, Tally
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


_BY_TRANSFER = ("chain", "I1", "I3", "I4")
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


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is looked at. The chain must hold what was `noted` of it, a head.

    `is_full`: all transfers are read; else those behind the head that was noted, and the database
    sums up the others. `breathe`: called now and then; may wait, and may raise to give up.
    """

    noted: Head | None = None
    is_full: bool = True
    breathe: Callable[[], None] = lambda: None


def findings_of(database: str, noted: Head | None = None) -> list[Finding]:
    """Every law, in the order of its number, all transfers read. `noted`: see `Manner`."""
    return looked_at(database, Manner(noted))


def looked_at(database: str, manner: Manner) -> list[Finding]:
    """Every law, in the order of its number."""
    with snapshot(database) as reads:
        return audited(reads, manner)


def audited(reads: Reads, manner: Manner) -> list[Finding]:
    """The same, of what these reads see."""
    findings = _of_ledger(reads, manner)
    for law, look in _LAWS:
        manner.breathe()
        findings.append(_looked_at(reads, law, look))
    findings = [
        *findings,
        *(Finding(law, title, "open", told, {}) for law, title, told in _NO_TESTIMONY),
    ]
    return sorted(findings, key=_place)


def _of_ledger(reads: Reads, manner: Manner) -> list[Finding]:
    tally = Tally(manner.noted)
    carried = None
    if manner.noted is not None and not manner.is_full:
        carried = reading.carried(reads, manner.noted[0])
    try:
        if carried is not None:
            tally.carry(carried)
        for number, linked in enumerate(_links(reads, carried)):
            if number % reading.CHUNK == 0:
                manner.breathe()
            tally.add(linked)
        found = tally.findings(reading.stored(reads))
        of_cdrs, ill = books.energy_of_cdrs(reads), books.energy_by_cdr(reads)
        found = [*found, tally.energy_finding(of_cdrs, ill)]
    except _GARBAGE as error:
        return [_unreadable(law, error, f" after link {tally.head[0]}") for law in _OF_TALLY]
    return found if carried is None else [_since(one, carried.head[0]) for one in found]


def _links(reads: Reads, carried: Carried | None) -> Iterator[Linked]:
    return reading.links(reads) if carried is None else reading.links(reads, carried.head[0])


def _since(found: Finding, number: int) -> Finding:
    if found.law not in _BY_TRANSFER:
        return found
    return replace(found, told=f"{found.told} Read anew behind link {number}.")


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

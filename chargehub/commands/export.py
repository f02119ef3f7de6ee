"""`chargehub export ledger`: the whole ledger of a period, for an accountant's own programs."""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal, TextIO

from sqlalchemy.exc import DBAPIError

from chargehub.audit import reading
from chargehub.audit.tally import Linked
from chargehub.commands.settings import fail, load
from chargehub.ledger import journal
from chargehub.ledger.rules import Transfer
from chargehub.rest.csv import Cell, written
from chargehub.store.engines import parse_url, read_engine
from chargehub.store.migrate import is_migrated
from chargehub.store.work import Reads

Format = Literal["csv", "beancount"]
HEAD = (
    *("number", "transfer", "effective_at", "kind", "session", "booking", "payout", "reverses"),
    *("reason", "account", "asset", "amount"),
)


def format_of(name: str) -> Format:
    """The format of this name; ends the command with a sentence for another."""
    if name == "csv":
        return "csv"
    return "beancount" if name == "beancount" else fail("--format is csv or beancount.")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, from the first up to, not with, the last."""

    first: date
    last: date

    @classmethod
    def of(cls, first: str, last: str) -> "Period":
        """Ends the command with a sentence for what are no two days in order."""
        try:
            period = cls(date.fromisoformat(first), date.fromisoformat(last))
        except ValueError:
            fail("Give --from and --to as days like 2026-03-01.")
        if period.last <= period.first:
            fail("--to is the day after the last one: it lies after --from.")
        return period

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last, time(), UTC)


@dataclass
class Sums:
    """What accounts stood at when the period began and when it ended, by account and asset."""

    opening: Counter[tuple[str, str]] = field(default_factory=Counter)
    closing: Counter[tuple[str, str]] = field(default_factory=Counter)


def run(database: str | None, period: Period, form: Format, file: Path | None) -> None:
    """Write the period's transfers to a file, or to the output."""
    url = load(database=database).database
    parsed = parse_url(url)
    if parsed.drivername.startswith("sqlite") and not Path(parsed.database or "").is_file():
        fail(f"There is no database at {parsed.database}.")
    try:
        if not is_migrated(url):
            fail("The database lacks this version's tables. Run `chargehub migrate` first.")
        opened = nullcontext(sys.stdout) if file is None else file.open("w", encoding="utf-8")
        with opened as output, _snapshot(url) as reads:
            (_csv if form == "csv" else _beancount)(reads, period, output)
    except DBAPIError as error:
        fail(f"The database cannot be read: {error.orig}")
    except OSError as error:
        fail(f"The file cannot be written: {error.strerror}.")


def _csv(reads: Reads, period: Period, output: TextIO) -> None:
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(HEAD)
    for number, one in _within(reads, period):
        about: tuple[Cell, ...] = (
            *(number, one.id, one.effective_at, one.kind, one.session_id, one.booking_id),
            *(one.payout_id, one.reverses, one.reason),
        )
        for entry in one.entries:
            amount = journal.amount_of(entry.amount, entry.asset)
            row = (*about, entry.account, entry.asset, amount)
            writer.writerow([written(cell) for cell in row])


def _beancount(reads: Reads, period: Period, output: TextIO) -> None:
    sums = _sums(reads, period)
    output.writelines(journal.opening(sums.opening, sums.closing, period.first))
    for _, one in _within(reads, period):
        output.write(journal.transaction(one))
    output.writelines(journal.closing(sums.closing, period.last))


def _sums(reads: Reads, period: Period) -> Sums:
    sums = Sums()
    for one in map(_transfer, reading.links(reads)):
        for entry in one.entries:
            key = entry.account, entry.asset
            if one.effective_at < period.start:
                sums.opening[key] += entry.amount
            if one.effective_at < period.end:
                sums.closing[key] += entry.amount
    return sums


def _within(reads: Reads, period: Period) -> Iterator[tuple[int, Transfer]]:
    """The period's transfers with their numbers in the chain, in its order."""
    for linked in reading.links(reads):
        one = _transfer(linked)
        if period.start <= one.effective_at < period.end:
            yield linked.number, one


def _transfer(linked: Linked) -> Transfer:
    if linked.transfer is None:
        fail(f"Transfer {linked.transfer_id} is gone from the ledger. Run `chargehub audit`.")
    return linked.transfer


@contextmanager
def _snapshot(database: str) -> Iterator[Reads]:
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

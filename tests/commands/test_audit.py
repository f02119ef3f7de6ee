"""`chargehub audit`: what holds in a database that was lived in, and what shows when it was not."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import bindparam, text

from chargehub.audit.laws import findings_of
from chargehub.audit.tally import Stored, Tally
from chargehub.clock import HandClock
from chargehub.ledger import chain, rules
from chargehub.ledger.actions import post
from chargehub.ledger.rules import Entry, Transfer
from chargehub.ledger.tables import APPEND_ONLY_SQLITE
from chargehub.people.actions import Registration, register
from chargehub.store.columns import Instant
from chargehub.store.writer import Store
from tests.commands.test_commands import run
from tests.databases import fresh_sqlite
from tests.hub import RunningHub
from tests.ledger.test_posting import CAPTURED, MATURED, NOON
from tests.schema import prepare
from tests.stories.steps import charge
from tests.stories.test_money import correct, town

_STRAY = text(
    "INSERT INTO ledger_txn (id, kind, digest, effective_at) VALUES (:id, 'gift', 'x', :at)"
).bindparams(bindparam("at", type_=Instant()))
Rows = Callable[[sqlite3.Connection], object]
LAWS = ["chain", *(f"I{number}" for number in range(1, 17)), "debts", "guards"]
OPEN = ("I5", "I11", "I13", "I14")  # no database tells these


@pytest.fixture
async def lived_in(tmp_path: Path, clock: HandClock) -> Path:
    """Two sessions; of the first the owner was paid before it was corrected."""
    path = tmp_path / "chargehub.sqlite"
    prepare(fresh_sqlite(path))
    hub = RunningHub(f"sqlite:///{path}", clock)
    await hub.start()
    owner, place = await town(hub, "2.0.1")
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)
    await hub.advance(hours=25)
    await correct(hub, operator, owner, 10_000)
    await charge(hub, place, driver.id_token)
    await hub.close()
    return path


def broken(path: Path, noted: tuple[int, str] | None = None) -> set[str]:
    found = findings_of(f"sqlite:///{path}", noted)
    return {one.law for one in found if one.state == "broken"}


def tampered(path: Path, *deeds: str | Rows, is_guarded: bool = True) -> Path:
    """A copy that somebody changed who has the file: no trigger, key or constraint stops them."""
    other = path.with_name(f"{uuid4().hex}.sqlite")
    shutil.copy(path, other)
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for deed in deeds:
            _ = connection.execute(deed) if isinstance(deed, str) else deed(connection)
        for guard in APPEND_ONLY_SQLITE if is_guarded else ():
            connection.execute(guard)
    return other


OF_SETTLE = "ledger_link JOIN ledger_txn ON id = txn_id WHERE kind = 'settle'"
SETTLE = f"(SELECT txn_id FROM {OF_SETTLE} ORDER BY number DESC LIMIT 1)"
LAST = "(SELECT max(number) FROM ledger_link)"
LAST_TXN = f"(SELECT txn_id FROM ledger_link WHERE number = {LAST})"


def put_in(connection: sqlite3.Connection) -> None:
    """A transfer that is as it should be, but for the chain."""
    entries = rules.moved(5, "EUR", "expense:goodwill", "income:rounding")
    _insert(connection, Transfer("put-in", "gift", entries, NOON))


def _insert(connection: sqlite3.Connection, transfer: Transfer) -> None:
    connection.execute(
        "INSERT INTO ledger_txn (id, kind, digest, effective_at) VALUES (?, ?, ?, 0)",
        (transfer.id, transfer.kind, rules.digest(transfer)),
    )
    rows = ((transfer.id, at, *_values(one)) for at, one in enumerate(transfer.entries))
    connection.executemany("INSERT INTO ledger_entry VALUES (?, ?, ?, ?, ?)", rows)


def _values(entry: Entry) -> tuple[str, str, int]:
    return entry.account, entry.asset, entry.amount


def remade(connection: sqlite3.Connection) -> None:
    """One transfer another, with a digest that fits, and links that fit from there on."""
    entries = rules.moved(5, "EUR", "expense:goodwill", "income:rounding")
    (transfer_id,) = connection.execute(f"SELECT {LAST_TXN}").fetchone()
    for table, key in (("ledger_entry", "txn_id"), ("ledger_link", "txn_id"), ("ledger_txn", "id")):
        connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (transfer_id,))
    other = Transfer("remade", "gift", entries, NOON)
    _insert(connection, other)
    before = "SELECT number, hash FROM ledger_link ORDER BY number DESC LIMIT 1"
    number, last = connection.execute(before).fetchone()
    made = number + 1, chain.link(last, other.id, rules.digest(other), 0)
    connection.execute("INSERT INTO ledger_link VALUES (?, 'remade', ?)", (made[0], made[1]))
    connection.execute("UPDATE ledger_head SET number = ?, hash = ?", made)


def twice(table: str) -> Rows:
    """Every amount of a settlement's transfer doubled: it still sums to zero."""
    return lambda connection: connection.execute(
        f"UPDATE {table} SET amount = amount * 2 WHERE txn_id = {SETTLE}"
    )


TAMPERED: dict[str, tuple[Iterable[str | Rows], set[str]]] = {
    "an amount": (
        [f"UPDATE ledger_entry SET amount = amount + 1 WHERE txn_id = {SETTLE} AND position = 0"],
        {"chain", "I1", "I2", "I4", "I7", "I10"},
    ),
    "amounts that sum to zero": ([twice("ledger_entry")], {"chain", "I3", "I4", "I7", "I10"}),
    "whose it is": (
        [
            "UPDATE ledger_entry SET account = 'owner:accrued:thief'"
            f" WHERE txn_id = {SETTLE} AND account LIKE 'owner:accrued:%'"
        ],
        {"chain", "I3", "I4"},
    ),
    "an entry taken out": (
        [f"DELETE FROM ledger_entry WHERE txn_id = {SETTLE} AND position = 0"],
        {"chain", "I1", "I2", "I4", "I7", "I10"},
    ),
    "the order of entries": (
        [f"UPDATE ledger_entry SET position = 7 WHERE txn_id = {SETTLE} AND position = 0"],
        {"I4"},
    ),
    "a kind": ([f"UPDATE ledger_txn SET kind = 'x' WHERE id = {SETTLE}"], {"chain", "I4", "I16"}),
    "a time": ([f"UPDATE ledger_txn SET effective_at = 1 WHERE id = {SETTLE}"], {"chain"}),
    "a transfer put in": ([put_in], {"chain"}),
    "a transfer taken out": (
        [
            f"DELETE FROM ledger_entry WHERE txn_id = {SETTLE}",
            f"DELETE FROM ledger_txn WHERE id = {SETTLE}",
        ],
        {"chain", "I3", "I7", "I10", "I16"},
    ),
    "the newest taken out, and its link": (
        [
            f"DELETE FROM ledger_entry WHERE txn_id = {LAST_TXN}",
            f"DELETE FROM ledger_txn WHERE id = {LAST_TXN}",
            f"DELETE FROM ledger_link WHERE number = {LAST}",
        ],
        {"chain", "I3", "I7", "I10", "I16"},
    ),
    "two links in each other's place": (
        [
            "UPDATE ledger_link SET number = -number WHERE number IN (2, 3)",
            "UPDATE ledger_link SET number = 5 + number WHERE number < 0",
        ],
        {"chain"},
    ),
    "the head": (["UPDATE ledger_head SET number = number - 1"], {"chain"}),
    "a carried balance": (
        ["UPDATE ledger_account SET balance = balance - 1 WHERE family = 'owner:accrued'"],
        {"I3", "I9"},
    ),
    "whose an account is": (
        ["UPDATE ledger_account SET holder = 'thief' WHERE family = 'owner:accrued'"],
        {"I3", "I9"},
    ),
    "the side of an account": (
        ["UPDATE ledger_account SET side = 0 WHERE family = 'owner:payable'"],
        {"I3"},
    ),
    "a settlement": (
        ["UPDATE settlement SET owner_minor = owner_minor + 1, fee_minor = fee_minor - 1"],
        {"I7", "I9"},
    ),
    "a cost": (["UPDATE cdr SET cost_minor = cost_minor + 1 WHERE kind = 'cdr'"], {"I7"}),
    "energy": (["UPDATE cdr SET billed_wh = billed_wh + 1 WHERE kind = 'cdr'"], {"I6"}),
    "what was captured": (
        ["UPDATE payment SET captured_minor = captured_minor + 9000"],
        {"I8", "I10"},
    ),
    "what went back": (["UPDATE payment SET refunded_minor = refunded_minor + 1"], {"I8", "I10"}),
    "a payout": (["UPDATE payout SET amount_minor = amount_minor + 1"], {"I9", "I10"}),
    "a credit": (
        [
            "INSERT INTO credit (id, driver_id, kind, currency, amount_minor, at)"
            " VALUES ('x', 'd', 'given', 'EUR', 500, 0)"
        ],
        {"I12"},
    ),
    "a reversal of half": (
        [
            "UPDATE ledger_entry SET amount = amount / 2 WHERE txn_id IN"
            " (SELECT id FROM ledger_txn WHERE reverses IS NOT NULL)"
        ],
        {"chain", "I3", "I4", "I6", "I10", "I15"},
    ),
    "a session settled twice": (
        ["DROP INDEX uq_settlement_session_standing", "UPDATE settlement SET reversed_at = NULL"],
        {"I16", "I9"},
    ),
}


async def test_in_a_database_that_was_lived_in_every_law_holds(lived_in: Path) -> None:
    """The command tells each with its figure, and says so by its status."""
    folder, database = lived_in.parent, f"sqlite:///{lived_in}"
    told = run(folder, "chargehub", "audit", "--database", database)
    machine = run(folder, "chargehub", "audit", "--database", database, "--json")

    assert (told.returncode, told.stderr) == (0, "")
    assert "No law is broken." in told.stdout
    assert "30000 Wh metered = 30000 billed + 0 free + 0 unbilled" in told.stdout
    said = json.loads(machine.stdout)
    states = {one["law"]: one["state"] for one in said["laws"]}
    assert list(states) == LAWS
    assert states == {law: "open" if law in OPEN else "holds" for law in LAWS}
    assert said["holds"] is True
    figures = {one["law"]: one["figures"] for one in said["laws"]}
    assert figures["I9"]["earned_EUR"] == figures["I9"]["paid_EUR"] + figures["I9"]["left_EUR"]
    assert figures["I15"]["reversals"] >= 2


async def test_whatever_is_changed_behind_the_hub_shows(lived_in: Path) -> None:
    """Each change breaks the laws that it must, and no other."""
    missed = {}
    for name, (deeds, laws) in TAMPERED.items():
        found = broken(tampered(lived_in, *deeds))
        if laws != found:
            missed[name] = sorted(found)
    assert missed == {}


@pytest.mark.parametrize(
    ("follower", "delivered", "state"),
    [
        ("flow.settle", "pending", "open"),
        ("flow.settle", "parked", "broken"),
        ("webhooks.sending.deliver", "pending", "broken"),
    ],
)
async def test_what_a_rail_did_and_nobody_settled_yet_is_no_breach(
    lived_in: Path, follower: str, delivered: str, state: str
) -> None:
    """As long as its delivery is under way; another's is no excuse, nor one that was given up."""
    delivery = (
        "INSERT INTO delivery (id, event_id, follower, aggregate, state, tries, due_at)"
        f" VALUES ('d', 'e', '{follower}', 'session:s', '{delivered}', 12, 0)"
    )
    captured = "UPDATE payment SET captured_minor = captured_minor + 1"
    other = tampered(lived_in, captured, delivery)

    (found,) = (one for one in findings_of(f"sqlite:///{other}") if one.law == "I10")

    assert found.state == state
    assert found.broken_by


async def test_garbage_in_rows_is_a_breach_and_no_crash(lived_in: Path) -> None:
    """SQLite keeps text in a column of numbers; an audit that stops there would tell nothing."""
    amount = f"UPDATE ledger_entry SET amount = 'much' WHERE txn_id = {SETTLE} AND position = 0"
    lines = "UPDATE cdr SET lines = '[7]'"
    at = f"UPDATE ledger_txn SET effective_at = 'noon' WHERE id = {SETTLE}"

    assert {"chain", "I4", "I7"} <= broken(tampered(lived_in, amount, lines))
    assert "chain" in broken(tampered(lived_in, at))


async def test_a_guard_that_is_gone_or_another_one_is_found(lived_in: Path) -> None:
    with closing(sqlite3.connect(lived_in)) as connection, connection:
        connection.execute("DROP TRIGGER ledger_entry_no_update")
        connection.execute("DROP TRIGGER ledger_txn_no_delete")
        connection.execute(
            "CREATE TRIGGER ledger_txn_no_delete BEFORE DELETE ON ledger_txn BEGIN SELECT 1; END"
        )

    found = next(one for one in findings_of(f"sqlite:///{lived_in}") if one.law == "guards")

    assert (found.state, found.figures["broken"]) == ("broken", 2)


def test_the_head_of_an_empty_chain_can_be_noted() -> None:
    tally = Tally((0, chain.GENESIS))

    (found, *_) = tally.findings(Stored(0, 0, (0, chain.GENESIS), {}))

    assert (found.law, found.state) == ("chain", "holds")


async def test_a_chain_made_anew_is_found_out_by_a_head_that_was_noted(lived_in: Path) -> None:
    """Who can write everything can make a chain that fits, but not what somebody wrote down."""
    head = next(one for one in findings_of(f"sqlite:///{lived_in}") if one.law == "chain")
    noted = int(head.figures["links"]), str(head.figures["head"])
    other = tampered(lived_in, remade)

    assert "chain" not in broken(other)
    assert "chain" in broken(other, noted)
    assert "chain" not in broken(lived_in, noted)
    asked = "chargehub", "audit", "--database", f"sqlite:///{other}", "--noted"
    told = run(lived_in.parent, *asked, f"{noted[0]}:{noted[1]}")
    assert told.returncode == 1
    assert "BROKEN: chain" in told.stdout
    assert run(lived_in.parent, *asked, "17").returncode == 2


async def test_an_empty_ledger_breaks_no_law(store: Store) -> None:
    assert {one.state for one in findings_of(store.database)} == {"holds", "open"}


async def test_what_goes_round_the_chain_shows_on_either_database(store: Store) -> None:
    """Rows that the database lets in, for they are whole, but that no posting has linked."""
    await store.do(post, CAPTURED)
    await store.do(post, MATURED)
    assert chain_of(store) == ("holds", 2)

    await store.do(lambda work: work.execute(_STRAY, id=str(uuid4()), at=NOON))

    assert chain_of(store) == ("broken", 2)


def chain_of(store: Store) -> tuple[str, int | str]:
    found = next(one for one in findings_of(store.database) if one.law == "chain")
    return found.state, found.figures["links"]


def test_where_there_is_no_database_none_is_made(tmp_path: Path) -> None:
    told = run(tmp_path, "chargehub", "audit", "--database", f"sqlite:///{tmp_path / 'no.sqlite'}")

    assert told.returncode == 2
    assert told.stderr.startswith("There is no database at ")
    assert list(tmp_path.iterdir()) == []


async def test_a_database_from_before_the_chain_is_to_be_migrated(lived_in: Path) -> None:
    """It says so of itself that it is whole."""
    other = tampered(lived_in, "DROP TABLE ledger_head", is_guarded=False)

    told = run(lived_in.parent, "chargehub", "audit", "--database", f"sqlite:///{other}")

    assert (told.returncode, told.stdout) == (2, "")
    assert "chargehub migrate" in told.stderr


async def test_the_bench_leaves_people_alone(store: Store, tmp_path: Path) -> None:
    """A hub that has accounts, and no sessions yet."""
    wanted = Registration("olga@example.org", "Olga", "hash")
    await store.do(register, wanted, "", timedelta(days=1), NOON)

    told = run(tmp_path, "chargehub", "bench", "settle", "--database", store.database)

    assert (told.returncode, told.stdout) == (1, "")
    assert "empty database" in told.stderr


def test_the_bench_of_settling_breaks_no_law(database: str, tmp_path: Path) -> None:
    """It lives a small market itself, whole way and in bulk, and has it audited."""
    asked = "chargehub", "bench", "settle", "--sessions", "5", "--entries", "100"
    measured = run(tmp_path, *asked, "--database", database)
    again = run(tmp_path, *asked, "--database", database)

    assert measured.returncode == 0, measured.stdout + measured.stderr
    for figure in ("event by event", "by the writer alone", "entries, audited"):
        assert figure in measured.stdout
    assert (again.returncode, again.stdout) == (1, "")
    assert "empty database" in again.stderr

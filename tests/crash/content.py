"""What a database and the twin say, in a form that two runs of the same story have alike.

Ids are random, so a row names another by what that one is: an id stands for the rows it stands in,
to a depth that tells the rows of a small story apart. Nothing else of a row is left out but what
`_NOT_TOLD` names.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from hashlib import sha256
from typing import Any

from tests.stripe_twin import balances as balances_of_twin
from tests.stripe_twin.world import World

_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # the hub's
    r"|[a-z]+_[A-Za-z0-9]{24}(?![A-Za-z0-9])|(?<='network_transaction_id': ')\d+"  # the twin's
    r'|(?<=evidence_sha256":")[0-9a-f]{64}'
)
_DEPTH = 3
_NOT_TOLD = {  # and why two runs differ there
    "audit": {"laws", "head_number", "head_hash"},  # of the middle of a scene; `LawsBroken` is told
    "event": {"recorded_at"},  # the time of day
    "delivery": {"due_at"},
    "ledger_txn": {"digest"},  # hashes over ids
    "ledger_link": {"number", "hash"},  # of things apart, either may be first; the audit reads it
    "ledger_head": {"hash"},
    "feed_entry": {"position"},  # of things apart, either may be first
    "feed_reader": {"position"},
    "receipt": {"hash", "content"},
    "receipt_key": {"id", "public_key", "sealed"},  # made by chance
    "dispute": {"evidence_sha256"},
    "dispute_evidence": {"sha256", "body"},  # the events' times among the evidence
    "idempotency_key": {"created_at", "body_hash"},
    "booking": {"reservation_id"},
    "invoice": {"sha256"},
}
_OF_TRIES = {"operator_note"}  # what an operator asked, each time it was asked
Row = str


def rows_of(path: str) -> Counter[Row]:
    """Every row of every table of an SQLite file."""
    found: Counter[Row] = Counter()
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for table in {name for (name,) in names.fetchall()} - _OF_TRIES:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                found[_text(table, dict(row), _NOT_TOLD.get(table, set()))] += 1
    return found


_POSTED = """
    SELECT kind, sum(amount) FROM ledger_txn JOIN ledger_entry ON txn_id = ledger_txn.id
    WHERE amount > 0 AND asset IN ('EUR', 'EURm') GROUP BY kind
"""


def posted(path: str) -> Counter[str]:
    """Cents that were moved or held, by the kind of transfer."""
    with closing(sqlite3.connect(path)) as connection:
        return Counter(dict(connection.execute(_POSTED).fetchall()))


def parked(path: str) -> list[str]:
    """What nobody tries again, and what it failed of."""
    with closing(sqlite3.connect(path)) as connection:
        found = "SELECT follower, error FROM delivery WHERE state = 'parked'"
        return [f"{follower} is parked: {error}" for follower, error in connection.execute(found)]


_BALANCES = """
    SELECT account, asset, sum(amount) FROM ledger_entry GROUP BY account, asset HAVING sum(amount)
"""


def balances(path: str, known: frozenset[str]) -> dict[tuple[str, str], list[int]]:
    """What is on every account of the ledger that has anything, by the account and its asset.

    Accounts of what a run itself made (a hold that is open) have ids of chance in their names, if
    they are not `known`: they are told of together, smallest first.
    """
    found: dict[tuple[str, str], list[int]] = {}
    with closing(sqlite3.connect(path)) as connection:
        for code, asset, amount in connection.execute(_BALANCES):
            name = _ID.sub(lambda match: match[0] if match[0] in known else "?", code)
            found.setdefault((name, asset), []).append(amount)
    return {account: sorted(amounts) for account, amounts in found.items()}


def notices(path: str) -> Counter[str]:
    """How many were heard, by their kind."""
    with closing(sqlite3.connect(path)) as connection:
        found = "SELECT kind, count(*) FROM rail_notice GROUP BY kind"
        return Counter(dict(connection.execute(found).fetchall()))


def things_of(world: World) -> Counter[Row]:
    """Every object of the twin. What is due by now is so, whether or not anybody looked."""
    for account, kind in world.objects:
        if kind == "balance_transaction":
            balances_of_twin.transactions(world, account)
    return Counter(
        _text(f"{account} {kind}", thing, set())
        for (account, kind), things in world.objects.items()
        for thing in things.values()
    )


def _text(kind: str, values: dict[str, Any], not_told: set[str]) -> Row:
    told = (f"{name}={value}" for name, value in values.items() if name not in not_told)
    return f"{kind}: {' '.join(told)}"


def ids_in(rows: Iterable[Row]) -> frozenset[str]:
    """Every id that is told of."""
    return frozenset(one for row in rows for one in _ID.findall(row))


def changed(before: Counter[Row], after: Counter[Row], known: frozenset[str]) -> list[str]:
    """What came and what went, sorted; ids that were not `known` have names without chance."""
    gone, come = sorted((before - after).elements()), sorted((after - before).elements())
    return [f"- {row}" for row in gone] + [f"+ {row}" for row in _named(come, known)]


def _named(rows: list[Row], known: frozenset[str]) -> list[str]:
    ids = {row: [one for one in _ID.findall(row) if one not in known] for row in rows}
    names = {one: "?" for found in ids.values() for one in found}
    for _ in range(_DEPTH):
        stands_in: dict[str, list[str]] = {one: [] for one in names}
        for row, found in ids.items():
            for one in set(found):
                stands_in[one].append(_renamed(row, {**names, one: "@"}))
        names = {one: _hash(sorted(where)) for one, where in stands_in.items()}
    return sorted(_renamed(row, names) for row in rows)


def _renamed(row: Row, names: dict[str, str]) -> str:
    return _ID.sub(lambda match: names.get(match[0], match[0]), row)


def _hash(texts: Iterable[str]) -> str:
    return sha256("\n".join(texts).encode()).hexdigest()[:12]


def hash_of(lines: Iterable[str]) -> str:
    """One word for all of it."""
    return _hash(lines)

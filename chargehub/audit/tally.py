"""The ledger read from its first transfer to its last: what must be true of each, and of all. Pure.

Transfers come in the order of the chain, which is the order in which they were committed, so
that a balance can be looked at after every one of them.
"""

from collections import Counter
from dataclasses import dataclass, replace

from chargehub.audit.findings import Faults, Finding, compared, finding
from chargehub.ledger import chain, rules
from chargehub.ledger.rules import ENERGY, Transfer, UnknownAccount

Account = tuple[str, str]
"""Its code, and the asset."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A place in the chain and what stands there. `transfer` None: nothing does.

    `digest` is the stored one, `positions` are those of the entries, `at_us` is the transfer's
    time in microseconds since 1970.
    """

    number: int
    transfer_id: str
    hash: str
    transfer: Transfer | None
    digest: str
    at_us: int
    positions: list[int]


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says of the whole: rows of its tables, the chain's head, balances."""

    transfers: int
    entries: int
    head: tuple[int, str]
    balances: dict[Account, int]
    ill_named: tuple[str, ...] = ()  # accounts that are not what their code says


@dataclass(frozen=True, slots=True)
class Carried:
    """What an earlier reading came to, up to `head`: counts, and each account's balance but 0."""

    head: tuple[int, str]
    transfers: int
    entries: int
    balances: dict[Account, int]


class Tally:
    """Takes every link in order, then tells. `noted`: a head that was noted earlier, elsewhere."""

    def __init__(self, noted: tuple[int, str] | None = None) -> None:
        self.head = (0, chain.GENESIS)
        self._noted, self._noted_is = noted, ""
        if noted and noted[0] == 0:
            self._noted_is = chain.GENESIS
        self._transfers = self._entries = 0
        self._links, self._bodies = Faults(), Faults()
        self._unbalanced, self._wrong_side = Faults(), Faults()
        self._sums: Counter[str] = Counter()
        self._balances: dict[Account, int] = {}
        self._sides: dict[Account, int] = {}
        self._sessions: Counter[str] = Counter()
        self._energy: Counter[str] = Counter()

    def carry(self, carried: Carried) -> None:
        """Begin behind what was read before, and found to be right."""
        self.head = carried.head
        self._transfers, self._entries = carried.transfers, carried.entries
        if self._noted and self._noted[0] == self.head[0]:
            self._noted_is = self.head[1]
        for account, amount in carried.balances.items():
            self._sums[account[1]] += amount
            self._count(account, amount)

    def add(self, linked: Linked) -> None:
        """The next link."""
        number, before = self.head
        if linked.number != number + 1:
            self._links.add(f"links {number + 1} to {linked.number - 1} are missing")
        if linked.transfer is None:
            self._links.add(f"the transfer of link {linked.number} is missing")
        digest = linked.digest
        if linked.transfer is not None:
            if _is_readable(linked.transfer):
                digest = rules.digest(linked.transfer)
                self._check_body(linked, linked.transfer, digest)
                self._post(linked.transfer)
            else:
                self._entries += len(linked.transfer.entries)
                for faults in (self._links, self._bodies):
                    faults.add(f"transfer {linked.transfer_id} holds what no hub has written")
            self._transfers += 1
        if linked.hash != chain.link(before, linked.transfer_id, digest, linked.at_us):
            self._links.add(f"link {linked.number}, transfer {linked.transfer_id}")
        self.head = (linked.number, linked.hash)
        if self._noted and self._noted[0] == linked.number:
            self._noted_is = linked.hash

    def _check_body(self, linked: Linked, transfer: Transfer, digest: str) -> None:
        is_whole = linked.positions == list(range(len(linked.positions)))
        if not is_whole or linked.digest != digest:
            self._bodies.add(f"transfer {transfer.id} ({transfer.kind})")

    def _post(self, transfer: Transfer) -> None:
        sums: dict[str, int] = {}
        touched = []
        for entry in transfer.entries:
            account = entry.account, entry.asset
            sums[entry.asset] = sums.get(entry.asset, 0) + entry.amount
            if self._count(account, entry.amount):
                touched.append(account)
        self._entries += len(transfer.entries)
        for asset, amount in sums.items():
            self._sums[asset] += amount
        if any(sums.values()) or len(transfer.entries) < 2:
            self._unbalanced.add(f"transfer {transfer.id} ({transfer.kind}): {sums}")
        for account in touched:
            if self._balances[account] * self._sides[account] < 0:
                where = f"{account[0]} {account[1]} {self._balances[account]}"
                self._wrong_side.add(f"{where} after transfer {transfer.id}")

    def _count(self, account: Account, amount: int) -> bool:
        """Add an entry to its account; True if that may stand on one side only."""
        if account in self._balances:
            self._balances[account] += amount
            return True
        code, asset = account
        if asset == ENERGY:
            self._count_energy(code, amount)
        try:
            side = rules.family(code, asset).side
        except UnknownAccount:
            self._wrong_side.add(f"{code} {asset} is not in the chart of accounts")
            return False
        if side:
            self._balances[account], self._sides[account] = amount, side
        return side != 0

    def _count_energy(self, code: str, amount: int) -> None:
        family, _, holder = code.partition(":")
        if family != "session":
            self._energy[family] += amount
            return
        self._sessions[holder] += amount
        if self._sessions[holder] == 0:
            del self._sessions[holder]  # as after each transfer: so that only few are kept

    @property
    def energy(self) -> dict[str, int]:
        """Wh by where they went: metered, billed, free, unbilled."""
        went = {name: self._energy[name] for name in ("billed", "free", "unbilled")}
        return {"metered": -self._energy["meter"], **went}

    def findings(self, stored: Stored) -> list[Finding]:
        """The laws that this reading shows."""
        return [self._chain(stored), *self._balance(), self._accounts(stored), self._repeats()]

    def energy_finding(self, of_cdrs: dict[str, int], ill: Faults) -> Finding:
        """I6, against what the CDRs say. `ill`: those that do not add up by themselves."""
        faults = compared(self.energy, of_cdrs, ("ledger", "CDRs"))
        faults.join(ill)
        for holder, amount in self._sessions.items():
            faults.add(f"session {holder}: {amount} Wh are neither billed, free nor unbilled")
        went = self.energy
        told = (
            f"{went['metered']} Wh metered = {went['billed']} billed + {went['free']} free + "
            f"{went['unbilled']} unbilled, as the CDRs say."
        )
        if went["metered"] != went["billed"] + went["free"] + went["unbilled"]:
            faults.add(told)
            told = f"{went['metered']} Wh were metered."
        return finding("I6", "no Wh is lost", told, self.energy, faults)

    def _chain(self, stored: Stored) -> Finding:
        faults = replace(self._links, shown=list(self._links.shown))
        if self.head != stored.head:
            faults.add(f"the chain ends at {_told(self.head)}, its head says {_told(stored.head)}")
        if stored.transfers != self._transfers:
            faults.add(f"{stored.transfers - self._transfers} transfers without a link")
        if stored.entries != self._entries:
            faults.add(f"{stored.entries - self._entries} entries without a linked transfer")
        if self._noted and self._noted_is != self._noted[1]:
            faults.add(f"the head that was noted, {_told(self._noted)}, is not in the chain")
        number, last = self.head
        told = f"{number} links; the head to note is {_told(self.head)}."
        figures: dict[str, int | str] = {"links": number, "head": last}
        return finding("chain", "nothing was changed, taken out or put in", told, figures, faults)

    def _balance(self) -> list[Finding]:
        told = f"{self._transfers} transfers with {self._entries} entries."
        figures = {"transfers": self._transfers, "entries": self._entries}
        sums = dict(sorted(self._sums.items()))
        lost = Faults()
        for asset, amount in sums.items():
            if amount:
                lost.add(f"{asset} sums to {amount}")
        each = ", ".join(f"{asset} {amount}" for asset, amount in sums.items()) or "nothing posted"
        return [
            finding("I1", "each transfer sums to 0 by asset", told, figures, self._unbalanced),
            finding("I2", "all entries sum to 0 by asset", f"{each}.", sums, lost),
        ]

    def _accounts(self, stored: Stored) -> Finding:
        faults = replace(self._wrong_side, shown=list(self._wrong_side.shown))
        for code in stored.ill_named:
            faults.add(f"{code} is not kept as the chart of accounts says")
        faults.join(compared(stored.balances, self._balances, ("carried", "entries")))
        count = len(self._balances)
        told = f"{count} accounts, after each of {self._transfers} transfers, as they are carried."
        figures = {"accounts": count}
        return finding("I3", "no account is on its wrong side", told, figures, faults)

    def _repeats(self) -> Finding:
        told = f"{self._transfers} ids, each with the one body that it was posted with."
        figures = {"transfers": self._transfers}
        return finding("I4", "a step that runs twice is one transfer", told, figures, self._bodies)


def _is_readable(transfer: Transfer) -> bool:
    """Are its values of the types that they have? SQLite keeps whatever it is given."""
    texts = transfer.id, transfer.kind, *(one.account for one in transfer.entries)
    return all(isinstance(one, str) for one in texts) and all(
        isinstance(one.asset, str) and isinstance(one.amount, int) for one in transfer.entries
    )


def _told(head: tuple[int, str]) -> str:
    return f"{head[0]}:{head[1]}"

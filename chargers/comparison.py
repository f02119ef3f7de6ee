"""What a replay expected against what the hub made of it. Pure; Wh and minor units."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Expected:
    """A session as it should come out. Free energy costs nothing and is not billed."""

    session_id: str
    evse_id: str
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    free_wh: int
    cost_minor: int

    @property
    def billed_wh(self) -> int:
        """What the driver pays for."""
        return self.energy_wh - self.free_wh


@dataclass(frozen=True, slots=True)
class Found:
    """A CDR of the hub that stands. `cost_minor` None: priced by no tariff."""

    cdr_id: str
    session_id: str
    evse_id: str
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    billed_wh: int
    free_wh: int
    unbilled_wh: int
    cost_minor: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: what was expected, what the hub says, in whole units of `unit`."""

    name: str
    expected: int
    found: int
    unit: str = ""

    @property
    def agrees(self) -> bool:
        """True if they are the same."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True)
class Difference:
    """A session that did not come out as expected, and why."""

    session_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every figure and every session that differs."""

    lines: tuple[Line, ...]
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """True if all of it agrees."""
        return not self.differences and all(line.agrees for line in self.lines)


@dataclass(frozen=True, slots=True)
class Audit:
    """The ledger's own account of itself."""

    sums: Mapping[str, int]
    sessions: int
    cdrs: int
    metered_wh: int
    billed_wh: int
    free_wh: int
    unbilled_wh: int


@dataclass(frozen=True, slots=True)
class Growth:
    """The ledger before and after, and what owners were credited in all (minor units)."""

    before: Audit
    after: Audit
    settled_minor: int


def standing(cdrs: Iterable[Mapping[str, object]]) -> set[object]:
    """The ids of CDRs that no credit note took back."""
    kept = list(cdrs)
    taken_back = {cdr["replaces"] for cdr in kept if cdr["kind"] == "credit_note"}
    return {cdr["id"] for cdr in kept if cdr["kind"] == "cdr"} - taken_back


def compare(
    expected: Sequence[Expected],
    new: Sequence[Expected],
    found: Sequence[Found],
    growth: Growth,
    currency: str,
) -> Comparison:
    """Every expected session against its CDR, and the sums against the ledger.

    `new`: those of the expected that were not at the hub before; the ledger grew by them.
    """
    differences = _sessions(expected, found, currency)
    lines = (
        *_totals(expected, found, growth, currency),
        *_growth(new, growth.before, growth.after),
        *(Line(f"ledger sum {asset}", 0, total) for asset, total in growth.after.sums.items()),
        Line("sessions whose figures differ", 0, len(differences)),
    )
    return Comparison(lines, tuple(differences))


def _totals(
    expected: Sequence[Expected], found: Sequence[Found], growth: Growth, currency: str
) -> tuple[Line, ...]:
    cost_minor = sum(one.cost_minor for one in expected)
    return (
        Line("sessions with a CDR", len(expected), len(found)),
        Line("energy", _sum_wh(expected), sum(one.energy_wh for one in found), "Wh"),
        Line(
            "billed",
            sum(one.billed_wh for one in expected),
            sum(one.billed_wh for one in found),
            "Wh",
        ),
        Line(
            "free (own use)",
            sum(one.free_wh for one in expected),
            sum(one.free_wh for one in found),
            "Wh",
        ),
        Line("unbilled", 0, sum(one.unbilled_wh for one in found), "Wh"),
        Line("cost", cost_minor, sum(one.cost_minor or 0 for one in found), currency),
        Line("settled with owners", cost_minor, growth.settled_minor, currency),
    )


def _growth(new: Sequence[Expected], before: Audit, after: Audit) -> tuple[Line, ...]:
    free_wh = sum(one.free_wh for one in new)
    return (
        Line("ledger grew: sessions", len(new), after.sessions - before.sessions),
        Line("ledger grew: CDRs", len(new), after.cdrs - before.cdrs),
        Line("ledger grew: metered", _sum_wh(new), after.metered_wh - before.metered_wh, "Wh"),
        Line(
            "ledger grew: billed",
            _sum_wh(new) - free_wh,
            after.billed_wh - before.billed_wh,
            "Wh",
        ),
        Line("ledger grew: free", free_wh, after.free_wh - before.free_wh, "Wh"),
        Line("ledger grew: unbilled", 0, after.unbilled_wh - before.unbilled_wh, "Wh"),
    )


def _sum_wh(sessions: Sequence[Expected]) -> int:
    return sum(one.energy_wh for one in sessions)


def _sessions(
    expected: Sequence[Expected], found: Sequence[Found], currency: str
) -> list[Difference]:
    """One expected session to one CDR, by EVSE and start; the rest is left over."""
    waiting: dict[tuple[str, datetime], list[Found]] = defaultdict(list)
    for record in sorted(found, key=lambda one: one.energy_wh):
        waiting[record.evse_id, record.started_at].append(record)
    differences = []
    for session in expected:
        records = waiting[session.evse_id, session.started_at]
        if not records:
            differences.append(Difference(session.session_id, "the hub has no CDR of it"))
            continue
        same = next((one for one in records if one.energy_wh == session.energy_wh), records[0])
        records.remove(same)
        if reason := _reason(session, same, currency):
            differences.append(Difference(session.session_id, reason))
    for records in waiting.values():
        differences += [Difference(one.session_id, "the hub has a CDR too many") for one in records]
    return differences


def _reason(session: Expected, record: Found, currency: str) -> str:
    wrong = [
        f"{name} {is_} instead of {should}"
        for name, should, is_ in (
            ("energy", session.energy_wh, record.energy_wh),
            ("billed", session.billed_wh, record.billed_wh),
            ("free", session.free_wh, record.free_wh),
            ("cost", session.cost_minor, record.cost_minor or 0),
            ("end", session.ended_at, record.ended_at),
        )
        if should != is_
    ]
    if session.cost_minor and record.currency != currency:
        wrong.append(f"currency {record.currency} instead of {currency}")
    return ", ".join(wrong)

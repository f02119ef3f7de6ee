"""What a month at a station would have brought under another tariff, from what was metered."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import select

from chargehub.errors import Invalid, NotFound
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.schema import CDR, SESSION
from chargehub.sessions.tables import IS_LITTLE_BEYOND
from chargehub.settlement import tables
from chargehub.settlement.past import Past, usage_of
from chargehub.settlement.split import Split, Terms, divided
from chargehub.stations.registration import owned_station
from chargehub.store.work import Reads
from chargehub.tariffs import cost_models, windows
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.cost_models import CostVersion, KnownCosts
from chargehub.tariffs.costs import CostModel
from chargehub.tariffs.pricing import Tariff, price
from chargehub.units import Span

MOST_SESSIONS = 200  # of one month; a busy private station has some 90

Basis = Literal["billed", "proposed"]


@dataclass(frozen=True, slots=True)
class Question:
    """A month at a station, the tariff to try, and what its energy costs the owner.

    `costs` None: what the owner has stated of the location, if anything.
    """

    station_id: str
    year: int
    month: int
    tariff_id: str
    costs: CostModel | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Amounts in minor units. `gross` is what drivers pay, `earnings` the owner's part of it.

    margin = earnings - energy cost. `cost_minor` None: no costs were given.
    """

    gross_minor: int
    earnings_minor: int
    cost_minor: int | None

    @property
    def margin_minor(self) -> int | None:
        return None if self.cost_minor is None else self.earnings_minor - self.cost_minor


@dataclass(frozen=True, slots=True)
class ReplayedSession:
    """A session as it was billed, and as it would have been. `billed` None: in other coins."""

    session_id: str
    started_at: datetime
    energy_wh: int
    billed: Outcome | None
    proposed: Outcome


@dataclass(frozen=True, slots=True)
class Replay:
    """A month of sessions, oldest first. `is_whole` False: only the newest of them were looked at.

    Drivers come as they came: what another price does to demand nobody knows.
    """

    currency: str
    sessions: tuple[ReplayedSession, ...]
    is_whole: bool


def replay(reads: Reads, owner_id: str, asked: Question, terms: Terms) -> Replay:
    """Price a month of the owner's station anew. Raises NotFound, Invalid."""
    station = owned_station(reads, owner_id, asked.station_id)
    tariff = tariffs.tariff(reads, asked.tariff_id)
    if tariff is None or tariff.owner_id != owner_id:
        raise NotFound("You have no tariff with this id.")
    if asked.costs is not None and asked.costs.currency != tariff.currency:
        raise Invalid(f"Give your costs in {tariff.currency}, the currency of the tariff.")
    time_zone = station.time_zone
    during = windows.month(datetime(asked.year, asked.month, 15, tzinfo=UTC), time_zone)
    known = cost_models.known(reads, station.location_id, during)
    if asked.costs is not None:
        given = CostVersion(station.location_id, during.start, None, asked.costs, during.start)
        known = replace(known, stated=(given,))
    found = _cdrs(reads, asked.station_id, during)
    shown = sorted(found[:MOST_SESSIONS], key=lambda past: (past.started_at, past.cdr.id))
    terms = tables.terms_at(reads, asked.station_id, terms)
    replayed = _replayed(reads, shown, time_zone, tariff.content, known, terms)
    return Replay(tariff.currency, tuple(replayed), is_whole=len(found) <= MOST_SESSIONS)


def totals(found: Replay, basis: Basis) -> Outcome:
    """The month: the sums of its sessions, those in other coins left out of what was billed."""
    outcomes = [one.proposed if basis == "proposed" else one.billed for one in found.sessions]
    kept = [one for one in outcomes if one is not None]
    costs = [one.cost_minor for one in kept if one.cost_minor is not None]
    return Outcome(
        sum(one.gross_minor for one in kept),
        sum(one.earnings_minor for one in kept),
        sum(costs) if len(costs) == len(kept) and costs else None,
    )


def _cdrs(reads: Reads, station_id: str, during: Span) -> list[Past]:
    """The CDRs that stand for paid-for sessions which began in a range, the newest first."""
    statement = (
        select(CDR, SESSION.c.start_wh)
        .join(SESSION, (SESSION.c.id == CDR.c.session_id) & (SESSION.c.cdr_id == CDR.c.id))
        .where(
            CDR.c.station_id == station_id,
            CDR.c.started_at >= during.start,
            CDR.c.started_at < during.end,
            CDR.c.tariff_snapshot_id.is_not(None),  # the owner's own use earns nothing
            CDR.c.unbilled_reason.is_(None) | IS_LITTLE_BEYOND,
        )
        .order_by(CDR.c.started_at.desc(), CDR.c.id)
        .limit(MOST_SESSIONS + 1)
    )
    return [Past(CdrView(*row[:-1]), row[-1]) for row in reads.all(statement)]


def _replayed(
    reads: Reads,
    pasts: list[Past],
    time_zone: str,
    tariff: Tariff,
    known: KnownCosts,
    terms: Terms,
) -> Iterator[ReplayedSession]:
    """Each session priced anew; free energy of a month is used up in the order of their starts."""
    used: dict[str | None, int] = {}
    for past in pasts:
        cdr = past.cdr
        usage = usage_of(reads, past, time_zone)
        left = (tariff.free_wh_per_month or 0) - used.get(cdr.driver_id, 0)
        free_wh = min(max(left, 0), usage.energy_wh)
        used[cdr.driver_id] = used.get(cdr.driver_id, 0) + free_wh
        cost = price(tariff, replace(usage, free_wh=free_wh))
        cost_minor = known.cost_minor(usage, tariff.currency)
        is_alike = cdr.currency == tariff.currency
        yield ReplayedSession(
            session_id=cdr.session_id,
            started_at=cdr.started_at,
            energy_wh=cdr.energy_wh,
            billed=_outcome(divided(cdr.cost_minor, terms), cost_minor) if is_alike else None,
            proposed=_outcome(divided(cost.total_minor, terms), cost_minor),
        )


def _outcome(parts: Split, cost_minor: int | None) -> Outcome:
    return Outcome(parts.gross_minor, parts.owner_minor, cost_minor)

"""Searches in a market of 20,000 EVSEs: they read indexes, in few statements, and are true."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select, text
from sqlmodel import col

from chargehub.bookings import holding as bookings
from chargehub.bookings.rules import Wanted as Slot
from chargehub.commands.bench.market import Market, Size
from chargehub.commands.bench.search import kinds
from chargehub.errors import Refused
from chargehub.listings import offering
from chargehub.listings.schema import OfferRow
from chargehub.people import actions as people
from chargehub.people.rules import Actor
from chargehub.search import journeys, tables
from chargehub.search.corridor import Corridor, Stretch
from chargehub.search.rules import Filters, Place, Wanted, distance_m
from chargehub.store.engines import write_engine
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work
from chargehub.units import Span
from tests.databases import PostgresServer, fresh_sqlite
from tests.schema import prepare

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SIZE = Size(20_000)
HOUR = timedelta(hours=1)
MOST_STATEMENTS = 70  # of one search, however many EVSEs it looks at


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = fresh_sqlite(tmp_path_factory.mktemp("market") / "market.sqlite")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create_database()
    prepare(url)
    engine = write_engine(url)
    Market(SIZE, NOW).fill(engine)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """What is written is undone."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.mark.parametrize("kind", kinds(Market(SIZE, NOW), NOW))
def test_no_query_of_a_search_reads_a_whole_table(connection: Connection, kind: str) -> None:
    """PostgreSQL knows how many rows there are and may choose; it is only never forced to."""
    is_sqlite = connection.dialect.name == "sqlite"
    plans: list[str] = []

    def explain(cursor: Any, statement: str, parameters: Any) -> None:
        explained = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        cursor.execute(f"{explained} {statement}", parameters)
        plans.extend(str(line[-1]).strip() for line in cursor.fetchall())

    if not is_sqlite:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    asked = kinds(Market(SIZE, NOW), NOW)[kind]
    with _watched(connection, explain):
        for _ in range(10):
            next(asked)(Reads(connection))

    assert plans
    scans = [plan for plan in plans if plan.startswith("SCAN") or "Seq Scan" in plan]
    assert not [plan for plan in scans if not plan.startswith("SCAN json_each")], plans
    # On PostgreSQL, reading the rows themselves costs four times as much as the index.
    is_around = kind.startswith("around")
    assert is_sqlite or not is_around or any("Only Scan using pk_offer" in one for one in plans)
    # Without figures, SQLite would read all bookings of a status for a few EVSEs.
    assert not is_sqlite or not [plan for plan in plans if "ix_booking_status" in plan], plans


@pytest.mark.parametrize("kind", kinds(Market(SIZE, NOW), NOW))
def test_a_search_takes_few_statements(connection: Connection, kind: str) -> None:
    """However many it looks at: none is asked about one EVSE."""
    counts: list[int] = []

    def count(*_: Any) -> None:
        counts[-1] += 1

    asked = kinds(Market(SIZE, NOW), NOW)[kind]
    with _watched(connection, count):
        for _ in range(30):
            search = next(asked)
            counts.append(0)
            search(Reads(connection))

    assert 0 < max(counts) <= MOST_STATEMENTS


@contextmanager
def _watched(connection: Connection, tell: Callable[[Any, str, Any], None]) -> Iterator[None]:
    """Tell of every statement before it is run, by way of SQLAlchemy or as a `Hot` one."""

    def listen(_c: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        tell(cursor, statement, parameters)

    def run(hot: Hot, on: Connection, params: dict[str, Any]) -> Any:
        compiled = hot._compile(on.dialect)
        raw: Any = on.connection.cursor()
        tell(raw, compiled.sql, compiled.bound(params))
        raw.close()
        return run_it(hot, on, params)

    run_it = Hot.run
    event.listen(connection, "before_cursor_execute", listen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hot, "run", run)
        yield
    event.remove(connection, "before_cursor_execute", listen)


def test_what_is_found_is_what_can_be_booked(connection: Connection) -> None:
    """Held against booking each EVSE there is nearby: its hours, its calendar, its policy."""
    work = Work(connection, {}, {})
    driver = _driver(work)
    counts: list[tuple[int, int]] = []
    for number in range(6):
        start = NOW + (3 + 11 * number) * HOUR
        during = Span(start, start + (1 + number % 3) * HOUR)
        around = _a_town(connection, number)
        there = _around(connection, around, 3_000)
        bookable = {each for each in there if _can_be_booked(work, driver, each, during)}

        found = tables.near(
            Reads(connection), Wanted(around, 3_000, Filters(during)), NOW, None, 10_000
        )

        assert {one.evse.id for one in found} == bookable
        counts.append((len(bookable), len(there)))
    assert 50 < sum(some for some, _ in counts) < sum(all_of_them for _, all_of_them in counts)


def test_along_a_way_all_is_found_in_order_page_by_page(connection: Connection) -> None:
    """Held against measuring every EVSE of the market."""
    found_in_all = 0
    for number in range(3):
        start = _a_town(connection, number)
        way = [(0, 0), (300_000, 200_000), (10_000, 400_000), (0, 0)]
        points = [Place(start.latitude_e6 + up, start.longitude_e6 + east) for up, east in way]
        corridor = Corridor(points, 2_000)
        stretches = _legs(corridor)
        rows = connection.execute(_WHERE)
        measured = sorted(
            (at.along_m, evse_id, at.off_m)
            for evse_id, *place in rows
            for stretch in stretches
            if (at := corridor.passes(stretch, Place(*place)))
        )

        found: list[tuple[int, str, int | None]] = []
        while len(found) % 37 == 0:
            page = (found[-1][:2] if found else None, 37)
            part = journeys.along(Reads(connection), corridor, Filters(), NOW, page)
            found += [(one.along_m, one.found.evse.id, one.found.distance_m) for one in part]
            if not part:
                break

        assert found == measured
        found_in_all += len(found)
    assert found_in_all > 200


def test_rows_that_search_reads_first_are_those_that_publishing_writes(
    connection: Connection,
) -> None:
    rows = select(OfferRow).order_by(col(OfferRow.evse_id)).limit(40)
    before = connection.execute(rows).all()

    work = Work(connection, {}, {})
    for station_id in {row.station_id for row in before}:
        offering.refresh(work, station_id)

    assert connection.execute(rows).all() == before


def _a_town(connection: Connection, number: int) -> Place:
    """Where some EVSE stands."""
    wanted = select(col(OfferRow.latitude_e6), col(OfferRow.longitude_e6)).where(
        col(OfferRow.evse_id) == f"dddddddd-0000-7000-8000-{number * 997:012x}"
    )
    return Place(*connection.execute(wanted).one())


def _legs(corridor: Corridor) -> list[Stretch]:
    """A way in as few stretches as there can be."""
    found = [corridor.first(0, 1_000_000)]
    while following := corridor.next(found[-1], 1_000_000):
        found.append(following)
    return found


_WHERE = select(col(OfferRow.evse_id), col(OfferRow.latitude_e6), col(OfferRow.longitude_e6))


def _around(connection: Connection, around: Place, radius_m: int) -> list[str]:
    return [
        evse_id
        for evse_id, *place in connection.execute(_WHERE)
        if distance_m(around, Place(*place)) <= radius_m
    ]


def _driver(work: Work) -> Actor:
    registration = people.Registration("driver@example.org", "driver", "no password hash")
    done = people.register(work, registration, "http://hub", timedelta(days=1), NOW)
    people.set_can_pay(work, done.account_id, True)
    return Actor(done.account_id, is_operator=False, scopes=None)


class _Undone(Exception):
    """The booking could be made, and is taken back."""


def _can_be_booked(work: Work, driver: Actor, evse_id: str, during: Span) -> bool:
    def hold(part: Work) -> None:
        bookings.hold_slot(part, driver, Slot(evse_id, during.start, during.end), NOW)
        raise _Undone

    outcome = work.attempt(hold)
    assert isinstance(outcome, _Undone | Refused), outcome
    return isinstance(outcome, _Undone)

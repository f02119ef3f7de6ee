"""Watches: who waits is told of what a search shows, of all of it, and at no great cost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import h3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select, text, update
from sqlmodel import col

from chargehub import events
from chargehub.bookings.rules import DEFAULTS
from chargehub.commands.bench.market import Market, Size
from chargehub.listings import offering
from chargehub.listings.schema import OfferRow
from chargehub.listings.tables import Listing
from chargehub.people import actions as people
from chargehub.people.rules import Actor
from chargehub.search import noticing, rules, spotting, tables, watches, watching
from chargehub.search.fitting import fitting
from chargehub.search.rules import Filters, NeedAsked, Place, Wanted
from chargehub.search.watch import Freed, Watch, Wish, cell_at, cells_around, concerns
from chargehub.search.watches import WATCH
from chargehub.search.watching import Limits, NewWatch
from chargehub.stations import tables as stations
from chargehub.stations.schema import Evse, Station
from chargehub.stations.views import LocationView
from chargehub.store.columns import new_id
from chargehub.store.engines import write_engine
from chargehub.store.tables import EventRow
from chargehub.store.work import Reads, Work
from chargehub.units import Span
from tests.bookings import test_laws as laws
from tests.bookings import test_owner_laws as owner_laws
from tests.bookings.test_laws import Ground, ground
from tests.bookings.world import HOUR, MINUTE, NOW
from tests.databases import fresh_sqlite
from tests.schema import prepare
from tests.search.test_market import _watched

__all__ = ["ground"]

LIMITS = Limits(1_000, timedelta(days=30))
FOLLOWERS = {
    events.BookingReleased: spotting.follow_released,
    events.BookingChanged: spotting.follow_changed,
    events.BookingLeft: spotting.follow_left,
    events.BlockLifted: spotting.follow_lifted,
}
latitudes, longitudes = st.integers(-89_000_000, 89_000_000), st.integers(-180_000_000, 180_000_000)


# --- where ---------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    latitude=latitudes, longitude=longitudes, radius_m=st.integers(1, 25_000), seed=st.integers()
)
def test_every_place_within_the_radius_lies_in_a_cell_of_the_watch(
    latitude: int, longitude: int, radius_m: int, seed: int
) -> None:
    _check_cells(Place(latitude, longitude), radius_m, Random(seed))


@pytest.mark.parametrize("pentagon", h3.get_pentagons(6))
def test_the_cells_hold_around_pentagons(pentagon: str) -> None:
    """There cells have five sides, and are the least regular."""
    latitude, longitude = h3.cell_to_latlng(pentagon)
    middle = Place(round(latitude * 1_000_000), round(longitude * 1_000_000))
    for radius_m in (1, 5_000, 25_000):
        _check_cells(middle, radius_m, Random(6))


def _check_cells(around: Place, radius_m: int, random: Random) -> None:
    cells = cells_around(around, radius_m)
    assert len(cells) <= 200
    (box, *_) = rules.boxes(around, radius_m)
    for _ in range(60):
        place = Place(
            random.randint(box.south_e6, box.north_e6), random.randint(box.west_e6, box.east_e6)
        )
        if rules.distance_m(around, place) <= radius_m:
            assert cell_at(place) in cells


# --- in a market ---------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = fresh_sqlite(tmp_path_factory.mktemp("watches") / "market.sqlite")
    else:
        url = request.getfixturevalue("postgres").create_database()
    prepare(url)
    engine = write_engine(url)
    Market(Size(1_000), NOW).fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """What is written is undone."""
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def somebody(work: Work, name: str = "watcher") -> Actor:
    registration = people.Registration(f"{name}@example.org", name, "no password hash")
    done = people.register(work, registration, "http://hub", timedelta(days=1), NOW)
    return Actor(done.account_id, is_operator=False, scopes=None)


def a_place(connection: Connection, number: int) -> Place:
    wanted = select(col(OfferRow.latitude_e6), col(OfferRow.longitude_e6))
    return Place(*connection.execute(wanted.order_by(col(OfferRow.evse_id)).offset(number)).first())  # type: ignore[misc]


def test_what_fits_is_what_a_search_by_the_same_driver_shows(connection: Connection) -> None:
    """Some stations are there for members alone, some EVSEs are taken, some lines are down."""
    work, random = Work(connection, {}, {}), Random(4)
    viewer = somebody(work)
    evse_ids = [row.evse_id for row in work.all(select(col(OfferRow.evse_id)))]
    _unsettle(work, viewer, random)
    seen = []
    for _ in range(24):
        wish = _some_wish(random, a_place(connection, random.randrange(1_000)), viewer)
        assert wish.around is not None
        wanted = Wanted(wish.around, wish.radius_m, wish.filters)
        found = tables.near(work, wanted, NOW, None, 10_000)
        shown = {
            each.evse.id
            for each in found
            if each.evse.owner_id != viewer.account_id
            and (wish.filters.during or each.availability == "free")
        }

        assert {each.evse.id for each in fitting(work, wish, evse_ids, NOW)} == shown
        seen.append((len(shown), len(found)))
    assert 20 < sum(some for some, _ in seen) < sum(found for _, found in seen)


def _unsettle(work: Work, viewer: Actor, random: Random) -> None:
    """A third of the stations is for members alone or the viewer's own, or has no line."""
    for row in work.all(select(col(Station.id)).order_by(col(Station.id))):
        fate = random.randrange(9)
        is_it = col(Station.id) == row.id
        if fate == 0:
            work.execute(
                update(Listing).where(col(Listing.station_id) == row.id).values(access="members")
            )
            offering.refresh(work, row.id)
        if fate == 1:
            work.execute(update(Station).where(is_it).values(owner_id=viewer.account_id))
        work.execute(update(Station).where(is_it).values(connection=0 if fate == 2 else 1))
        status = random.choice(("available", "available", "occupied", "faulted"))
        of_station = col(Evse.station_id) == row.id
        work.execute(update(Evse).where(of_station).values(status=status, charging=None))


def _some_wish(random: Random, around: Place, viewer: Actor) -> Wish:
    start = NOW + random.choice((-1, 0, 3, 30)) * HOUR
    during = Span(start, start + random.randint(1, 5) * HOUR)
    need = random.choice((None, NeedAsked(10_000, "EUR", random.choice((None, 400)))))
    filters = Filters(
        during=random.choice((None, during, during)),
        connector_types=random.choice(((), ("IEC_62196_T2",), ("IEC_62196_T2_COMBO",))),
        min_power_w=random.choice((0, 0, 22_000)),
        viewer_id=viewer.account_id,
        is_instant=random.random() < 0.2,
        access=random.choice((None, None, "public")),
    )
    with_need = replace(filters, need=need if filters.during else None)
    return Wish("free", with_need, around, random.choice((500, 3_000, 25_000)))


def test_no_query_of_a_watch_reads_a_whole_table(connection: Connection) -> None:
    """Noticing, telling and forgetting, with 500 watches all over the market."""
    is_sqlite = connection.dialect.name == "sqlite"
    work, plans = Work(connection, {}, {}), []
    viewer = somebody(work)
    for number in range(500):
        wish = Wish("free", Filters(viewer_id=viewer.account_id), a_place(connection, number), 900)
        watching.begin(work, viewer, NewWatch(wish), LIMITS, NOW)

    def explain(cursor: Any, statement: str, parameters: Any) -> None:
        if "watch" in statement and not statement.startswith("INSERT"):
            explained = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
            cursor.execute(f"{explained} {statement}", parameters)
            plans.extend(str(line[-1]).strip() for line in cursor.fetchall())

    if not is_sqlite:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    found = candidates_at(work, a_place(connection, 7))
    with _watched(connection, explain):
        asked = watches.at(work, [cell_at(a_place(connection, 7))], ["free"], NOW)
        spotting._spot(work, found, Freed(is_new=True), NOW)
        assert noticing.tell_watching(work, NOW, HOUR) > 0
        watches.around(work, some_location(work), NOW)
        watching.forget_watches(work, NOW + timedelta(days=40))

    assert 0 < len(asked) < 250
    assert plans
    scans = [plan for plan in plans if plan.startswith("SCAN") or "Seq Scan" in plan]
    assert not [plan for plan in scans if not plan.startswith("SCAN json_each")], plans


def some_location(work: Work) -> LocationView:
    found = stations.location(work, work.value(select(col(Station.location_id)).limit(1)))
    assert found is not None
    return found


def candidates_at(work: Work, place: Place) -> list[str]:
    """The EVSEs of one station there."""
    wanted = select(col(OfferRow.station_id)).where(
        col(OfferRow.latitude_e6) == place.latitude_e6,
        col(OfferRow.longitude_e6) == place.longitude_e6,
    )
    station_id = work.value(wanted.limit(1))
    return [evse.id for evse in stations.evses_of_station(work, station_id)]


# --- what concerns whom --------------------------------------------------------------------


def test_a_time_that_was_free_before_concerns_nobody() -> None:
    freed = Freed((Span(NOW + 3 * HOUR, NOW + 4 * HOUR),))

    def is_told(start: int, length: int) -> bool:
        start_at = NOW + start * MINUTE
        return concerns(freed, Span(start_at, start_at + length * MINUTE), DEFAULTS, NOW)

    assert not is_told(60, 60)
    assert is_told(100, 75)  # the time is needed for its buffer
    assert not is_told(240, 60)
    assert not concerns(freed, None, DEFAULTS, NOW)


# --- whatever happens ----------------------------------------------------------------------

THEIRS = (  # without policies: that one lets more be booked is told to nobody
    *("hold", "book", "book", "book", "approve", "decline", "pay", "refuse", "cancel", "cancel"),
    *("come", "leave", "clock"),
)
stories = st.lists(
    st.tuples(
        st.sampled_from((*THEIRS, *owner_laws.OURS)),
        st.integers(0, 2),
        st.integers(0, 24),
        st.integers(15, 90),
        st.integers(0, 12),
    ),
    min_size=15,
    max_size=30,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=st.integers(0, 9), story=stories, starts=st.lists(st.integers(0, 30), max_size=4))
def test_who_waits_is_told_of_everything_that_comes_free_and_of_nothing_else(
    ground: Ground, first: int, story: list[laws.Deed], starts: list[int]
) -> None:
    """A deed that makes a search show the EVSE tells all who wait for it, at once; and nobody is
    told of what a search does not show."""
    with ground.work() as work:
        now = NOW
        made: list[str] = []
        laws._do(work, ground, ("policy", 0, first, 0, 0), made, now)
        waiting = _waiting(work, ground, starts)
        for deed in story:
            now += deed[4] * MINUTE
            before = {watch.id for watch in waiting if _is_shown(work, ground, watch, now)}
            last = _last_event(work)
            do = owner_laws._do if deed[0] in owner_laws.OURS else laws._do
            do(work, ground, deed, made, now)
            told = _told(work, last, now)
            after = {watch.id for watch in waiting if _is_shown(work, ground, watch, now)}
            stands = {watch.id for watch in waiting if now < watch.expires_at}
            wrong = ((after - before) & stands - told) | (told - after)
            assert not wrong, (deed[0], now, _of(waiting, wrong), work.all(select(laws.BOOKING)))


def _waiting(work: Work, ground: Ground, starts: list[int]) -> list[Watch]:
    """Somebody waits for several times, and for any."""
    viewer = somebody(work)
    spans = [Span(NOW + one * 10 * MINUTE, NOW + (one * 10 + 45) * MINUTE) for one in starts]
    wishes = [
        Wish("free", Filters(during, viewer_id=viewer.account_id), evse_id=ground.world.evse_id)
        for during in (None, *spans)
    ]
    return [watching.begin(work, viewer, NewWatch(wish), LIMITS, NOW) for wish in wishes]


def _of(waiting: list[Watch], ids: set[str]) -> list[Span | None]:
    return [watch.wish.filters.during for watch in waiting if watch.id in ids]


def _is_shown(reads: Reads, ground: Ground, watch: Watch, now: Any) -> bool:
    evse = stations.evse(reads, ground.world.evse_id)
    assert evse is not None
    row = reads.one(select(OfferRow.__table__))  # type: ignore[attr-defined]
    around = Place(row.latitude_e6, row.longitude_e6)
    found = tables.near(reads, Wanted(around, 1_000, watch.wish.filters), now, None, 10)
    return any(watch.wish.filters.during or each.availability == "free" for each in found)


def _last_event(work: Work) -> str:
    work.flush()
    found: str = work.value(select(col(EventRow.id)).order_by(col(EventRow.id).desc())) or ""
    return found


def _told(work: Work, last: str, now: Any) -> set[str]:
    """What follows from the events since then; the watches that were told."""
    for name, body in _events(work, last):
        kind = getattr(events, name)
        if kind in FOLLOWERS:
            FOLLOWERS[kind](work, kind(**body), now)
    noticing.tell_watching(work, now, timedelta())
    return {body["watch_id"] for name, body in _events(work, last) if name == "WatchMatched"}


def _events(work: Work, last: str) -> list[tuple[str, Any]]:
    work.flush()
    columns = col(EventRow.id), col(EventRow.name), col(EventRow.body)
    rows = work.all(select(*columns).where(col(EventRow.id) > last).order_by(col(EventRow.id)))
    return [(row.name, row.body) for row in rows]


def test_of_many_that_wait_the_oldest_are_asked(connection: Connection) -> None:
    work = Work(connection, {}, {})
    viewer, place = somebody(work), a_place(connection, 3)
    wish = Wish("free", Filters(viewer_id=viewer.account_id), place, 100)
    ids = [new_id() for _ in range(spotting.MOST_ASKED + 20)]
    for watch_id in ids:
        watches.add(work, Watch(watch_id, viewer.account_id, wish, True, NOW, NOW + HOUR))

    spotting._spot(work, candidates_at(work, place)[:1], Freed(is_at_once=True), NOW)

    due = work.all(select(WATCH.c.id).where(WATCH.c.due_at <= NOW).order_by(WATCH.c.id))
    assert [row.id for row in due] == ids[: spotting.MOST_ASKED]

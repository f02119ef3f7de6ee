"""A town in which more stands than one search looks at."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from chargehub.listings.schema import OfferRow
from chargehub.listings.tables import Listing
from chargehub.listings.traits import plugs_mask, strip_of
from chargehub.search import candidates, journeys, rules, tables
from chargehub.search.corridor import Corridor
from chargehub.search.rules import Filters, Place, Wanted
from chargehub.stations.schema import Connector, Evse, Location, Station
from chargehub.store.engines import write_engine
from chargehub.store.work import Reads, Work, table_of
from chargehub.tariffs import actions as tariffs
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.pricing import Tariff
from chargehub.units import Span
from tests.bookings.world import NOW

OSLO = Place(59_913_900, 10_752_200)
SIDE = 72  # 72 x 72 EVSEs are more than a search looks at
STEP_E6 = 300  # 33 m apart to the north, 17 m to the east
T2 = "IEC_62196_T2"
ANYWHERE = {"cell": 0, "time_zone": "UTC"}
CLOSED = [{"weekdays": [0], "from": "00:00", "to": "00:01"}]


PLACES = {
    f"{row:02}-{column:02}": Place(
        OSLO.latitude_e6 + row * STEP_E6, OSLO.longitude_e6 + column * STEP_E6
    )
    for row in range(SIDE)
    for column in range(SIDE)
}
"""Where each EVSE stands: a rectangle with its south-west corner in Oslo."""


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A database in which all of them are published, and open for one minute a week."""
    path = tmp_path_factory.mktemp("search") / "town.sqlite"
    shutil.copy(sqlite_template, path)
    engine = write_engine(f"sqlite:///{path}")
    with engine.connect() as connection, connection.begin() as transaction:
        _fill(connection)
        yield connection
        transaction.rollback()
    engine.dispose()


def _fill(connection: Connection) -> None:
    content = Tariff("Home", "EUR", Decimal(19), (EnergyPrice(Decimal("0.45")),))
    work = Work(connection, {}, {})
    tariff = tariffs.create_tariff(work, "owner", tariffs.Wanted(content), NOW).tariff
    columns: dict[Any, dict[str, Any]] = {
        Location: {"name": "Here", "address": "Road 1", "time_zone": "UTC", "created_at": NOW},
        Station: {"name": "It", "password_digest": "", "created_at": NOW},
        Evse: {"number": 1, "power_w": 11_000},
        Connector: {"number": 1, "type": T2},
        Listing: {"tariff_id": tariff.id, "hours": CLOSED, "published_at": NOW},
        OfferRow: {"plugs": plugs_mask([T2]), "amenities": 0, "power_w": 11_000, **ANYWHERE},
    }
    for model, same in columns.items():
        rows = [{**same, **_own(model, key, place)} for key, place in PLACES.items()]
        connection.execute(insert(table_of(model)), rows)


def _own(model: Any, key: str, place: Place) -> dict[str, Any]:
    """What differs from row to row; every row of one EVSE has the same key."""
    if model is Location:
        where = {"latitude_e6": place.latitude_e6, "longitude_e6": place.longitude_e6}
        cell = {"cell": "", **{f"cell_{name}": value for name, value in where.items()}}
        return {"id": key, "owner_id": "owner", **where, **cell}
    if model is Station:
        return {"id": key, "owner_id": "owner", "location_id": key, "identity": key}
    if model is Evse:
        return {"id": key, "station_id": key}
    if model is OfferRow:
        where = {"latitude_e6": place.latitude_e6, "longitude_e6": place.longitude_e6}
        return {"evse_id": key, "station_id": key, "strip": strip_of(place.latitude_e6), **where}
    return {"id": key, "evse_id": key} if model is Connector else {"station_id": key}


def wanted(radius_m: int, during: Span | None = None, **more: Any) -> Wanted:
    return Wanted(OSLO, radius_m, Filters(during, **more))


def test_pages_of_a_full_town_are_those_of_all_evses_by_distance(town: Connection) -> None:
    """Held against the plain way: measure every one, sort, cut."""
    measured = sorted((rules.distance_m(OSLO, place), key) for key, place in PLACES.items())
    asked = wanted(1_500, connector_types=(T2,))

    after, found = None, []
    for _ in range(3):
        part = tables.near(Reads(town), asked, NOW, after, 200)
        found += [(one.distance_m, one.evse.id) for one in part]
        after = (part[-1].distance_m or 0, part[-1].evse.id)

    assert found == measured[:600]


def test_a_search_that_would_look_at_too_many_is_refused(town: Connection) -> None:
    """All are closed at that time, so a page is never full, and the search would go on."""
    night = Span(NOW + timedelta(hours=1), NOW + timedelta(hours=2))

    assert tables.near(Reads(town), wanted(500, night), NOW, None, 50) == ()
    with pytest.raises(candidates.TooManyFound, match="Make the area smaller"):
        tables.near(Reads(town), wanted(100_000, night), NOW, None, 50)


def test_the_nearest_are_found_where_a_wide_circle_would_hold_too_many(town: Connection) -> None:
    """From beside the town: nothing in the first circle, all of it in one three times as wide."""
    beside = Place(OSLO.latitude_e6 + 10_800, OSLO.longitude_e6 - 23_300)
    measured = sorted((rules.distance_m(beside, place), key) for key, place in PLACES.items())
    asked = Wanted(beside, 100_000, Filters(connector_types=(T2,)))

    found = candidates.nearest(Reads(town), asked, 300)
    first = tables.near(Reads(town), asked, NOW, None, 50)

    assert [spot[:2] for spot in found] == measured[:300]
    assert [(one.distance_m, one.evse.id) for one in first] == measured[:50]


def test_a_way_through_a_full_town_passes_all_of_it_in_order(town: Connection) -> None:
    """So many lie beside its start that one look would not do."""
    north = Place(OSLO.latitude_e6 + 1_000_000, OSLO.longitude_e6 + 10_000)
    corridor = Corridor([OSLO, north], 1_500)
    whole = corridor.first(0, 1_000_000)
    measured = sorted(
        (at.along_m, key) for key, place in PLACES.items() if (at := corridor.passes(whole, place))
    )

    after, found = None, []
    for _ in range(20):
        part = journeys.along(Reads(town), corridor, Filters(), NOW, (after, 300))
        found += [(one.along_m, one.found.evse.id) for one in part]
        if len(part) < 300:
            break
        after = found[-1]

    assert found == measured
    assert len(found) > 4_000


def test_a_way_may_begin_beside_more_than_one_look_holds(town: Connection) -> None:
    """Behind its start lies all of the town, and no stretch is short enough for that."""
    start = Place(OSLO.latitude_e6 + SIDE * STEP_E6, OSLO.longitude_e6)
    corridor = Corridor([start, Place(start.latitude_e6 + 300_000, start.longitude_e6)], 5_000)

    found = journeys.along(Reads(town), corridor, Filters(), NOW, (None, 300))

    assert [(one.along_m, one.found.evse.id) for one in found] == [
        (0, key) for key in sorted(PLACES)[:300]
    ]

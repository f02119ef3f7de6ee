"""A market to search in: EVSEs in towns and in the country, with prices, hours and bookings.

The same seed and size give the same market. Rows are written as the actions write them, but
many at a time.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel

from chargehub.bookings.policies import BookingPolicyRow
from chargehub.bookings.rules import DEFAULTS, Mode, times
from chargehub.bookings.tables import BookingRow
from chargehub.bookings.terms import write_policy
from chargehub.commands.bench.filling import filling
from chargehub.listings.schema import OfferCount, OfferRow
from chargehub.listings.tables import Listing
from chargehub.listings.traits import COUNTED, plugs_mask, strip_of
from chargehub.search.rules import Place
from chargehub.stations.cells import Cell, cell_of, coarser
from chargehub.stations.schema import Connector, Evse, Location, Station
from chargehub.store.work import Work
from chargehub.tariffs import actions as tariffs
from chargehub.tariffs.components import EnergyPrice, FlatPrice, IdlePrice, TimePrice
from chargehub.tariffs.pricing import Tariff
from chargehub.units import Span

EVSES_OF_STATION: Final = 2
TOWNS: Final = 40  # the n-th has 1/√n of the EVSEs of the first
TOWN_M: Final = 6_000  # standard deviation of the distance from its middle
IN_TOWN: Final = 0.8
TARIFFS: Final = 2_000
BOOKED: Final = 0.2  # of the EVSEs
BOOKINGS: Final = 5  # of each of these
STATED: Final = 0.3  # of the stations have a policy of their owner's
TOGETHER: Final = 2_000  # stations that are written at a time
_METRE_E6: Final = 1_000_000 / 111_195  # of latitude
_WEST, _EAST, _SOUTH, _NORTH = -10_000_000, 30_000_000, 36_000_000, 65_000_000  # of Europe
_HOUR: Final = timedelta(hours=1)

_POWERS: Final = (3_700, 7_400, 11_000, 11_000, 22_000, 50_000, 150_000)
_PLUGS: Final = (
    *((("IEC_62196_T2",),) * 6),
    *(("IEC_62196_T2_COMBO",), ("IEC_62196_T2", "CHADEMO"), ("CHADEMO",), ("DOMESTIC_F",)),
)
_HOURS: Final[Sequence[Any]] = (
    *(("24/7",) * 5),
    [{"weekdays": [0, 1, 2, 3, 4], "from": "07:00", "to": "22:00"}],
    [{"weekdays": [0, 1, 2, 3, 4, 5, 6], "from": "18:00", "to": "08:00"}],
    [
        {"weekdays": [0, 1, 2, 3, 4], "from": "17:00", "to": "23:00"},
        {"weekdays": [5, 6], "from": "08:00", "to": "23:00"},
    ],
)

WRITTEN: Final = (
    *(Location, Station, Listing, BookingPolicyRow, Evse, Connector),
    *(OfferRow, BookingRow, OfferCount),
)
Rows = dict[type[SQLModel], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Size:
    """How large the market is."""

    evses: int
    seed: int = 7


class Market:
    """Where things stand is drawn from a seed; `now` is when the market was made."""

    def __init__(self, size: Size, now: datetime) -> None:
        self._random, self._now = Random(size.seed), now
        self._stations = size.evses // EVSES_OF_STATION
        self._towns = [self._country() for _ in range(TOWNS)]
        self._weights = [1 / math.sqrt(number) for number in range(1, TOWNS + 1)]
        self._policies = [write_policy(policy) for policy in _policies()]

    def fill(self, engine: Engine) -> None:
        """Write all of it into a database with tables and nothing else: all or nothing."""
        with filling(engine, WRITTEN) as filler:
            tariff_ids = self._tariffs(filler.connection)
            cells: Counter[int] = Counter()
            for start in range(0, self._stations, TOGETHER):
                rows: Rows = {}
                for number in range(start, min(start + TOGETHER, self._stations)):
                    self._station(rows, number, tariff_ids)
                cells.update(row["cell"] for row in rows[OfferRow])
                for model, some in rows.items():
                    filler.write(model, some)
            filler.write(OfferCount, list(_counts(cells)))

    def place(self) -> Place:
        """Somewhere, the likelier the more EVSEs stand there."""
        if self._random.random() >= IN_TOWN:
            return self._country()
        town = self._random.choices(self._towns, self._weights)[0]
        north, east = (self._random.gauss(0, TOWN_M) for _ in range(2))
        narrow = math.cos(math.radians(town.latitude_e6 / 1_000_000))
        return Place(
            town.latitude_e6 + round(north * _METRE_E6),
            town.longitude_e6 + round(east * _METRE_E6 / narrow),
        )

    def _country(self) -> Place:
        return Place(self._random.randint(_SOUTH, _NORTH), self._random.randint(_WEST, _EAST))

    def _tariffs(self, connection: Connection) -> list[str]:
        work = Work(connection, {}, {})
        made = []
        for number in range(TARIFFS):
            energy = EnergyPrice(Decimal(20 + number % 60) / 100)
            more = (
                (),
                (FlatPrice(Decimal("0.50")),),
                (TimePrice(Decimal("0.02")),),
                (IdlePrice(Decimal("0.10"), timedelta(minutes=30)),),
            )[number % 4]
            content = Tariff(f"Price {number}", "EUR", Decimal(19), (energy, *more))
            wanted = tariffs.Wanted(content)
            owner_id = _id("a", number)
            made.append(tariffs.create_tariff(work, owner_id, wanted, self._now).tariff.id)
        work.flush()
        return made

    def _station(self, rows: Rows, number: int, tariff_ids: Sequence[str]) -> None:
        add = _adder(rows)
        place, station_id, location_id = self.place(), _id("b", number), _id("c", number)
        owner = {"owner_id": _id("a", number % TARIFFS)}
        exact = {"latitude_e6": place.latitude_e6, "longitude_e6": place.longitude_e6}
        cell = cell_of(*exact.values())
        middle = {"latitude_e6": cell.latitude_e6, "longitude_e6": cell.longitude_e6}
        place_told = {f"cell_{name}": value for name, value in middle.items()}
        add(Location, id=location_id, cell=cell.index, **owner, **exact, **place_told, **self._here)
        it = {"identity": f"CH-{number}", "name": "It", "password_digest": "", "connection": 1}
        add(Station, id=station_id, location_id=location_id, created_at=self._now, **owner, **it)
        offered = {"tariff_id": tariff_ids[number % TARIFFS], "published_at": self._now}
        add(Listing, station_id=station_id, hours=self._random.choice(_HOURS), **offered)
        if self._random.random() < STATED:
            policy = {"terms": self._random.choice(self._policies), "stated_at": self._now}
            add(BookingPolicyRow, station_id=station_id, version=1, **policy)
        shared = {"cell": int(cell.index, 16), "strip": strip_of(cell.latitude_e6), **middle}
        for which in range(EVSES_OF_STATION):
            self._evse(rows, number, which, {"station_id": station_id, **shared})

    @property
    def _here(self) -> dict[str, Any]:
        same = {"name": "Here", "address": "Road 1", "time_zone": "Europe/Oslo"}
        return {**same, "created_at": self._now}

    def _evse(self, rows: Rows, station: int, which: int, offer: Mapping[str, Any]) -> None:
        add, number = _adder(rows), station * EVSES_OF_STATION + which
        evse_id, station_id = _id("d", number), offer["station_id"]
        power = {"power_w": self._random.choice(_POWERS)}
        types = self._random.choice(_PLUGS)
        status = "occupied" if self._random.random() < 0.2 else "available"
        add(Evse, id=evse_id, station_id=station_id, number=which + 1, status=status, **power)
        for position, plug in enumerate(types, start=1):
            it = {"id": _id("e", number * 2 + position), "evse_id": evse_id}
            add(Connector, number=position, type=plug, **it)
        mask = plugs_mask(types)
        add(OfferRow, evse_id=evse_id, plugs=mask, time_zone="Europe/Oslo", **power, **offer)
        if self._random.random() < BOOKED:
            for nth, slot in enumerate(self._slots()):
                kept = _booking(number * BOOKINGS + nth, slot, self._now)
                owner_id = _id("a", station % TARIFFS)
                add(BookingRow, evse_id=evse_id, station_id=station_id, owner_id=owner_id, **kept)

    def _slots(self) -> Iterator[Span]:
        """Some in the week to come, one after the other."""
        start = self._now.replace(minute=0, second=0, microsecond=0)
        for _ in range(BOOKINGS):
            start += self._random.randint(2, 24) * _HOUR
            yield Span(start, start + self._random.randint(1, 4) * _HOUR)
            start += 5 * _HOUR


def _policies() -> Iterator[Any]:
    modes: tuple[Mode, ...] = ("instant", "request")
    for buffer in (0, 15, 30):
        for mode in modes:
            shortest = timedelta(minutes=30)
            margin = timedelta(minutes=buffer)
            before = min(DEFAULTS.reserve_before, margin)
            same = replace(DEFAULTS, shortest=shortest, lead=_HOUR, mode=mode)
            yield replace(same, buffer=margin, reserve_before=before)


def _counts(cells: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    """The rows that `offering.count` would have made, EVSE by EVSE."""
    for resolution in COUNTED:
        around: Counter[Cell] = Counter()
        for cell, evses in cells.items():
            around[coarser(cell, resolution)] += evses
        for each, evses in around.items():
            yield {
                "cell": int(each.index, 16),
                "resolution": resolution,
                "latitude_e6": each.latitude_e6,
                "longitude_e6": each.longitude_e6,
                "evses": evses,
            }


def _booking(number: int, slot: Span, now: datetime) -> dict[str, Any]:
    at = times(slot, now, DEFAULTS)
    return {
        "id": _id("f", number),
        "driver_id": _id("9", number),
        "id_token": "APP",
        "status": "confirmed",
        "opens_at": at.opens_at,
        "starts_at": at.starts_at,
        "arrive_by": at.arrive_by,
        "ends_at": at.ends_at,
        "blocked_until": at.blocked_until,
        "deposit_minor": 0,
        "currency": "EUR",
        "tariff_snapshot_id": "",
        "reservation_id": number + 1,
        "reservation": "none",
        "created_at": now,
    }


def _id(kind: str, number: int) -> str:
    """As long as ids are, and in the order of birth as they are."""
    return f"{kind * 8}-0000-7000-8000-{number:012x}"


def _adder(rows: Rows) -> Any:
    def add(model: type[SQLModel], **values: Any) -> None:
        rows.setdefault(model, []).append(values)

    return add

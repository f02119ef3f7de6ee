"""An owner with a published EVSE, and drivers, made by the actions that people use."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from chargehub import events
from chargehub.bookings import actions, holding, tables
from chargehub.bookings.rules import Wanted
from chargehub.bookings.tables import BookingView
from chargehub.listings import actions as listings
from chargehub.listings.rules import Hours
from chargehub.people import actions as people
from chargehub.people import logins
from chargehub.people.rules import Actor, Scope
from chargehub.stations import actions as stations
from chargehub.stations.commands import Outcome
from chargehub.stations.reports import ConnectorStatus, StatusChanged
from chargehub.stations.schema import CommandRow
from chargehub.stations.tables import command, evses_of_station
from chargehub.stations.views import CommandView
from chargehub.store.tables import EventRow
from chargehub.store.work import Reads
from chargehub.store.writer import Store
from chargehub.tariffs import actions as tariffs
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.pricing import Tariff
from tests.stations import samples

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def account(store: Store, name: str, can_pay: bool = True) -> Actor:
    """Somebody who logged in."""
    registration = people.Registration(f"{name}@example.org", name, "no password hash")
    done = await store.do(people.register, registration, "http://hub", timedelta(days=1), NOW)
    await store.do(people.set_can_pay, done.account_id, can_pay)
    return Actor(done.account_id, is_operator=False, scopes=None)


async def bearer(store: Store, actor: Actor) -> dict[str, str]:
    """The header that a logged-in person sends."""
    login = await store.do(logins.open_login, actor.account_id, timedelta(days=1), NOW)
    return {"Authorization": f"Bearer {login.token}"}


async def key_bearer(store: Store, actor: Actor, *scopes: Scope) -> dict[str, str]:
    """The header that a machine with these scopes sends."""
    made = await store.do(people.create_api_key, actor, people.NewKey("machine", scopes), NOW)
    return {"Authorization": f"Bearer {made.key}"}


async def tariff(store: Store, owner: Actor, per_kwh: str = "0.45") -> str:
    """The id of a tariff per kWh."""
    content = Tariff("Home", "EUR", Decimal(19), (EnergyPrice(Decimal(per_kwh)),))
    made = await store.do(tariffs.create_tariff, owner.account_id, tariffs.Wanted(content), NOW)
    return made.tariff.id


async def publish(
    store: Store, owner: Actor, station_id: str, tariff_id: str, hours: Hours | None = None
) -> None:
    await store.do(listings.publish, owner, station_id, tariff_id, hours or Hours(), NOW)


@dataclass(frozen=True)
class World:
    """One owner, one station with one EVSE of 11 kW at 0.45 EUR/kWh, one driver who can pay."""

    store: Store
    owner: Actor
    driver: Actor
    station_id: str
    evse_id: str
    tariff_id: str

    async def hold(
        self,
        start: int = 60,
        length: int = 60,
        driver: Actor | None = None,
        now: datetime = NOW,
        id_token: str | None = None,
    ) -> BookingView:
        """A slot `start` minutes after 08:00, `length` minutes long."""
        starts_at = NOW + start * MINUTE
        wanted = Wanted(self.evse_id, starts_at, starts_at + length * MINUTE, id_token)
        return await self.store.do(holding.hold_slot, driver or self.driver, wanted, now)

    async def confirmed(self, start: int = 60, length: int = 60, now: datetime = NOW) -> str:
        """The id of a booking that is paid for."""
        booking = await self.hold(start, length, now=now)
        await self.store.do(actions.confirm, authorised(booking.id), now)
        return booking.id

    async def tariff_at(self, per_kwh: str) -> str:
        """Offer the station at another price from now on; the id of the tariff's snapshot."""
        tariff_id = await tariff(self.store, self.owner, per_kwh)
        await publish(self.store, self.owner, self.station_id, tariff_id)
        return await self.store.do(tariffs.snapshot, tariff_id)

    async def connect(self, at: datetime = NOW) -> None:
        """The station has a line from now on, and its EVSE is available."""
        await self.store.do(stations.note_connected, self.station_id, 1, "1.6", at)
        await self.tell_status("available", at)

    async def disconnect(self, at: datetime) -> None:
        await self.store.do(stations.note_disconnected, self.station_id, 1, at)

    async def tell_status(self, status: ConnectorStatus, at: datetime) -> None:
        """The station says this of its EVSE."""
        told = StatusChanged(1, 1, status, None, at)
        await self.store.do(stations.receive_status, self.station_id, told, at)

    async def booking(self, booking_id: str) -> BookingView:
        found = await self.store.read(tables.booking, booking_id)
        assert found is not None
        return found

    async def events(self, booking_id: str) -> list[tuple[str, Any]]:
        """Names and bodies of what happened to a booking, in order."""
        return await self.store.read(_events, f"booking:{booking_id}")

    async def commands(self) -> tuple[CommandView, ...]:
        """What the station was asked, in order."""
        return await self.store.read(_commands, self.station_id)

    async def answer(self, asked: CommandView, outcome: Outcome, now: datetime) -> None:
        """The station's answer to a command, with what follows from it."""
        event = events.StationCommanded(asked.id, self.station_id)
        await self.store.do(stations.mark_sent, asked.id, now)
        await self.store.do(stations.record_outcome, event, outcome, now)
        finished = events.CommandFinished(asked.id, self.station_id, asked.kind)
        await self.store.do(actions.follow_command, finished, now)


async def make_world(store: Store, hours: Hours | None = None, per_kwh: str = "0.45") -> World:
    owner = await account(store, "olga")
    driver = await account(store, "dan")
    station_id = await samples.station(store, owner=owner.account_id)
    (evse,) = await store.read(evses_of_station, station_id)
    tariff_id = await tariff(store, owner, per_kwh)
    await publish(store, owner, station_id, tariff_id, hours)
    return World(store, owner, driver, station_id, evse.id, tariff_id)


def authorised(booking_id: str) -> events.PaymentAuthorised:
    return events.PaymentAuthorised("payment-1", booking_id, None)


def refused(booking_id: str) -> events.PaymentRefused:
    return events.PaymentRefused("payment-1", booking_id, None)


def _events(reads: Reads, aggregate: str) -> list[tuple[str, Any]]:
    statement = (
        select(col(EventRow.name), col(EventRow.body))
        .where(col(EventRow.aggregate) == aggregate)
        .order_by(col(EventRow.id))
    )
    return [(row.name, row.body) for row in reads.all(statement)]


def _commands(reads: Reads, station_id: str) -> tuple[CommandView, ...]:
    ids = select(col(CommandRow.id)).where(col(CommandRow.station_id) == station_id)
    found = [command(reads, row[0]) for row in reads.all(ids.order_by(col(CommandRow.id)))]
    return tuple(one for one in found if one is not None)

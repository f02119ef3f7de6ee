"""Sessions and bookings that are paid for, and their deliveries handed on one by one.

Sessions and CDRs are rows made here; how they come about belongs to other tests. `Flow` does by
hand what the relay does: it lets a test say what comes late, twice, or after a lost answer.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from chargehub import events
from chargehub.bookings import actions as bookings
from chargehub.bookings import cancelling, depositing
from chargehub.clock import HandClock
from chargehub.ledger import tables as ledger
from chargehub.payments import (
    actions,
    asking,
    collect,
    coming_back,
    effects,
    ending,
    payout,
    tables,
)
from chargehub.payments.actions import NewMethod
from chargehub.payments.rail import RailUnreachable, RefundOrder
from chargehub.payments.rails import Rails
from chargehub.payments.tables import PAYMENT
from chargehub.payments.views import PaymentView
from chargehub.people.rules import Actor
from chargehub.rails.registry import build
from chargehub.rails.sandbox import Totals, totals
from chargehub.sessions.schema import CdrRow, SessionRow
from chargehub.settings import Settings
from chargehub.settlement import actions as settlement
from chargehub.settlement import dividing
from chargehub.store.columns import derived_id, new_id
from chargehub.store.outbox import Effect, Reaction
from chargehub.store.tables import EventRow
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from chargehub.tariffs import actions as tariffs
from tests.bookings import world as market

NOW = market.NOW


def followers(rails: Rails, store: Store) -> dict[type[Any], list[Reaction | Effect]]:
    """The lines of the flow that payments take part in."""
    return {
        events.BookingHeld: [collect.open_for_booking],
        events.DepositDue: [asking.open_for_deposit],
        events.PaymentMethodChanged: [depositing.ask_with_new_method],
        events.BookingReleased: [ending.end_booking, dividing.charge_owner],
        events.AuthorisationRequested: [
            Effect(effects.authorise(rails, store), collect.record_authorisation)
        ],
        events.PaymentAuthorised: [bookings.confirm, ending.return_late],
        events.PaymentRefused: [bookings.decline, ending.take_late],
        events.SessionOpened: [
            bookings.mark_used,
            collect.open_for_session,
            ending.return_fee,
        ],
        events.SessionFailed: [collect.release_for_session],
        events.SessionClosed: [bookings.complete, collect.request_capture],
        events.CaptureRequested: [Effect(effects.capture(rails, store), collect.record_capture)],
        events.FeeRequested: [Effect(effects.capture(rails, store), ending.record_fee)],
        events.FeeCaptured: [dividing.settle_fee],
        events.ReleaseRequested: [Effect(effects.release(rails, store), collect.record_release)],
        events.PaymentCaptured: [settlement.settle],
        events.CdrCorrected: [collect.adjust],
        events.RefundRequested: [Effect(effects.refund(rails, store), collect.record_refund)],
        events.PayoutLookedAt: [Effect(coming_back.look(rails, store), coming_back.record_look)],
        events.PayoutRequested: [Effect(payout.send(rails, store), payout.record_payout)],
    }


@dataclass
class Flow:
    """Deliveries in hand. Those of one aggregate keep their order, as in the relay."""

    store: Store
    clock: HandClock
    followers: dict[type[Any], list[Reaction | Effect]]
    waiting: list[tuple[str, events.Event, Reaction | Effect]] = field(default_factory=list)
    told: list[events.Event] = field(default_factory=list)
    last_id: str = ""

    async def take_up(self) -> None:
        """Take up what was recorded since the last time."""
        for event_id, event in await self.store.read(_recorded, self.last_id):
            self.last_id = event_id
            self.told.append(event)
            for position, follower in enumerate(self.followers.get(type(event), ())):
                self.waiting.append((f"{event_id}:{position}", event, follower))

    async def follow(self, but: Collection[type[Any]] = (), twice: bool = False) -> None:
        """Deliver until nothing is left but events of the kinds in `but`."""
        await self.take_up()
        while found := self._next(but):
            await self._deliver(found)
            if twice:
                await self._deliver(found)
            self.waiting.remove(found)
            await self.take_up()

    async def shuffle(self, random: Random, lost: float = 0.3) -> None:
        """Deliver aggregates in any order; answers get lost and deliveries are repeated."""
        await self.take_up()
        while heads := self._heads():
            found = random.choice(heads)
            await self._deliver(found, crash=random.random() < lost)
            if random.random() < lost:
                continue  # its end was not noted: it comes again
            await self._deliver(found)
            self.waiting.remove(found)
            await self.take_up()

    async def repeat(self, happened: list[events.Event]) -> None:
        """Deliver these once more, under new keys."""
        for number, event in enumerate(happened):
            for follower in self.followers.get(type(event), ()):
                await self._deliver((f"again-{number}", event, follower))

    def _next(self, but: Collection[type[Any]]) -> Any:
        return next((head for head in self._heads() if type(head[1]) not in but), None)

    def _heads(self) -> list[Any]:
        heads: dict[str, Any] = {}
        for delivery in self.waiting:
            heads.setdefault(delivery[1].aggregate, delivery)
        return list(heads.values())

    async def _deliver(self, delivery: Any, crash: bool = False) -> None:
        """Run a follower; `crash`: the process ends after the effect, before its record."""
        key, event, follower = delivery
        if not isinstance(follower, Effect):
            await self.store.do(follower, event, self.clock.now())
            return
        try:
            outcome = await follower.run(event, key)
        except RailUnreachable:
            outcome = await follower.run(event, key)
        if not crash:
            await self.store.do(follower.record, event, outcome, self.clock.now())
            await self.take_up()

    def of_kind(self, kind: type[Any]) -> list[Any]:
        """The events of one kind so far."""
        return [event for event in self.told if type(event) is kind]


def _recorded(reads: Reads, after: str) -> list[tuple[str, events.Event]]:
    statement = select(col(EventRow.id), col(EventRow.name), col(EventRow.body))
    rows = reads.all(statement.where(col(EventRow.id) > after).order_by(col(EventRow.id)))
    return [(row.id, getattr(events, row.name)(**row.body)) for row in rows]


@dataclass
class World:
    """An owner with an EVSE of 11 kW at 0.45 EUR/kWh (a walk-up holds 22.00), and drivers."""

    store: Store
    clock: HandClock
    flow: Flow
    rails: Rails
    market: market.World
    snapshot_id: str

    @property
    def owner_id(self) -> str:
        return self.market.owner.account_id

    async def driver(self, name: str, reference: str | None = "ok") -> str:
        """The id of a driver who pays with this sandbox reference; None: cannot pay."""
        account = await market.account(self.store, name, can_pay=False)
        if reference is not None:
            await self.add_method(account.account_id, reference)
        return account.account_id

    async def add_method(self, driver_id: str, reference: str, rail: str = "sandbox") -> str:
        new = NewMethod(rail, reference, f"{rail} {reference}"[:100], is_default=True)
        added = await self.store.do(actions.add_method, driver_id, new, self.clock.now())
        return added.id

    async def booking(self, start: int = 60) -> str:
        """The id of a held booking of the market's driver, who needs a method before."""
        return (await self.market.hold(start)).id

    async def session(
        self,
        driver_id: str | None,
        booking_id: str | None = None,
        status: str = "active",
        verdict: str = "accepted",
        free_reason: str | None = None,
    ) -> str:
        """The id of a session that was just opened."""
        row = SessionRow(
            id=new_id(),
            station_id=self.market.station_id,
            owner_id=self.owner_id,
            evse_id=self.market.evse_id,
            status=status,
            verdict=verdict,
            driver_id=driver_id,
            booking_id=booking_id,
            free_reason=free_reason,
            tariff_snapshot_id=self.snapshot_id,
        )
        event = events.SessionOpened(row.id, booking_id)
        await self.store.do(_add, row, event)
        return row.id

    async def close(self, session_id: str, cost_minor: int) -> str:
        """The session ends with this cost; the id of its CDR."""
        return await self.store.do(_close, session_id, cost_minor, 1, self.clock.now())

    async def correct(self, session_id: str, cost_minor: int, version: int = 2) -> str:
        """The cost is now another; the id of the new CDR."""
        return await self.store.do(_close, session_id, cost_minor, version, self.clock.now())

    async def fail(self, session_id: str) -> None:
        """The session that was asked for never began."""
        await self.store.do(_record, events.SessionFailed(session_id))

    async def cancel(self, booking_id: str, actor: Actor | None = None) -> None:
        """Cancelled by its driver, if nobody else is named."""
        now = self.clock.now()
        await self.store.do(cancelling.cancel, actor or self.market.driver, booking_id, now)

    async def remove_method(self, driver_id: str, method_id: str) -> None:
        await self.store.do(actions.remove_method, driver_id, method_id, self.clock.now())

    async def refund_elsewhere(self, payment: PaymentView, amount_minor: int) -> None:
        """Somebody gives money back at the rail, past the hub."""
        assert payment.rail_reference is not None
        order = RefundOrder(payment.rail_reference, amount_minor, payment.currency)
        await self.rails.collecting[payment.rail].refund(order, "by hand")

    async def payments(self) -> list[PaymentView]:
        """All payments, oldest first."""
        return await self.store.read(_payments)

    async def payment(self, session_id: str) -> PaymentView:
        """The newest payment of a session."""
        found = await self.store.read(tables.of_session, session_id)
        assert found is not None
        return found

    async def books(self) -> Totals:
        """What the sandbox did in euros."""
        found = await self.store.read(totals)
        return next((one for one in found if one.currency == "EUR"), Totals("EUR", 0, 0, 0, 0))

    async def balance(self, code: str, asset: str = "EUR") -> int:
        return await self.store.read(ledger.balance, code, asset)

    async def check_books(self) -> None:
        """The laws: I1, I2, I8, I10, and a rail that agrees with the ledger."""
        books = await self.books()
        funds = await self.balance("psp:pending") + await self.balance("psp:available")
        assert funds == books.captured_minor - books.refunded_minor - books.paid_out_minor
        assert -await self.balance("hold:contra", "EURm") == books.held_minor
        assert not any((await self.store.read(ledger.asset_sums)).values())
        for payment in await self.payments():
            assert 0 <= payment.refunded_minor <= payment.captured_minor
            assert payment.captured_minor <= payment.capturable_minor


async def make_world(store: Store, clock: HandClock, settings: Settings | None = None) -> World:
    place = await market.make_world(store)
    rails = build(store, clock, settings or Settings())
    flow = Flow(store, clock, followers(rails, store))
    snapshot_id = await store.do(tariffs.snapshot, place.tariff_id)
    world = World(store, clock, flow, rails, place, snapshot_id)
    await world.add_method(place.driver.account_id, "ok")
    return world


def _add(work: Work, row: Any, event: events.Event) -> None:
    work.add(row)
    work.record(event)


def _record(work: Work, event: events.Event) -> None:
    work.record(event)


def _payments(reads: Reads) -> list[PaymentView]:
    rows = reads.all(select(PAYMENT).order_by(PAYMENT.c.id))
    return [PaymentView(**row._mapping) for row in rows]


def _close(work: Work, session_id: str, cost_minor: int, version: int, now: datetime) -> str:
    """Write a CDR and let it stand for its session."""
    session = work.one(select(SessionRow).where(col(SessionRow.id) == session_id))
    assert session is not None
    row = CdrRow(
        id=derived_id("cdr", session_id, str(version)),
        session_id=session_id,
        version=version,
        kind="cdr",
        station_id=session.station_id,
        evse_id=session.evse_id,
        owner_id=session.owner_id,
        driver_id=session.driver_id,
        started_at=now,
        ended_at=now,
        energy_wh=0,
        billed_wh=0,
        free_wh=0,
        unbilled_wh=0,
        cost_minor=cost_minor,
        vat_minor=0,
        currency="EUR",
        lines=[],
        flags=[],
        created_at=now,
    )
    work.add(row)
    work.execute(
        update(SessionRow)
        .where(col(SessionRow.id) == session_id)
        .values(status="closed", ended_at=now, cdr_id=row.id, cdr_version=version)
    )
    if version == 1:
        work.record(events.SessionClosed(session_id, row.id))
    else:
        work.record(events.CdrCorrected(session_id, f"note {version}", row.id))
    return row.id

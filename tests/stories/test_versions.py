"""One long day, told on every OCPP version: the same CDRs, the same transfers, the same money."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chargehub.clock import HandClock
from chargehub.ledger.rules import family
from chargehub.ledger.tables import ENTRY, TXN
from chargehub.store.work import Reads
from chargers.station import Habits
from tests.busy import verify
from tests.conftest import START
from tests.hub import Person, Place, RunningHub
from tests.schema import empty
from tests.stories.conftest import VERSIONS
from tests.stories.steps import audited, book, charge, leave, net, passing, sent_away, transfers
from tests.stories.test_walk_up import EVERYTHING

HOUR = timedelta(hours=1)
OF_ONE_HUB = {"id", "session_id", "replaces", "station_id", "evse_id", "driver_id", "id_token"}


@dataclass
class Town:
    """Everybody who plays a part."""

    hub: RunningHub
    place: Place
    owner: Person
    driver: Person
    penniless: Person
    declined: Person
    operator: Person


async def town(hub: RunningHub, version: str) -> Town:
    owner = await hub.person("owner", pays=False)
    await verify(owner)
    await owner.ask("PUT", "/payout-preference", {"rail": "sandbox"}, 200)
    place = await hub.station(owner, version, evses=2, tariff=EVERYTHING)
    driver, operator = await hub.person("driver"), await hub.operator()
    penniless = await hub.person("penniless", pays=False)
    declined = await hub.person("declined", pays="refuse")
    return Town(hub, place, owner, driver, penniless, declined, operator)


async def walk_ups(town: Town) -> None:
    """A session with an idle end, one whose start and stop are said twice, and two at once."""
    hub, place, sim = town.hub, town.place, town.place.sim
    await sim.plug_in(1, town.driver.id_token)
    await hub.settle()
    await sim.charge(1, 17_777, readings=3, before_each=passing(hub))
    await sim.suspend(1)
    await sim.charge(1, 0, readings=2, before_each=passing(hub))
    await leave(hub, place)
    sim.lose_next_answer()
    await sim.plug_in(1, town.driver.id_token, authorize=False)
    await sim.reconnect()
    await hub.settle()
    await sim.charge(1, 9_001, readings=2, before_each=passing(hub))
    sim.lose_next_answer()
    await sim.stop(1)
    await sim.reconnect()
    await sim.repeat_last_message()
    await sim.unplug(1)
    await hub.settle()
    for evse in (1, 2):
        await sim.plug_in(evse, town.driver.id_token, authorize=False)
    await hub.settle()
    await sim.charge(1, 3_000, before_each=passing(hub))
    await sim.charge(2, 7_000)
    await leave(hub, place, 2)
    await leave(hub, place, 1)


async def bookings(town: Town) -> None:
    """One used, one cancelled, one that nobody came for."""
    hub, place, sim = town.hub, town.place, town.place.sim
    sim.habits = Habits(honours_reservations=False)
    await book(hub, town.driver, place, HOUR, HOUR)
    gone = await book(hub, town.driver, place, 3 * HOUR, HOUR)
    await book(hub, town.driver, place, 5 * HOUR, HOUR)
    await town.driver.post(f"/bookings/{gone['id']}/cancel", expect=200)
    await hub.advance(hours=1)
    await sim.plug_in(1, town.driver.id_token)
    await hub.settle()
    await sim.charge(1, 5_000, readings=2, before_each=passing(hub))
    await leave(hub, place)
    await hub.advance(hours=5)


async def refusals(town: Town) -> None:
    """Nobody's token, live and offline; no means of payment; a card that is declined; own use."""
    hub, place, sim = town.hub, town.place, town.place.sim
    await sim.plug_in(1, "STRANGER", authorize=False)
    await sent_away(hub, place)
    await sim.go_offline()
    for token in ("STRANGER", town.penniless.id_token, town.driver.id_token):
        await charge(hub, place, token, 6_000)
    await sim.reconnect(boot=True)
    await hub.settle()
    await sim.plug_in(2, town.declined.id_token)
    hub.clock.advance(timedelta(seconds=30))
    sim.evses[2].meter.add(60)
    await sim.receive("stop_session")
    await sim.settled()
    await sim.unplug(2)
    await charge(hub, place, town.owner.id_token, 8_000)


async def money(town: Town) -> None:
    """The newest bill is corrected, a day passes, the owner is paid."""
    page = await town.owner.get("/cdrs?role=owner")
    billed = next(cdr for cdr in page["items"] if cdr["billed_wh"] > 5_000)
    wanted = {"energy_wh": 4_000, "reason": "The meter was broken."}
    await town.operator.post(f"/cdrs/{billed['id']}/corrections", wanted)
    await town.hub.settle()
    for _ in range(4):
        await town.hub.advance(hours=12)


DAY: tuple[Callable[[Town], Awaitable[None]], ...] = (walk_ups, bookings, refusals, money)


async def outcome(town: Town) -> dict[str, Any]:
    """What the day left, without what no two hubs share."""
    cdrs = (await town.owner.get("/cdrs?role=owner&limit=200"))["items"]
    payments = (await town.driver.get("/payments?limit=200"))["items"]
    payouts = (await town.owner.get("/payouts"))["items"]
    return {
        "cdrs": [compared(cdr) for cdr in cdrs],
        "payments": sorted(
            (one["state"], *(one[part]["amount_minor"] for part in ("due", "captured", "refunded")))
            for one in payments
        ),
        "payouts": [(one["state"], one["amount"]) for one in payouts],
        "statement": await town.owner.get("/statements/2026-03"),
        "rail": await town.operator.get("/sandbox/totals"),
        "energy": await audited(town.hub),
        "holds": net(
            {kind: one for kind, one in (await transfers(town.hub)).items() if kind in HOLDS}
        ),
        "transfers": await town.hub.hub.store.read(transfers_one_by_one),
    }


# Whether a session that comes in late is held first depends on how soon its end follows.
HOLDS = {"hold", "hold_ended"}
LATE = {"hold_refused", "stop_refused"}


def compared(cdr: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in cdr.items() if key not in OF_ONE_HUB}
    return shown | {"flags": [flag for flag in cdr["flags"] if flag not in LATE]}


def transfers_one_by_one(reads: Reads) -> list[Any]:
    """Every transfer but holds, as its kind and its entries by account family."""
    columns = TXN.c.id, TXN.c.kind, ENTRY.c.account, ENTRY.c.asset, ENTRY.c.amount
    joined = select(*columns).join(ENTRY, TXN.c.id == ENTRY.c.txn_id)
    found: dict[str, tuple[str, list[Any]]] = {}
    for row in reads.all(joined.where(TXN.c.kind.not_in(HOLDS))):
        _, entries = found.setdefault(row.id, (row.kind, []))
        entries.append((family(row.account, row.asset).code, row.asset, row.amount))
    return sorted((kind, sorted(entries)) for kind, entries in found.values())


async def test_a_day_is_the_same_day_on_every_version(database: str, sqlite_template: Path) -> None:
    outcomes = {}
    for version in VERSIONS:
        wipe(database, sqlite_template)
        hub = RunningHub(database, HandClock(START))
        await hub.start()
        try:
            there = await town(hub, version)
            for act in DAY:
                await act(there)
            outcomes[version] = await outcome(there)
        finally:
            await hub.close()

    first, *others = outcomes.values()
    assert len(first["cdrs"]) == 13
    assert (first["holds"], first["payouts"][0][0]) == ({}, "paid")
    for other in others:
        for part, told in first.items():
            assert other[part] == told, part


def wipe(database: str, template: Path) -> None:
    """Nothing but empty tables."""
    if not database.startswith("sqlite"):
        return empty(database)
    path = Path(database.removeprefix("sqlite:///"))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(template, path)
    return None

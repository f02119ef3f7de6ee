"""What stories share: charging, and what it leaves behind in a form that can be compared."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from chargehub.ledger.rules import family
from chargehub.ledger.tables import ENTRY, TXN
from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from tests.hub import Person, Place, RunningHub

QUARTER = timedelta(minutes=15)
HALF_HOUR = timedelta(minutes=30)


def passing(hub: RunningHub, step: timedelta = HALF_HOUR) -> Callable[[], None]:
    """Moves the clock before every reading."""
    return lambda: hub.clock.advance(step)


async def charge(
    hub: RunningHub, place: Place, id_token: str, energy_wh: int = 20_000, evse: int = 1
) -> None:
    """Somebody comes, charges for two hours, told in four readings, and leaves."""
    await place.sim.plug_in(evse, id_token)
    await hub.settle()
    await place.sim.charge(evse, energy_wh, readings=4, before_each=passing(hub))
    await leave(hub, place, evse)


async def leave(hub: RunningHub, place: Place, evse: int = 1) -> None:
    """The session ends at the station, the car goes, and all that follows is done."""
    await place.sim.stop(evse)
    await place.sim.unplug(evse)
    await hub.settle()


async def sent_away(hub: RunningHub, place: Place, evse: int = 1) -> None:
    """The station has ended the session of a driver whom the hub refused, and the car goes."""
    await place.sim.deliver_queue()
    assert place.sim.evses[evse].session is None
    await place.sim.unplug(evse)
    await hub.advance(minutes=1)  # in 1.6 two starts alike in the same instant would be one


async def go_offline(hub: RunningHub, place: Place) -> None:
    """The line is lost, and the hub knows."""
    await place.sim.go_offline()
    await hub.until(lambda: _is_gone(hub, place))


async def _is_gone(hub: RunningHub, place: Place) -> bool:
    station = await hub.hub.store.read(stations.station, place.station_id)
    return station is not None and not station.is_connected


async def only(person: Person, path: str) -> dict[str, Any]:
    """The one item of a list."""
    page = await person.get(path)
    assert len(page["items"]) == 1, page
    found: dict[str, Any] = page["items"][0]
    return found


def slot(hub: RunningHub, start_in: timedelta, duration: timedelta) -> dict[str, str]:
    """The times of a booking, counted from now."""
    start = hub.clock.now() + start_in
    return {"starts_at": start.isoformat(), "ends_at": (start + duration).isoformat()}


async def book(
    hub: RunningHub, driver: Person, place: Place, start_in: timedelta, duration: timedelta
) -> dict[str, Any]:
    """A booking of the first EVSE whose deposit is held."""
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, start_in, duration)}
    made = await driver.post("/bookings", wanted)
    await hub.settle()
    found: dict[str, Any] = await driver.get(f"/bookings/{made['id']}")
    assert found["status"] == "confirmed", found
    return found


@dataclass(frozen=True, slots=True)
class Bill:
    """A CDR or credit note without ids. Of a line: kind, quantity, unit, price, minor units."""

    minutes: int
    energy_wh: int
    billed_wh: int = 0
    free_wh: int = 0
    unbilled_wh: int = 0
    unbilled_reason: str | None = None
    cost_minor: int | None = None
    vat_minor: int = 0
    lines: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    kind: str = "cdr"
    reason: str | None = None


NINE_EUROS = Bill(
    minutes=120,
    energy_wh=20_000,
    billed_wh=20_000,
    cost_minor=900,
    vat_minor=144,
    lines=("energy 20 kWh 0.45 900",),
)
"""What `charge` costs at the usual tariff."""


def bill(cdr: dict[str, Any]) -> Bill:
    """A CDR as REST shows it, without what no two sessions share."""
    began, ended = (datetime.fromisoformat(cdr[name]) for name in ("started_at", "ended_at"))
    return Bill(
        minutes=(ended - began) // timedelta(minutes=1),
        energy_wh=cdr["energy_wh"],
        billed_wh=cdr["billed_wh"],
        free_wh=cdr["free_wh"],
        unbilled_wh=cdr["unbilled_wh"],
        unbilled_reason=cdr["unbilled_reason"],
        cost_minor=cdr["cost"]["amount_minor"] if cdr["cost"] else None,
        vat_minor=cdr["vat_minor"],
        lines=tuple(
            "{kind} {quantity} {unit} {price} {amount_minor}".format(**line)
            for line in cdr["lines"]
        ),
        flags=tuple(cdr["flags"]),
        kind=cdr["kind"],
        reason=cdr["reason"],
    )


async def bills(owner: Person) -> list[Bill]:
    """All CDRs and credit notes of an owner's stations, oldest first."""
    page = await owner.get("/cdrs?role=owner")
    return [bill(cdr) for cdr in reversed(page["items"])]


Transfers = dict[str, dict[str, int]]


async def transfers(hub: RunningHub) -> Transfers:
    """What every kind of transfer moved: account family and asset -> sum, nothing that is 0; not
    that a rail's books told what is available."""
    return await hub.hub.store.read(_transfers)


def _transfers(reads: Reads) -> Transfers:
    columns = TXN.c.kind, ENTRY.c.account, ENTRY.c.asset, ENTRY.c.amount
    told = select(*columns).join(TXN, TXN.c.id == ENTRY.c.txn_id).order_by(TXN.c.kind)
    rows = reads.all(told.where(TXN.c.kind != "funds_available"))
    found: Transfers = {}
    for row in rows:
        key = f"{family(row.account, row.asset).code} {row.asset}"
        of_kind = found.setdefault(row.kind, {})
        of_kind[key] = of_kind.get(key, 0) + row.amount
    return {kind: {key: sum_ for key, sum_ in of.items() if sum_} for kind, of in found.items()}


def held(hold_minor: int) -> Transfers:
    """A hold that was made and is over, whether captured or released."""
    return {
        "hold": {"hold EURm": hold_minor, "hold:contra EURm": -hold_minor},
        "hold_ended": {"hold EURm": -hold_minor, "hold:contra EURm": hold_minor},
    }


def lasting(moved: Transfers) -> Transfers:
    """Without holds, all of which must be over. Whether a session that comes in late is held
    first depends on how soon its end follows its start."""
    placed, ended = moved.pop("hold", {}), moved.pop("hold_ended", {})
    assert {key: -amount for key, amount in ended.items()} == placed
    return moved


def net(moved: Transfers) -> dict[str, int]:
    """What all kinds of transfers moved together, nothing that came back. What is with the rail is
    one sum: how much of it is available yet, the rail's books say."""
    totals: dict[str, int] = {}
    for entries in moved.values():
        for account, amount in entries.items():
            key = account.replace("psp:pending", "psp").replace("psp:available", "psp")
            totals[key] = totals.get(key, 0) + amount
    return {key: total for key, total in totals.items() if total}


def settled(
    cost_minor: int, owner_minor: int, vat_minor: int, debtor: str = "psp:pending"
) -> Transfers:
    """A cost divided between owner, hub and tax; `debtor`: what holds it, or who owes it."""
    moved = {
        f"{debtor} EUR": cost_minor,
        "owner:accrued EUR": -owner_minor,
        "income:platform_fee EUR": -(cost_minor - owner_minor - vat_minor),
        "vat:payable EUR": -vat_minor,
    }
    return {"settle": {key: amount for key, amount in moved.items() if amount}}


def energy(metered_wh: int, went: str) -> Transfers:
    """The one energy transfer: from the meter to `billed`, `free` or `unbilled`."""
    return {"energy": {"meter WH": -metered_wh, f"{went} WH": metered_wh}}


async def audited(hub: RunningHub) -> dict[str, int]:
    """The energy of the whole hub, once the laws of the ledger were seen to hold."""
    audit = await hub.ask("GET", "/ledger/audit", expect=200)
    where: dict[str, int] = audit["energy"]
    assert set(audit["sums"].values()) <= {0}, audit
    went = where["billed_wh"] + where["free_wh"] + where["unbilled_wh"]
    assert where["metered_wh"] == went, audit
    return where

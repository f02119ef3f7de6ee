"""2.x events late, twice and in any order: the session is what they say together (E04, E13)."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import Bill, audited, bills, energy, lasting, only, settled, transfers
from tests.stories.test_walk_up import EVERYTHING

HALF_HOUR = timedelta(minutes=30)
REGISTERS = (1_000, 7_000, 7_000, 16_000)  # at the start, half an hour later, and so on
THREE_QUARTERS = Bill(
    minutes=90,
    energy_wh=15_000,
    billed_wh=15_000,
    cost_minor=800,
    vat_minor=160,
    lines=(
        "energy 15 kWh 0.399 599",
        "time 60 min 0.011 66",
        "idle 10 min 0.1 100",
        "flat 1 session 0.35 35",
    ),
)


def event(number: int, name: str, began: datetime, token: str) -> dict[str, Any]:
    """The event of this sequence number of a session of four, which stood still in the middle."""
    at = (began + number * HALF_HOUR).isoformat()
    last = number == len(REGISTERS) - 1
    told: dict[str, Any] = {
        "eventType": "Started" if number == 0 else "Ended" if last else "Updated",
        "timestamp": at,
        "triggerReason": "Authorized" if number == 0 else "MeterValuePeriodic",
        "seqNo": number,
        "offline": True,
        "transactionInfo": {"transactionId": name},
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": REGISTERS[number]}]}],
    }
    if number == 0:
        told |= {"evse": {"id": 1}, "idToken": {"idToken": token, "type": "ISO14443"}}
    return told


class Teller:
    """A station that tells of a session by the numbers of its events."""

    def __init__(self, place: Place, driver: Person, began: datetime) -> None:
        self._place = place
        self._token = driver.id_token
        self._began = began

    async def tell(self, name: str, *numbers: int) -> None:
        for number in numbers:
            payload = event(number, name, self._began, self._token)
            await self._place.sim.call("TransactionEvent", payload)


async def teller(hub: RunningHub) -> tuple[Teller, Person, Person]:
    """A station on 2.0.1 with a tariff in which every reading counts, its owner, and a driver."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1", tariff=EVERYTHING)
    began = hub.clock.now()
    hub.clock.advance(timedelta(hours=3))
    return Teller(place, driver, began), owner, driver


async def test_every_order_of_a_sessions_events_gives_the_same_bill(hub: RunningHub) -> None:
    """All 24 orders of four events, each event of which comes twice somewhere."""
    station, owner, _ = await teller(hub)
    orders = list(permutations(range(4)))

    for index, order in enumerate(orders):
        await station.tell(f"T{index}", *order[:2], order[0], *order[2:], *order[1:])
    await hub.settle()

    found = await bills(owner)
    assert len(found) == len(orders)
    assert set(found) == {THREE_QUARTERS}
    moved = settled(24 * 800, 24 * 720, 24 * 13) | energy(24 * 15_000, "billed")
    assert lasting(await transfers(hub)) == moved
    await audited(hub)


async def test_a_session_with_a_gap_waits_for_what_is_missing(hub: RunningHub) -> None:
    """The station's queue may bring it yet; nothing is billed before."""
    station, owner, driver = await teller(hub)

    await station.tell("T", 0, 1, 3)
    await hub.advance(hours=23)
    waiting = await only(driver, "/sessions")
    assert (waiting["status"], waiting["cdr_id"], await bills(owner)) == ("ended", None, [])
    await station.tell("T", 2)
    await hub.settle()

    assert (await only(driver, "/sessions"))["status"] == "closed"
    assert await bills(owner) == [THREE_QUARTERS]


async def test_a_late_event_reprices_a_session_that_was_closed_without_it(
    hub: RunningHub,
) -> None:
    """After a day it is billed by what is known. What comes later corrects the bill, never edits
    it: the half hour in which the car stood still costs less than it had been billed as."""
    station, owner, driver = await teller(hub)

    await station.tell("T", 0, 3)
    await hub.advance(hours=24)
    (first,) = await bills(owner)
    await station.tell("T", 1)
    await station.tell("T", 2, 2)
    await hub.advance(hours=1)  # what a queue brings is one correction

    billed = "energy 15 kWh 0.399 599", "time 90 min 0.011 99", "flat 1 session 0.35 35"
    assert first.lines == billed
    found = await bills(owner)
    assert [bill.kind for bill in found] == ["cdr", "credit_note", "cdr"]
    assert (found[1].cost_minor, found[1].reason) == (-733, "late reports")
    assert found[2] == THREE_QUARTERS
    payment = await only(driver, "/payments")
    assert (payment["due"]["amount_minor"], payment["captured"]["amount_minor"]) == (800, 733)
    month = await only(owner, "/statements/2026-03")
    assert month["earnings"]["amount_minor"] == 720
    assert await audited(hub) == {
        "metered_wh": 15_000,
        "billed_wh": 15_000,
        "free_wh": 0,
        "unbilled_wh": 0,
    }


async def test_a_start_that_comes_after_the_close_says_whose_session_it_was(
    hub: RunningHub,
) -> None:
    """Closed as nobody's, then told whose: billed to the driver, and shown to the driver."""
    station, owner, driver = await teller(hub)

    await station.tell("T", 1, 2, 3)
    await hub.advance(hours=25)
    (nobodys,) = await bills(owner)
    await station.tell("T", 0)
    await hub.settle()

    assert (nobodys.unbilled_wh, nobodys.unbilled_reason) == (9_000, "unknown_token")
    found = await bills(owner)
    assert [(bill.kind, bill.unbilled_wh) for bill in found[:2]] == [
        ("cdr", 9_000),
        ("credit_note", -9_000),
    ]
    assert found[2] == THREE_QUARTERS
    assert (await only(driver, "/sessions"))["cost"]["amount_minor"] == 800
    assert (await only(driver, "/payments"))["captured"]["amount_minor"] == 800
    assert (await audited(hub))["unbilled_wh"] == 0

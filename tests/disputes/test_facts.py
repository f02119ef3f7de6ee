"""What the facts decide by themselves, and what they do not."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update

from chargehub.disputes.deciding import Facts, decide
from chargehub.sessions.schema import CDR
from chargehub.store.work import Work
from tests.disputes.court import Court
from tests.hub import RunningHub
from tests.stories.steps import book, charge
from tests.stories.test_trusted import confirm, forge, read_settings, signing

CERTAIN = Facts(False, 20_000, None, 900, 900, "EUR")


@pytest.mark.parametrize(
    ("kind", "facts", "awarded"),
    [
        ("energy", Facts(False, 20_000, 20_000, 900, 900, "EUR"), 0),
        ("energy", Facts(False, 20_000, 19_999, 900, 900, "EUR"), None),
        ("energy", CERTAIN, None),
        ("energy", Facts(False, 20_000, 15_000, 900, 900, "EUR", 675), 225),
        ("energy", Facts(False, 20_000, 15_000, 900, 900, "EUR", 100), 450),
        ("energy", Facts(False, 20_000, None, 900, 900, "EUR", 900), None),
        ("energy", Facts(False, 20_000, None, 900, 900, "EUR", None, 400), 400),
        ("price", Facts(False, 20_000, None, 900, 900, "EUR", 675, 400), None),
        ("price", Facts(False, 20_000, None, 900, 700, "EUR"), 200),
        ("price", Facts(False, 20_000, None, 900, 100, "EUR"), 450),
        ("price", CERTAIN, None),
        ("price", Facts(False, 20_000, None, 900, 1_000, "EUR"), None),
        ("no_access", Facts(True, 0, None, 500, None, "EUR"), 450),
        ("no_access", Facts(True, 1, None, 500, None, "EUR"), None),
        ("no_access", Facts(None, 0, None, 500, None, "EUR"), None),
        ("overstay", Facts(True, 0, None, 500, 100, "EUR"), None),
        ("damage", Facts(True, 0, 0, 500, 100, "EUR"), None),
    ],
)
def test_facts_decide_what_leaves_no_doubt(kind: str, facts: Facts, awarded: int | None) -> None:
    decision = decide(kind, 450, facts)  # type: ignore[arg-type]

    assert (None if decision is None else decision.awarded_minor) == awarded


async def test_a_bill_above_the_agreed_tariff_gives_the_difference_back(court: Court) -> None:
    """The bill was altered after it was taken; the tariff's snapshot and the readings were not."""

    def alter(work: Work) -> None:
        work.execute(update(CDR).where(CDR.c.session_id == court.session_id).values(cost_minor=970))

    await court.hub.hub.store.do(alter)

    made = await court.open("price", 900)
    await court.hub.advance(hours=73)

    found = await court.read(made["id"])
    assert (made["status"], made["how"]) == ("decided", "facts")
    assert found["refunded"]["amount_minor"] == await court.refunded() == 70


async def fee_taken(hub: RunningHub, court: Court, is_offline: bool) -> str:
    """A booking that its driver gave up three minutes after the start, when the station was there
    again: half of the deposit is kept. Its id."""
    path = f"/stations/{court.place.station_id}"
    await court.owner.ask("PUT", f"{path}/policy", {"cancellation": "moderate"}, 200)
    booking = await book(hub, court.driver, court.place, timedelta(hours=2), timedelta(hours=1))
    await hub.advance(hours=1, minutes=58)
    if is_offline:
        await court.place.sim.disconnect()
        await hub.until(lambda: is_connected(court, False))
    await hub.advance(minutes=4)
    if is_offline:
        await court.place.sim.connect()
        await court.place.sim.boot()
        await hub.settle()
    await hub.advance(minutes=1)
    await court.driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()
    return str(booking["id"])


async def is_connected(court: Court, wanted: bool) -> bool:
    station = await court.owner.get(f"/stations/{court.place.station_id}")
    return bool(station["is_connected"] is wanted)


@pytest.mark.parametrize("is_offline", [True, False])
async def test_a_fee_for_a_slot_that_began_without_the_station_goes_back(
    hub: RunningHub, court: Court, is_offline: bool
) -> None:
    booking = await fee_taken(hub, court, is_offline)
    fee = (await court.driver.get("/payments"))["items"][0]["captured"]["amount_minor"]

    claim = court.claim("no_access", fee, booking_id=booking, session_id=None)
    made = await court.driver.post("/disputes", claim)
    await hub.advance(hours=73)

    found = await court.read(made["id"])
    assert made["status"] == ("decided" if is_offline else "open")
    assert found["refunded"]["amount_minor"] == await court.refunded() == (fee if is_offline else 0)
    if is_offline:
        assert "income:no_show_cancel" not in await court.balances()


@pytest.mark.parametrize("is_confirmed", [True, False])
async def test_a_bill_that_its_meter_signed_is_right(court: Court, is_confirmed: bool) -> None:
    """Only a key that the owner confirmed vouches for it; the verdict is part of the evidence."""
    key = await signing(court.hub, court.place)
    await read_settings(court.owner, court.place)
    if is_confirmed:
        await confirm(court.owner, court.place, b64encode(key).decode())
    await charge(court.hub, court.place, court.driver.id_token)
    court.session_id = (await court.driver.get("/sessions"))["items"][0]["id"]

    made = await court.open("energy", 450)
    if not is_confirmed:
        await confirm(court.owner, court.place, b64encode(key).decode())

    pack = await evidence(court, made["id"])
    told = [(one["context"], one["state"]) for one in pack["signed_packets"]]
    if is_confirmed:
        assert (made["status"], made["how"]) == ("decided", "facts")
        assert made["awarded"]["amount_minor"] == 0
        assert pack["signed_wh"] == 20_000
        assert pack["trust"]["verdict"] == "signed"
        assert [state for _, state in told] == ["genuine", "genuine"]
    else:
        assert made["status"] == "open"
        assert pack["signed_wh"] is None
        assert pack["trust"]["verdict"] == "plausible"
        assert [state for _, state in told] == ["unconfirmed", "unconfirmed"]
    for _ in range(2):  # nobody answers, nobody appeals
        await court.hub.advance(hours=73)
    assert await court.refunded() == (0 if is_confirmed else 450)


async def evidence(court: Court, dispute: str) -> Any:
    answer = await court.hub.api.get(
        f"/api/v1/disputes/{dispute}/evidence",
        headers={"Authorization": f"Bearer {court.driver.token}"},
    )
    return orjson.loads(answer.content)


def bill_more(work: Work) -> None:
    """5 kWh more than the meter signed stand in the newest bill."""
    newest = work.all(select(CDR.c.id).order_by(CDR.c.id.desc()))[0].id
    values = {"energy_wh": 25_000, "billed_wh": 25_000, "cost_minor": 1_125}
    work.execute(update(CDR).where(CDR.c.id == newest).values(**values))


@pytest.mark.parametrize(
    ("lie", "awarded", "reason"),
    [(bill_more, 225, "bill_differs"), (forge, 900, "forged")],
)
async def test_a_bill_that_its_meter_contradicts_is_decided_for_the_driver_at_once(
    court: Court, lie: Callable[[Work], None], awarded: int, reason: str
) -> None:
    key = await signing(court.hub, court.place)
    await confirm(court.owner, court.place, key.hex())
    await charge(court.hub, court.place, court.driver.id_token)
    court.session_id = (await court.driver.get("/sessions"))["items"][0]["id"]
    await court.hub.hub.store.do(lie)

    made = await court.open("energy", 900)

    assert (made["status"], made["how"]) == ("decided", "facts")
    assert made["awarded"]["amount_minor"] == awarded
    codes = [one["code"] for one in (await evidence(court, made["id"]))["trust"]["reasons"]]
    assert reason in codes
    await court.hub.advance(hours=73)
    assert await court.refunded() == awarded

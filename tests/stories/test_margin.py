"""What a month has left to an owner: earned as the ledger says, cost by readings, to the cent."""

from typing import Any

import pytest
from sqlalchemy import select

from chargehub.ledger.tables import ENTRY, TXN
from chargehub.sessions.schema import CDR
from chargehub.store.work import Reads
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, charge, leave
from tests.stories.test_claimed import NEW_CARD, charged_unknown, claim
from tests.stories.test_cost_model import CHEAP, MARCH

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
MONTH = "?month=2026-03"


async def town(hub: RunningHub) -> tuple[Person, Person, Place, str]:
    """An owner who has said what energy costs, a driver, a station and its location."""
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    location_id = (await owner.get(f"/stations/{place.station_id}"))["location_id"]
    path = f"/locations/{location_id}/cost-model"
    await owner.ask("PUT", path, CHEAP | {"since": MARCH}, 200)
    return owner, driver, place, location_id


async def log_in(hub: RunningHub, *people: Person) -> None:
    """A login ends after a month."""
    for person in people:
        wanted = {"email": person.email, "password": "correct horse"}
        person.token = (await hub.ask("POST", "/logins", wanted, 201))["token"]


def minor(left: dict[str, Any]) -> tuple[int | None, ...]:
    names = ("gross", "fee", "vat", "earned", "cost", "margin")
    return tuple(left[name] and left[name]["amount_minor"] for name in names)


def booked(reads: Reads) -> dict[str, int]:
    """By session: what all its transfers gave the owner, wherever that lies by now."""
    rows = reads.all(
        select(TXN.c.session_id, ENTRY.c.account, ENTRY.c.amount).join(
            TXN, TXN.c.id == ENTRY.c.txn_id
        )
    )
    found: dict[str, int] = {}
    for session_id, account, amount in rows:
        if session_id is not None and account.startswith("owner:"):
            found[session_id] = found.get(session_id, 0) - amount
    return found


async def test_a_month_is_what_the_ledger_says(hub: RunningHub) -> None:
    """Of three sessions one is corrected after its owner was paid and one is given back in part.

    On both databases. 20 kWh from 9 to 11 in Oslo cost 5.63, 0.94 and 0.40; corrected to 10 kWh
    by the readings until then, all before 10 o'clock, 10 x 0.375 and 10 x 0.0625.
    """
    owner, driver, place, location_id = await town(hub)
    operator = await hub.operator()
    await charge(hub, place, driver.id_token)
    await hub.advance(hours=22)
    await charge(hub, place, driver.id_token)
    await hub.advance(hours=22)
    await charge(hub, place, driver.id_token)
    await charge(hub, place, owner.id_token)  # the household's own car is no business
    sessions = (await owner.get(f"/stations/{place.station_id}/margin{MONTH}"))["sessions"]
    wanted = {"energy_wh": 10_000, "reason": "The meter was wrong."}
    cdr = await hub.hub.store.read(_cdr_of, sessions[0]["session_id"])
    await operator.post(f"/cdrs/{cdr}/corrections", wanted)
    disputed = {
        "session_id": sessions[2]["session_id"],
        "kind": "price",
        "amount": {"amount_minor": 450, "currency": "EUR"},
        "statement": "Too much.",
    }
    made = await driver.post("/disputes", disputed)
    await owner.post(f"/disputes/{made['id']}/answer", {"agrees": True}, 200)
    await hub.advance(hours=30)

    told = await owner.get(f"/stations/{place.station_id}/margin{MONTH}")
    whole = await owner.get(f"/locations/{location_id}/margin{MONTH}")

    rows = [minor(one["left"]) for one in told["sessions"]]
    assert rows == [
        (450, 38, 7, 405, 375 + 63, 405 - 438),
        (900, 76, 14, 810, 697, 113),
        (450, 38, 7, 405, 697, -292),
    ]
    ledger = await hub.hub.store.read(booked)
    assert [ledger[one["session_id"]] for one in told["sessions"]] == [row[3] for row in rows]
    (total,) = told["totals"]
    assert minor(total["left"]) == (1800, 152, 28, 1620, 1832, -212)
    assert (total["sessions"], total["energy_wh"], total["spread_evenly"]) == (3, 50_000, 0)
    assert whole["totals"] == whole["stations"][0]["totals"] == told["totals"]
    statement = (await owner.get("/statements/2026-03"))["items"][0]
    assert statement["earnings"]["amount_minor"] == 1620
    await audited(hub)


@SQLITE
async def test_energy_without_readings_is_spread_evenly_and_that_is_said(hub: RunningHub) -> None:
    """20 kWh from 9:00 to 10:30: by no reading, two thirds before the sun, then half of it.

    Of 20 kWh 6.666 are after ten: 3.333 from the roof, 16.667 bought.
    """
    owner, driver, place, _ = await town(hub)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, 20_000, readings=1)
    await hub.advance(minutes=90)
    await leave(hub, place)

    told = await owner.get(f"/stations/{place.station_id}/margin{MONTH}")

    (session,) = told["sessions"]
    assert (session["energy_wh"], session["is_spread_evenly"]) == (20_000, True)
    assert minor(session["left"])[4] == 625 + 104 + 27
    assert told["totals"][0]["spread_evenly"] == 1


@SQLITE
async def test_a_table_that_no_spreadsheet_takes_for_a_program(hub: RunningHub) -> None:
    owner, driver, place, location_id = await town(hub)
    await charge(hub, place, driver.id_token)
    headers = {"Authorization": f"Bearer {owner.token}"}

    files = [
        await hub.api.get(f"/api/v1/{path}/margin.csv{MONTH}", headers=headers)
        for path in (f"stations/{place.station_id}", f"locations/{location_id}")
    ]

    head, row = files[0].text.splitlines()
    told = dict(zip(head.split(","), row.split(","), strict=True))
    amounts = ("energy_kwh", "gross", "fee", "vat_in_fee", "earned", "cost", "margin")
    expected = ["20.000", "9.00", "0.76", "0.14", "8.10", "6.97", "1.13"]
    assert [told[name] for name in amounts] == expected
    assert (told["station"], told["currency"]) == (place.identity, "EUR")
    assert (told["is_settled"], told["is_spread_evenly"]) == ("yes", "no")
    assert files[1].text == files[0].text
    assert 'filename="margin-2026-03.csv"' in files[0].headers["content-disposition"]


@SQLITE
async def test_months_are_those_of_the_place_and_costs_those_of_their_time(
    hub: RunningHub,
) -> None:
    """A session of 31 March at 23:30 in Oslo is one of March, though its energy flows in April.

    Costs of other coins, and of no statement, are not known.
    """
    owner, driver, place, location_id = await town(hub)
    path = f"/locations/{location_id}/cost-model"
    dear = {"currency": "NOK", "grid": [{"kind": "energy", "per_kwh": "3"}]}
    await owner.ask("PUT", path, dear | {"since": "2026-04-01T22:00:00Z"}, 200)
    await hub.advance(days=29, hours=13, minutes=30)
    await charge(hub, place, driver.id_token)
    await hub.advance(days=2)
    await charge(hub, place, driver.id_token)

    await log_in(hub, owner, driver)
    march, april, may = [
        await owner.get(f"/stations/{place.station_id}/margin?month=2026-{number}")
        for number in ("03", "04", "05")
    ]

    # 20 kWh by night: 20 x 0.20 x 1.25 and 20 x 0.05 x 1.25
    assert [minor(one["left"])[4:] for one in march["sessions"]] == [(625, 185)]
    assert [minor(one["left"])[3:] for one in april["sessions"]] == [(810, None, None)]
    assert (april["totals"][0]["without_cost"], may["totals"], may["sessions"]) == (1, [], [])
    await driver.get(f"/stations/{place.station_id}/margin{MONTH}", 404)
    await driver.get(f"/locations/{location_id}/margin{MONTH}", 404)


@SQLITE
async def test_what_is_charged_while_the_site_feeds_in_costs_what_feeding_in_brings(
    hub: RunningHub,
) -> None:
    """20 kWh from 9 to 11, reported every half hour: from 9:30 to 10:30 the site fed in.

    10 kWh are bought at 0.30, 10 cost 0.08 each.
    """
    owner, driver, place, location_id = await town(hub)
    measured = {
        "currency": "EUR",
        "grid": [{"kind": "energy", "per_kwh": "0.30"}],
        "solar_per_kwh": "0.08",
        "is_solar_measured": True,
    }
    path = f"/locations/{location_id}/cost-model"
    await owner.ask("PUT", path, measured | {"since": MARCH}, 200)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    for export_w in (2_000, 900, 300, 0):
        await hub.advance(minutes=30)
        await place.sim.charge(1, 5_000)
        await owner.ask("PUT", f"/locations/{location_id}/export", {"export_w": export_w}, 200)
    await leave(hub, place)

    told = await owner.get(f"/stations/{place.station_id}/margin{MONTH}")
    asked = {"month": "2026-03", "tariff_id": place.tariff_id}
    estimate = await owner.post(f"/stations/{place.station_id}/earnings-estimates", asked, 200)

    assert minor(told["sessions"][0]["left"])[3:] == (810, 380, 430)
    assert estimate["billed"]["cost"]["amount_minor"] == 380


@SQLITE
async def test_energy_that_nobody_was_billed_for_costs_the_owner(hub: RunningHub) -> None:
    owner, driver, place, _ = await town(hub)
    await charged_unknown(hub, place)
    path = f"/stations/{place.station_id}/margin{MONTH}"

    lost = await owner.get(path)
    await driver.post("/id-tokens", {"value": NEW_CARD})
    await claim(driver, place)
    found = await owner.get(path)

    assert [minor(one["left"])[3:] for one in lost["sessions"]] == [(0, 697, -697)]
    assert [minor(one["left"])[3:] for one in found["sessions"]] == [(810, 697, 113)]


def _cdr_of(reads: Reads, session_id: str) -> str:
    found: str = reads.value(select(CDR.c.id).where(CDR.c.session_id == session_id))
    return found

"""A person reads all that is held, and leaves: nothing names them any more, the books stand."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from chargehub.clock import HandClock
from chargehub.personal.retaining import Kept, forget
from chargehub.personal.rules import SECRET
from chargehub.store.work import Reads
from tests.busy import verify
from tests.hub import Person, Place, RunningHub
from tests.listings.photographs import photo
from tests.stories.steps import audited, book, charge

HOUR = timedelta(hours=1)


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


def everything(reads: Reads) -> str:
    """All rows of all tables as one text."""
    rows = {
        each.name: [[str(cell) for cell in row] for row in reads.all(select(each))]
        for each in SQLModel.metadata.sorted_tables
    }
    return json.dumps(rows, ensure_ascii=False)


async def charged(hub: RunningHub, version: str = "2.0.1") -> tuple[Person, Person, Place]:
    """An owner with a photo, whose driver charged, paid, and booked; a webhook of the driver."""
    owner, driver = await hub.person("ownerina"), await hub.person("driverino")
    place = await hub.station(owner, version)
    await charge(hub, place, driver.id_token)
    booking = await book(hub, driver, place, 5 * HOUR, HOUR)
    await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.advance(hours=48)
    answer = await hub.api.post(
        f"/api/v1/stations/{place.station_id}/photos",
        content=photo(),
        headers={"Authorization": f"Bearer {owner.token}"},
    )
    assert answer.status_code == 201
    wish = {"url": "https://hooks.invalid/hook", "types": ["PayoutFailed"]}
    await driver.post("/webhooks", wish)
    return owner, driver, place


async def erase(person: Person) -> Any:
    return await person.ask("POST", "/accounts/me/erasure", {"email": person.email})


async def test_a_person_reads_everything_but_secrets_and_what_is_anothers(
    hub: RunningHub,
) -> None:
    owner, driver, _ = await charged(hub)

    drivers = await driver.get("/accounts/me/export")
    owners = await owner.get("/accounts/me/export")

    held = {(part["table"], part["by"]) for part in drivers["parts"]}
    assert {("account", "id"), ("booking", "driver_id"), ("cdr", "driver_id")} <= held
    assert ("webhook", "account_id") in held
    assert driver.email in json.dumps(drivers) and driver.id_token in json.dumps(drivers)
    assert ("station_photo", "station_id@station") in {
        (part["table"], part["by"]) for part in owners["parts"]
    }
    assert driver.account_id not in json.dumps(owners)
    assert driver.id_token not in json.dumps(owners)
    for part in (*drivers["parts"], *owners["parts"]):
        assert not any(SECRET.intersection(row) for row in part["rows"]), part["table"]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_driver_who_left_is_named_nowhere_and_the_books_stand(
    hub: RunningHub, version: str
) -> None:
    owner, driver, _ = await charged(hub, version)
    app_token = await driver.app_token()
    before = await audited(hub)

    assert await erase(driver) is None

    left = await hub.hub.store.read(everything)
    for text in (driver.email, "driverino", driver.id_token, app_token):
        assert text.lower() not in left.lower(), text
    assert await audited(hub) == before
    (bill,) = (await owner.get("/cdrs?role=owner"))["items"]
    assert bill["cost"]["amount_minor"] > 0
    await driver.ask("GET", "/accounts/me", expect=401)
    wrong = {"email": driver.email, "password": "correct horse"}
    await hub.ask("POST", "/logins", wrong, 401)
    again = await hub.person("driverino")
    assert again.account_id != driver.account_id


async def test_a_card_as_short_as_a_digit_spoils_no_report(hub: RunningHub) -> None:
    """Its sign is in every number that a station told; the reports are evidence and stay so."""
    owner, driver = await hub.person("ownerina"), await hub.person("driverino")
    await driver.post("/id-tokens", {"value": "1"})
    place = await hub.station(owner, "1.6")
    await charge(hub, place, "1")
    await hub.advance(hours=48)
    before = await hub.hub.store.read(_reports)

    assert await erase(driver) is None

    after = await hub.hub.store.read(_reports)
    assert len(after) == len(before) > 0
    for (payload, fact), (was, was_fact) in zip(after, before, strict=True):
        assert json.loads(payload).keys() == json.loads(was).keys()
        assert (fact or {}).keys() == (was_fact or {}).keys()
    assert '"1"' not in "".join(payload for payload, _ in after if "idTag" in payload)
    assert any("ERASED" in payload for payload, _ in after)


def _reports(reads: Reads) -> list[Any]:
    reports = SQLModel.metadata.tables["report"]
    wanted = select(reports.c.payload, reports.c.fact).where(reports.c.seq_no.is_not(None))
    return [tuple(row) for row in reads.all(wanted.order_by(reports.c.id))]


async def test_an_owner_leaves_when_the_stations_are_retired_and_paid(hub: RunningHub) -> None:
    owner, _, place = await charged(hub)

    told = await owner.get("/accounts/me/erasure")
    refused = await erase(owner)

    assert refused["code"] == "not_erasable"
    assert any("in service" in each for each in told["obstacles"])
    assert any("owner:payable" in each for each in told["obstacles"])
    assert all(each in refused["detail"] for each in told["obstacles"])
    assert (await owner.get("/accounts/me"))["email"] == owner.email
    await owner.post(f"/stations/{place.station_id}/retirement", expect=200)
    told = await owner.get("/accounts/me/erasure")
    assert not any("in service" in each for each in told["obstacles"])


async def test_an_owner_without_money_leaves_no_address(hub: RunningHub) -> None:
    owner = await hub.person("ownerina", pays=False)
    place = await hub.station(owner, "2.0.1")
    await owner.post(f"/stations/{place.station_id}/retirement", expect=200)
    await hub.settle()

    assert await erase(owner) is None

    left = await hub.hub.store.read(everything)
    assert "Storgata" not in left and "59913900" not in left
    assert owner.email not in left


async def test_what_the_law_asks_of_an_owner_who_earned_stays_for_its_years(
    hub: RunningHub,
) -> None:
    owner, driver = await hub.person("ownerina", pays=False), await hub.person("driverino")
    await owner.ask("PUT", "/payout-preference", {"rail": "sandbox"}, 200)
    await verify(owner)
    tax = {"kind": "individual", "name": "Ina Owner", "country": "NO"}
    await owner.ask("PUT", "/seller", tax, 200)
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token)
    await hub.advance(hours=25)
    await owner.post(f"/stations/{place.station_id}/retirement", expect=200)
    await hub.settle()

    assert await erase(owner) is None

    left = await hub.hub.store.read(everything)
    assert owner.email not in left and "Storgata" not in left
    assert "Ina Owner" in left
    await hub.advance(days=4_020)  # invoices to the end of the tenth year after theirs
    assert "Ina Owner" not in await hub.hub.store.read(everything)
    await audited(hub)


async def test_who_has_a_booking_stays_until_it_is_over(hub: RunningHub) -> None:
    owner, driver = await hub.person("ownerina"), await hub.person("driverino")
    place = await hub.station(owner, "2.0.1")
    booking = await book(hub, driver, place, 5 * HOUR, HOUR)

    refused = await erase(driver)
    await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()

    assert booking["id"] in refused["detail"]
    assert await erase(driver) is None


async def test_nobody_is_forgotten_by_a_slip(hub: RunningHub) -> None:
    driver, operator = await hub.person("driverino"), await hub.operator()

    body = {"email": "other@example.org"}
    wrong = await driver.ask("POST", "/accounts/me/erasure", body, 422)
    refused = await erase(operator)

    assert wrong["code"] == "wrong_address"
    assert "Let another operator" in refused["detail"]


async def test_the_clock_forgets_logins_mails_and_reveals(hub: RunningHub) -> None:
    owner, driver = await hub.person("ownerina"), await hub.person("driverino")
    place = await hub.station(owner, "2.0.1")
    booking = await book(hub, driver, place, timedelta(minutes=30), HOUR)
    await driver.get(f"/bookings/{booking['id']}/place")
    await hub.settle()

    await hub.advance(days=29)
    kept = await hub.hub.store.read(everything)
    await hub.advance(days=32)
    later = await hub.hub.store.read(_counts)
    await hub.advance(days=365)

    assert driver.email in kept
    assert (later["mail"], later["login"], later["address_reveal"]) == (0, 0, 1)
    assert (await hub.hub.store.read(_counts))["address_reveal"] == 0


def _counts(reads: Reads) -> dict[str, int]:
    names = ("mail", "login", "address_reveal")
    tables = SQLModel.metadata.tables
    return {name: len(reads.all(select(tables[name].c.id))) for name in names}


async def test_forgetting_again_forgets_nothing(hub: RunningHub) -> None:
    await hub.person("driverino")
    later = hub.clock.now() + timedelta(days=400)

    done = await hub.hub.store.do(forget, later, Kept())

    assert done > 0
    assert await hub.hub.store.do(forget, later, Kept()) == 0

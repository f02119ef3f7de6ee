"""The reports of a hub where somebody charged: what is in them, and for whom."""

import csv
import io
from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.hub import Person, RunningHub
from tests.stories.steps import charge

TOLD = {
    "kind": "individual",
    "name": '=HYPERLINK("https://example.org")',
    "address": "Storgata 1, Oslo",
    "country": "DE",
    "born_on": "1980-05-17",
    "birth_place": "Bergen",
}


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


async def rows(person: Person, path: str, expect: int = 200) -> list[dict[str, str]]:
    answer = await person.hub.api.get(
        f"/api/v1{path}", headers={"Authorization": f"Bearer {person.token}"}
    )
    assert answer.status_code == expect, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_earnings_are_told_by_quarter_with_what_is_missing(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token)

    unknown = await rows(owner, "/reports/earnings/2026")
    told = await owner.ask("PUT", "/seller", TOLD, 200)
    known = await rows(owner, "/reports/earnings/2026")
    none = await rows(driver, "/reports/earnings/2026")

    assert (unknown[0]["missing"], told["missing"]) == ("kind name address country tin", [])
    assert none == []
    assert (unknown[0]["report"], unknown[0]["is_reported"]) == ("", "no")
    (row,) = known
    assert row["name"].startswith("'=HYPERLINK")
    assert (row["currency"], row["q1_sales"], row["q2_sales"]) == ("EUR", "1", "0")
    assert (row["q1_earnings"], row["q1_fees"], row["year_earnings"]) == ("8.10", "0.90", "8.10")
    assert (row["report"], row["is_reported"], row["born_on"]) == ("DAC7", "no", "1980-05-17")


async def test_operators_get_all_owners_and_others_are_refused(hub: RunningHub) -> None:
    owner, driver, operator = (
        await hub.person("owner"),
        await hub.person("driver"),
        await hub.operator(),
    )
    place = await hub.station(owner, "1.6")
    await charge(hub, place, driver.id_token)

    everybody = await rows(operator, "/reports/earnings/2026?whose=all")
    refused = await owner.get("/reports/earnings/2026?whose=all", expect=403)

    assert [row["account_id"] for row in everybody] == [owner.account_id]
    assert refused["code"] == "operators_only"
    assert await rows(operator, "/reports/sessions/2026-Q1") == []


async def test_sessions_are_told_by_port_without_their_drivers(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token)

    (row,) = await rows(owner, "/reports/sessions/2026-Q1")

    assert (row["station"], row["port"], row["port_number"]) == (
        place.identity,
        place.evse_ids[0],
        "1",
    )
    assert (row["energy_kwh"], row["payment_method"], row["error_code"]) == (
        "20.000",
        "sandbox",
        "",
    )
    assert (row["started_at"], row["ended_at"]) == ("2026-03-02T08:00:00Z", "2026-03-02T10:00:00Z")
    assert driver.account_id not in str(row) and driver.id_token not in str(row)
    assert await rows(owner, "/reports/sessions/2026-Q2") == []


async def test_a_month_is_a_file(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token)

    (row,) = await rows(owner, "/reports/statements/2026-03")

    assert (row["gross"], row["fee"], row["vat_in_fee"], row["earnings"]) == (
        "9.00",
        "0.76",
        "0.14",
        "8.10",
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "firm"},
        {"kind": "individual", "born_on": "17.05.1980"},
        {"kind": "individual", "country": "XX"},
        {"kind": "individual", "country": "Norway"},
    ],
)
async def test_a_seller_who_cannot_be_meant_is_refused(
    hub: RunningHub, body: dict[str, str]
) -> None:
    owner = await hub.person("owner")

    await owner.ask("PUT", "/seller", body, 422)

    assert (await owner.get("/seller"))["kind"] is None

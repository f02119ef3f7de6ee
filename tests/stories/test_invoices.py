"""Every bill is a numbered document between the right two; a correction is a credit note."""

from typing import Any

import pytest
from sqlalchemy import update

from chargehub.clock import HandClock
from chargehub.invoices import tables
from chargehub.invoices.tables import Asked
from chargehub.ledger import tables as ledger
from chargehub.receipts.chain import canonical, digest
from chargehub.stations.schema import Location
from tests.hub import Person, RunningHub
from tests.stories.steps import charge
from tests.stories.test_money import correct, town

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"], indirect=True),
]
HUB = {
    "name": "Hub GmbH",
    "address": "Platz 1, 10115 Berlin",
    "country": "DE",
    "time_zone": "Europe/Berlin",
    "vat_id": "DE123456789",
    "register_entry": "HRB 1, Amtsgericht Charlottenburg",
}
TO_APRIL = {"days": 29, "hours": 20}  # on the first, and while logins still hold
EVERYBODYS = Asked(None, "owner", None)
OWNER = {
    "name": "Eva Eigen",
    "address": "Weg 2, 20095 Hamburg",
    "country": "DE",
    "vat_id": "DE987654321",
}


async def documents(person: Person, query: str = "") -> list[dict[str, Any]]:
    """Somebody's documents, oldest first, each whole."""
    items = (await person.get(f"/invoices{query}"))["items"]
    return [await person.get(f"/invoices/{one['id']}") for one in reversed(items)]


def told(found: list[dict[str, Any]]) -> list[tuple[str, str, int, int]]:
    return [
        (one["kind"], one["number"][-11:], one["gross"]["amount_minor"], one["vat"]["amount_minor"])
        for one in found
    ]


async def issued(person: Person) -> list[tuple[str, str, int]]:
    """The documents that somebody's events tell of."""
    found = (await person.get("/events?limit=200"))["items"]
    told = [one["data"] for one in found if one["type"] == "InvoiceIssued"]
    return [(one["invoice_id"], one["kind"], one["gross_minor"]) for one in told]


async def waiting(person: Person) -> list[str]:
    """What the documents of somebody's sessions wait for."""
    found = (await person.get("/waiting-invoices"))["items"]
    return [one["missing"] for one in found if one["of"] == "session"]


async def in_country(hub: RunningHub, code: str) -> None:
    await hub.hub.store.do(lambda work: work.execute(update(Location).values(country=code)))


async def look(hub: RunningHub) -> None:
    """What the clock starts, now."""
    await hub.hub.jobs.run_due()
    await hub.settle()


async def test_a_session_is_invoiced_once_and_a_correction_is_a_credit_note(
    hub: RunningHub, version: str
) -> None:
    owner, place = await town(hub, version)
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)

    await correct(hub, operator, owner, 12_000)

    found = await documents(driver)
    assert told(found) == [
        ("invoice", "2026-000001", 900, 144),
        ("credit_note", "2026-000001", -900, -144),
        ("invoice", "2026-000002", 540, 86),
    ]
    assert found[1]["corrects"] == found[0]["id"]
    assert found[1]["document"]["corrects"]["number"] == found[0]["number"]
    assert told(await documents(owner, "?role=owner")) == told(found)
    for one in found:
        assert one["sha256"] == digest(canonical(one["document"]))
    assert await issued(driver) == [
        (one["id"], one["kind"], one["gross"]["amount_minor"]) for one in found
    ]
    assert await issued(owner) == await issued(driver)
    line = found[0]["document"]["lines"][0]
    assert (line["net_minor"], line["vat_minor"], line["gross_minor"]) == (756, 144, 900)
    assert found[0]["document"]["facts"]["energy_kwh"] == "20.000"


async def test_in_germany_it_waits_for_who_sells_and_is_then_issued(
    hub: RunningHub, version: str
) -> None:
    """The receipt does not wait; the list says what to do, and doing it is enough."""
    owner, place = await town(hub, version)
    await in_country(hub, "DE")
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)
    session_id = (await driver.get("/sessions"))["items"][0]["id"]

    (entity,) = await waiting(owner)
    none = await documents(driver)
    receipt = await driver.get(f"/sessions/{session_id}/receipt")
    await operator.ask("PUT", "/hub/legal-entity", HUB, 200)
    await look(hub)
    (address,) = await waiting(owner)
    await owner.ask("PUT", "/billing-party", {**OWNER, "vat_id": None}, 200)
    await look(hub)
    (vat_id,) = await waiting(owner)
    await owner.ask("PUT", "/billing-party", OWNER, 200)
    await look(hub)

    assert (none, receipt["receipt"]["session_id"]) == ([], session_id)
    assert "PUT /hub/legal-entity" in entity
    assert "address" in address and "PUT /billing-party" in address
    assert "VAT id" in vat_id
    assert (await owner.get("/waiting-invoices"))["items"] == []
    (invoice,) = await documents(driver)
    document = invoice["document"]
    assert document["seller"]["vat_id"] == OWNER["vat_id"]
    assert document["issued_by"]["name"] == HUB["name"]
    assert document["buyer"] is None  # nobody above 250 EUR: the driver stays unnamed
    assert invoice["keep_until"] == "2035-01-01T00:00:00Z"  # eight years after that of the issue
    assert invoice["number"].startswith("INV-" + owner.account_id[-8:].upper())


async def test_a_bill_above_the_countrys_limit_names_its_buyer(
    hub: RunningHub, version: str
) -> None:
    owner, place = await town(hub, version)
    await in_country(hub, "DE")
    driver, operator = await hub.person("driver"), await hub.operator()
    await operator.ask("PUT", "/hub/legal-entity", HUB, 200)
    await owner.ask("PUT", "/billing-party", OWNER, 200)
    await charge(hub, place, driver.id_token)
    await correct(hub, operator, owner, 600_000)

    (waits,) = await waiting(driver)
    await driver.ask("PUT", "/billing-party", {**OWNER, "name": "Fred Fahrer"}, 200)
    await look(hub)

    assert "buyer" in waits
    found = await documents(driver)
    assert told(found)[-1][2] == 27_000
    assert found[-1]["document"]["buyer"]["name"] == "Fred Fahrer"
    assert found[0]["document"]["buyer"] is None


async def test_what_a_dispute_gives_back_is_credited(hub: RunningHub, version: str) -> None:
    owner, place = await town(hub, version)
    driver, stranger = await hub.person("driver"), await hub.person("stranger")
    await charge(hub, place, driver.id_token)
    session_id = (await driver.get("/sessions"))["items"][0]["id"]
    wanted = {
        "session_id": session_id,
        "kind": "price",
        "amount": {"amount_minor": 450, "currency": "EUR"},
        "statement": "It was half of that.",
    }
    dispute = await driver.post("/disputes", wanted)
    await owner.post(f"/disputes/{dispute['id']}/answer", {"agrees": True}, 200)
    await hub.settle()
    await look(hub)

    found = await documents(driver)
    assert told(found) == [
        ("invoice", "2026-000001", 900, 144),
        ("credit_note", "2026-000001", -450, -72),
    ]
    assert (await documents(stranger), await documents(stranger, "?role=owner")) == ([], [])
    await stranger.get(f"/invoices/{found[0]['id']}", 404)


async def test_where_the_hub_sells_its_the_seller_and_credits_the_owner(
    database: str, version: str, clock: HandClock
) -> None:
    """Commissionaire: its invoices to drivers, and in April what it bought in March."""
    hub = RunningHub(database, clock, vat_mode="commissionaire")
    await hub.start()
    owner, place = await town(hub, version)
    driver, operator = await hub.person("driver"), await hub.operator()
    await operator.ask("PUT", "/hub/legal-entity", HUB, 200)
    await owner.ask("PUT", "/billing-party", {**OWNER, "vat_id": None}, 200)
    await charge(hub, place, driver.id_token)
    invoices = await documents(driver)
    await hub.advance(**TO_APRIL)
    await look(hub)
    bought = await documents(owner, "?role=owner")
    await hub.close()

    assert told(invoices) == [("invoice", "2026-000001", 900, 144)]
    assert invoices[0]["number"] == "INV-2026-000001"
    assert invoices[0]["document"]["seller"]["name"] == HUB["name"]
    assert invoices[0]["document"]["issued_by"] is None
    assert told(bought)[1:] == [("self_billing", "2026-000001", 681, 0)]
    assert bought[1]["document"]["seller"]["name"] == OWNER["name"]
    assert bought[1]["document"]["buyer"]["name"] == HUB["name"]


async def test_where_the_hub_sells_bill_and_receipt_have_the_vat_of_the_place(
    database: str, version: str, clock: HandClock
) -> None:
    """Norway's 25 %, whatever the owner's tariff says (19); a corrected bill too."""
    hub = RunningHub(database, clock, vat_mode="commissionaire")
    await hub.start()
    owner, place = await town(hub, version)
    await in_country(hub, "NO")
    driver, operator = await hub.person("driver"), await hub.operator()
    await operator.ask("PUT", "/hub/legal-entity", HUB, 200)
    await charge(hub, place, driver.id_token)
    session_id = (await driver.get("/sessions"))["items"][0]["id"]
    await correct(hub, operator, owner, 10_000)
    found = await documents(driver)
    paths = (f"/sessions/{session_id}/receipt{query}" for query in ("?version=1", ""))
    receipts = [await driver.get(path) for path in paths]
    await hub.close()

    assert told(found) == [
        ("invoice", "2026-000001", 900, 180),
        ("credit_note", "2026-000001", -900, -180),
        ("invoice", "2026-000002", 450, 90),
    ]
    assert {one["document"]["vat_percent"] for one in found} == {"25"}
    assert found[0]["document"]["facts"]["vat"] == "1.80"
    said = [one["receipt"]["chain"][-1]["body"] for one in receipts]
    assert [one["vat_minor"] for one in said] == [180, 90]
    assert {(one["sold_by"], one["percent"]) for one in said} == {("hub", "25")}


async def test_the_hubs_fees_of_a_month_are_those_of_the_ledger(
    hub: RunningHub, version: str
) -> None:
    """In April the fee of March's session, with its VAT; nothing twice, and nothing for nothing."""
    owner, place = await town(hub, version)
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)
    await hub.advance(**TO_APRIL)
    await look(hub)
    (nobody,) = (await owner.get("/waiting-invoices"))["items"]
    await operator.ask("PUT", "/hub/legal-entity", HUB, 200)
    await owner.ask("PUT", "/billing-party", OWNER, 200)

    for _ in range(3):
        await look(hub)

    assert nobody["of"] == "month" and "PUT /hub/legal-entity" in nobody["missing"]
    found = [one for one in await documents(owner, "?role=owner") if one["kind"] != "invoice"]
    assert told(found) == [("fee_invoice", "2026-000001", 90, 14)]
    assert (await issued(owner))[-1] == (found[0]["id"], "fee_invoice", 90)
    balances = await hub.hub.store.read(ledger.balances, "")
    booked = {code: -amount for code, _, amount in balances}
    assert (booked["income:platform_fee"], booked["vat:payable:DE"]) == (76, 14)
    shown = await operator.get(f"/invoices?whose=all&number={found[0]['number']}")
    assert [one["id"] for one in shown["items"]] == [found[0]["id"]]
    assert found[0]["document"]["facts"]["month"] == "2026-03"
    await owner.get("/invoices?whose=all", 403)
    await hub.advance(days=31)
    await look(hub)
    assert len(await hub.hub.store.read(tables.page_of, EVERYBODYS, None, 99)) == 2


async def test_a_document_and_a_month_are_pages_that_load_nothing(
    hub: RunningHub, version: str
) -> None:
    owner, place = await town(hub, version)
    driver = await hub.person("driver")
    await charge(hub, place, driver.id_token)
    (invoice,) = await documents(driver)

    async def page(person: Person, path: str) -> Any:
        headers = {"Authorization": f"Bearer {person.token}"}
        return await hub.api.get(f"/api/v1{path}", headers=headers)

    shown = await page(driver, f"/invoices/{invoice['id']}/invoice.html")
    hidden = await page(await hub.person("stranger"), f"/invoices/{invoice['id']}/invoice.html")
    month = await page(owner, "/statements/2026-03/statement.html")

    assert (shown.status_code, hidden.status_code, month.status_code) == (200, 404, 200)
    assert invoice["number"] in shown.text and "9.00" in shown.text
    assert shown.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha")
    assert "8.10" in month.text and "<script" not in month.text

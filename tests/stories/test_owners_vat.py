"""Hub and owner in business: input VAT at home, reverse charge across a border of the Union."""

from typing import Any

import pytest

from chargehub.clock import HandClock
from chargehub.commands.audit.run import findings_of
from chargehub.ledger import tables as ledger
from tests.hub import Person, RunningHub
from tests.stories.steps import charge
from tests.stories.test_invoices import HUB, OWNER, TO_APRIL, documents, look, told
from tests.stories.test_money import town

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"], indirect=True),
]
SPANISH = {**OWNER, "country": "ES", "vat_id": "ESB12345678"}


async def month_of(hub: RunningHub, version: str, party: dict[str, Any]) -> tuple[Person, Any]:
    """An owner who is this party, and the document of a month with one session of 9.00 EUR."""
    owner, place = await town(hub, version)
    driver, operator = await hub.person("driver"), await hub.operator()
    await operator.ask("PUT", "/hub/legal-entity", HUB, 200)
    await owner.ask("PUT", "/billing-party", party, 200)
    await charge(hub, place, driver.id_token)
    await hub.advance(**TO_APRIL)
    await look(hub)
    await look(hub)
    found = [one for one in await documents(owner, "?role=owner") if one["kind"] != "invoice"]
    (document,) = found
    return owner, document


async def booked(hub: RunningHub) -> dict[str, int]:
    found = await hub.hub.store.read(ledger.balances, "")
    return {code: amount for code, _, amount in found if amount}


def broken(database: str) -> list[str]:
    return [one.law for one in findings_of(database) if one.state == "broken"]


async def test_a_business_owner_abroad_is_billed_without_vat_and_has_it_back(
    hub: RunningHub, version: str, database: str
) -> None:
    """Of the fee of 90 the hub keeps 76; the 14 that it set aside are the owner's to owe."""
    owner, fees = await month_of(hub, version, SPANISH)
    march, april = [await owner.get(f"/statements/2026-0{month}") for month in (3, 4)]

    assert told([fees]) == [("fee_invoice", "2026-000001", 76, 0)]
    assert fees["document"]["vat_percent"] == "0"
    assert fees["document"]["notes"][0].startswith("Reverse charge")
    assert fees["document"]["lines"][0]["gross_minor"] == 76
    found = await booked(hub)
    assert "vat:payable:DE" not in found
    assert found["income:platform_fee"] == -76
    shown = [
        {
            name: one["items"][0][name]["amount_minor"]
            for name in ("gross", "fee", "vat", "earnings")
        }
        for one in (march, april)
    ]
    assert shown == [
        {"gross": 900, "fee": 76, "vat": 14, "earnings": 810},
        {"gross": 0, "fee": 0, "vat": -14, "earnings": 14},
    ]
    assert broken(database) == []


@pytest.mark.parametrize(
    "party",
    [
        {**SPANISH, "vat_id": None},
        {**SPANISH, "vat_id": "DE987654321"},
        {**SPANISH, "country": "NO", "vat_id": "NO987654321MVA"},
    ],
    ids=["private", "an id of another country", "outside the union"],
)
async def test_others_abroad_are_billed_with_vat(
    hub: RunningHub, version: str, party: dict[str, Any]
) -> None:
    _, fees = await month_of(hub, version, party)

    assert told([fees]) == [("fee_invoice", "2026-000001", 90, 14)]
    assert fees["document"]["notes"] == []
    assert (await booked(hub))["vat:payable:DE"] == -14


@pytest.mark.parametrize(
    ("party", "sums"),
    [(OWNER, (109, "Self-billing")), (SPANISH, (0, "Reverse charge"))],
    ids=["at home", "across the border"],
)
async def test_what_the_hub_buys_of_a_business(
    database: str, version: str, clock: HandClock, party: dict[str, Any], sums: tuple[int, str]
) -> None:
    """Of the owner's 681 the hub deducts the VAT within, where both are at home."""
    hub, (vat_minor, note) = RunningHub(database, clock, vat_mode="commissionaire"), sums
    await hub.start()
    _, bought = await month_of(hub, version, party)
    found = await booked(hub)
    await hub.close()

    assert told([bought]) == [("self_billing", "2026-000001", 681, vat_minor)]
    assert bought["document"]["notes"][-1].startswith(note)
    assert found.get("vat:input:DE", 0) == vat_minor
    assert found.get("income:input_vat", 0) == -vat_minor
    assert broken(database) == []

"""An owner's month says the same as JSON, as a page and as CSV, amount by amount."""

import csv
import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from chargehub.invoices import page_routes
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Transfer
from chargehub.people.actions import Registration, register
from chargehub.reporting import routes as reports
from chargehub.settlement import contesting, routes, sharing, split
from chargehub.settlement.contests import Subject
from chargehub.settlement.writing_off import AFTER, write_off_due
from chargehub.units import major
from tests.rest.app import application, client
from tests.settlement.books import DAY, Books, cdr
from tests.settlement.test_shares import agree

LABELS = {
    "Gross": "gross",
    "Fee of the hub": "fee",
    "VAT within it": "vat",
    "Earnings": "earnings",
    "Penalties": "penalties",
    "Given up": "written_off",
    "Paid out": "payouts",
    "Taken back of it": "taken_back",
    "Not mature yet, now": "accrued",
    "To be paid out, now": "payable",
    "On its way, now": "in_transit",
    "Disputed, now": "held",
    "Owed to the hub, now": "owed",
}
MARCH = {"gross": 7_800, "earnings": 7_020, "penalties": 250, "written_off": 0, "payouts": 1_620}
APRIL = {"gross": 1_200, "earnings": 1_080, "penalties": 0, "written_off": 1_080, "payouts": 0}
NOW = {"accrued": 1_080, "payable": 3_509, "in_transit": 0, "held": 811, "owed": 250}


async def lived(books: Books, owner: str) -> None:
    """In March: earned alone and with another, paid out, disputed, penalised, given up, young."""
    await books.captured(cdr("paid", 1_800, owner=owner))
    await books.captured(cdr("disputed", 1_800, owner=owner))
    await books.captured(cdr("unpaid", 1_200, owner=owner), 0)
    await agree(books, (owner, 5_000), ("other", 5_000), station="shared")
    await books.captured(cdr("together", 6_000, owner=owner, station="shared"))
    await books.mature()
    await books.pay_out(1_620, owner=owner)
    now = books.clock.now()
    await books.store.do(contesting.freeze, "d", Subject("disputed"), 900, now)
    await books.store.do(sharing.divide_due, now)
    parties = split.Parties(owner, "d", "EUR")
    entries = split.penalty_entries(250, 40, parties)
    await books.store.do(ledger.post, Transfer("penalty", "penalty", entries, now))
    books.clock.advance(AFTER)
    assert await books.store.do(write_off_due, books.clock.now()) == 1
    await books.captured(cdr("young", 1_200, owner=owner))


def of_page(text: str) -> dict[str, Decimal]:
    rows = re.findall(r"<tr><th>([^<]+)</th><td[^>]*>([^<]+)</td></tr>", text)
    return {LABELS.get(label, label): Decimal(value) for label, value in rows}


def of_json(item: dict[str, Any]) -> dict[str, Decimal]:
    found = {name: value for name, value in item.items() if isinstance(value, dict)}
    return {name: major(one["amount_minor"], one["currency"]) for name, one in found.items()}


def of_csv(row: dict[str, str]) -> dict[str, Decimal]:
    found = {name: value for name, value in row.items() if name not in ("month", "currency")}
    names = {"vat_in_fee": "vat"}
    return {names.get(name, name.removesuffix("_now")): Decimal(v) for name, v in found.items()}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_month_says_the_same_in_all_its_forms(books: Books) -> None:
    wanted = Registration("olga@example.org", "Olga", "hash")
    owner = await books.store.do(register, wanted, "", 60 * DAY, books.clock.now())
    await lived(books, owner.account_id)
    served = SimpleNamespace(store=books.store, clock=books.clock)
    headers = {"Authorization": f"Bearer {owner.login.token}"}
    app = application(routes.router, page_routes.router, reports.router, hub=served)

    for month, expected in (("2026-03", MARCH), ("2026-04", APRIL)):
        async with client(app) as http:
            told = await http.get(f"/statements/{month}", headers=headers)
            page = await http.get(f"/statements/{month}/statement.html", headers=headers)
            sheet = await http.get(f"/reports/statements/{month}", headers=headers)
        (item,) = told.json()["items"]
        (row,) = csv.DictReader(sheet.text.splitlines())
        amounts = of_json(item)
        sessions = {"Sessions": Decimal(item["sessions"])}
        assert of_page(page.text) == {**amounts, **sessions}
        assert of_csv(row) == {**amounts, "sessions": Decimal(item["sessions"])}
        assert set(amounts) == set(LABELS.values())
        assert amounts["gross"] == amounts["earnings"] + amounts["fee"] + amounts["vat"]
        told_of = {name: item[name]["amount_minor"] for name in (*expected, *NOW)}
        assert told_of == {**expected, **NOW}
    months = [{**MARCH, **NOW}, {**APRIL, **NOW}]
    lifetime = [one["earnings"] - one["written_off"] - one["payouts"] for one in months]
    assert sum(lifetime) == sum(NOW[name] for name in ("accrued", "payable", "in_transit", "held"))

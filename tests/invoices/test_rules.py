"""The lines of a document sum to it, to the cent; and so do the parts of it that go back."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.invoices.rules import NOTHING, Between, Party, Series, Sums, missing, returned, taxed
from chargehub.invoices.sales import place
from chargehub.jurisdictions.book import shipped
from chargehub.store.writer import Store
from chargehub.tariffs.pricing import vat_within

AMOUNTS = st.lists(st.integers(-5_000, 100_000), min_size=1, max_size=8)
RATES = st.sampled_from(["0", "5", "7.7", "19", "25"])
HUB = Party("Hub", "Platz 1", "DE", "DE1")
OWNER = Party("Owner", "Weg 2", "DE", "DE2")
GERMANY = shipped().of("DE")
KNOWN_FACTS = {"energy_kwh", "price_per_kwh", "total", "vat", "started_at", "ended_at", "station"}


@given(amounts=AMOUNTS, rate=RATES)
def test_lines_have_the_vat_of_the_whole_and_none_is_far_from_its_own(
    amounts: list[int], rate: str
) -> None:
    total = sum(amounts)
    vat = vat_within(total, Decimal(rate))
    lines = taxed([{"kind": "energy", "amount_minor": one} for one in amounts], vat)

    assert [line["gross_minor"] for line in lines] == amounts
    assert all(line["net_minor"] + line["vat_minor"] == line["gross_minor"] for line in lines)
    if total:
        assert sum(line["vat_minor"] for line in lines) == vat
    if total > 100:
        exact = [Decimal(one) * vat / total for one in amounts]
        for line, own in zip(lines, exact, strict=True):
            assert abs(line["vat_minor"] - own) <= 1


@given(whole=st.integers(1, 10**6), vat=st.integers(0, 10**6), steps=st.data())
def test_what_goes_back_in_steps_is_the_whole(whole: int, vat: int, steps: st.DataObject) -> None:
    sums, before = Sums(whole, min(vat, whole)), NOTHING
    for left in (*range(steps.draw(st.integers(0, 20)), 0, -1), 0):
        rest = whole - before.gross_minor
        if not rest:
            break
        amount = steps.draw(st.integers(1, rest)) if left else rest
        part = returned(sums, amount, before)
        assert 0 <= part.vat_minor <= sums.vat_minor
        before = Sums(before.gross_minor + amount, before.vat_minor + part.vat_minor)

    assert before == sums


def test_a_year_ends_by_the_clock_of_the_place() -> None:
    newyear = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    oslo = Series.at("hub", "invoice", newyear, "Europe/Oslo")
    lisbon = Series.at("00000000-1111-7222-8333-4444abcdef12", "credit_note", newyear, "UTC")

    assert (oslo.number(1), lisbon.number(23)) == ("INV-2027-000001", "CRN-ABCDEF12-2026-000023")
    assert oslo.id != lisbon.id


@pytest.mark.parametrize(
    ("seller", "issuer", "buyer", "gross", "vat", "word"),
    [
        (None, None, None, 900, 144, "PUT /hub/legal-entity"),
        (OWNER, None, None, 900, 144, "PUT /hub/legal-entity"),
        (Party("Owner"), HUB, None, 900, 0, "address"),
        (Party("Owner", "Weg 2", "DE"), HUB, None, 900, 144, "PUT /billing-party"),
        (Party("Hub", "Platz 1", "DE"), Party("Hub", "Platz 1", "DE"), None, 9, 1, "legal-entity"),
        (OWNER, HUB, None, 25_001, 0, "buyer"),
        (OWNER, HUB, Party("Driver"), 25_001, 0, "buyer"),
    ],
)
def test_what_germany_asks_for_is_told_with_where_to_tell_it(
    seller: Party | None, issuer: Party | None, buyer: Party | None, gross: int, vat: int, word: str
) -> None:
    told = missing(Between(seller, buyer, issuer, GERMANY), Sums(gross, vat), "EUR")

    assert told is not None and word in told


@pytest.mark.parametrize(
    "between",
    [
        Between(OWNER, None, HUB, GERMANY),
        Between(Party("Owner", "Weg 2", "DE"), None, HUB, GERMANY),
        Between(Party("Owner"), None, None, shipped().of("ZZ")),
    ],
)
def test_a_small_invoice_names_no_buyer(between: Between) -> None:
    vat = 1 if between.seller == OWNER else 0

    assert missing(between, Sums(25_000, vat), "EUR") is None


def test_every_fact_that_a_country_wants_on_a_bill_is_one_that_bills_tell() -> None:
    asked = {name for one in shipped().all() if one.receipt for name in one.receipt.value}

    assert asked <= KNOWN_FACTS


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_nothing_is_asked_where_nothing_is_known(store: Store) -> None:
    found = await store.read(place, "nowhere")

    assert (found.profile.code, found.time_zone) == ("ZZ", "UTC")

"""What a country asks for follows from its profile alone, and every profile can be trusted."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.jurisdictions.book import (
    FOLDER,
    Book,
    BrokenProfile,
    check_country,
    countries,
    read,
    shipped,
)
from chargehub.jurisdictions.rules import (
    DutiesOpen,
    Duty,
    Fact,
    NoSuchJurisdiction,
    Offer,
    Price,
    Profile,
    UnknownCountry,
    check,
    duties,
)

HOME = Offer(11_000, "EUR", Decimal(19), (Price("energy", Decimal("0.45")),), True, {})
METER = {"signed_meter": "DE-23-M-PTB-0004"}
LAWFUL = replace(HOME, proofs=METER, checked=frozenset(METER))


def asked(code: str, offer: Offer) -> dict[str, bool]:
    return {duty.id: duty.is_met for duty in duties(shipped().of(code), offer)}


def test_every_profile_is_read_and_every_fact_has_its_source() -> None:
    assert {profile.code for profile in shipped().all()} >= {"EU", "DE", "NO", "ES", "GB", "US"}
    for profile in shipped().all():
        facts = [value for _, value in profile if isinstance(value, Fact)]
        dated = [*facts, *profile.proofs, *profile.checklist]
        assert all(date(2026, 1, 1) <= each.checked_on <= date(2026, 12, 31) for each in dated)
        assert profile.code in ("ZZ", "EU") or profile.code in countries()
        assert all(member in countries() for member in profile.members)


def test_a_member_without_a_profile_follows_the_union_and_others_nobody() -> None:
    assert [shipped().of(code).code for code in ("FR", "DE", "CH", "ZZ")] == [
        "EU",
        "DE",
        "ZZ",
        "ZZ",
    ]
    with pytest.raises(NoSuchJurisdiction):
        shipped().named("FR")


def test_germany_keeps_what_the_union_says_and_adds_its_own() -> None:
    union, germany = shipped().named("EU"), shipped().named("DE")

    assert germany.kwh_only_from_w == union.kwh_only_from_w
    assert germany.vat_percents is not None and germany.vat_percents.value == ("19",)
    assert {item.id for item in union.checklist} < {item.id for item in germany.checklist}


def test_nothing_is_asked_where_nothing_is_known() -> None:
    assert asked("ZZ", replace(HOME, is_confirmed=False)) == {}


@pytest.mark.parametrize(
    ("country", "offer", "missing"),
    [
        ("DE", HOME, {"signed_meter"}),
        ("DE", LAWFUL, set()),
        ("DE", replace(HOME, proofs=METER), {"signed_meter"}),
        ("DE", replace(LAWFUL, is_confirmed=False), {"checklist"}),
        ("DE", replace(LAWFUL, vat_percent=Decimal(7)), {"vat"}),
        ("DE", replace(LAWFUL, vat_percent=Decimal(0)), set()),
        ("DE", replace(LAWFUL, power_w=50_000), {"payment_terminal"}),
        ("NO", HOME, {"vat"}),
        ("GB", replace(HOME, vat_percent=Decimal(20)), {"contactless_payment"}),
        ("GB", replace(HOME, vat_percent=Decimal(20), power_w=7_400), set()),
    ],
)
def test_what_is_missing_is_named(country: str, offer: Offer, missing: set[str]) -> None:
    assert {name for name, is_met in asked(country, offer).items() if not is_met} == missing


@pytest.mark.parametrize("kind", ["time", "flat"])
def test_from_fifty_kilowatts_on_a_price_is_per_kwh(kind: str) -> None:
    """AFIR, article 5(4); below, every component may be used."""
    mixed = replace(HOME, prices=(*HOME.prices, Price(kind, Decimal("0.10"))))

    assert asked("FR", replace(mixed, power_w=50_000))["kwh_only"] is False
    assert asked("FR", replace(HOME, power_w=50_000))["kwh_only"] is True
    assert "kwh_only" not in asked("FR", replace(mixed, power_w=49_999))


@given(
    per_minute=st.decimals(0, 3, places=2),
    grace_s=st.integers(0, 3_600),
    currency=st.sampled_from(["EUR", "NOK"]),
)
def test_idle_fees_stay_below_the_limit(per_minute: Decimal, grace_s: int, currency: str) -> None:
    """The limit is in one currency; what is asked in another is not compared with it."""
    idle = Price("idle", per_minute, grace_s)
    offer = replace(HOME, currency=currency, prices=(*HOME.prices, idle))

    is_met = asked("FR", offer)["idle_limit"]

    is_within = per_minute == 0 or (per_minute <= Decimal("0.80") and grace_s >= 900)
    assert is_met == (currency != "EUR" or is_within)


def test_a_refusal_names_what_to_do_and_the_rule() -> None:
    found = (
        Duty("a", True, "Do this", "Rule 1"),
        Duty("b", False, "Do that", "Rule 2"),
    )

    with pytest.raises(DutiesOpen, match=r"Do that \[Rule 2\]") as refusal:
        check(found, "Germany")
    assert "Rule 1" not in str(refusal.value)


def test_a_changed_checklist_is_confirmed_anew() -> None:
    profile = shipped().named("DE")
    item = profile.checklist[0].model_copy(update={"text": "Something else from now on."})
    changed = profile.model_copy(update={"checklist": (item, *profile.checklist[1:])})

    assert changed.version != profile.version


BROKEN = (
    ('code = "DE"\nname = "Germany"\nvat = 19', "vat: Extra"),
    ('code = "de"\nname = "Germany"', "code: String should match"),
    ('code = "FR"\nname = "France"', "called like its code"),
    ('code = "DE"\nname = "Germany"\n[records_years]\nvalue = 8', "records_years.rule"),
    (
        'code = "DE"\nname = "Germany"\n[price_order]\nvalue = ["kwh"]\n'
        'rule = "A rule of some length"\nbasis = "hub"\nchecked_on = 2026-11-26',
        "each once",
    ),
    ("code = ", "Invalid value"),
)


@pytest.mark.parametrize(("text", "why"), BROKEN)
def test_a_profile_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "de.toml"
    path.write_text(text)

    with pytest.raises(BrokenProfile, match=why):
        read(path)


def test_a_profile_is_based_on_one_that_is_there() -> None:
    lonely = Profile(code="DE", name="Germany", based_on="EU")
    circle = {
        "EU": Profile(code="EU", name="Union", based_on="DE"),
        "DE": lonely,
    }

    for profiles in ({"DE": lonely}, circle):
        with pytest.raises(BrokenProfile):
            Book(profiles)
    assert len(list(FOLDER.glob("*.toml"))) == len(shipped().all())


def test_a_country_is_one_of_iso_3166() -> None:
    for code in ("NO", "ZZ"):
        check_country(code)
    with pytest.raises(UnknownCountry, match="ISO 3166"):
        check_country("XX")

"""A receipt that was changed does not hold, whatever was changed, and whoever signed it then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.receipts.chain import broken_at, canonical, linked
from chargehub.receipts.checking import Checked, Unreadable, check
from chargehub.receipts.signing import file_of, published, read_published, signed
from tests.receipts import paper
from tests.receipts.paper import DEVICE, HUB, ISSUED, PACKETS, SEED, entries, file, receipt

FILE = file()


def failing(checked: Checked) -> set[str]:
    return {finding.name for finding in checked.findings if finding.holds is False}


def open_(checked: Checked) -> set[str]:
    return {finding.name for finding in checked.findings if finding.holds is None}


def changed(name: str, **values: Any) -> bytes:
    """The receipt with one entry changed and everything signed anew, as a dishonest hub would."""
    return file([(kind, {**body, **values} if kind == name else body) for kind, body in entries()])


def test_a_receipt_holds() -> None:
    checked = check(FILE, HUB)

    assert (failing(checked), open_(checked)) == (set(), set())
    assert checked.holds
    assert "20.000 kWh, 9.00 EUR" in checked.title


def test_without_the_hubs_keys_it_is_open_who_signed() -> None:
    checked = check(FILE, None)

    assert checked.holds
    assert open_(checked) == {"signature"}


def test_vat_that_is_not_that_of_the_bill_is_found() -> None:
    assert failing(check(changed("vat", percent="25", vat_minor=144), HUB)) == {"vat"}
    assert failing(check(changed("vat", percent="25", vat_minor=180), HUB)) == set()


@given(at=st.integers(0, len(FILE) - 1), bit=st.integers(0, 7))
def test_no_bit_of_the_file_can_be_turned(at: int, bit: int) -> None:
    turned = bytearray(FILE)
    turned[at] ^= 1 << bit

    assert _is_found(bytes(turned))


@given(at=st.integers(0, len(FILE) - 1), more=st.binary(max_size=3), length=st.integers(0, 3))
def test_nothing_can_be_put_in_or_taken_out(at: int, more: bytes, length: int) -> None:
    other = FILE[:at] + more + FILE[at + length :]

    assert other == FILE or _is_found(other)


def _is_found(content: bytes) -> bool:
    try:
        return not check(content, HUB).holds
    except Unreadable as error:
        return bool(str(error))


@given(content=st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["receipt", "signature", "packets", "format", "chain"]), inner
    ),
).map(lambda value: canonical(value) if _fits(value) else b""))  # fmt: skip
def test_what_is_no_receipt_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(Unreadable):
        check(content, HUB)


def _fits(value: Any) -> bool:
    try:
        canonical(value)
    except (orjson.JSONEncodeError, TypeError):
        return False
    return True


@pytest.mark.parametrize(
    ("name", "values", "fails"),
    [
        ("cdr", {"cost_minor": 901}, {"price"}),
        ("cdr", {"energy_wh": 20_010}, {"price", "meter"}),
        ("cdr", {"vat_minor": 0}, {"price"}),
        ("cdr", {"started_at": "2026-03-02T09:01:00+00:00"}, {"price"}),
        ("cdr", {"tariff_snapshot_id": "0" * 64}, {"tariff"}),
        ("session", {"end_wh": 121_000}, {"price"}),
        ("tariff", {"text": paper.TEXT.replace("0.45", "0.40")}, {"tariff", "price"}),
        ("trust", {"verdict": "plausible"}, {"meter"}),
        ("meter_key", {"is_confirmed": False}, {"meter"}),
        ("signed_reading", {"state": "forged"}, {"meter"}),
        ("cdr", {"id": "cdr-2"}, {"corrections"}),
        ("session", {"time_zone": "Nowhere/Nowhere"}, set()),
        ("cdr", {"lines": []}, {"price"}),
        ("cdr", {"flags": None}, {"price", "meter"}),
    ],
)
def test_not_even_a_hub_can_sign_what_does_not_follow(
    name: str, values: dict[str, Any], fails: set[str]
) -> None:
    assert failing(check(changed(name, **values), HUB)) == fails


def test_another_key_than_the_hubs_is_found() -> None:
    other = file_of(signed(receipt(entries()), b"x" * 32), PACKETS)

    assert failing(check(other, HUB)) == {"signature"}
    assert check(other, None).holds


def test_a_key_that_was_retired_signs_nothing_new_and_keeps_what_it_signed() -> None:
    (key,) = HUB
    before, after = ISSUED - timedelta(seconds=1), ISSUED + timedelta(days=9)

    assert failing(check(FILE, [replace(key, retired_at=before)])) == {"signature"}
    assert failing(check(FILE, [replace(key, retired_at=after)])) == set()


def test_the_owners_copy_leaves_open_what_its_meter_signed() -> None:
    copy = file_of(signed(receipt(entries()), SEED), [])

    checked = check(copy, HUB)

    assert failing(checked) == set()
    assert open_(checked) == {"packets", "meter"}


def test_a_packet_of_somebody_else_does_not_belong_there() -> None:
    other = file_of(signed(receipt(entries()), SEED), [*PACKETS, DEVICE.record({"PG": "T1"})])

    assert failing(check(other, HUB)) == {"packets"}


@given(kinds=st.lists(st.sampled_from("abc"), min_size=1, max_size=8), at=st.integers(0, 7))
def test_a_chain_tells_which_entry_was_changed(kinds: list[str], at: int) -> None:
    chain = linked((kind, number) for number, kind in enumerate(kinds))
    place = at % len(chain)
    assert broken_at(chain) is None

    chain[place]["body"] = "another"

    assert broken_at(chain) == place + 1


def test_published_keys_are_read_back() -> None:
    document = orjson.loads(canonical(published(HUB)))

    assert read_published(document) == HUB
    for wrong in ({}, {"keys": [{}]}, [], {"keys": [document["keys"][0] | {"x": "AA"}]}):
        with pytest.raises(ValueError):
            read_published(wrong)

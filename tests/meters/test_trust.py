"""When energy counts as signed, and what makes it implausible."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargehub.meters.trust import WHY, Bill, Keys, Packet, Trust, judge
from tests.meters.signing import Device, pair, payload, reading, whole

DEVICE, OTHER = Device(), Device(seed=8)
KEYS = Keys((DEVICE.key,))
BILL = Bill(20_000, timedelta(hours=2), (), 11_000)


def judged(*packets: bytes, keys: Keys = KEYS, bill: Bill = BILL) -> Trust:
    return judge([Packet(number, one) for number, one in enumerate(packets)], keys, bill)


def told(trust: Trust) -> tuple[str, tuple[str, ...]]:
    assert set(trust.reasons) <= set(WHY)
    return trust.verdict, trust.reasons


@pytest.mark.parametrize("packets", [pair(DEVICE), (whole(DEVICE),), pair(DEVICE) * 2])
def test_a_bill_that_its_meter_signed_is_signed(packets: tuple[bytes, ...]) -> None:
    trust = judged(*packets)

    assert told(trust) == ("signed", ())
    assert trust.begin is not None
    assert trust.end is not None
    assert trust.end.energy_wh - trust.begin.energy_wh == 20_000


def test_the_order_in_which_packets_came_does_not_count() -> None:
    assert told(judged(*reversed(pair(DEVICE)))) == ("signed", ())


@pytest.mark.parametrize(("billed", "verdict"), [(19_999, "signed"), (20_001, "signed")])
def test_a_bill_may_be_rounded(billed: int, verdict: str) -> None:
    assert judged(*pair(DEVICE), bill=replace(BILL, energy_wh=billed)).verdict == verdict


@pytest.mark.parametrize("billed", [19_990, 20_010])
def test_another_energy_than_the_signed_one_is_implausible(billed: int) -> None:
    trust = judged(*pair(DEVICE), bill=replace(BILL, energy_wh=billed))

    assert told(trust) == ("implausible", ("bill_differs",))


def test_nothing_signed_is_plausible() -> None:
    assert told(judged()) == ("plausible", ("not_signed",))


def test_an_unknown_key_signs_nothing() -> None:
    assert told(judged(*pair(DEVICE), keys=Keys(()))) == ("plausible", ("key_unconfirmed",))
    assert told(judged(*pair(DEVICE), keys=Keys((), (DEVICE.key,)))) == (
        "plausible",
        ("key_unconfirmed",),
    )


def test_a_changed_key_is_not_trusted() -> None:
    keys = Keys((DEVICE.key,), (OTHER.key,))

    assert told(judged(*pair(OTHER), keys=keys)) == ("plausible", ("key_changed",))


def test_a_forged_reading_makes_a_bill_implausible() -> None:
    begin, end = pair(DEVICE)

    assert told(judged(begin, end.replace(b"120.25", b"140.25"))) == (
        "implausible",
        ("forged", "end_missing"),
    )
    assert judged(*pair(OTHER)).verdict == "implausible"


@pytest.mark.parametrize(("kept", "reason"), [(0, "end_missing"), (1, "begin_missing")])
def test_half_a_pair_signs_nothing(kept: int, reason: str) -> None:
    assert told(judged(pair(DEVICE)[kept])) == ("plausible", (reason,))


def test_pages_follow_one_another() -> None:
    begin, _ = pair(DEVICE, page=5)
    _, end = pair(DEVICE, page=7)

    assert told(judged(begin, end)) == ("plausible", ("pages_missing",))


def test_begin_and_end_are_of_one_meter() -> None:
    begin, _ = pair(DEVICE)
    end = DEVICE.record(payload(6, [reading("E", 120.25)], MS="M-2"))

    assert told(judged(begin, end)) == ("implausible", ("meter_changed",))


@pytest.mark.parametrize("more", [{"ST": "M"}, {"EF": "E"}, {"EF": "Et"}])
def test_a_meter_that_says_it_fails_is_believed(more: dict[str, str]) -> None:
    begin, _ = pair(DEVICE)
    end = DEVICE.record(payload(6, [reading("E", 120.25, **more)]))

    assert told(judged(begin, end)) == ("implausible", ("meter_error",))


def test_a_wrong_clock_of_the_meter_is_no_wrong_energy() -> None:
    begin, _ = pair(DEVICE)
    end = DEVICE.record(payload(6, [reading("E", 120.25, EF="t")]))

    assert judged(begin, end).verdict == "signed"


def test_an_error_during_the_session_is_told() -> None:
    begin, _ = pair(DEVICE)
    middle = DEVICE.record(payload(6, [reading("X", 110)]))
    end = DEVICE.record(payload(7, [reading("E", 120.25)]))

    assert told(judged(begin, middle, end)) == ("plausible", ("interrupted",))


def test_a_packet_of_another_session_is_a_fraud() -> None:
    packets = [Packet(number, one, True) for number, one in enumerate(pair(DEVICE))]

    assert told(judge(packets, KEYS, BILL)) == ("implausible", ("used_before",))


def test_more_than_an_evse_can_give_is_implausible() -> None:
    bill = replace(BILL, duration=timedelta(hours=1))

    assert told(judged(bill=bill)) == ("implausible", ("not_signed", "too_fast"))


def test_what_an_operator_set_is_not_signed() -> None:
    lower = replace(BILL, energy_wh=15_000, flags=("corrected",))
    higher = replace(BILL, energy_wh=25_000, flags=("corrected",))

    assert told(judged(*pair(DEVICE), bill=lower)) == ("plausible", ("corrected",))
    assert told(judged(*pair(DEVICE), bill=higher)) == (
        "implausible",
        ("corrected", "bill_differs"),
    )


@pytest.mark.parametrize(
    ("flag", "verdict", "reason"),
    [
        ("register_reset", "implausible", "register_faulty"),
        ("register_backwards", "implausible", "register_faulty"),
        ("register_absurd", "plausible", "register_missing"),
        ("start_unknown", "plausible", "register_missing"),
        ("estimated", "plausible", "estimated"),
    ],
)
def test_repaired_registers_are_told(flag: str, verdict: str, reason: str) -> None:
    bill = replace(BILL, flags=(flag,))

    assert told(judged(*pair(DEVICE), bill=bill)) == (verdict, (reason,))


def test_packets_in_another_form_are_unreadable() -> None:
    assert told(judged(b"<signedMeterValue/>")) == ("plausible", ("unreadable",))

"""What each step makes of what a station does and does not do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chargehub.checkups.evidence import Asked, Charge, Evidence, Intervals, Known, Seen
from chargehub.checkups.probes import PROBES, by_charge
from chargehub.checkups.rules import StepName, Verdict
from chargehub.stations.commands import WriteSettings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KNOWN = Known("1.6", "ACME", "One", True, True, 1, None, {1: 11_000, 2: 11_000})
YES, NO = Asked("x", "answered", "Accepted"), Asked("x", "refused", "NotImplemented")
OPEN = Asked("x", "sent")


def judged(name: StepName, known: Known, found: Evidence) -> str | None:
    verdict = PROBES[name].judge(known, found)
    return verdict.result if verdict else None


def reading(evse: int, **told: int | bool) -> Seen:
    return Seen("reading", NOW, evse, 0, **{"register_wh": 5_000, **told})  # type: ignore[arg-type]


def beats(*seconds: int) -> tuple[Seen, ...]:
    return tuple(Seen("heartbeat", NOW + timedelta(seconds=each)) for each in seconds)


@pytest.mark.parametrize(
    ("name", "found", "result"),
    [
        ("boot", Evidence((YES,)), None),
        ("boot", Evidence((YES,), (Seen("boot", NOW),)), "passed"),
        ("boot", Evidence((NO,)), "weak"),
        ("boot", Evidence((YES,), is_over=True), "weak"),
        ("settings", Evidence((NO,)), "failed"),
        ("settings", Evidence((OPEN,)), None),
        ("settings", Evidence((YES,), is_over=True), "weak"),
        ("heartbeat", Evidence((YES, YES), beats(0)), None),
        ("heartbeat", Evidence((YES, YES), beats(0, 10)), "passed"),
        ("heartbeat", Evidence((YES, YES), beats(0, 1, 2), is_over=True), "weak"),
        ("heartbeat", Evidence((NO, YES), beats(0)), "weak"),
        ("heartbeat", Evidence((NO, NO), is_over=True), "failed"),
        ("status", Evidence((YES, YES), (Seen("status", NOW, 1),)), None),
        ("status", Evidence((NO, NO)), "failed"),
        ("status", Evidence((YES, YES), (Seen("status", NOW, 1),), is_over=True), "failed"),
        ("meter_values", Evidence((YES, YES), (reading(1), reading(2))), "passed"),
        ("meter_values", Evidence((YES, YES), (reading(1),)), None),
        ("meter_values", Evidence((YES, YES), (reading(1),), is_over=True), "weak"),
        ("meter_values", Evidence((NO, NO)), "failed"),
        ("meter_values", Evidence((YES,), (Seen("reading", NOW, 1),), is_over=True), "failed"),
        (
            "meter_values",
            Evidence((YES,), (reading(1, is_absurd=True), reading(2))),
            "failed",
        ),
        (
            "meter_values",
            Evidence((YES,), (reading(1, register_wh=10**12), reading(2))),
            "failed",
        ),
        ("meter_values", Evidence((YES,), (reading(1, power_w=90_000), reading(2))), "weak"),
        ("clock", Evidence(), "weak"),
        ("clock", Evidence(before=(Seen("status", NOW, 1, -4_000), reading(1))), "passed"),
        ("clock", Evidence(before=(Seen("status", NOW, 1, 40),)), "weak"),
        ("clock", Evidence(before=(Seen("status", NOW, 1, 3_600),)), "failed"),
        ("reservation", Evidence((YES, OPEN)), None),
        ("reservation", Evidence((YES, YES)), "passed"),
        ("reservation", Evidence((YES, NO)), "weak"),
        ("reservation", Evidence((Asked("x", "refused", "Occupied"), NO)), "weak"),
        ("reservation", Evidence((NO, NO)), "failed"),
        ("local_list", Evidence((Asked("call", "answered", "", {"listVersion": 0}),)), "passed"),
        ("local_list", Evidence((Asked("call", "answered", "", {"listVersion": -1}),)), "weak"),
        ("local_list", Evidence((Asked("call", "failed", "NotSupported"),)), "failed"),
        ("security", Evidence(), "weak"),
        ("signed_readings", Evidence(), "failed"),
        ("signed_readings", Evidence(before=(reading(1, is_signed=True),)), "passed"),
        ("test_charge", Evidence(), "skipped"),
        ("intervals", Evidence((YES, NO)), "weak"),
        ("intervals", Evidence((NO, NO)), "failed"),
    ],
)
def test_what_a_step_makes_of_it(name: StepName, found: Evidence, result: str | None) -> None:
    assert judged(name, KNOWN, found) == result


@pytest.mark.parametrize(
    ("charge", "result"),
    [
        (Charge("starting"), None),
        (Charge("active", 0), None),
        (Charge("failed"), "failed"),
        (Charge("closed", 0, 60), "failed"),
        (Charge("closed", 180, 60), "passed"),
        (Charge("closed", 180_000, 60), "weak"),
    ],
)
def test_a_test_charge_is_held_against_the_power(charge: Charge, result: str | None) -> None:
    """A register in kWh that is told as Wh shows here, and nowhere else."""
    assert judged("test_charge", replace(KNOWN, charge=charge), Evidence()) == result


def test_a_status_that_was_told_before_counts_half() -> None:
    """A station that takes no triggers tells it when it boots, and not during the check-up."""
    refused = Evidence((NO, NO))

    assert judged("status", replace(KNOWN, told=frozenset({1, 2})), refused) == "weak"
    assert judged("status", replace(KNOWN, told=frozenset({1})), refused) == "failed"


def test_a_test_charge_shows_what_was_not_told_when_asked() -> None:
    """It mends what did not come; what came and was wrong stays wrong."""
    failed, weak = Verdict("failed", "It sent no MeterValues."), Verdict("weak", "One of two.")
    charged, idle = Charge("closed", 180, 60), Charge("closed", 0, 60)

    assert by_charge(failed, 0, charged).result == "weak"
    assert by_charge(failed, 3, charged) == failed
    assert by_charge(failed, 0, idle) == by_charge(failed, 0, None) == failed
    assert by_charge(weak, 0, charged) == weak


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("asked", [(), (YES,), (NO,), (OPEN,)])
def test_every_step_has_an_end(name: StepName, asked: tuple[Asked, ...]) -> None:
    """When its time is up, whatever came or did not come, there is a verdict."""
    known = replace(KNOWN, charge=Charge("active"))

    assert PROBES[name].judge(known, Evidence(asked, is_over=True)) is not None or not asked


def test_the_real_intervals_are_written_last() -> None:
    """The probe's own heartbeat interval must not stay."""
    wanted = Intervals(heartbeat_s=77, sampling_s=30)

    for version, names in (
        ("1.6", ("HeartbeatInterval", "MeterValueSampleInterval")),
        ("2.0.1", ("OCPPCommCtrlr.HeartbeatInterval", "SampledDataCtrlr.TxUpdatedInterval")),
    ):
        known = replace(KNOWN, version=version)
        asked = PROBES["intervals"].asks(known, wanted, NOW)

        assert asked == tuple(
            WriteSettings({name: value}) for name, value in zip(names, ("77", "30"), strict=True)
        )
    assert list(PROBES)[-1] == "intervals"

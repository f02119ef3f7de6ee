"""What stations send that does not fit its schema: mended by rule, or the standard's error."""

import re
from typing import Any

import orjson
import pytest

from chargehub.ocpp.counts import Counts, LineMetrics
from chargehub.ocpp.problems import CallProblem
from chargehub.ocpp.repairs import NO_SAMPLES, REPAIRS, mend
from chargehub.ocpp.versions import Version
from chargehub.stations import reports
from tests.ocpp.link import TIME, linked
from tests.ocpp.story import BOTH, ISO, ONE_SIX, TWO_OH_ONE, event201, start16
from tests.tree import ROOT

STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
BOOT_16 = {"chargePointVendor": "Acme", "chargePointModel": "One"}
STOP = {"transactionId": 7, "meterStop": 1500, "timestamp": ISO}
REGISTER = {"value": "1500", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}


def boot(**changes: Any) -> dict[str, Any]:
    return {"reason": "PowerUp", "chargingStation": {"vendorName": "A", "model": "O", **changes}}


def metered(*samples: Any, **more: Any) -> dict[str, Any]:
    return {
        "connectorId": 1,
        "meterValue": [{"timestamp": ISO, "sampledValue": list(samples)}],
        **more,
    }


def info(**changes: Any) -> dict[str, Any]:
    return event201(transactionInfo={"transactionId": "T-1", **changes})


MENDED = [  # version, action, what came, what it is taken for, the rules
    (ONE_SIX, "Heartbeat", {"more": 1}, {}, ["extra_field"]),
    (TWO_OH_ONE, "Heartbeat", {"more": 1}, {}, ["extra_field"]),
    (
        ONE_SIX,
        "BootNotification",
        {**BOOT_16, "chargePointSerialNumber": "S" * 40, "firmwareVersion": None},
        {**BOOT_16, "chargePointSerialNumber": "S" * 25},
        ["empty_field", "text_too_long"],
    ),
    (
        TWO_OH_ONE,
        "BootNotification",
        boot(serialNumber="S" * 40),
        boot(serialNumber="S" * 25),
        ["text_too_long"],
    ),
    (
        TWO_OH_ONE,
        "BootNotification",
        boot() | {"reason": "Lightning"},
        boot() | {"reason": "Unknown"},
        ["word_unknown"],
    ),
    (
        ONE_SIX,
        "StatusNotification",
        {**STATUS, "status": "SUSPENDED_EV", "errorCode": "Vendor17"},
        {**STATUS, "status": "SuspendedEV", "errorCode": "OtherError"},
        ["word_case", "word_unknown"],
    ),
    (
        ONE_SIX,
        "StatusNotification",
        {**STATUS, "connectorId": "1", "info": "", "vendorErrorCode": 17, "timestamp": None},
        {**STATUS, "info": "", "vendorErrorCode": "17"},
        ["empty_field", "number_as_text", "text_as_number"],
    ),
    (ONE_SIX, "StartTransaction", start16(meterStart="1500"), start16(), ["number_as_text"]),
    (ONE_SIX, "StartTransaction", start16(meterStart=1500.7), start16(), ["fraction"]),
    (
        ONE_SIX,
        "StartTransaction",
        start16(meterStart="1500.7"),
        start16(),
        ["fraction", "number_as_text"],
    ),
    (
        ONE_SIX,
        "StopTransaction",
        {**STOP, "reason": "Boredom", "transactionData": []},
        {**STOP, "reason": "Other", "transactionData": []},
        ["word_unknown"],
    ),
    (
        ONE_SIX,
        "MeterValues",
        metered(REGISTER, {"value": "7", "measurand": "Mood"}, {"value": "1", "unit": "Furlong"}),
        metered(REGISTER),
        ["sample_unknown", "sample_unknown"],
    ),
    (
        ONE_SIX,
        "MeterValues",
        metered({"value": "7", "measurand": "Mood"}),
        metered(),
        ["no_samples", "sample_unknown"],
    ),
    (
        ONE_SIX,
        "MeterValues",
        metered({**REGISTER, "value": 1500.5, "context": "Sometimes", "unit": "wh"}),
        metered({**REGISTER, "value": "1500.5", "context": "Other"}),
        ["text_as_number", "word_case", "word_unknown"],
    ),
    (
        ONE_SIX,
        "MeterValues",
        metered() | {"meterValue": {"timestamp": ISO, "sampledValue": REGISTER}},
        metered(REGISTER),
        ["lone_item", "lone_item"],
    ),
    (
        ONE_SIX,
        "MeterValues",
        metered({"value": "80", "measurand": "SoC", "unit": "%", "phase": ""}),
        metered({"value": "80", "measurand": "SoC", "unit": "Percent"}),
        ["empty_field", "word_spelling"],
    ),
    (
        ONE_SIX,
        "DataTransfer",
        {"vendorId": "acme", "data": {"mood": [1]}},
        {"vendorId": "acme", "data": '{"mood":[1]}'},
        ["object_as_text"],
    ),
    (
        TWO_OH_ONE,
        "TransactionEvent",
        event201(offline="false", seqNo="3", evse=[{"id": 1}], meterValue=[]),
        event201(offline=False, seqNo=3, evse={"id": 1}, meterValue=[]),
        ["list_of_one", "no_samples", "number_as_text", "truth_as_text"],
    ),
    (
        TWO_OH_ONE,
        "TransactionEvent",
        info(chargingState="Dreaming", stoppedReason="Boredom") | {"triggerReason": "Whim"},
        info(stoppedReason="Other") | {"triggerReason": "AbnormalCondition"},
        ["word_unknown"] * 3,
    ),
    (
        TWO_OH_ONE,
        "TransactionEvent",
        event201(transactionInfo={"transactionId": 17}),
        event201(transactionInfo={"transactionId": "17"}),
        ["text_as_number"],
    ),
]


@pytest.mark.parametrize(("version", "action", "came", "taken", "rules"), MENDED)
def test_what_can_be_mended_is(
    version: Version, action: str, came: Any, taken: Any, rules: list[str]
) -> None:
    payload = orjson.loads(orjson.dumps(came))

    applied = mend(version.schemas.requests[action], payload, version.words)

    assert payload == taken
    assert sorted(applied) == rules


NOT_MENDED = [  # version, action, what came, the standard's error
    (ONE_SIX, "Authorize", {"idTag": 5}, "type", "idTag: type"),
    (ONE_SIX, "Authorize", {"idTag": "A" * 21}, "property", "idTag: maxLength"),
    (ONE_SIX, "Authorize", {"idTag": None}, "type", "idTag: type"),
    (ONE_SIX, "Authorize", {"more": 1}, "occurrence", "payload: required idTag"),
    (ONE_SIX, "Heartbeat", [], "format", "payload: type"),
    (ONE_SIX, "StatusNotification", {**STATUS, "status": "Dancing"}, "property", "status: enum"),
    (ONE_SIX, "StatusNotification", {**STATUS, "connectorId": 1.5}, "type", "connectorId: type"),
    (ONE_SIX, "StartTransaction", start16(meterStart="lots"), "type", "meterStart: type"),
    (ONE_SIX, "DataTransfer", {"vendorId": "v" * 300}, "property", "vendorId: maxLength"),
    (TWO_OH_ONE, "TransactionEvent", event201(eventType="Danced"), "property", "eventType: enum"),
    (
        TWO_OH_ONE,
        "TransactionEvent",
        info(transactionId="T" * 37),
        "property",
        "transactionInfo.transactionId: maxLength",
    ),
    (
        TWO_OH_ONE,
        "TransactionEvent",
        event201(idToken={"idToken": 5, "type": "ISO14443"}),
        "type",
        "idToken.idToken: type",
    ),
]


@pytest.mark.parametrize(("version", "action", "came", "problem", "text"), NOT_MENDED)
def test_what_money_hangs_on_is_not_guessed(
    version: Version, action: str, came: Any, problem: str, text: str
) -> None:
    with pytest.raises(CallProblem) as refused:
        mend(version.schemas.requests[action], came, version.words)

    assert (refused.value.problem, refused.value.text) == (problem, text)


def test_a_sample_of_an_unknown_measurand_is_not_taken_for_a_register() -> None:
    """Without its measurand a sample would be energy: the default."""
    payload = metered(REGISTER, {"value": "99999", "measurand": "Steps"})

    mend(ONE_SIX.schemas.requests["MeterValues"], payload, ONE_SIX.words)
    report = ONE_SIX.messages["MeterValues"][0](payload)

    assert isinstance(report, reports.Metered)
    assert [reading.register_wh for reading in report.readings] == [1_500]


@BOTH
async def test_a_mended_call_is_answered_and_counted_by_rule(version: Version) -> None:
    async with linked(version) as link:
        answer = await link.ask([2, "m-1", "Heartbeat", {"more": 1, "most": 2}])

        assert answer == [3, "m-1", TIME]
        assert link.desk.calls[0].repairs == ("extra_field", "extra_field")
        assert link.counts.repairs == {"extra_field": 2}


@BOTH
async def test_a_strict_hub_mends_nothing(version: Version) -> None:
    async with linked(version, is_strict=True) as link:
        answer = await link.ask([2, "m-1", "Heartbeat", {"secret": 1}])

        name, text = version.problems["format"], "payload: additionalProperties"
        assert answer == [4, "m-1", name, text, {}]
        assert await link.is_alive()
        assert link.counts.repairs == {}


def test_repairs_are_a_metric_with_the_rule_as_its_label() -> None:
    counts = Counts()
    counts.repairs.update(["extra_field", "extra_field", "word_case"])

    metrics = {metric.name: metric for metric in LineMetrics(counts, dict).collect()}

    samples = metrics["chargehub_ocpp_repairs"].samples
    assert [(each.labels["rule"], each.value) for each in samples] == [
        ("extra_field", 2),
        ("word_case", 1),
    ]


def test_every_rule_stands_in_the_docs() -> None:
    rules = {rule for table in REPAIRS.values() for rule in table} | {NO_SAMPLES}
    text = (ROOT / "docs/ocpp.md").read_text(encoding="utf-8")
    section = text.partition("## What is mended")[2].partition("\n## ")[0]

    documented = set(re.findall(r"^\| `(\w+)` ", section, re.MULTILINE))

    assert documented - rules == {"register_absurd", "time_without_zone", "time_unreadable"}
    assert rules <= documented

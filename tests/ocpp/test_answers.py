"""What stations are answered: it fits the official schemas, and money is exact."""

from datetime import datetime
from typing import get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.ocpp.problems import V2, V16
from chargehub.ocpp.versions import Version
from chargehub.stations import commands, reports, upkeep
from tests.ocpp.story import AT, BOTH, ISO, KNOWN, ONE_SIX, TWO_OH_ONE, answer_of

VERDICTS: list[reports.StartVerdict] = [
    "accepted",
    "invalid",
    "blocked",
    "expired",
    "not_now",
    "no_credit",
]
DISPLAY = {upkeep.SetDisplayMessage, upkeep.GetDisplayMessages, upkeep.ClearDisplayMessage}
NOT_IN_16 = {*DISPLAY, commands.ReadSession, commands.SetMasterPass, commands.TellCost}


@BOTH
@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("expires_at", [None, AT])
def test_every_verdict_has_a_word(
    version: Version, verdict: reports.StartVerdict, expires_at: datetime | None
) -> None:
    payload = answer_of(version, "Authorize", reports.TokenAnswer(verdict, expires_at))

    (judged,) = payload.values()
    assert (judged["status"] == "Accepted") == (verdict == "accepted")
    assert len(judged) == (1 if expires_at is None else 2)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_start_is_always_answered_with_an_id(verdict: reports.StartVerdict) -> None:
    payload = answer_of(ONE_SIX, "StartTransaction", reports.StartAnswer("42", verdict))

    assert payload["transactionId"] == 42


@pytest.mark.parametrize("verdict", [None, *VERDICTS])
def test_stops_and_events_judge_a_token_only_where_one_was_shown(
    verdict: reports.StartVerdict | None,
) -> None:
    stop = answer_of(ONE_SIX, "StopTransaction", reports.EndAnswer(verdict))
    event = answer_of(TWO_OH_ONE, "TransactionEvent", reports.ProgressAnswer(verdict))

    assert ("idTagInfo" in stop) == (verdict is not None)
    assert ("idTokenInfo" in event) == (verdict is not None)


@given(cost=st.integers(0, 10**12), exponent=st.integers(0, 4))
def test_the_total_cost_is_exact_on_the_wire(cost: int, exponent: int) -> None:
    answer = reports.ProgressAnswer(None, cost, exponent)

    answer_of(TWO_OH_ONE, "TransactionEvent", answer)

    sent = orjson.dumps(TWO_OH_ONE.messages["TransactionEvent"][1](answer)).decode()
    digits = f"{cost:0{exponent + 1}d}"
    point = len(digits) - exponent
    expected = f"{digits[:point]}.{digits[point:]}" if exponent else digits
    assert sent == f'{{"totalCost":{expected}}}'


@BOTH
def test_a_boot_is_answered_with_time_and_interval(version: Version) -> None:
    for status in ("accepted", "pending", "rejected"):
        answer = reports.BootAnswer(status, AT, 300)

        payload = answer_of(version, "BootNotification", answer)

        assert payload == {
            "status": status.capitalize(),
            "currentTime": ISO,
            "interval": 300,
        }


@BOTH
def test_the_other_answers_fit_their_schemas(version: Version) -> None:
    assert answer_of(version, "Heartbeat", reports.HeartbeatAnswer(AT)) == {"currentTime": ISO}
    assert answer_of(version, "StatusNotification", reports.Acknowledged()) == {}
    assert answer_of(version, "MeterValues", reports.Acknowledged()) == {}
    for status in ("accepted", "rejected", "unknown_message_id", "unknown_vendor_id"):
        answer = reports.DataTransferAnswer(status)
        answer_of(version, "DataTransfer", answer)


def test_every_message_of_a_version_is_in_its_schemas() -> None:
    for version in KNOWN.values():
        assert version.messages.keys() <= version.schemas.requests.keys()
        missing = set(get_args(commands.Command)) - version.commands.keys()
        assert missing == (NOT_IN_16 if version.name == "1.6" else set())


def test_the_newest_version_comes_first() -> None:
    assert list(KNOWN) == ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"]


def test_error_names_are_those_of_each_version() -> None:
    assert V16["format"] == "FormationViolation"
    assert V16["occurrence"] == "OccurenceConstraintViolation"
    assert V2["format"] == "FormatViolation"
    assert V2["occurrence"] == "OccurrenceConstraintViolation"
    assert V2["unreadable"] == "RpcFrameworkError"

"""Payloads against the official schemas: what is told of a bad one, what may be odd."""

from typing import Any

import pytest

from chargehub.ocpp import schemas
from chargehub.ocpp.problems import CallProblem
from tests.ocpp.story import (
    ONE_SIX,
    start16,
)


@pytest.mark.parametrize(
    ("payload", "problem", "text"),
    [
        (start16(extra="secret"), "format", "payload: additionalProperties"),
        ({"connectorId": 1}, "occurrence", "payload: required idTag"),
        (start16(idTag="SECRET" * 10), "property", "idTag: maxLength"),
        (start16(meterStart="SECRET"), "type", "meterStart: type"),
        (["SECRET"], "format", "payload: type"),
        ("SECRET", "format", "payload: type"),
    ],
)
def test_a_bad_payload_is_told_by_field_and_rule_and_never_repeated(
    payload: Any, problem: str, text: str
) -> None:
    with pytest.raises(CallProblem) as refused:
        schemas.check(ONE_SIX.schemas.requests["StartTransaction"], payload)

    assert (refused.value.problem, refused.value.text) == (problem, text)


def test_an_answer_with_more_than_the_standard_knows_is_usable() -> None:
    """Vendors add fields and words; the `ocpp` package would fail the call."""
    validator = ONE_SIX.schemas.answers["Reset"]

    assert schemas.is_usable(validator, {"status": "Accepted", "vendorNote": "hello"})
    assert schemas.is_usable(validator, {"status": "Perhaps"})
    assert not schemas.is_usable(validator, {})
    assert not schemas.is_usable(validator, {"status": 1})
    assert not schemas.is_usable(validator, ["Accepted"])

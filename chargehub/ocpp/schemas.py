"""The official JSON schemas, as shipped in the `ocpp` package, compiled once per version."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jsonschema_rs
import orjson

from chargehub.ocpp.problems import OF_KEYWORD, CallProblem


@dataclass(frozen=True, slots=True)
class Schemas:
    """Validators by action: what may be asked, and what may be answered, if it has an answer."""

    requests: Mapping[str, jsonschema_rs.Validator]
    answers: Mapping[str, jsonschema_rs.Validator]


def load(folder: str) -> Schemas:
    """Compile every schema of one version; `folder` is that version's in the package.

    Formats are not checked: stations send times without a zone, and `fields.instant` reads them.
    """
    requests: dict[str, jsonschema_rs.Validator] = {}
    answers: dict[str, jsonschema_rs.Validator] = {}
    for file in resources.files("ocpp").joinpath(folder, "schemas").iterdir():
        name = file.name.removesuffix(".json")
        if name == file.name:
            continue
        schema = orjson.loads(file.read_text(encoding="utf-8-sig"))
        validator = jsonschema_rs.validator_for(schema, validate_formats=False)
        if name.endswith("Response"):
            answers[name.removesuffix("Response")] = validator
        else:
            requests[name.removesuffix("Request")] = validator
    assert answers.keys() <= requests.keys(), answers.keys() - requests.keys()
    return Schemas(requests, answers)


def check(validator: jsonschema_rs.Validator, payload: Any) -> None:
    """Raises CallProblem for the first thing that is wrong."""
    if not validator.is_valid(payload):
        raise problem_of(faults(validator, payload)[0])


def faults(validator: jsonschema_rs.Validator, payload: Any) -> list[jsonschema_rs.ValidationError]:
    """All that is wrong with a payload. Raises CallProblem for one that is nested too deeply."""
    try:
        return list(validator.iter_errors(payload))
    except ValueError:  # nested deeper than errors are told of; no message of OCPP is
        raise CallProblem("format", "payload: depth") from None


def problem_of(error: jsonschema_rs.ValidationError) -> CallProblem:
    """What a station is told of an error; the text names field and rule only."""
    rule = error.kind.name
    where = ".".join(str(step) for step in error.instance_path) or "payload"
    wanted = f" {error.kind.as_dict()['property']}" if rule == "required" else ""
    problem = "format" if not error.instance_path and rule == "type" else OF_KEYWORD.get(rule)
    return CallProblem(problem or "property", f"{where}: {rule}{wanted}"[:255])


def is_usable(validator: jsonschema_rs.Validator, answer: Any) -> bool:
    """Has a station's answer what it must have, of the right types? More and odd words may be."""
    try:
        return validator.is_valid(answer) or not any(
            error.kind.name in ("required", "type") for error in validator.iter_errors(answer)
        )
    except ValueError:  # nested deeper than errors are told of
        return False

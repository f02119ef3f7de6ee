"""A form as Stripe reads it: `a[b][0]=1` is {"a": {"b": [1]}}, typed by the schema. Pure."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

_KEY = re.compile(r"[^\[\]]+|\[\]")
_WRONG: Any = object()


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Keys in brackets as dictionaries; lists still are dictionaries of their places."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        *way, last = _KEY.findall(key)
        inner = found
        for part in way:
            inner = inner.setdefault(part if part != "[]" else str(len(inner)), {})
        inner[last if last != "[]" else str(len(inner))] = value
    return found


def typed(schema: Mapping[str, Any], value: Any) -> Any:
    """The value as the schema means it. What does not fit stays text: the validator says so."""
    found = _typed(schema, value)
    return value if found is _WRONG else found


def _typed(schema: Mapping[str, Any], value: Any) -> Any:
    if "anyOf" in schema:
        return next(
            (v for one in schema["anyOf"] if (v := _typed(one, value)) is not _WRONG), _WRONG
        )
    match schema.get("type"), value:
        case "object", dict():
            return _object(schema, value)
        case "array", dict():
            places = sorted(value, key=int) if all(key.isdigit() for key in value) else []
            return [typed(schema["items"], value[place]) for place in places] or _WRONG
        case "array", "":
            return []
        case "integer", str():
            return int(value) if re.fullmatch(r"-?\d+", value) else _WRONG
        case "number", str():
            return _number(value)
        case "boolean", str():
            return {"true": True, "false": False}.get(value, _WRONG)
        case "string", str():
            return value if value in schema.get("enum", [value]) else _WRONG
    return _WRONG


def _object(schema: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    other: Mapping[str, Any] = others if isinstance(others, dict) else {}
    return {key: typed(properties.get(key, other), one) for key, one in value.items()}


def _number(text: str) -> Any:
    try:
        return float(Decimal(text))
    except InvalidOperation:
        return _WRONG

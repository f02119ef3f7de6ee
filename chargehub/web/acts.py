"""What REST lets operators do, each as a form: made of the hub's own OpenAPI document.

A route that REST gains is a form of the desk at once; nothing is listed twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any
from urllib.parse import quote

import orjson

from chargehub.web.api import PREFIX
from chargehub.web.forms import Form, wrong
from chargehub.web.languages import mark as _

LONG = 200  # signs: what may be longer gets a field of several lines


@dataclass(frozen=True, slots=True)
class ActField:
    """A field of a body. `kind`: text, long, whole, yes, choice, or json for all else.

    `default` None: there is none.
    """

    name: str
    kind: str
    is_required: bool
    options: tuple[str, ...]
    default: Any


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done: `name` is its operation id, `path` begins behind the prefix."""

    name: str
    method: str
    path: str
    told: str
    more: str
    scopes: frozenset[str]
    fields: tuple[ActField, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """What has to be named in its path."""
        return tuple(name for _text, name, _form, _kind in Formatter().parse(self.path) if name)

    def filled(self, form: Form) -> str:
        """The path with the ids that the form brings. Raises Refused."""
        values = {name: quote(form.text(name), safe="") for name in self.ids}
        for name, value in values.items():
            if not value:
                raise wrong(name, _("Say which one."))
        return self.path.format_map(values)

    def body(self, form: Form) -> dict[str, Any] | None:
        """What the form says, as REST takes it; None where it takes nothing. Raises Refused."""
        if not self.fields:
            return None
        said = {field.name: _value(field, form) for field in self.fields}
        return {name: value for name, value in said.items() if value is not None}


def acts(document: Mapping[str, Any]) -> dict[str, Act]:
    """Everything that changes something, by its name."""
    found = (
        _act(document, method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if path.startswith(PREFIX) and method in ("post", "put", "patch", "delete")
    )
    return {act.name: act for act in found}


def named(known: Mapping[str, Act], method: str, path: str) -> Act | None:
    """The act of a request as REST names it: `POST`, `/api/v1/debts/{debt_id}/forgive`."""
    wanted = method.upper(), path.removeprefix(PREFIX)
    return next((act for act in known.values() if (act.method, act.path) == wanted), None)


def _act(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> Act:
    content = operation.get("requestBody", {}).get("content", {})
    schema = _resolved(document, content.get("application/json", {}).get("schema", {}))
    text = " ".join(operation.get("description", "").split())
    told = operation.get("summary", path)
    required = schema.get("required", ())
    return Act(
        name=operation["operationId"],
        method=method.upper(),
        path=path.removeprefix(PREFIX),
        told=told,
        more=text.removeprefix(told).removeprefix(".").removesuffix("For operators.").strip(),
        scopes=frozenset(
            scope for each in operation.get("security", ()) for scope in each.get("bearer", ())
        ),
        fields=tuple(
            _field(document, name, each, name in required)
            for name, each in schema.get("properties", {}).items()
        ),
    )


def _field(
    document: Mapping[str, Any], name: str, schema: Mapping[str, Any], is_required: bool
) -> ActField:
    shape = _resolved(document, schema)
    return ActField(
        name=name,
        kind=_kind(shape),
        is_required=is_required,
        options=tuple(map(str, shape.get("enum", ()))),
        default=schema.get("default"),
    )


def _kind(shape: Mapping[str, Any]) -> str:
    if "enum" in shape:
        return "choice"
    if shape.get("type") == "string":
        return "long" if shape.get("maxLength", 0) >= LONG else "text"
    return {"integer": "whole", "boolean": "yes"}.get(shape.get("type", ""), "json")


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(document, document["components"]["schemas"][name])
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return _resolved(document, choices[0]) if len(choices) == 1 else schema


def _value(field: ActField, form: Form) -> Any:
    if field.kind == "yes":
        return form.is_set(field.name)
    if field.kind == "whole":
        return form.whole(field.name)
    if field.kind == "json" and form.text(field.name):
        try:
            return orjson.loads(form.text(field.name))
        except orjson.JSONDecodeError:
            raise wrong(field.name, _("This is not JSON.")) from None
    return form.some(field.name)

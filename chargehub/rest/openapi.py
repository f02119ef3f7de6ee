"""What FastAPI leaves out of OpenAPI: summaries, problems, operation ids. Works on the document."""

from collections.abc import Mapping
from typing import Any

from fastapi.routing import APIRoute

_OPERATIONS = ("get", "put", "post", "delete", "patch")
_MEANING: Mapping[str, str] = {
    "401": "Nobody is logged in, or the login or key is not valid.",
    "403": "The actor may not do this.",
    "404": "There is no such thing, or it belongs to somebody else.",
    "409": "It contradicts what is already there.",
    "413": "The body is too large.",
    "422": "What was sent cannot be meant.",
    "429": "Asked too often; see Retry-After.",
    "503": "The hub cannot store or read right now; see Retry-After.",
    "default": "Any other problem, in the same shape.",
}


def operation_id(route: APIRoute) -> str:
    """The function's name, which generated clients take over: `post_booking`."""
    return route.name


def complete(document: dict[str, Any], problem: Mapping[str, Any], media_type: str) -> None:
    """Give every operation of an OpenAPI document its summary and its problems, in place.

    `problem` is the JSON schema of a problem document; FastAPI's own error schemas go.
    """
    for path, item in document.get("paths", {}).items():
        for method in _OPERATIONS:
            if method in item:
                _summarise(item[method])
                _declare(item[method], path, method, media_type)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(problem.get("$defs", {}))
    schemas["Problem"] = {key: value for key, value in problem.items() if key != "$defs"}


def _summarise(operation: dict[str, Any]) -> None:
    """The first sentence of the docstring instead of the function's name in capitals."""
    text = " ".join(operation.get("description", "").split())
    if text:
        operation["summary"] = text.split(". ")[0].rstrip(".")


def _declare(operation: dict[str, Any], path: str, method: str, media_type: str) -> None:
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    content = {media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status in _expected(operation, path, method):
        responses.setdefault(status, {"description": _MEANING[status], "content": content})


def _expected(operation: Mapping[str, Any], path: str, method: str) -> list[str]:
    """The statuses that say something about this operation; `default` covers the others."""
    expected = ["422", "503", "default"]
    if operation.get("security"):
        expected += ["401", "403"]
    else:
        expected.append("429")  # whoever does not say who they are is counted by address
    if "{" in path:
        expected.append("404")
    if method != "get":
        expected.append("409")
    if "requestBody" in operation:
        expected += ["413", "429"]
    return sorted(set(expected))

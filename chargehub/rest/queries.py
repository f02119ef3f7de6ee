"""Query parameters that no route knows are refused: a slip must not look like an answer."""

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError


async def only_known(request: Request) -> None:
    """Raises RequestValidationError for what the route would not look at."""
    known = _names(request.scope["route"].dependant)
    if unknown := [name for name in request.query_params if name not in known]:
        there = ", ".join(sorted(known)) or "none"
        detail = f"There is no such parameter here; there are: {there}."
        raise RequestValidationError(
            [
                {"type": "unknown_parameter", "loc": ("query", name), "msg": detail}
                for name in unknown
            ]
        )


def _names(dependant: Any) -> set[str]:
    names = {parameter.alias for parameter in dependant.query_params}
    return names.union(*(_names(inner) for inner in dependant.dependencies))

"""What an owner has chosen for a station that is not published yet.

REST keeps a station's hours and tariff from its publishing on. Until then the browser keeps them,
where no script reads them; another browser is asked for them once more.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Response

from chargehub.web.opening import ALWAYS
from chargehub.web.visitors import Visitor, is_secure

_KEPT_S = 90 * 86_400
_MOST = 3_000  # what a browser keeps of one cookie is 4096 bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """`hours` as REST takes them, None: not chosen yet; `tariff_id` empty: not chosen yet."""

    hours: Any = None
    tariff_id: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether times and price are chosen."""
        return self.hours is not None and bool(self.tariff_id)


def draft(visitor: Visitor, station_id: str) -> Draft:
    """What this browser has kept of a station; nothing of it is trusted."""
    try:
        kept = orjson.loads(urlsafe_b64decode(visitor.request.cookies[_name(station_id)]))
        hours, tariff_id = kept["hours"], str(kept["tariff"])[:36]
    except (KeyError, TypeError, ValueError):
        return Draft()
    return Draft(hours if hours == ALWAYS or _are_rows(hours) else None, tariff_id)


def keep(answer: Response, visitor: Visitor, station_id: str, chosen: Draft) -> None:
    """Have the browser keep it."""
    whole = orjson.dumps({"hours": chosen.hours, "tariff": chosen.tariff_id})
    if len(whole) <= _MOST:
        answer.set_cookie(
            _name(station_id),
            urlsafe_b64encode(whole).decode(),
            _KEPT_S,
            path=f"/owner/stations/{station_id}",
            secure=is_secure(visitor.request),
            httponly=True,
            samesite="lax",
        )


def forget(answer: Response, station_id: str) -> None:
    """It is published: REST keeps it from now on."""
    answer.delete_cookie(_name(station_id), path=f"/owner/stations/{station_id}")


def _name(station_id: str) -> str:
    return f"draft-{station_id}"


def _are_rows(hours: Any) -> bool:
    names = ("weekdays", "from", "to")
    return isinstance(hours, list) and all(
        isinstance(row, dict)
        and all(name in row for name in names)
        and isinstance(row["weekdays"], list)
        for row in hours
    )

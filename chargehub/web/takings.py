"""What an owner's stations delivered and took since an instant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chargehub.web.api import Query
from chargehub.web.languages import instant, local
from chargehub.web.visitors import Visitor

_PAGES_MOST = 10  # of 200 CDRs; who has more in a day reads the report
_LATE = timedelta(days=2)  # what stations tell late stands before what they told in time


@dataclass(frozen=True, slots=True)
class Taken:
    """`gross`: what drivers pay by currency, minor units, VAT included."""

    sessions: int
    energy_wh: int
    gross: Mapping[str, int]


def midnight(now: datetime, zone: str) -> datetime:
    """When the day began there."""
    return local(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)


async def cdrs_since(visitor: Visitor, since: datetime) -> Sequence[Mapping[str, Any]]:
    """CDRs and credit notes of sessions that ended since then, the newest first."""
    kept: list[Mapping[str, Any]] = []
    cursor: str | None = None
    for _page in range(_PAGES_MOST):
        query: Query = {"role": "owner", "limit": 200, "cursor": cursor}
        page = await visitor.api.get("/cdrs", query)
        kept += [each for each in page["items"] if instant(each["ended_at"]) >= since]
        cursor = page["next"]
        if cursor is None or all(
            instant(each["ended_at"]) < since - _LATE for each in page["items"]
        ):
            break
    return kept


def taken(cdrs: Iterable[Mapping[str, Any]], station_id: str = "") -> Taken:
    """The sum of them, of one station or of all."""
    gross: dict[str, int] = {}
    energy_wh, sessions = 0, set()
    for each in cdrs:
        if station_id not in ("", each["station_id"]):
            continue
        sessions.add(each["session_id"])
        energy_wh += each["energy_wh"]  # a credit note has less than nothing
        if each["cost"]:
            currency = each["cost"]["currency"]
            gross[currency] = gross.get(currency, 0) + each["cost"]["amount_minor"]
    return Taken(len(sessions), energy_wh, gross)

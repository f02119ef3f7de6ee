"""What the hub shows of its sessions, CDRs, ledger and settlements, read over REST."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from chargers.comparison import Audit, Found, standing
from chargers.enrol import at_once
from chargers.rest import Api

FIRST_LOOK_S = 0.1
LOOK_EVERY_S = 1.0  # the audit takes no more in the long run
MOST_MONTHS = 240  # of one set; a replay is over within one or two


class HubView:
    """The hub as the owners of a set see it, and as everybody sees its ledger."""

    def __init__(self, api: Api, owner_tokens: Sequence[str], currency: str) -> None:
        self._api = api
        self._owners = owner_tokens
        self._currency = currency

    async def audit(self) -> Audit:
        """The ledger's sums and counts."""
        told = await self._api.get("/ledger/audit")
        return Audit(
            sums=told["sums"],
            sessions=told["sessions"],
            cdrs=told["cdrs"],
            **told["energy"],
        )

    async def cdrs(self, evse_ids: set[str]) -> list[Found]:
        """The CDRs that stand, of these EVSEs."""
        pages = await at_once(self._cdrs_of(owner) for owner in self._owners)
        kept = [cdr for page in pages for cdr in page if cdr["evse_id"] in evse_ids]
        stand = standing(kept)
        return [_found(cdr) for cdr in kept if cdr["id"] in stand]

    async def evse_ids(self) -> dict[str, str]:
        """The first EVSE of every station of the owners, by the station's external reference."""
        pages = await at_once(self._stations_of(owner) for owner in self._owners)
        return {
            station["external_ref"]: station["evses"][0]["id"]
            for page in pages
            for station in page
            if station["external_ref"] is not None
        }

    async def settled_minor(self) -> int:
        """What all the owners' sessions have brought in gross, from their first month to now."""
        months = _months(await self._begun_at(), datetime.now(UTC))
        grosses = await at_once(
            self._gross(owner, month) for owner in self._owners for month in months
        )
        return sum(grosses)

    async def wait_for(
        self,
        look: Callable[[], Any],
        enough: Callable[[Any], bool],
        seen: Callable[[Any], None],
        patience_s: float,
    ) -> Any:
        """Look again and again until it is enough, or nothing has changed for `patience_s`."""
        last = await look()
        changed_s = time.monotonic()
        pause_s = FIRST_LOOK_S
        while not enough(last) and time.monotonic() - changed_s < patience_s:
            seen(last)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LOOK_EVERY_S)
            now = await look()
            if now != last:
                last, changed_s = now, time.monotonic()
        seen(last)
        return last

    async def _cdrs_of(self, owner: str) -> list[dict[str, Any]]:
        return [cdr async for cdr in self._api.pages("/cdrs", owner, role="owner")]

    async def _stations_of(self, owner: str) -> list[dict[str, Any]]:
        return [station async for station in self._api.pages("/stations", owner)]

    async def _begun_at(self) -> datetime:
        page = await self._api.get("/locations", self._owners[0], limit=1)
        return datetime.fromisoformat(page["items"][0]["created_at"])

    async def _gross(self, owner: str, month: str) -> int:
        statement = await self._api.get(f"/statements/{month}", owner)
        return sum(
            int(item["gross"]["amount_minor"])
            for item in statement["items"]
            if item["currency"] == self._currency
        )


def _months(first: datetime, now: datetime) -> list[str]:
    """Every month from the first to the one after now: the hub's clock may be ahead."""
    last = max(first, now)
    begin = first.year * 12 + first.month - 1
    end = min(last.year * 12 + last.month, begin + MOST_MONTHS)
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(begin, end + 1)]


def _found(cdr: Mapping[str, Any]) -> Found:
    cost = cdr["cost"]
    return Found(
        cdr_id=cdr["id"],
        session_id=cdr["session_id"],
        evse_id=cdr["evse_id"],
        started_at=datetime.fromisoformat(cdr["started_at"]),
        ended_at=datetime.fromisoformat(cdr["ended_at"]),
        energy_wh=cdr["energy_wh"],
        billed_wh=cdr["billed_wh"],
        free_wh=cdr["free_wh"],
        unbilled_wh=cdr["unbilled_wh"],
        cost_minor=None if cost is None else cost["amount_minor"],
        currency=None if cost is None else cost["currency"],
    )

"""A station of whoever visits, with what pages about it need: its place, its offer, its grade."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chargehub.web.api import Refused
from chargehub.web.visitors import Visitor


@dataclass(frozen=True, slots=True)
class Owned:
    """`listing` None: it is not published."""

    station: Mapping[str, Any]
    location: Mapping[str, Any]
    listing: Mapping[str, Any] | None

    @property
    def id(self) -> str:
        """Of the station."""
        return str(self.station["id"])

    @property
    def zone(self) -> str:
        """The time zone of its place."""
        return str(self.location["time_zone"])

    @property
    def path(self) -> str:
        """Of its pages."""
        return f"/owner/stations/{self.id}"


async def owned(visitor: Visitor, station_id: str) -> Owned:
    """The station. Raises Refused where it is not the visitor's."""
    station = await visitor.api.get(f"/stations/{station_id}")
    return Owned(
        station,
        await visitor.api.get(f"/locations/{station['location_id']}"),
        await found(visitor, f"/stations/{station_id}/listing"),
    )


async def change_listing(visitor: Visitor, shown: Owned, changed: Mapping[str, Any]) -> None:
    """Change what a published station offers. Raises Refused."""
    assert shown.listing is not None, shown.id
    kept = ("tariff_id", "opening_hours", "access", "member_group_id")
    sent = {name: shown.listing[name] for name in kept} | dict(changed)
    await visitor.api.put(f"/stations/{shown.id}/listing", sent)


async def found(visitor: Visitor, path: str, missing: Any = None) -> Any:
    """What REST has there, or `missing` where there is nothing. Raises Refused."""
    try:
        return await visitor.api.get(path)
    except Refused as refused:
        if refused.status != 404:
            raise
        return missing

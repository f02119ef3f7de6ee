"""A watch as it is asked for, and as it is shown."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from chargehub.listings.rules import Access
from chargehub.rest.bodies import AMOUNT_LIMIT, Body, Instant, StorableText
from chargehub.search import rules
from chargehub.search.asked import MOST_NAMES
from chargehub.search.bodies import OfferedEvse
from chargehub.search.rules import Filters, Place
from chargehub.search.tables import Found
from chargehub.search.watch import MAX_RADIUS_M, BadWatch, Watch, WatchKind, Wish
from chargehub.search.watching import NewWatch
from chargehub.stations.rules import MAX_POWER_W, microdegrees
from chargehub.tariffs.quoting import MAX_ENERGY_WH

RADIUS_M = 5_000  # as in a search where none is named
Names = Annotated[list[Annotated[StorableText, Field(max_length=30)]], Field(max_length=MOST_NAMES)]


class WatchRequest(Body):
    """What you watch for: one EVSE by `evse_id`, or those around a place; asked as in a search.

    `kind` free: an EVSE that fits comes free, from `from` to `to`, or at once without a time.
    listed: a station that fits is on the market for the first time. `expires_at` null: as long as
    a watch lasts. `is_repeating` false: it ends when you are told for the first time.
    """

    kind: WatchKind = "free"
    evse_id: Annotated[str | None, Field(min_length=1, max_length=36)] = None
    latitude: Annotated[float | None, Field(ge=-90, le=90)] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180)] = None
    radius_m: Annotated[int | None, Field(ge=1, le=MAX_RADIUS_M)] = None
    start: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None
    connector_types: Annotated[Names, Field(default_factory=list)]
    min_power_w: Annotated[int, Field(ge=0, le=MAX_POWER_W)] = 0
    amenities: Annotated[Names, Field(default_factory=list)]
    is_instant: bool = False
    access: Access | None = None
    energy_wh: Annotated[int | None, Field(ge=1, le=MAX_ENERGY_WH)] = None
    currency: Annotated[str | None, Field(min_length=3, max_length=3)] = None
    max_total_minor: Annotated[int | None, Field(ge=0, le=AMOUNT_LIMIT)] = None
    is_repeating: bool = True
    expires_at: Instant | None = None

    def new(self, viewer_id: str) -> NewWatch:
        """Raises BadWatch for no place or two, Invalid for half a time or half a need."""
        return NewWatch(self._wish(viewer_id), self.is_repeating, self.expires_at)

    def _wish(self, viewer_id: str) -> Wish:
        around = self._place()
        radius_m = (self.radius_m or RADIUS_M) if around else 0
        return Wish(self.kind, self._filters(viewer_id), around, radius_m, self.evse_id)

    def _place(self) -> Place | None:
        of_place = (self.latitude, self.longitude, self.radius_m)
        if self.evse_id is not None and of_place == (None, None, None):
            return None
        if self.evse_id is not None or self.latitude is None or self.longitude is None:
            raise BadWatch("Name an EVSE by `evse_id`, or a place by `latitude` and `longitude`.")
        return Place(microdegrees(self.latitude), microdegrees(self.longitude))

    def _filters(self, viewer_id: str) -> Filters:
        during = rules.during(self.start, self.to)
        return Filters(
            during=during,
            connector_types=tuple(self.connector_types),
            min_power_w=self.min_power_w,
            need=rules.need(during, self.energy_wh, self.currency, self.max_total_minor),
            viewer_id=viewer_id,
            amenities=tuple(self.amenities),
            is_instant=self.is_instant,
            access=self.access,
        )


class WatchBody(BaseModel):
    """A watch of yours; the place in degrees, null where one EVSE is watched.

    `is_active` false: it has ended, and is forgotten some days later. `told_at`: when you were
    told last, null for never; `told_evse_ids`: of which EVSEs then, five at most.
    """

    id: str
    kind: WatchKind
    evse_id: str | None
    latitude: float | None
    longitude: float | None
    radius_m: int | None
    start: Annotated[datetime | None, Field(alias="from")]
    to: datetime | None
    connector_types: list[str]
    min_power_w: int
    amenities: list[str]
    is_instant: bool
    access: Access | None
    energy_wh: int | None
    currency: str | None
    max_total_minor: int | None
    is_repeating: bool
    is_active: bool
    created_at: datetime
    expires_at: datetime
    told_at: datetime | None
    told_evse_ids: list[str]

    @classmethod
    def of(cls, watch: Watch, now: datetime, **more: object) -> Self:
        wish, filters = watch.wish, watch.wish.filters
        around, during, need = wish.around, filters.during, filters.need
        return cls.model_validate(
            {
                "id": watch.id,
                "kind": wish.kind,
                "evse_id": wish.evse_id,
                "latitude": around.latitude_e6 / 1_000_000 if around else None,
                "longitude": around.longitude_e6 / 1_000_000 if around else None,
                "radius_m": wish.radius_m if around else None,
                "from": during.start if during else None,
                "to": during.end if during else None,
                "connector_types": list(filters.connector_types),
                "min_power_w": filters.min_power_w,
                "amenities": list(filters.amenities),
                "is_instant": filters.is_instant,
                "access": filters.access,
                "energy_wh": need.energy_wh if need else None,
                "currency": need.currency if need else None,
                "max_total_minor": need.max_total_minor if need else None,
                "is_repeating": watch.is_repeating,
                "is_active": now < watch.expires_at,
                "created_at": watch.created_at,
                "expires_at": watch.expires_at,
                "told_at": watch.told_at,
                "told_evse_ids": list(watch.told),
                **more,
            }
        )


class BegunWatchBody(WatchBody):
    """A new watch. `free_now`: what fits already, five at most, the nearest first; of these you
    are told only if they are taken and come free again."""

    free_now: list[OfferedEvse]

    @classmethod
    def begun(cls, watch: Watch, free: tuple[Found, ...], now: datetime) -> Self:
        return cls.of(watch, now, free_now=[OfferedEvse.of(each) for each in free])

"""What every search may be asked besides where: a time, a plug, a power, a need and its price."""

from typing import Annotated

from fastapi import Depends, Query

from chargehub.listings.rules import Access
from chargehub.people.access import KnownActor
from chargehub.rest.bodies import AMOUNT_LIMIT, Instant
from chargehub.rest.throttle import Narrow, Throttled
from chargehub.search import rules
from chargehub.search.rules import Filters
from chargehub.stations.rules import MAX_POWER_W
from chargehub.tariffs.quoting import MAX_ENERGY_WH

MOST_NAMES = 20  # plugs or amenities of one search

# A search that finds nothing has looked at thousands of EVSEs, and nobody is asked who they are.
THROTTLE = Depends(Throttled("search", rate_per_s=10, burst=60))
NARROW = Depends(Narrow("search", at_once=2, waiting=20), scope="function")

Latitude = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, description="Degrees north.")]
Longitude = Annotated[
    float, Query(ge=-180, le=180, allow_inf_nan=False, description="Degrees east.")
]
Name = Annotated[str, Query(max_length=30)]


async def _filters(
    actor: KnownActor,
    start: Annotated[
        Instant | None,
        Query(alias="from", description="With `to`: only EVSEs that can be booked from then."),
    ] = None,
    to: Annotated[Instant | None, Query(description="Until when the EVSE is needed.")] = None,
    connector_type: Annotated[
        list[Name],
        Query(
            max_length=MOST_NAMES,
            description="OCPI's name, such as IEC_62196_T2. Of several one is enough.",
        ),
    ] = [],  # noqa: B006 - FastAPI copies it
    min_power_w: Annotated[
        int, Query(ge=0, le=MAX_POWER_W, description="W the EVSE gives at least.")
    ] = 0,
    amenity: Annotated[
        list[Name],
        Query(
            max_length=MOST_NAMES,
            description="OCPI's name of a facility, such as CAFE. Of several all must be there.",
        ),
    ] = [],  # noqa: B006 - FastAPI copies it
    is_instant: Annotated[
        bool, Query(description="Only EVSEs whose owner need not agree to the booking.")
    ] = False,
    access: Annotated[
        Access | None,
        Query(description="Only what is there for everybody, or for members like you alone."),
    ] = None,
    energy_wh: Annotated[
        int | None,
        Query(
            ge=1,
            le=MAX_ENERGY_WH,
            description="Wh you need from `from` to `to`; they are priced.",
        ),
    ] = None,
    currency: Annotated[
        str | None, Query(min_length=3, max_length=3, description="Only prices in it, like EUR.")
    ] = None,
    max_total_minor: Annotated[
        int | None,
        Query(ge=0, le=AMOUNT_LIMIT, description="What the need may cost, in cents of `currency`."),
    ] = None,
) -> Filters:
    during = rules.during(start, to)
    return Filters(
        during=during,
        connector_types=tuple(connector_type),
        min_power_w=min_power_w,
        need=rules.need(during, energy_wh, currency, max_total_minor),
        amenities=tuple(amenity),
        is_instant=is_instant,
        access=access,
        viewer_id=actor.account_id if actor else "",
    )


CurrentFilters = Annotated[Filters, Depends(_filters)]

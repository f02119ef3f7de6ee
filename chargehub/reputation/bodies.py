"""What routes of reputation answer with. Rates are parts per million: 990000 is 99 %."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from chargehub.bookings.rules import BookingTerms
from chargehub.reputation.pages import Rated
from chargehub.reputation.scores import DriverFacts, Rate
from chargehub.reputation.standings import Standing
from chargehub.reputation.tables import OfEvse
from chargehub.reputation.tiers import Badge, Tier, terms_of
from chargehub.reputation.uptime import Measured


class UptimeBody(BaseModel):
    """What was measured, in seconds; rates are null where there was nothing to measure.

    `uptime_ppm` by the formula of NEVI: (offered - (outage - excluded)) / offered. `working_ppm`
    as the United Kingdom counts: without a line is not measured there.
    """

    offered_s: int
    outage_s: int
    excluded_s: int
    uptime_ppm: int | None
    working_s: int
    down_s: int
    working_ppm: int | None

    @classmethod
    def of(cls, measured: Measured) -> Self:
        return cls(
            offered_s=measured.offered_s,
            outage_s=measured.outage_s,
            excluded_s=measured.excluded_s,
            uptime_ppm=measured.uptime_ppm,
            working_s=measured.working_s,
            down_s=measured.down_s,
            working_ppm=measured.working_ppm,
        )


class EvseUptimeBody(UptimeBody):
    """What was measured of one EVSE."""

    evse_number: int

    @classmethod
    def of_evse(cls, each: OfEvse) -> Self:
        measured = UptimeBody.of(each.measured).model_dump()
        return cls(evse_number=each.evse_number, **measured)


class MonthBody(EvseUptimeBody):
    """What was measured of one EVSE in a month of UTC."""

    month: str

    @classmethod
    def of_month(cls, each: OfEvse) -> Self:
        return cls(month=each.month, **EvseUptimeBody.of_evse(each).model_dump())


class RateBody(BaseModel):
    """So many of so many; `ppm` null: there were none at all."""

    count: int
    of: int
    ppm: int | None

    @classmethod
    def of_rate(cls, rate: Rate) -> Self:
        return cls(count=rate.count, of=rate.of, ppm=rate.ppm)


class StationFactsBody(BaseModel):
    """What the hub measured at a station. Nobody can change any of it.

    `uptime` is of the last 60 days, over its EVSEs and for each; `months` of the last 13.
    Counted of the last 365 days: `starts` that gave energy, `cancelled_by_owner` of the bookings
    that ended, `answer_s`, the median time to answer a request, of `answers` requests.
    `sessions`: all that ever gave energy to others than the owner. `rating_thousandths`: of a star,
    from `reviews` of drivers; 4300 where there are none.
    """

    station_id: str
    measured_until: datetime | None
    uptime: UptimeBody
    evses: list[EvseUptimeBody]
    months: list[MonthBody]
    starts: RateBody
    cancelled_by_owner: RateBody
    answer_s: int | None
    answers: int
    sessions: int
    rating_thousandths: int
    reviews: int


class StandingBody(BaseModel):
    """How a station stands; `GET /stations/{station_id}/facts` says what from.

    Rates are parts per million; null: nothing to reckon them from. `rating_thousandths`: of a star,
    4300 without `reviews`. `tier`: by uptime and starts; new: not measured yet. `badges`: reliable
    (gold for 60 days, 4.7 stars, 10 sessions, hardly ever cancelled by its owner), instant (book at
    once, and keep it).
    """

    rating_thousandths: int
    reviews: int
    uptime_ppm: int | None
    start_ppm: int | None
    cancel_ppm: int | None
    answer_s: int | None
    sessions: int
    tier: Tier
    badges: list[Badge]

    @classmethod
    def of(cls, standing: Standing) -> Self:
        figures = {name: getattr(standing, name) for name in cls.model_fields}
        return cls.model_validate(figures | {"badges": list(standing.badges)})


class DriverFactsBody(BaseModel):
    """What the hub counted of a driver in the last 365 days.

    `no_shows`: of the bookings whose slot came, those the driver did not come to; it does not
    count where the station could not have been used. `booking_terms`: usual; prepaid, where the
    whole expected price is held; approval, where the owner is asked first too.
    """

    no_shows: RateBody
    sessions: int
    rating_thousandths: int
    reviews: int
    booking_terms: BookingTerms

    @classmethod
    def of_driver(cls, facts: DriverFacts, rated: Rated) -> Self:
        return cls(
            no_shows=RateBody.of_rate(facts.no_shows),
            sessions=facts.sessions,
            rating_thousandths=rated.thousandths,
            reviews=rated.reviews,
            booking_terms=terms_of(facts.no_shows),
        )

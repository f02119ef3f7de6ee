"""Pairings over REST: an owner waits for a station that brings its own name and password."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.rest.throttle import Throttled
from chargehub.settings import Settings
from chargehub.stations import pairing, rules
from chargehub.stations.adoption import Windows
from chargehub.stations.offered import CurrentSettings, ocpp_bases, offered_profiles
from chargehub.stations.pairing_bodies import PairingBody, PairingRequest

router = APIRouter(tags=["stations"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
Id = Annotated[str, Path(max_length=36)]
# An installer's van of chargers at once; who searches for names that are taken has a long day.
_PAIRINGS = Depends(Throttled("pairing", rate_per_s=0.2, burst=30))


@router.post("/pairings", status_code=201, dependencies=[_PAIRINGS])
async def post_pairing(
    wanted: PairingRequest,
    actor: Writer,
    store: CurrentStore,
    settings: CurrentSettings,
    now: Now,
) -> PairingBody:
    """Wait for a station with a name and password of its own. The first that comes is adopted.

    Say of it what `POST /stations` takes, and the exact `identity` that is printed on it or set in
    its app. The window is short; who comes outside of it is turned away.
    """
    rules.check_profile(wanted.security_profile, offered_profiles(settings))
    owner_id, station = actor.account_id, wanted.station()
    pairing_id = await store.do(pairing.open_pairing, owner_id, station, _windows(settings), now)
    opened = await store.read(pairing.own_pairing, owner_id, pairing_id)
    return PairingBody.of(opened, ocpp_bases(settings), now)


@router.get("/pairings")
async def get_pairings(
    actor: CurrentActor,
    store: CurrentStore,
    settings: CurrentSettings,
    now: Now,
    asked: CurrentPage,
) -> Page[PairingBody]:
    """Your own pairings, the newest first."""
    rows = await store.read(pairing.page_of, actor.account_id, asked.after_id(), asked.fetch)
    bases = ocpp_bases(settings)
    return page(rows, asked, lambda row: (row.id,), lambda row: PairingBody.of(row, bases, now))


@router.get("/pairings/{pairing_id}")
async def get_pairing(
    pairing_id: Id, actor: CurrentActor, store: CurrentStore, settings: CurrentSettings, now: Now
) -> PairingBody:
    """How far a pairing of yours came: whether the station did, and if not, what was wrong."""
    found = await store.read(pairing.own_pairing, actor.account_id, pairing_id)
    return PairingBody.of(found, ocpp_bases(settings), now)


@router.post("/pairings/{pairing_id}/cancel")
async def post_pairing_cancel(
    pairing_id: Id, actor: Writer, store: CurrentStore, settings: CurrentSettings, now: Now
) -> PairingBody:
    """Wait no longer. A pairing that is over stays as it is; one that was adopted is refused."""
    await store.do(pairing.cancel, actor.account_id, pairing_id, now)
    found = await store.read(pairing.own_pairing, actor.account_id, pairing_id)
    return PairingBody.of(found, ocpp_bases(settings), now)


def _windows(settings: Settings) -> Windows:
    return Windows(
        lasts=timedelta(minutes=settings.pairing_minutes),
        at_once=settings.open_pairings,
        a_day=settings.daily_pairings,
    )

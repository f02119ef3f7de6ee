"""What a country asks of a station over REST, and an owner's answers to it."""

from dataclasses import asdict
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from chargehub.jurisdictions.rules import Duty, Profile
from chargehub.listings import duties
from chargehub.listings.asked import TakesCards
from chargehub.people.access import CurrentActor, CurrentOperator, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore, Now
from chargehub.stations.bodies import Country, LocationBody

router = APIRouter(tags=["jurisdictions"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
Id = Annotated[str, Path(max_length=36)]
Proof = Annotated[str, Path(max_length=40, examples=["signed_meter"])]


class DutyBody(BaseModel):
    """Something that the station's country asks for: `what` says what to do, by which `rule`."""

    id: str
    is_met: bool
    what: str
    rule: str


class DutiesBody(BaseModel):
    """All that is asked of a station with a tariff; it can be published when all are met."""

    jurisdiction: str
    is_ready: bool
    items: list[DutyBody]

    @classmethod
    def of(cls, profile: Profile, found: tuple[Duty, ...]) -> Self:
        return cls(
            jurisdiction=profile.code,
            is_ready=all(duty.is_met for duty in found),
            items=[
                DutyBody(id=duty.id, is_met=duty.is_met, what=duty.what, rule=duty.rule)
                for duty in found
            ],
        )


class ProofRequest(Body):
    """Where the proof is to be found: the number of a certificate, a terminal's serial number."""

    reference: Annotated[str, Field(min_length=3, max_length=200)]


class CountryRequest(Body):
    """In which country a place is: ISO 3166 alpha-2."""

    country: Country


@router.get("/stations/{station_id}/duties")
async def get_duties(
    station_id: Id,
    actor: CurrentActor,
    store: CurrentStore,
    takes_cards: TakesCards,
    tariff_id: Annotated[str, Query(max_length=36, description="One of your tariffs.")],
) -> DutiesBody:
    """What the country of your station asks for before everybody is offered it with a tariff."""
    asked = actor, station_id, tariff_id, takes_cards
    profile, found = await store.read(duties.duties, *asked)
    return DutiesBody.of(profile, found)


@router.put("/stations/{station_id}/proofs/{proof}", status_code=204)
async def put_proof(
    station_id: Id, proof: Proof, wanted: ProofRequest, actor: Writer, store: CurrentStore, now: Now
) -> None:
    """State that your station has what its country asks for, and where that can be checked."""
    await store.do(duties.state, actor, station_id, proof, wanted.reference, now)


class ToldBody(BaseModel):
    """What an owner stated of a station, to be looked up."""

    station_id: str
    proof: str
    reference: str


class ToldList(BaseModel):
    """The oldest that wait, 100 at once."""

    items: list[ToldBody]


@router.get("/proofs-to-check")
async def get_proofs_to_check(operator: CurrentOperator, store: CurrentStore) -> ToldList:
    """What owners stated that counts once an operator has looked it up, the oldest first."""
    found = await store.read(duties.to_check)
    return ToldList(items=[ToldBody(**asdict(one)) for one in found])


@router.put("/stations/{station_id}/proofs/{proof}/check", status_code=204)
async def put_proof_check(
    station_id: Id,
    proof: Proof,
    wanted: ProofRequest,
    operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
) -> None:
    """You have looked this reference up, and it is right."""
    told = duties.Told(station_id, proof, wanted.reference)
    await store.do(duties.check_proof, operator, told, now)


@router.put("/locations/{location_id}/country")
async def put_country(
    location_id: Id, wanted: CountryRequest, actor: Writer, store: CurrentStore
) -> LocationBody:
    """Say in which country your place is; its rules count from the next publishing on."""
    done = await store.do(duties.set_country, actor, location_id, wanted.country)
    return LocationBody.of(done)

"""The rules of countries over REST, each with its source; and an owner's word on a checklist."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from chargehub.jurisdictions import actions, tables
from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import Basis, Fact, Profile
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore, Now

router = APIRouter(tags=["jurisdictions"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
Code = Annotated[str, Path(pattern="^[A-Z]{2}$", examples=["DE"])]
NOTICE = "Facts from public texts, with the day they were read; not legal advice."


class FactBody(BaseModel):
    """One value, the rule it comes from, on what basis that was read, and when."""

    value: Any
    rule: str
    basis: Basis
    checked_on: date


class ItemBody(BaseModel):
    """What an owner confirms; as a proof, what is stated of stations from a power on.

    `met_by` meter_keys: the confirmed key of each EVSE's meter shows it without a statement.
    `checked_by` operator: a reference counts once an operator has looked it up.
    """

    id: str
    text: str
    rule: str
    basis: Basis
    checked_on: date
    from_power_w: int
    met_by: str | None
    checked_by: str | None


class JurisdictionBody(BaseModel):
    """What a country asks for, with what it takes over from the profile it is based on."""

    notice: str = NOTICE
    code: str
    name: str
    based_on: str | None
    members: list[str]
    facts: dict[str, FactBody]
    proofs: list[ItemBody]
    checklist: list[ItemBody]
    checklist_version: str

    @classmethod
    def of(cls, profile: Profile) -> Self:
        shown = profile.model_dump()
        return cls(
            code=profile.code,
            name=profile.name,
            based_on=profile.based_on,
            members=list(profile.members),
            facts={name: shown[name] for name, value in profile if isinstance(value, Fact)},
            proofs=shown["proofs"],
            checklist=shown["checklist"],
            checklist_version=profile.version,
        )


class JurisdictionList(BaseModel):
    """All profiles; there are few."""

    notice: str = NOTICE
    items: list[JurisdictionBody]


class ConfirmationBody(BaseModel):
    """Whether you have confirmed the checklist as it is now; null: not yet."""

    code: str
    checklist_version: str
    confirmed_at: datetime | None


class ConfirmationRequest(Body):
    """Which checklist you have read: the `checklist_version` that came with it."""

    checklist_version: Annotated[str, Field(min_length=1, max_length=12)]


@router.get("/jurisdictions")
async def get_jurisdictions() -> JurisdictionList:
    """The countries whose rules the hub knows, with the source of each rule."""
    return JurisdictionList(items=[JurisdictionBody.of(profile) for profile in shipped().all()])


@router.get("/jurisdictions/{code}")
async def get_jurisdiction(code: Code) -> JurisdictionBody:
    """What counts in a country; EU for those of its members that have no profile of their own."""
    return JurisdictionBody.of(shipped().named(code))


@router.get("/jurisdictions/{code}/confirmation")
async def get_confirmation(
    code: Code, actor: CurrentActor, store: CurrentStore
) -> ConfirmationBody:
    """Whether you have confirmed a country's checklist as it is now."""
    version = shipped().named(code).version
    at = await store.read(tables.confirmed_at, actor.account_id, code, version)
    return ConfirmationBody(code=code, checklist_version=version, confirmed_at=at)


@router.put("/jurisdictions/{code}/confirmation")
async def put_confirmation(
    code: Code, wanted: ConfirmationRequest, actor: Writer, store: CurrentStore, now: Now
) -> ConfirmationBody:
    """Confirm that you have read a country's checklist and keep to it at your stations there."""
    await store.do(actions.confirm, actor, code, wanted.checklist_version, now)
    version = shipped().named(code).version
    at = await store.read(tables.confirmed_at, actor.account_id, code, version)
    return ConfirmationBody(code=code, checklist_version=version, confirmed_at=at)

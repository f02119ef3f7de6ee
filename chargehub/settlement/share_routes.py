"""Shares of co-owners over REST: proposed by a station's owner, accepted by all."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from chargehub.people.access import CurrentActor, CurrentPerson
from chargehub.rest.bodies import Body, Instant
from chargehub.rest.manners import CurrentStore, Now
from chargehub.settlement import shares, sharing
from chargehub.settlement.joint import MOST_PARTIES, WHOLE, Agreement
from chargehub.settlement.sharing import Proposal
from chargehub.stations import registration

router = APIRouter(tags=["settlement"])

_Id = Annotated[str, Path(max_length=36)]


class ShareWish(Body):
    """A co-owner's part of what the station earns, in basis points (100 are 1 %)."""

    account_id: Annotated[str, Field(min_length=1, max_length=36)]
    basis_points: Annotated[int, Field(ge=1, le=WHOLE)]


class SharesWish(Body):
    """All co-owners, yourself too: 10,000 basis points. `starts_at`: null is as soon as accepted.

    Rounding leaves cents that are nobody's: they are yours. To end it, state yourself alone.
    """

    shares: Annotated[list[ShareWish], Field(min_length=1, max_length=MOST_PARTIES)]
    starts_at: Instant | None = None


class SharePartyBody(BaseModel):
    """A party's part. 0 is one who would lose a part, and must accept too."""

    account_id: str
    basis_points: int
    accepted_at: datetime | None


class AgreementBody(BaseModel):
    """How the earnings of a station are shared. `holds_from` null: not everybody accepted yet."""

    id: str
    station_id: str
    starts_at: datetime
    holds_from: datetime | None
    shares: list[SharePartyBody]

    @classmethod
    def of(cls, agreement: Agreement) -> Self:
        return cls.model_validate(agreement, from_attributes=True)


class StationShares(BaseModel):
    """What holds now (null: all of it is the owner's), and what is proposed."""

    standing: AgreementBody | None
    proposed: AgreementBody | None


class SharesBody(BaseModel):
    """The agreements you are a party to, accepted or not, the newest first."""

    items: list[AgreementBody]


@router.put("/stations/{station_id}/shares")
async def put_shares(
    station_id: _Id, wanted: SharesWish, actor: CurrentPerson, store: CurrentStore, now: Now
) -> AgreementBody:
    """Propose how what your station earns is shared. It holds once all co-owners have accepted;
    what was earned before is not touched."""
    parties = [(one.account_id, one.basis_points) for one in wanted.shares]
    proposal = Proposal(parties, wanted.starts_at)
    found = await store.do(sharing.propose, actor.account_id, station_id, proposal, now)
    return AgreementBody.of(found)


@router.get("/stations/{station_id}/shares")
async def get_station_shares(
    station_id: _Id, actor: CurrentActor, store: CurrentStore, now: Now
) -> StationShares:
    """How what your station earns is shared."""
    await store.read(registration.owned_station, actor.account_id, station_id)
    standing = await store.read(shares.standing, station_id, now)
    proposed = await store.read(shares.proposed, station_id)
    return StationShares(
        standing=None if standing is None else AgreementBody.of(standing),
        proposed=None if proposed is None else AgreementBody.of(proposed),
    )


@router.get("/shares")
async def get_shares(actor: CurrentActor, store: CurrentStore) -> SharesBody:
    """The shares you have, had, or are offered."""
    found = await store.read(shares.of_party, actor.account_id)
    return SharesBody(items=[AgreementBody.of(one) for one in found])


@router.post("/shares/{agreement_id}/acceptance")
async def post_share_acceptance(
    agreement_id: _Id, actor: CurrentPerson, store: CurrentStore, now: Now
) -> AgreementBody:
    """Agree to the shares that were proposed, as far as they concern you."""
    return AgreementBody.of(await store.do(sharing.accept, actor.account_id, agreement_id, now))

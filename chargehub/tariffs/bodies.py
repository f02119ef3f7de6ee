"""What groups of members are told and asked with over REST."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from chargehub.rest.bodies import Body
from chargehub.tariffs.tables import GroupView, MembershipView

Id = Annotated[str, Field(min_length=1, max_length=36)]


class GroupRequest(Body):
    """A group of members: a name, and the tariff of yours by which they charge."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    tariff_id: Id


class GroupBody(BaseModel):
    """A group of members. Whoever has the `code` can join; give it to them alone."""

    id: str
    name: str
    tariff_id: str
    code: str
    created_at: datetime

    @classmethod
    def of(cls, group: GroupView) -> Self:
        return cls(
            id=group.id,
            name=group.name,
            tariff_id=group.tariff_id,
            code=group.code,
            created_at=group.created_at,
        )


class MemberBody(BaseModel):
    """A driver in a group of yours. Who that is, a driver tells you, not the hub."""

    driver_id: str
    joined_at: datetime

    @classmethod
    def of(cls, member: MembershipView) -> Self:
        return cls(driver_id=member.driver_id, joined_at=member.joined_at)


class MembershipRequest(Body):
    """The code of a group, as its owner gave it."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class MembershipBody(BaseModel):
    """Where you are a member, and the tariff you charge by at all stations of that owner."""

    group_id: str
    name: str
    tariff_id: str
    joined_at: datetime

    @classmethod
    def of(cls, membership: MembershipView) -> Self:
        return cls(
            group_id=membership.group_id,
            name=membership.group_name,
            tariff_id=membership.tariff_id,
            joined_at=membership.joined_at,
        )

"""Members of an owner: make a group with a price of its own, join it by its code, leave it."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from chargehub.errors import Conflict, NotFound
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.tariffs import codes, tables
from chargehub.tariffs.tables import GROUP, MEMBERSHIP, GroupView, MemberGroup, Membership
from chargehub.tariffs.tables import MembershipView as View

UNKNOWN_CODE = (
    "No group has this code, or it was used up, has expired or was revoked."
    " Ask its owner for a new one."
)


class AlreadyMember(Conflict):
    """The driver is in another group of the same owner."""

    code = "already_member"

    def __init__(self) -> None:
        super().__init__("You are in another group of this owner. Leave that one first.")


def create_group(work: Work, owner_id: str, name: str, tariff_id: str, now: datetime) -> GroupView:
    """Make a group whose members charge by a tariff of the owner's. Raises NotFound."""
    _check_own(work, owner_id, tariff_id)
    code = codes.random_code()
    work.add(
        MemberGroup(
            id=(group_id := new_id()),
            owner_id=owner_id,
            name=name,
            tariff_id=tariff_id,
            code=code,
            created_at=now,
        )
    )
    return GroupView(group_id, owner_id, name, tariff_id, code, now)


def change_group(work: Work, owner_id: str, group_id: str, name: str, tariff_id: str) -> GroupView:
    """Give a group another name or tariff. What was booked or begun keeps its price."""
    _check_own(work, owner_id, tariff_id)
    own_group(work, owner_id, group_id)
    wanted = update(GROUP).where(GROUP.c.id == group_id).values(name=name, tariff_id=tariff_id)
    work.execute(wanted)
    return own_group(work, owner_id, group_id)


def renew_code(work: Work, owner_id: str, group_id: str) -> GroupView:
    """Give a group another code of its own: by the one before nobody joins any more."""
    own_group(work, owner_id, group_id)
    work.execute(update(GROUP).where(GROUP.c.id == group_id).values(code=codes.random_code()))
    return own_group(work, owner_id, group_id)


def join(work: Work, driver_id: str, code: str, now: datetime) -> View:
    """Become a member by a code; twice is once, and uses it once.

    Raises NotFound, AlreadyMember.
    """
    counted = codes.by_code(work, code)
    group = tables.group(work, counted.group_id) if counted else tables.group_by_code(work, code)
    if group is None:
        raise NotFound(UNKNOWN_CODE)
    earlier = tables.membership(work, driver_id, group.owner_id)
    if earlier is None:
        if counted is not None and not codes.use_code(work, counted, now):
            raise NotFound(UNKNOWN_CODE)
        row = Membership(
            id=new_id(),
            group_id=group.id,
            owner_id=group.owner_id,
            driver_id=driver_id,
            joined_at=now,
        )
        try:
            work.add(row)
        except IntegrityError:  # another node was first
            raise AlreadyMember from None
        earlier = tables.membership(work, driver_id, group.owner_id)
    assert earlier is not None, driver_id
    if earlier.group_id != group.id:
        raise AlreadyMember
    return earlier


def leave(work: Work, driver_id: str, group_id: str) -> None:
    """End a membership; twice is once. What was booked or begun keeps its price."""
    work.execute(
        delete(MEMBERSHIP).where(
            MEMBERSHIP.c.driver_id == driver_id, MEMBERSHIP.c.group_id == group_id
        )
    )


def remove(work: Work, owner_id: str, group_id: str, driver_id: str) -> None:
    """Take a driver out of one's own group; twice is once. Raises NotFound."""
    own_group(work, owner_id, group_id)
    leave(work, driver_id, group_id)


def own_group(reads: Reads, owner_id: str, group_id: str) -> GroupView:
    """A group of the owner's. Raises NotFound."""
    group = tables.group(reads, group_id)
    if group is None or group.owner_id != owner_id:
        raise NotFound("You have no group with this id.")
    return group


def _check_own(work: Work, owner_id: str, tariff_id: str) -> None:
    tariff = tables.tariff(work, tariff_id)
    if tariff is None or tariff.owner_id != owner_id:
        raise NotFound("You have no tariff with this id.")

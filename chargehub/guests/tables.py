"""Links that were mailed to guests, and what became of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, and_, bindparam, delete, func, or_, select, update
from sqlmodel import Field, SQLModel

from chargehub.people.rules import digest
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of

FORGET_AT_ONCE = 50


class GuestBookingRow(SQLModel, table=True):
    """A link, the quote it is for, and the booking that was made by it.

    `email` is emptied when the booking is made: from then on it is that of the guest's account.
    `mailbox_key` tells mailboxes apart. Link and credential are stored as SHA-256.
    """

    __tablename__ = "guest_booking"
    __table_args__ = (
        Index("uq_guest_booking_link", "link_hash", unique=True),
        Index("uq_guest_booking_credential", "credential_hash", unique=True),
        Index("ix_guest_booking_mailbox", "mailbox_key", "created_at"),
        Index("ix_guest_booking_forget", "booking_id", "expires_at"),
        Index("ix_guest_booking_over", "credential_until"),
        Index("ix_guest_booking_account", "account_id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    email: str = Field(max_length=254)
    mailbox_key: str = Field(max_length=64)
    quote_id: str = Field(max_length=36)
    ends_at: datetime = Field(sa_type=Instant)
    link_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    account_id: str | None = Field(default=None, max_length=36)
    booking_id: str | None = Field(default=None, max_length=36)
    credential_hash: str | None = Field(default=None, max_length=64)
    credential_until: datetime | None = Field(default=None, sa_type=Instant)


class GuestCreditCode(SQLModel, table=True):
    """A code, stored as SHA-256, that passes on what credit the account of a guest has; once."""

    __tablename__ = "guest_credit_code"
    __table_args__ = (Index("ix_guest_credit_code_account", "account_id"),)

    code_hash: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(max_length=36)
    made_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class GuestView:
    """A link and what became of it. `account_id` and `booking_id` None: it was not confirmed."""

    id: str
    email: str
    mailbox_key: str
    quote_id: str
    ends_at: datetime
    link_hash: str
    created_at: datetime
    expires_at: datetime
    account_id: str | None
    booking_id: str | None
    credential_hash: str | None
    credential_until: datetime | None


GUEST = table_of(GuestBookingRow)
CODE = table_of(GuestCreditCode)

_IS_OPEN = or_(
    and_(GUEST.c.booking_id.is_(None), GUEST.c.expires_at > bindparam("now")),
    and_(GUEST.c.booking_id.is_not(None), GUEST.c.ends_at > bindparam("now")),
)
_OPEN = select(func.count()).where(GUEST.c.mailbox_key == bindparam("mailbox"), _IS_OPEN)
_CONFIRM = (
    update(GUEST)
    .where(GUEST.c.id == bindparam("guest_id"), GUEST.c.booking_id.is_(None))
    .values(
        email="",
        account_id=bindparam("account"),
        booking_id=bindparam("booking"),
        credential_hash=bindparam("credential"),
        credential_until=bindparam("until"),
    )
)
_OLD = (
    select(GUEST.c.id)
    .where(GUEST.c.booking_id.is_(None), GUEST.c.expires_at < bindparam("before"))
    .limit(FORGET_AT_ONCE)
)


def by_link(reads: Reads, token: str) -> GuestView | None:
    """What a link is for, however old it is; or None."""
    row = reads.one(select(GUEST).where(GUEST.c.link_hash == digest(token)))
    return None if row is None else GuestView(*row)


def by_booking(reads: Reads, booking_id: str) -> GuestView | None:
    """The guest whose booking this is; None: it is that of an account."""
    row = reads.one(select(GUEST).where(GUEST.c.booking_id == booking_id))
    return None if row is None else GuestView(*row)


def has_credit_code(reads: Reads, account_id: str) -> bool:
    """True if a guest was mailed a code that nobody has used."""
    is_open = CODE.c.account_id == account_id, CODE.c.used_at.is_(None)
    return reads.one(select(CODE.c.code_hash).where(*is_open)) is not None


def use_credit_code(work: Work, code: str, now: datetime) -> str | None:
    """Whose credit a code passes on, if it was not used yet; it is now."""
    key = digest(code)
    is_open = CODE.c.code_hash == key, CODE.c.used_at.is_(None)
    if work.execute(update(CODE).where(*is_open).values(used_at=now)) != 1:
        return None
    found: str = work.value(select(CODE.c.account_id).where(CODE.c.code_hash == key))
    return found


def by_credential(reads: Reads, credential: str) -> GuestView | None:
    """The guest who has this credential, however old it is; or None."""
    row = reads.one(select(GUEST).where(GUEST.c.credential_hash == digest(credential)))
    return None if row is None else GuestView(*row)


def open_of_mailbox(reads: Reads, mailbox_key: str, now: datetime) -> int:
    """How many links that still count and bookings to come a mailbox has."""
    return int(reads.value(_OPEN, mailbox=mailbox_key, now=now))


def note_confirmed(
    work: Work, guest: GuestView, booking: tuple[str, str], credential: str, until: datetime
) -> bool:
    """A booking was made by the link; False if one was made before. `booking`: the guest's account
    and the booking's id."""
    account_id, booking_id = booking
    return (
        work.execute(
            _CONFIRM,
            guest_id=guest.id,
            account=account_id,
            booking=booking_id,
            credential=digest(credential),
            until=until,
        )
        == 1
    )


def forget(work: Work, before: datetime) -> int:
    """Delete at most 50 links that nobody opened and that ended before that; how many."""
    return work.execute(delete(GUEST).where(GUEST.c.id.in_(_OLD)), before=before)

"""How lately, and how much, somebody topped up."""

from datetime import datetime

from sqlalchemy import func, select

from chargehub.payments.prepaid import TOP_UP
from chargehub.people.tables import Account
from chargehub.store.work import Reads, table_of
from chargehub.units import Money

ACCOUNT = table_of(Account)


def newest_taken(reads: Reads, account_id: str, currency: str) -> datetime | None:
    """When the newest top-up was taken; None: nothing ever was."""
    is_taken = TOP_UP.c.account_id == account_id, TOP_UP.c.state == "taken"
    wanted = select(func.max(TOP_UP.c.finished_at)).where(*is_taken)
    found: datetime | None = reads.value(wanted.where(TOP_UP.c.currency == currency))
    return found


def asked_since(reads: Reads, account_id: str, since: datetime) -> tuple[Money, ...]:
    """What was topped up since then, or is on its way, by currency."""
    statement = (
        select(func.sum(TOP_UP.c.amount_minor), TOP_UP.c.currency)
        .where(
            TOP_UP.c.account_id == account_id,
            TOP_UP.c.state != "refused",
            TOP_UP.c.requested_at > since,
        )
        .group_by(TOP_UP.c.currency)
    )
    return tuple(Money(int(amount), currency) for amount, currency in reads.all(statement))


def is_older(reads: Reads, account_id: str, than: datetime) -> bool:
    """True if an account was there before."""
    is_it = ACCOUNT.c.id == account_id, ACCOUNT.c.created_at <= than
    return reads.one(select(ACCOUNT.c.id).where(*is_it)) is not None

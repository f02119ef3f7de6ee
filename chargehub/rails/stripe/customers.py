"""Whom Stripe knows as which account of the hub: one customer for each, made when first needed."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlmodel import Field, SQLModel

from chargehub.clock import Clock
from chargehub.payments.rail import Refusal
from chargehub.rails.stripe.line import Line
from chargehub.store.columns import Instant, derived_id
from chargehub.store.work import Reads, Work, table_of
from chargehub.store.writer import Store


class StripeCustomerRow(SQLModel, table=True):
    """The customer that an account is at Stripe. Deleted when Stripe has."""

    __tablename__ = "stripe_customer"

    account_id: str = Field(primary_key=True, max_length=36)
    customer_id: str = Field(max_length=100)
    created_at: datetime = Field(sa_type=Instant)


CUSTOMER = table_of(StripeCustomerRow)
_OF_ACCOUNT = select(CUSTOMER.c.customer_id).where(CUSTOMER.c.account_id == bindparam("account_id"))


def customer_of(reads: Reads, account_id: str) -> str | None:
    """The customer that an account is at Stripe, or None."""
    found: str | None = reads.value(_OF_ACCOUNT, account_id=account_id)
    return found


class Customers:
    """The accounts of a hub as customers of Stripe's."""

    def __init__(self, line: Line, store: Store, clock: Clock) -> None:
        self._line = line
        self._store = store
        self._clock = clock

    def now(self) -> datetime:
        """The hub's time."""
        return self._clock.now()

    async def get(self, account_id: str, email: str | None) -> str | Refusal:
        """The customer of an account, the same at every call. Raises RailUnreachable.

        One that was made just before a crash is found by its key, for a day; later there is
        another, and the first one stays without a card.
        """
        known = await self._store.read(customer_of, account_id)
        if known is not None:
            return known
        params = {"metadata": {"account_id": account_id}, **({"email": email} if email else {})}
        key = derived_id("stripe customer", account_id, email or "")
        made = await self._line.ask(
            lambda v1: v1.customers.create(params, {"idempotency_key": key})
        )
        if isinstance(made, Refusal):
            return made
        return await self._store.do(_keep, account_id, made.id, self._clock.now())

    async def forget(self, account_id: str) -> None:
        """Have Stripe delete the customer that an account is, and its cards. Again is nothing."""
        known = await self._store.read(customer_of, account_id)
        if known is not None:
            await self._line.ask(lambda v1: v1.customers.delete(known))
            await self._store.do(_forget, account_id)


def _forget(work: Work, account_id: str) -> None:
    work.execute(delete(CUSTOMER).where(CUSTOMER.c.account_id == account_id))


def _keep(work: Work, account_id: str, customer_id: str, now: datetime) -> str:
    """The first one stays."""
    known = customer_of(work, account_id)
    if known is not None:
        return known
    row = StripeCustomerRow(account_id=account_id, customer_id=customer_id, created_at=now)
    work.add(row)
    return customer_id

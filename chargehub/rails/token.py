"""Payouts in the hub's own token: a balance per owner, credited at a stated price.

It keeps its own book of credits, which the ledger's `wallet` accounts must agree with. Nothing
leaves the hub on this rail, so nothing can be refused but an amount in another asset.
"""

from datetime import datetime

from sqlalchemy import BigInteger, bindparam, func, select
from sqlmodel import Field, SQLModel

from chargehub.clock import Clock
from chargehub.payments.rail import KeyReused, PaidOut, PayoutOrder, Refusal
from chargehub.store.columns import Instant, derived_id
from chargehub.store.work import Reads, Work, table_of
from chargehub.store.writer import Store
from chargehub.units import TOKEN


class TokenCreditRow(SQLModel, table=True):
    """One payout as credited to an account, in base units of the token. Never changed."""

    __tablename__ = "token_credit"

    key: str = Field(primary_key=True, max_length=100)
    account_id: str = Field(max_length=200, index=True)
    units: int = Field(sa_type=BigInteger)
    purpose: str = Field(max_length=100)
    created_at: datetime = Field(sa_type=Instant)


CREDIT = table_of(TokenCreditRow)
_BY_KEY = select(CREDIT).where(CREDIT.c.key == bindparam("key"))
_BALANCE = select(func.sum(CREDIT.c.units)).where(CREDIT.c.account_id == bindparam("account_id"))


def balance(reads: Reads, account_id: str) -> int:
    """An account's tokens in base units."""
    return int(reads.value(_BALANCE, account_id=account_id) or 0)


class TokenRail:
    """The internal token balance as a rail: `PaysOut`. A destination is an account of the hub."""

    pays_in: str | None = TOKEN

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def destination(self, owner_id: str, wanted: str | None) -> str | Refusal:
        """An owner's own account, and no other."""
        if wanted in (None, owner_id):
            return owner_id
        return Refusal("not_yours", "Tokens are credited to your own account only.")

    async def pay_out(self, order: PayoutOrder, key: str) -> PaidOut | Refusal:
        if order.currency != TOKEN:
            return Refusal("wrong_asset", f"This rail pays in {TOKEN} only.")
        return await self._store.do(_credit, order, key, self._clock.now())

    async def read_back(self, order: PayoutOrder, key: str) -> PaidOut | Refusal | None:
        return await self._store.read(_known, order, key)


def _credit(work: Work, order: PayoutOrder, key: str, now: datetime) -> PaidOut:
    earlier = _known(work, order, key)
    if earlier is not None:
        return earlier
    work.add(
        TokenCreditRow(
            key=key,
            account_id=order.destination,
            units=order.amount_minor,
            purpose=order.purpose,
            created_at=now,
        )
    )
    return _paid(key, order)


def _known(reads: Reads, order: PayoutOrder, key: str) -> PaidOut | None:
    row = reads.one(_BY_KEY, key=key)
    if row is None:
        return None
    if (row.account_id, row.units, row.purpose) != (
        order.destination,
        order.amount_minor,
        order.purpose,
    ):
        raise KeyReused(f"{key} was used for another payout")
    return _paid(key, order)


def _paid(key: str, order: PayoutOrder) -> PaidOut:
    return PaidOut(f"tk_{derived_id('token', key)}", order.amount_minor)

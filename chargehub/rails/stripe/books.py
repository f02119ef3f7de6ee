"""What Stripe says of the hub's balance: its balance transactions, as lines of a rail's books."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from chargehub.payments.balance import RailBalance
from chargehub.payments.books import BookLine, LineKind
from chargehub.payments.rail import RailUnreachable, Refusal
from chargehub.rails.stripe import amounts
from chargehub.rails.stripe.intents import metadata
from chargehub.rails.stripe.line import Line

PIECE = 100  # the most that Stripe gives at once
_KINDS: Mapping[str, LineKind] = {
    **dict.fromkeys(("charge", "payment"), "payment"),
    **dict.fromkeys(("refund", "payment_refund"), "refund"),
    "refund_failure": "refund_back",
    "application_fee": "destination_fee",
    "transfer": "payout",
    **dict.fromkeys(("transfer_cancel", "transfer_failure", "transfer_refund"), "payout_back"),
    **dict.fromkeys(("payout", "payout_cancel", "payout_failure", "topup"), "withdrawal"),
    **dict.fromkeys(("stripe_fee", "stripe_fx_fee", "tax_fee", "network_cost"), "fee"),
}
_OF_CATEGORY: Mapping[str, LineKind] = {"dispute": "dispute", "dispute_reversal": "dispute_back"}


class StripeBooks:
    """Stripe as a rail that tells its books and its balance: `KeepsBooks`, `TellsBalance`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def books(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[BookLine]]:
        created = {"gte": _seconds(since), "lt": _seconds(until)}
        params: dict[str, Any] = {"created": created, "limit": PIECE, "expand": ["data.source"]}
        while True:
            found = await self._list(dict(params))
            if found.data:
                yield [_book_line(one) for one in found.data]
            if not found.has_more or not found.data:
                return
            params["starting_after"] = found.data[-1].id

    async def balance(self) -> Sequence[RailBalance]:
        """`coming` is read from the newest balance transactions, which come last."""
        told = await self._line.ask(lambda v1: v1.balance.retrieve())
        if isinstance(told, Refusal):
            raise RailUnreachable(f"Stripe does not tell its balance: {told.detail}")
        available, pending = _sums(told.available), _sums(told.pending)
        coming = await self._coming() if any(pending.values()) else {}
        return [
            RailBalance(
                one, available[one], pending[one], tuple(sorted(coming.get(one, {}).items()))
            )
            for one in sorted({*available, *pending})
        ]

    async def _coming(self) -> dict[str, Counter[datetime]]:
        newest = await self._list({"limit": PIECE})
        coming: dict[str, Counter[datetime]] = {}
        for one in newest.data:
            currency = one.currency.upper()
            if one.status == "pending":
                of_it = coming.setdefault(currency, Counter())
                of_it[_at(one.available_on)] += amounts.read(one.net, currency)
        return coming

    async def _list(self, params: dict[str, Any]) -> Any:
        found = await self._line.ask(lambda v1: v1.balance_transactions.list(params))
        if isinstance(found, Refusal):
            raise RailUnreachable(f"Stripe does not tell its books: {found.detail}")
        return found


def _book_line(booked: Any) -> BookLine:
    kind = _OF_CATEGORY.get(booked.reporting_category) or _KINDS.get(booked.type, "other")
    if booked.type == "transfer" and getattr(booked.source, "source_transaction", None):
        kind = "destination"  # the hub orders no transfers of single charges
    currency = booked.currency.upper()
    return BookLine(
        reference=booked.id,
        kind=kind,
        about=_about(kind, booked.source),
        amount_minor=amounts.read(booked.amount, currency),
        fee_minor=amounts.read(booked.fee, currency),
        currency=currency,
        booked_at=_at(booked.created),
        available_at=_at(booked.available_on),
    )


def _about(kind: LineKind, source: Any) -> str | None:
    """What the hub knows it by: the payment intent of a charge, the transfer that was reversed by
    hand, else the thing itself."""
    if source is None or isinstance(source, str):
        return source
    found: str | None = source.payment_intent if kind == "payment" else source.id
    if kind == "payout_back" and "key" not in metadata(source):
        found = getattr(source, "transfer", found)
    return found


def _sums(parts: Any) -> Counter[str]:
    """By currency; Stripe tells a currency once for each place."""
    found: Counter[str] = Counter()
    for one in parts:
        currency = one.currency.upper()
        found[currency] += amounts.read(one.amount, currency)
    return found


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

"""Reads what a hub's database says of itself. Each question stands alone: one may take too long."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from chargehub.commands.doctor.facts import Contents
from chargehub.ledger import tables as ledger
from chargehub.people.tables import Account
from chargehub.receipts import keys as receipt_keys
from chargehub.receipts.schema import ReceiptKey
from chargehub.stations.schema import Station
from chargehub.store.tables import DeliveryRow, EventRow
from chargehub.store.work import Reads
from chargehub.webhooks import keys as webhook_keys
from chargehub.webhooks.schema import Webhook, WebhookKey

KEYS_TRIED: Final = 20
Found = TypeVar("Found")
_IS_PARKED = col(DeliveryRow.state) == "parked"
_IS_UNTRIED = (col(DeliveryRow.tries) == 0) & ~_IS_PARKED
_WAITED_FOR = select(col(DeliveryRow.aggregate)).where(_IS_PARKED | (col(DeliveryRow.tries) > 0))


def read(engine: Engine, secret: str) -> Contents:
    """Everything that was answered in time. `secret` empty: there is none."""

    def ask(question: Callable[[Reads], Found]) -> Found | None:
        try:
            with engine.connect() as connection:
                return question(Reads(connection))
        except DBAPIError:
            return None

    def count(counted: Select[Any]) -> int | None:
        return ask(lambda reads: int(reads.value(counted)))

    is_operator = col(Account.is_operator)
    is_failing = col(Webhook.is_enabled) & col(Webhook.failing_since).is_not(None)
    is_disabled = ~col(Webhook.is_enabled) & col(Webhook.disabled_reason).is_not(None)
    return Contents(
        stations=count(_rows(Station)),
        accounts=count(_rows(Account)),
        operators=count(_rows(Account).where(is_operator)),
        newest_event_at=ask(_newest_event_at),
        secret_fits=ask(lambda reads: _fits(reads, secret)),
        parked=count(_rows(DeliveryRow).where(_IS_PARKED)),
        owed=count(_rows(DeliveryRow).where(~_IS_PARKED)),
        oldest_owed_at=ask(_oldest_untried_at),
        webhooks_failing=count(_rows(Webhook).where(is_failing)),
        webhooks_disabled=count(_rows(Webhook).where(is_disabled)),
        transfers=ask(ledger.count_transfers),
        sums=ask(ledger.asset_sums),
        energy_left_wh=ask(_energy_left_wh),
    )


def _rows(model: Any) -> Select[Any]:
    return select(func.count()).select_from(model)


def _newest_event_at(reads: Reads) -> datetime | None:
    newest = select(col(EventRow.recorded_at)).order_by(col(EventRow.id).desc()).limit(1)
    found: datetime | None = reads.value(newest)
    return found


def _oldest_untried_at(reads: Reads) -> datetime | None:
    """Of those that wait for no other one of their aggregate."""
    untried = select(col(DeliveryRow.due_at)).where(
        _IS_UNTRIED, col(DeliveryRow.aggregate).not_in(_WAITED_FOR)
    )
    found: datetime | None = reads.value(untried.order_by(col(DeliveryRow.due_at)).limit(1))
    return found


def _fits(reads: Reads, secret: str) -> bool | None:
    """Does it open every newest key that was sealed? None: there is nothing to try."""
    current = select(col(ReceiptKey.sealed)).where(col(ReceiptKey.retired_at).is_(None))
    newest = select(col(WebhookKey.sealed)).order_by(col(WebhookKey.id).desc())
    of_receipts = reads.all(current.limit(KEYS_TRIED))
    of_webhooks = reads.all(newest.limit(KEYS_TRIED))
    if not secret or not (of_receipts or of_webhooks):
        return None
    opened = [receipt_keys.unseal(secret, row.sealed) for row in of_receipts]
    opened += [webhook_keys.unseal(secret, row.sealed) for row in of_webhooks]
    return None not in opened


def _energy_left_wh(reads: Reads) -> int:
    """What was metered and is neither billed nor free nor unbilled; the law says zero."""
    found = ledger.energy_totals(reads)
    return found.metered_wh - found.billed_wh - found.free_wh - found.unbilled_wh

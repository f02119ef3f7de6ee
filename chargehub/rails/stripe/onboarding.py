"""Owners at Stripe: connected accounts that they complete on Stripe's own pages.

Charges are the hub's own and transfers follow, so the hub bears losses; Stripe collects what it
must know, and shows each owner a small dashboard. Source: Stripe's documentation, "Migrate to
controller properties".
"""

from datetime import UTC, datetime
from typing import Any

from chargehub.payments.payee import AccountLink, AccountOrder, AccountState
from chargehub.payments.rail import Refusal
from chargehub.rails.stripe.paying import StripeTransfers

_CONTROLLER = {
    "fees": {"payer": "application"},
    "losses": {"payments": "application"},
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "express"},
}


class StripeOwners(StripeTransfers):
    """Stripe as a rail that pays owners who tell Stripe itself who they are: `Onboards` too."""

    async def open_account(self, order: AccountOrder, key: str) -> str | Refusal:
        params: Any = {
            "controller": _CONTROLLER,
            "capabilities": {"transfers": {"requested": True}},
            "country": order.country,
            "email": order.email,
            "metadata": {"account_id": order.owner_id},
        }
        made = await self._line.ask(lambda v1: v1.accounts.create(params, {"idempotency_key": key}))
        return made if isinstance(made, Refusal) else str(made.id)

    async def link_account(
        self, reference: str, refresh_url: str, return_url: str
    ) -> AccountLink | Refusal:
        params: Any = {
            "account": reference,
            "refresh_url": refresh_url,
            "return_url": return_url,
            "type": "account_onboarding",
        }
        made = await self._line.ask(lambda v1: v1.account_links.create(params))
        if isinstance(made, Refusal):
            return made
        return AccountLink(made.url, datetime.fromtimestamp(made.expires_at, UTC))

    async def read_account(self, reference: str) -> AccountState | Refusal:
        found = await self._line.ask(lambda v1: v1.accounts.retrieve(reference))
        return found if isinstance(found, Refusal) else _state(found)


def _state(account: Any) -> AccountState:
    wanted = account.requirements
    due = tuple(dict.fromkeys((*(wanted.past_due or ()), *(wanted.currently_due or ()))))
    by = wanted.current_deadline
    return AccountState(
        is_ready=getattr(account.capabilities, "transfers", "") == "active",
        is_rejected=str(wanted.disabled_reason or "").startswith("rejected."),
        due=due,
        due_by=datetime.fromtimestamp(by, UTC) if by else None,
    )

"""The one door to Stripe: its own SDK, imported when it is first used, in threads of its own.

A refusal of Stripe's is a value; what leaves us without knowledge raises. Nothing is repeated
here: whoever asked reads back and repeats, under the same key.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog

from chargehub.payments.rail import KeyReused, RailUnreachable, Refusal

AT_ONCE = 16  # requests under way; Stripe allows 25 a second in test mode, 100 live
TIMEOUT_S = 20

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Line:
    """Requests to Stripe with one secret key. `address` None: Stripe's own."""

    def __init__(self, key: str, address: str | None = None) -> None:
        self._key = key
        self._address = address
        self._client: Any = None
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chargehub-stripe")

    async def ask(self, deed: Callable[[Any], T]) -> T | Refusal:
        """Do something with the SDK's client of version 1. Raises RailUnreachable, KeyReused."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._do, deed)

    def _do(self, deed: Callable[[Any], T]) -> T | Refusal:
        import stripe  # 0.2 s and 16 MB: only for hubs that use it

        if self._client is None:
            addresses: Any = {"api": self._address} if self._address else {}
            http = stripe.RequestsClient(timeout=TIMEOUT_S)
            self._client = stripe.StripeClient(
                self._key, base_addresses=addresses, max_network_retries=0, http_client=http
            )
        try:
            return deed(self._client.v1)
        except stripe.IdempotencyError as error:
            if error.http_status == 409:
                raise RailUnreachable("Stripe is still busy with this very order.") from error
            raise KeyReused(str(error)) from error
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            return _refusal(error)
        except stripe.StripeError as error:
            log.warning("Stripe gave no answer", kind=type(error).__name__, code=error.code)
            raise RailUnreachable(
                f"Stripe: {error.user_message or type(error).__name__}"
            ) from error


def _refusal(error: Any) -> Refusal:
    """What Stripe said, for the person concerned. Of a card its bank's own reason counts."""
    told = error.error
    reason = getattr(told, "decline_code", None) or error.code or "refused"
    message = error.user_message or "Stripe refused this."
    return Refusal(str(reason), message if message.endswith(".") else f"{message}.")

"""The one door to Stripe: its own SDK, imported when it is first used, in threads of its own.

A refusal of Stripe's is a value; what leaves us without knowledge raises. Nothing is repeated
here: whoever asked reads back and repeats, under the same key.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import structlog

from chargehub.payments.facts import NoticeRefused
from chargehub.payments.rail import KeyReused, RailUnreachable, Refusal
from chargehub.rails.stripe.refusals import judged

AT_ONCE = 16  # requests under way; Stripe allows 25 a second in test mode, 100 live
TIMEOUT_S = 20
FRESH_S = 300  # of a signature: Stripe signs anew whenever it sends again
PAGE = 100  # the most that Stripe lists at once
MOST_LOOKED_AT = 20_000  # of one customer; 200 requests, which outlast every time limit

MOST_KEYS = 20  # of one order: more than a delivery is tried, and each try uses up one at most

T = TypeVar("T")
Once = dict[str, str]
"""The SDK's options of a request that is to be carried out once."""
log = structlog.get_logger(__name__)


class StoredFailure(RailUnreachable):
    """Stripe failed, and answers the same to this key from now on, whatever became of the order.

    Source: Stripe's documentation, "Advanced error handling" (the header Idempotent-Replayed).
    """


class Line:
    """Requests to Stripe with one secret key. `address` None: Stripe's own."""

    def __init__(self, key: str, address: str | None = None) -> None:
        self._key = key
        self._address = address
        self._client: Any = None
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chargehub-stripe")

    async def ask(self, deed: Callable[[Any], T]) -> T | Refusal:
        """Do something with the SDK's client of version 1.

        Raises RailUnreachable, KeyReused, and RailBroken for what only an operator can mend.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._do, deed)

    async def once(
        self,
        key: str,
        deed: Callable[[Any, Once], Any],
        outcome: Callable[[Any], T],
        known: Callable[[], Awaitable[T | None]],
    ) -> T | Refusal:
        """Send an order under its key; where Stripe keeps answering that with a failure it has
        stored, look whether the order is known all the same, and send it under "key#2" and so on.
        """
        for number in range(1, MOST_KEYS + 1):
            once = {"idempotency_key": key if number == 1 else f"{key}#{number}"}
            try:
                done = await self.ask(lambda v1, once=once: deed(v1, once))  # type: ignore[misc]
            except StoredFailure:
                if (found := await known()) is not None:
                    return found
                continue
            return done if isinstance(done, Refusal) else outcome(done)
        raise RailUnreachable(f"Stripe has failed {MOST_KEYS} times to carry this out.")

    async def find(self, listed: Callable[[Any], Any], wanted: Callable[[Any], bool]) -> Any | None:
        """The newest thing of a list that is wanted, looked for to the list's end; or None.

        Raises RailUnreachable as well where the list is refused: then nothing is known.
        """

        def deed(v1: Any) -> Any:
            things = enumerate(listed(v1).auto_paging_iter())
            for number, thing in islice(things, MOST_LOOKED_AT + 1):
                if number == MOST_LOOKED_AT:
                    raise RailUnreachable(f"Stripe lists more than {MOST_LOOKED_AT}.")
                if wanted(thing):
                    return thing
            return None

        found = await self.ask(deed)
        if isinstance(found, Refusal):
            raise RailUnreachable(f"Stripe would not list what it knows: {found.detail}")
        return found

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
            raise KeyReused(str(error)) from error
        except (
            stripe.AuthenticationError,
            stripe.CardError,
            stripe.InvalidRequestError,
            stripe.PermissionError,
        ) as error:
            return judged(error)
        except stripe.StripeError as error:  # among them 409 and 429: a key or an object in use
            log.warning("Stripe gave no answer", kind=type(error).__name__, code=error.code)
            is_stored = (error.headers or {}).get("Idempotent-Replayed") == "true"
            kind = StoredFailure if is_stored else RailUnreachable
            raise kind(f"Stripe: {error.user_message or type(error).__name__}") from error


def check_signature(body: bytes, signature: str, secret: str) -> None:
    """Raises NoticeRefused, unless Stripe has signed this lately with the endpoint's secret."""
    import stripe  # as above

    try:
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, FRESH_S)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise NoticeRefused(
            "The signature is not Stripe's, or older than 5 minutes. Compare "
            "CHARGEHUB_STRIPE_WEBHOOK_SECRET with the secret at Stripe, and the clock."
        ) from error

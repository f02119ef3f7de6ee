"""Asking a rail while a person waits for the answer of REST."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from chargehub.errors import Unavailable
from chargehub.payments.rail import RAIL_TIMEOUT_S, RailUnreachable

T = TypeVar("T")


async def reached(asking: Awaitable[T]) -> T:
    """The rail's answer. Raises Unavailable where there is none."""
    try:
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            return await asking
    except (RailUnreachable, TimeoutError) as error:
        raise Unavailable(
            "The payment service gives no answer. Please send the same again in a minute."
        ) from error

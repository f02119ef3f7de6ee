"""The twin on a loopback port, within the loop that runs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn

from tests.stripe_twin import specification
from tests.stripe_twin.app import Twin
from tests.stripe_twin.events import Delivery, Sender

WEBHOOK_SECRET = "whsec_twin"  # of a stand-in


@asynccontextmanager
async def running_twin(twin: Twin, port: int = 0) -> AsyncIterator[str]:
    """The twin's address, while it serves."""
    specification.document()  # a second of work, which the first request would wait for
    config = uvicorn.Config(twin.app(), "127.0.0.1", port, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    address: tuple[str, int] = server.servers[0].sockets[0].getsockname()
    twin.world.pages = f"http://127.0.0.1:{address[1]}"
    try:
        yield twin.world.pages
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def sending(twin: Twin, url: str, delivery: Delivery, seed: int = 0) -> AsyncIterator[Sender]:
    """Events of the twin are sent to this address, signed by the time of the wall: the SDK looks
    at that."""
    async with httpx2.AsyncClient(timeout=10) as client:

        async def post(body: bytes, headers: dict[str, str]) -> int:
            return (await client.post(url, content=body, headers=headers)).status_code

        sender = Sender(WEBHOOK_SECRET, post, delivery, seed)
        twin.world.told = sender.tell
        task = asyncio.create_task(sender.run(lambda: int(time.time())))
        try:
            yield sender
        finally:
            task.cancel()

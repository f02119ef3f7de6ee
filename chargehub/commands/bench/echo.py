"""The ceiling: what the bare socket library echoes, between the same two processes."""

import asyncio
from contextlib import AsyncExitStack
from multiprocessing import get_context

from websockets.asyncio.server import ServerConnection, serve

from chargehub.commands.bench.frames import ask, meter_values, open_line
from chargehub.commands.bench.measure import Rate, answers, closed_loop, free_port


async def echo_rate(stations: int, seconds: float) -> Rate:
    port = free_port()
    process = get_context("spawn").Process(target=_serve_echo, args=(port,), daemon=True)
    process.start()
    try:
        await answers(port, process.is_alive)
        async with AsyncExitStack() as stack:
            opened = [
                await stack.enter_async_context(open_line(f"ws://127.0.0.1:{port}/", None))
                for _ in range(stations)
            ]
            frame = meter_values("1", 0)
            assert process.pid is not None
            return await closed_loop(
                opened, seconds, lambda socket: ask(socket, frame), process.pid
            )
    finally:
        process.terminate()
        process.join()


def _serve_echo(port: int) -> None:
    async def echo(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    async def run() -> None:
        async with serve(echo, "127.0.0.1", port, compression=None, ping_interval=None):
            await asyncio.Event().wait()

    asyncio.run(run())

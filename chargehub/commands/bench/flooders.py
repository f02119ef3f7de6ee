"""Bad stations: each kind of flood as a stream of bytes, by somebody who always comes back.

They take part in measurements and in tests; what they send is made once, so that it costs them
nothing.
"""

import asyncio
import base64
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson
import typer
from websockets.frames import Frame, Opcode

CHUNK_BYTES: Final = 16_384  # written at once; when the hub reads no more, nothing more is written
PAUSE_S: Final = 0.001  # between two of these: sixteen megabytes a second
KNOCKERS: Final = 8  # that knock at the same time
MUTE: Final = 200  # connections that are opened and say nothing
MUTE_AGAIN_S: Final = 2.0
KEY: Final = base64.b64encode(b"chargehub--bench").decode()
BOOT: Final = b'[2,"boot","BootNotification",{"chargePointVendor":"B","chargePointModel":"B"}]'
HEARTBEAT: Final = b'[2,"m","Heartbeat",{}]'

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to flood, as which station. `own_address`: from where; None: as it comes."""

    port: int
    identity: str
    password: str
    own_address: str | None = None


class Shut(Exception):
    """The hub does not let the station in."""


async def for_ever(kind: str, target: Target) -> None:
    """Flood until cancelled. Whoever is hung up on, or is refused, comes back at once."""
    while True:
        with suppress(OSError, Shut, EOFError):
            await KINDS[kind](target)
        await asyncio.sleep(PAUSE_S)


def _poured(content: bytes, *, is_deaf: bool = False) -> Callable[[Target], Awaitable[None]]:
    many = content * max(1, CHUNK_BYTES // len(content))

    async def flood(target: Target) -> None:
        async with _line(target) as (reader, writer), asyncio.TaskGroup() as tasks:
            hearing = asyncio.Event().wait() if is_deaf else _hear(reader)
            heard = tasks.create_task(_or_end(hearing))
            await _or_end(_pour(writer, many))
            heard.cancel()

    return flood


async def _or_end(flow: Awaitable[Any]) -> None:
    with suppress(OSError, EOFError):
        await flow


async def _pour(writer: asyncio.StreamWriter, content: bytes) -> None:
    while not writer.is_closing():
        writer.write(content)
        await writer.drain()
        await asyncio.sleep(PAUSE_S)


async def _hear(reader: asyncio.StreamReader) -> None:
    while await reader.read(CHUNK_BYTES):
        pass


@asynccontextmanager
async def _connected(target: Target) -> Any:
    own = (target.own_address, 0) if target.own_address else None
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port, local_addr=own)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()  # nobody waits for the last words of a flood


@asynccontextmanager
async def _line(target: Target) -> Any:
    """An open line, booted. Raises Shut."""
    async with _connected(target) as (reader, writer):
        await _knock(reader, writer, target)
        writer.write(_frame(BOOT))
        yield reader, writer


async def _knock(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target
) -> None:
    login = base64.b64encode(f"{target.identity}:{target.password}".encode()).decode()
    writer.write(
        f"GET /ocpp/{target.identity} HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: Basic {login}\r\n\r\n".encode()
    )
    answer = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in answer:
        raise Shut(answer)


async def _knock_in_vain(target: Target) -> None:
    """The right name and a wrong password, again and again."""
    wrong = Target(target.port, target.identity, "guessed", target.own_address)

    async def knock() -> None:
        while True:
            with suppress(OSError, Shut, EOFError):
                async with _connected(wrong) as (reader, writer):
                    await _knock(reader, writer, wrong)
            await asyncio.sleep(PAUSE_S)

    await asyncio.gather(*(knock() for _ in range(KNOCKERS)))


async def _say_nothing(target: Target) -> None:
    """Connections that never say what they want; closed ones are opened again."""

    async def stand() -> None:
        while True:
            with suppress(OSError):
                async with _connected(target) as (reader, _):
                    await reader.read()
            await asyncio.sleep(MUTE_AGAIN_S)

    await asyncio.gather(*(stand() for _ in range(MUTE)))


def _frame(content: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return Frame(opcode, content, fin=fin).serialize(mask=True)


def _big() -> bytes:
    payload = {"vendorId": "bench", "data": "x" * 65_000}
    return _frame(orjson.dumps([2, "m", "DataTransfer", payload]))


def _pieces() -> bytes:
    """A call in 3,000 pieces: less than would break the line by itself."""
    return (
        _frame(HEARTBEAT[:1], fin=False)
        + _frame(b"", Opcode.CONT, fin=False) * 3_000
        + _frame(HEARTBEAT[1:], Opcode.CONT)
    )


KINDS: Final[Mapping[str, Callable[[Target], Awaitable[None]]]] = {
    "small": _poured(_frame(HEARTBEAT)),
    "big": _poured(_big()),
    "garbage": _poured(_frame(b"hello")),
    "noise": _poured(random.Random(7).randbytes(CHUNK_BYTES)),
    "deaf": _poured(_frame(HEARTBEAT), is_deaf=True),
    "pings": _poured(_frame(b"", Opcode.PING)),
    "pieces": _poured(_pieces()),
    "knocks": _knock_in_vain,
    "mute": _say_nothing,
}


def kinds(named: str) -> tuple[str, ...]:
    """The kinds of flood by their names, comma between; `all`, or `none`. Raises typer's error."""
    if named in ("all", "none"):
        return tuple(KINDS) if named == "all" else ()
    chosen = tuple(each.strip() for each in named.split(","))
    if unknown := [each for each in chosen if each not in KINDS]:
        raise typer.BadParameter(f"no flood {unknown[0]!r}; there are {', '.join(KINDS)}")
    return chosen

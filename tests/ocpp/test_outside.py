"""Whom the hub asks: nobody that a station could choose, and nobody for long."""

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from chargehub.addresses import is_public
from chargehub.ocpp.outside import LARGEST_ANSWER, Outside, Unreachable
from tests.contract_pki import Server, listening

KIND = "application/ocsp-request"
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@pytest.fixture
def server() -> Iterator[Server]:
    with listening() as made:
        made.says = b"yes"
        yield made


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    made = Outside(LOOPBACK, may_be_private=True, timeout_s=1.0)
    yield made
    await made.close()


async def test_a_host_that_is_allowed_is_asked(server: Server, outside: Outside) -> None:
    by_name = server.url.replace("127.0.0.1", "localhost") + "?a=1"

    assert await outside.post(by_name, b"question", KIND) == b"yes"
    ((path, headers, content),) = server.asked
    assert (path, content) == ("/ask?a=1", b"question")
    assert headers["Host"] == by_name.split("/")[2]
    assert headers["Content-Type"] == KIND


@pytest.mark.parametrize(
    "url",
    [
        "http://other.example/",
        "http://127.0.0.2/",
        "http://user@127.0.0.1/",
        "ftp://127.0.0.1/",
        "http:///",
        "http://[::1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/\nX: y",
        "",
    ],
)
async def test_nobody_else_is(outside: Outside, url: str) -> None:
    with pytest.raises(Unreachable):
        await outside.post(url, b"", KIND)


async def test_a_private_address_is_asked_only_where_it_may_be(server: Server) -> None:
    """Also where the host is allowed: its name may lead anywhere by now."""
    careful = Outside(LOOPBACK, may_be_private=False, timeout_s=1.0)
    for host in LOOPBACK:
        with pytest.raises(Unreachable, match="public"):
            await careful.post(server.url.replace("127.0.0.1", host), b"", KIND)

    assert server.asked == []
    await careful.close()


async def test_who_is_vouched_for_is_asked_this_once(server: Server) -> None:
    outside = Outside(frozenset(), may_be_private=True, timeout_s=1.0)

    assert await outside.post(server.url, b"", KIND, frozenset({"127.0.0.1"})) == b"yes"
    with pytest.raises(Unreachable, match="may not"):
        await outside.post(server.url, b"", KIND)
    await outside.close()


async def test_a_redirection_is_not_followed(server: Server, outside: Outside) -> None:
    server.status = 302

    with pytest.raises(Unreachable, match="302"):
        await outside.post(server.url, b"", KIND)


async def test_an_answer_has_an_end(server: Server, outside: Outside) -> None:
    server.says = b"x" * (LARGEST_ANSWER + 1)

    with pytest.raises(Unreachable, match="too long"):
        await outside.post(server.url, b"", KIND)


async def test_an_answer_that_unfolds_is_not_unfolded(outside: Outside) -> None:
    """A few KiB on the wire may be gigabytes in memory before anybody counts them."""
    packed = gzip.compress(bytes(LARGEST_ANSWER))
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(packed) + packed)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await outside.post(f"http://127.0.0.1:{port}/", b"", KIND) == packed

    assert b"accept-encoding: identity\r\n" in asked[0].lower()


async def test_who_says_nothing_is_not_waited_for() -> None:
    outside = Outside(LOOPBACK, may_be_private=True, timeout_s=0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port, began = silent.getsockname()[1], time.monotonic()
        for post in (
            outside.post(f"http://127.0.0.1:{port}/", b"", KIND),
            outside.post_own(f"http://127.0.0.1:{port}/", b"", {}),
        ):
            with pytest.raises(Unreachable, match="TimeoutError"):
                await post

    assert time.monotonic() - began < 5
    await outside.close()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("2002:a00:1::", False),
        ("fec0::1", False),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected

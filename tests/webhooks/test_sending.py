"""Where messages go, and where never: private addresses, redirects, receivers that are slow."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from chargehub import reach
from chargehub.clock import HandClock
from chargehub.webhooks import sending
from tests.contract_pki import Server
from tests.hub import RunningHub
from tests.webhooks.receiving import types

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    """The URL of a server that answers every request in this way, byte by byte."""

    under_way: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            under_way.add(asyncio.current_task())
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    finally:
        server.close()
        tasks = [task for task in under_way if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def pinged(hub: RunningHub, url: str) -> dict[str, Any]:
    """What came of a ping to a new webhook."""
    owner = await hub.person("owner", pays=False)
    made = await owner.post("/webhooks", {"url": url})
    await owner.post(f"/webhooks/{made['id']}/ping", expect=202)
    await hub.settle()
    (found,) = (await owner.get(f"/webhooks/{made['id']}/messages"))["items"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
async def strict(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    """A hub as it is by default: public addresses and https alone."""
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


async def test_a_ping_tells_whether_the_receiver_works(hub: RunningHub, receiver: Server) -> None:
    found = await pinged(hub, receiver.url)

    assert types(receiver) == ["Ping"]
    assert (found["state"], found["status"], found["cursor"]) == ("sent", 200, None)


async def test_a_ping_is_sent_once(hub: RunningHub, receiver: Server) -> None:
    receiver.status = 500

    found = await pinged(hub, receiver.url)

    assert len(receiver.asked) == 1
    assert (found["state"], found["status"], found["tries"]) == ("failed", 500, 1)
    assert found["error"] == "The answer has the status 500."


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_nothing_goes_where_a_name_leads_to_a_private_address(
    strict: RunningHub, receiver: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that is written out is refused when it is stated."""
    port = receiver.url.rpartition(":")[2]
    monkeypatch.setattr(reach, "_look_up", lambda host, port: [address])

    found = await pinged(strict, f"https://hooks.example:{port}")

    assert (found["state"], found["status"]) == ("failed", None)
    assert found["error"] == "The address of the host is not a public one."
    assert receiver.asked == []


async def test_a_private_address_is_refused_when_it_is_stated(
    strict: RunningHub, receiver: Server
) -> None:
    owner = await strict.person("owner", pays=False)
    port = receiver.url.rpartition(":")[2]

    refused = await owner.post("/webhooks", {"url": f"https://127.0.0.1:{port}"}, 422)

    assert refused["code"] == "bad_webhook_url"
    assert "not a public one" in refused["detail"]


async def test_plain_http_is_not_taken(strict: RunningHub, receiver: Server) -> None:
    owner = await strict.person("owner", pays=False)

    refused = await owner.post("/webhooks", {"url": receiver.url}, 422)

    assert refused["code"] == "bad_webhook_url"


async def test_one_private_address_among_public_ones_is_enough_to_refuse(
    strict: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "_look_up", lambda host, port: ["1.1.1.1", "10.0.0.1"])

    found = await pinged(strict, "https://hooks.example/")

    assert found["error"] == "The address of the host is not a public one."


async def test_the_address_that_was_checked_is_the_one_that_is_asked(
    hub: RunningHub, receiver: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere a moment later gains nothing: it is looked up once a try."""
    looked_up: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.2", "127.0.0.1"]  # at the first nobody listens

    monkeypatch.setattr(reach, "_look_up", look_up)
    url = receiver.url.replace("127.0.0.1", "hooks.example")

    found = await pinged(hub, url)

    assert (found["state"], looked_up) == ("sent", ["hooks.example"])
    ((_, headers, _),) = receiver.asked
    assert headers["Host"] == url.split("/")[2]


async def test_a_redirect_is_not_followed(hub: RunningHub, receiver: Server) -> None:
    async def redirect(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 307 Elsewhere\r\nLocation: {receiver.url}\r\nContent-Length: 0\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()

    async with answering(redirect) as url:
        found = await pinged(hub, url)

    assert (found["state"], found["status"]) == ("failed", 307)
    assert receiver.asked == []


async def test_a_receiver_that_says_nothing_is_not_waited_for(
    database: str, clock: HandClock
) -> None:
    hub = RunningHub(database, clock, webhook_private_addresses=True, webhook_timeout_s=0.5)
    await hub.start()

    async def wait(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with answering(wait) as url:
        found = await pinged(hub, url)

    await hub.close()
    assert (found["state"], found["error"]) == ("failed", "No answer within 0.5 s.")


async def test_an_answer_without_end_is_not_read(hub: RunningHub) -> None:
    async def pour(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(bytes(65_536))
            await writer.drain()

    async with answering(pour) as url:
        found = await pinged(hub, url)

    assert (found["state"], found["status"]) == ("sent", 200)


async def test_headers_without_end_are_not_read(hub: RunningHub) -> None:
    async def pour(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"X-More: " + b"a" * 8_000 + b"\r\n")
            await writer.drain()

    async with answering(pour) as url:
        found = await pinged(hub, url)

    assert (found["state"], found["status"]) == ("failed", None)


async def test_a_cookie_of_one_receiver_goes_to_no_other(hub: RunningHub, receiver: Server) -> None:
    """Many receivers share an address; large cookies of one would make the others refuse."""

    async def bake(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: own=1; Path=/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with answering(bake) as url:
        assert (await pinged(hub, url))["state"] == "sent"
    operator = await hub.operator()
    made = await operator.post("/webhooks", {"url": receiver.url})
    await operator.post(f"/webhooks/{made['id']}/ping", expect=202)
    await hub.settle()

    ((_, headers, _),) = receiver.asked
    assert "cookie" not in {name.lower() for name in headers}


async def test_a_slow_receiver_keeps_no_other_waiting(
    hub: RunningHub, receiver: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each account has places of its own; what waits for its slow receiver takes nobody's."""
    monkeypatch.setattr(sending, "AT_ONCE_EACH", 1)
    slow = asyncio.Event()

    async def wait(writer: asyncio.StreamWriter) -> None:
        await asyncio.wait_for(slow.wait(), 5)

    owner, operator = await hub.person("owner", pays=False), await hub.operator()
    wanted = {"types": ["StationConnected"]}
    async with answering(wait) as url:
        await owner.post("/webhooks", {"url": url, **wanted})
        await operator.post("/webhooks", {"url": receiver.url, "is_hub_wide": True, **wanted})
        await hub.station(owner, "1.6")
        await hub.until(lambda: types(receiver) == ["StationConnected"])
        slow.set()
        await hub.settle()


async def test_a_slow_name_server_keeps_no_other_waiting(
    hub: RunningHub, receiver: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that looks a name up goes on when nobody waits for it any more."""
    monkeypatch.setattr(reach, "LOOK_UPS_EACH", 1)
    answered, slow = threading.Event(), []

    def look_up(host: str, port: int) -> list[str]:
        if host == "slow.example":
            slow.append(host)
            answered.wait(20)
        return ["127.0.0.1"]

    monkeypatch.setattr(reach, "_look_up", look_up)
    owner, operator = await hub.person("owner", pays=False), await hub.operator()
    wanted = {"types": ["StationConnected"]}
    for _ in range(3):
        await owner.post("/webhooks", {"url": "http://slow.example:9999/", **wanted})
    url = receiver.url.replace("127.0.0.1", "hooks.example")
    await operator.post("/webhooks", {"url": url, "is_hub_wide": True, **wanted})
    await hub.station(owner, "1.6")
    await hub.until(lambda: types(receiver) == ["StationConnected"])
    await hub.until(lambda: slow != [])
    assert slow == ["slow.example"]
    answered.set()
    await hub.settle()


async def test_a_key_that_cannot_be_opened_parks_at_once(hub: RunningHub, receiver: Server) -> None:
    """The hub's secret was changed: no wait would mend that, a rotation does."""
    owner = await hub.person("owner", pays=False)
    made = await owner.post("/webhooks", {"url": receiver.url, "types": ["StationConnected"]})
    hub.settings = hub.settings.model_copy(update={"secret": "quite another secret"})
    await hub.restart()

    await hub.station(owner, "1.6")
    await hub.until(lambda: hub.hub.relay.parked == 1)
    (found,) = (await owner.get(f"/webhooks/{made['id']}/messages?state=parked"))["items"]
    await owner.post(f"/webhooks/{made['id']}/secret", {}, 200)
    await owner.post(f"/webhooks/{made['id']}/resend", expect=202)
    await hub.settle()

    assert "secret changed" in found["error"]
    assert types(receiver) == ["StationConnected"]

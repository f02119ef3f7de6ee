"""A station's line to the hub: WebSocket, Basic auth, subprotocol; and what went over it."""

import base64
import ssl
from typing import Any
from urllib.parse import quote

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    NegotiationError,
)
from websockets.typing import Subprotocol

from chargers.traffic import CALL_ERROR, Traffic

SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}
OPEN_TIMEOUT_S = 10
CLOSE_TIMEOUT_S = 5
SILENT_CODES = (1005, 1006)  # closed without a code, or not even closed
MAX_FRAME_BYTES = 1 << 20


class HandshakeRefused(Exception):
    """The hub did not let the station in. `status` is the HTTP status of its answer."""

    def __init__(self, status: int, body: str = "") -> None:
        super().__init__(f"the hub refused the line with HTTP {status}: {body[:200]}".rstrip(": "))
        self.status = status
        self.body = body


class NoSubprotocol(Exception):
    """The hub opened the line but speaks none of the versions offered."""


class ConnectionLost(Exception):
    """The line is gone, or was never there. `code` is the WebSocket close code, if any."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(f"the line to the hub is closed (code {code})")
        self.code = code


def basic_auth(identity: str, password: str | bytes) -> str:
    """The value of the Authorization header. Passwords may be bytes that are no text."""
    raw = password if isinstance(password, bytes) else password.encode()
    return "Basic " + base64.b64encode(identity.encode() + b":" + raw).decode("ascii")


def station_url(url: str, identity: str) -> str:
    """Where a station connects: the hub's address, a slash, its identity."""
    return f"{url.rstrip('/')}/{quote(identity, safe='')}"


async def open_socket(
    url: str,
    subprotocols: tuple[str, ...],
    headers: dict[str, str],
    *,
    compression: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> ClientConnection:
    """Open a WebSocket. No proxies: stations have none.

    Raises HandshakeRefused with the hub's status, NoSubprotocol, ConnectionLost where the answer
    is no HTTP or stops half way, and OSError or TimeoutError if nobody is there.
    """
    try:
        return await connect(
            url,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            additional_headers=headers,
            user_agent_header=None,
            compression=compression,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            max_size=MAX_FRAME_BYTES,
            proxy=None,
            ssl=tls or (True if url.startswith("wss:") else None),
        )
    except InvalidStatus as refusal:
        body = bytes(refusal.response.body or b"").decode("utf-8", "replace")
        raise HandshakeRefused(refusal.response.status_code, body) from None
    except NegotiationError as error:
        raise NoSubprotocol(str(error)) from None
    except InvalidHandshake:
        raise ConnectionLost from None


class Line:
    """An open line that notes what goes over it. `errors`: message id -> code and description."""

    def __init__(self, socket: ClientConnection, traffic: Traffic) -> None:
        self._socket = socket
        self.traffic = traffic
        self.errors: dict[str, tuple[str, str]] = {}
        self._is_over = False

    @property
    def subprotocol(self) -> str | None:
        """What the hub chose."""
        return self._socket.subprotocol

    @property
    def close_code(self) -> int | None:
        """The WebSocket close code once the line is closed; 1006 if it just broke."""
        return self._socket.close_code

    async def send(self, text: str) -> None:
        """Send a frame. Raises ConnectionLost."""
        self.traffic.sent(text)
        try:
            await self._socket.send(text)
        except ConnectionClosed:
            raise ConnectionLost(self._socket.close_code) from None

    async def recv(self) -> str:
        """The next frame. Raises ConnectionLost."""
        try:
            raw = await self._socket.recv()
        except ConnectionClosed:
            self.traffic.cut += not self._is_over and self.close_code in SILENT_CODES
            raise ConnectionLost(self._socket.close_code) from None
        text = raw if isinstance(raw, str) else raw.decode()
        frame = self.traffic.received(text)
        if frame is not None and frame[0] == CALL_ERROR:
            self.errors[frame[1]] = (str(frame[2]), str(frame[3]) if len(frame) > 3 else "")
        return text

    async def close(self, code: int = 1000) -> None:
        """Say goodbye and close."""
        self._is_over = True
        await self._socket.close(code)

    async def break_off(self) -> None:
        """Drop the line without a word, as a dead mobile link does."""
        self._is_over = True
        self._socket.transport.abort()
        await self._socket.wait_closed()


class RawStation:
    """A bare WebSocket client: sends any text, reads any text. For what no decent station does."""

    def __init__(
        self,
        url: str,
        identity: str,
        password: str | bytes | None,
        *,
        subprotocols: tuple[str, ...] = ("ocpp1.6",),
        headers: dict[str, str] | None = None,
        compression: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._url = station_url(url, identity)
        self._tls = tls
        self._subprotocols = subprotocols
        self._compression = compression
        self._headers = dict(headers or {})
        if password is not None:
            self._headers["Authorization"] = basic_auth(identity, password)
        self._socket: ClientConnection | None = None
        self._count = 0

    async def connect(self) -> str | None:
        """Open the line; returns the subprotocol the hub chose. Raises HandshakeRefused."""
        self._socket = await open_socket(
            self._url,
            self._subprotocols,
            self._headers,
            compression=self._compression,
            tls=self._tls,
        )
        return self._socket.subprotocol

    @property
    def close_code(self) -> int | None:
        """The close code, None while open."""
        return self._open_socket().close_code

    async def send_raw(self, text: str | bytes) -> None:
        """Send one frame as it is."""
        await self._open_socket().send(text)

    async def receive_raw(self) -> str:
        """The next frame as it came. Raises ConnectionLost when the hub closed the line."""
        try:
            raw = await self._open_socket().recv()
        except ConnectionClosed:
            raise ConnectionLost(self.close_code) from None
        return raw if isinstance(raw, str) else raw.decode()

    async def call(self, action: str, payload: Any, message_id: str | None = None) -> list[Any]:
        """Send a CALL and return the frame that answers it, result or error, whole."""
        self._count += 1
        name = message_id if message_id is not None else f"raw-{self._count}"
        await self.send_raw(orjson.dumps([2, name, action, payload]).decode())
        while True:
            frame: list[Any] = orjson.loads(await self.receive_raw())
            if frame[0] in (3, 4) and frame[1] == name:
                return frame

    async def closed(self) -> int | None:
        """Wait until the hub has closed the line; returns the code."""
        await self._open_socket().wait_closed()
        return self.close_code

    async def close(self) -> None:
        """Close from our side."""
        if self._socket is not None:
            await self._socket.close()

    def break_off(self) -> None:
        """Drop the line without a word."""
        self._open_socket().transport.abort()

    def _open_socket(self) -> ClientConnection:
        assert self._socket is not None, "connect() first"
        return self._socket

"""A central system of a few lines for the stations' own tests: it checks, records and answers."""

import asyncio
import http
import importlib.resources
import itertools
import ssl
from base64 import b64decode
from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

PASSWORD = "correct horse battery"
NOW = "2026-03-02T08:00:00Z"
SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


@cache
def schema(version: str, action: str, is_answer: bool) -> Any:
    """The official schema of a message, as the ocpp package ships it."""
    folder = "v" + version.replace(".", "")
    call = "" if version == "1.6" else "Request"
    name = f"{action}{'Response' if is_answer else call}.json"
    source = importlib.resources.files("ocpp") / folder / "schemas" / name
    return jsonschema_rs.validator_for(
        orjson.loads(source.read_bytes().removeprefix(b"\xef\xbb\xbf")), validate_formats=False
    )


def _shown_by(line: ServerConnection) -> str | None:
    """The name in the certificate that the other side proved to hold."""
    tls: ssl.SSLObject | None = line.transport.get_extra_info("ssl_object")
    shown = None if tls is None else tls.getpeercert()
    if not shown:
        return None
    names = dict(pair for part in shown["subject"] for pair in part)  # type: ignore[union-attr]
    return str(names["commonName"])


class Central:
    """Accepts every token but those in `verdicts`; gives 1.6 transaction ids from 1."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.verdicts: dict[str, str] = {}
        self.errors: list[tuple[str, str]] = []
        self.hangs_up_on: set[str] = set()
        self.unknown = {"Dance"}
        self.is_lenient = False
        self.nonsense: set[str] = set()
        self.url = ""
        self.password = PASSWORD
        self.rejects: set[str] = set()
        self.entries: list[str] = []
        self.lines = 0
        self._heard = asyncio.Event()
        self._server: Server | None = None
        self.line: ServerConnection | None = None
        self._answers: dict[str, asyncio.Future[list[Any]]] = {}
        self._numbers = itertools.count(1)
        self._starts: dict[tuple[Any, ...], int] = {}

    async def open(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen. A context that wants certificates lets in whom they name."""
        self._server = await serve(
            self._listen,
            "127.0.0.1",
            0,
            subprotocols=[SUBPROTOCOLS[self.version]],  # type: ignore[list-item]
            process_request=self._admit,
            compression=None,
            ssl=tls,
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"{'ws' if tls is None else 'wss'}://127.0.0.1:{port}/ocpp"

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def hang_up(self, code: int) -> None:
        assert self.line is not None
        await self.line.close(code)

    async def ask(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a command; returns the station's answer, checked against the schema."""
        frame = await self.ask_raw(action, payload)
        assert frame[0] == 3, frame
        schema(self.version, action, True).validate(frame[2])
        answer: dict[str, Any] = frame[2]
        return answer

    async def ask_raw(self, action: str, payload: dict[str, Any], limit_s: float = 5) -> list[Any]:
        """Send a command; returns the frame that answers it."""
        assert self.line is not None
        name = f"central-{next(self._numbers)}"
        if action not in self.unknown:
            schema(self.version, action, False).validate(payload)
        self._answers[name] = asyncio.get_running_loop().create_future()
        await self.line.send(orjson.dumps([2, name, action, payload]).decode())
        return await asyncio.wait_for(self._answers[name], limit_s)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what a station will tell."""
        async with asyncio.timeout(5):
            while not holds():
                self._heard.clear()
                await self._heard.wait()

    def actions(self) -> list[str]:
        return [action for _, action, _ in self.calls]

    def payloads(self, action: str) -> list[dict[str, Any]]:
        return [payload for _, name, payload in self.calls if name == action]

    def _admit(self, line: ServerConnection, request: Request) -> Response | None:
        shown = _shown_by(line)
        if shown is not None:
            self.entries.append(shown)
            is_own = request.path.endswith(f"/{shown}")
            return None if is_own else line.respond(http.HTTPStatus.FORBIDDEN, "another's")
        header = request.headers.get("Authorization", "")
        identity, _, password = b64decode(header.removeprefix("Basic ")).decode().partition(":")
        if not request.path.endswith(f"/{identity}") or password != self.password:
            return line.respond(http.HTTPStatus.UNAUTHORIZED, "wrong identity or password")
        return None

    async def _listen(self, line: ServerConnection) -> None:
        self.line = line
        self.lines += 1
        try:
            async for raw in line:
                await self._take(line, orjson.loads(raw))
        except ConnectionClosed:
            return

    async def _take(self, line: ServerConnection, frame: list[Any]) -> None:
        if frame[0] in (3, 4):
            self._answers.pop(frame[1]).set_result(frame)
            return
        _, name, action, payload = frame
        if not self.is_lenient:
            schema(self.version, action, False).validate(payload)
        self.calls.append((name, action, payload))
        self._heard.set()
        if action in self.hangs_up_on:
            line.transport.abort()
            return
        if self.errors and self.errors[0][0] == action:
            error = [4, name, self.errors.pop(0)[1], "not now", {}]
            await line.send(orjson.dumps(error).decode())
            return
        answer = self._answer(action, payload)
        schema(self.version, action, True).validate(answer)
        if action in self.nonsense:
            self.nonsense.remove(action)
            answer = {"nonsense": True}
        await line.send(orjson.dumps([3, name, answer]).decode())

    def _answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        match action:
            case "BootNotification":
                return {"status": "Accepted", "currentTime": NOW, "interval": 300}
            case "Heartbeat":
                return {"currentTime": NOW}
            case "Authorize" | "StopTransaction" if self.version == "1.6":
                return {"idTagInfo": {"status": self._verdict(payload.get("idTag", ""))}}
            case "Authorize":
                return {"idTokenInfo": {"status": self._verdict(payload["idToken"]["idToken"])}}
            case "StartTransaction":
                content = tuple(sorted(payload.items()))
                number = self._starts.setdefault(content, len(self._starts) + 1)
                return {
                    "transactionId": number,
                    "idTagInfo": {"status": self._verdict(payload["idTag"])},
                }
            case "TransactionEvent" if "idToken" in payload:
                return {"idTokenInfo": {"status": self._verdict(payload["idToken"]["idToken"])}}
            case "TransactionEvent" if payload["eventType"] == "Ended":
                return {"totalCost": 1.25}
            case "SignCertificate":
                return {"status": "Rejected" if action in self.rejects else "Accepted"}
            case "DataTransfer":
                return {"status": "UnknownVendorId"}
            case _:
                return {}

    def _verdict(self, id_token: str) -> str:
        return self.verdicts.get(id_token, "Accepted")

"""A small server of day-ahead prices on loopback: what it was asked, and what it answers."""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOUR = timedelta(hours=1)


class PriceSource:
    """`days`: what is answered for a path, JSON or bytes; other paths get `status` 404.

    `headers` go out with every answer.
    """

    def __init__(self) -> None:
        self.days: dict[str, Any] = {}
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.root = ""

    @property
    def url(self) -> str:
        """As an operator writes it into CHARGEHUB_WHOLESALE_URL."""
        return f"{self.root}/{{zone}}/{{day}}.json?key=secret"

    def publish(self, area: str, day: str, rows: Iterable[dict[str, Any]]) -> None:
        self.days[f"/{area}/{day}.json?key=secret"] = list(rows)

    @property
    def paths(self) -> list[str]:
        return [path.partition("?")[0] for path, _ in self.asked]


def rows(
    start: datetime, prices: Iterable[str], length: timedelta = HOUR, **other: str
) -> list[dict[str, Any]]:
    """Prices one after the other from an instant on."""
    found, at = [], start.astimezone(UTC)
    for price in prices:
        until = at + length
        said = {"area": "NO1", "currency": "EUR", "per_kwh": price, **other}
        found.append({**said, "from": at.isoformat(), "to": until.isoformat()})
        at = until
    return found


@contextmanager
def publishing() -> Iterator[PriceSource]:
    """A server of HTTP on a free port of loopback."""
    source = PriceSource()

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.asked.append((self.path, dict(self.headers.items())))
            said = source.days.get(self.path)
            reply = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(404 if said is None else source.status)
            self.send_header("Content-Length", str(len(reply)))
            for name, value in source.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: tests look at what was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as http:
        source.root = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield source
        finally:
            http.shutdown()
            thread.join()

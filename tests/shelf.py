"""A web server on loopback that gives out firmware and takes logs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILE = b"firmware of a simulated station" * 1_000


class Shelf(ThreadingHTTPServer):
    """Serves FILE, takes uploads; the first `failing` requests are answered with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.failing, self.status = 0, 503
        self.asked: list[str] = []
        self.taken: dict[str, bytes] = {}

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Desk(BaseHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        self._answer(FILE)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if len(self.server.asked) >= self.server.failing:
            self.server.taken[self.path] = content
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        shelf = self.server
        shelf.asked.append(self.path)
        is_well = len(shelf.asked) > shelf.failing
        self.send_response(200 if is_well else shelf.status)
        self.send_header("Content-Length", str(len(body)) if is_well else "0")
        self.end_headers()
        self.wfile.write(body if is_well else b"")

    def log_message(self, *_: object) -> None:
        """Not on the test's output."""


@contextmanager
def open_shelf() -> Iterator[Shelf]:
    """Serves until the block ends."""
    server = Shelf()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

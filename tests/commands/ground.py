"""An installation in a folder of its own: whole at first, then ailing as a test wants it."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from sqlalchemy import NullPool, create_engine
from sqlmodel import SQLModel

from chargehub.commands.doctor.checks import Finding
from chargehub.commands.doctor.run import Wanted, examined
from chargehub.observe import set_up_log
from chargehub.store.columns import new_id
from chargehub.store.work import table_of
from tests.pki import named, new_key, write_key

SECRET = "a secret of this ground, and of no other"


@dataclass
class Ground:
    """A folder with a migrated database and a secret. What is set counts for the next look."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    wanted: dict[str, Any] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def database(self) -> Path:
        return self.folder / "chargehub.sqlite"

    def look(self) -> dict[str, Finding]:
        """What the doctor finds, by check, asked from this folder."""
        with self.alone():
            return {each.name: each for each in examined(Wanted(**self.wanted))}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """In this folder, with its settings and nothing of the environment's."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name in [one for one in os.environ if one.startswith("CHARGEHUB_")]:
                patch.delenv(name)
            settings = {"http": "127.0.0.1:0", "ocpp": "127.0.0.1:0", **self.settings}
            for name, value in settings.items():
                patch.setenv(f"CHARGEHUB_{name.upper()}", value)
            yield
        set_up_log("WARNING", as_json=False)  # as tests have it; the doctor logs nothing

    def insert(self, model: type[SQLModel], **values: Any) -> None:
        """A row, as the hub would have written it."""
        row = {"id": new_id(), **values} if "id" in model.model_fields else values
        engine = create_engine(f"sqlite:///{self.database}", poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(table_of(model).insert().values(**row))
        engine.dispose()

    def execute(self, statement: str) -> None:
        engine = create_engine(f"sqlite:///{self.database}", poolclass=NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def certificate(self, name: str, begins: int = -400, ends: int = 400, host: str = "") -> None:
        """`name`.pem and `name`.key, valid between so many days from now."""
        key, now, subject = new_key(), datetime.now(UTC), named(name)
        names: list[x509.GeneralName] = [x509.IPAddress(IPv4Address("127.0.0.1"))]
        made = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now + timedelta(days=begins))
            .not_valid_after(now + timedelta(days=ends, hours=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(host)] if host else names), False
            )
            .sign(key, hashes.SHA256())
        )
        path = self.folder / f"{name}.pem"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        write_key(path.with_suffix(".key"), key)

    def with_tls(self, **how: Any) -> None:
        """A port with TLS, and its certificate where the settings look for it."""
        self.settings["ocpps"] = "127.0.0.1:0"
        self.certificate("chargehub-tls", **how)

    def answering(self, path: str, body: str, **headers: str) -> str:
        """A small server that gives one answer; HOST:PORT."""

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response_only(200 if self.path == path else 404)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body.encode() if self.path == path else b"")

            do_HEAD = do_GET

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Answering)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.stack.callback(server.server_close)
        self.stack.callback(server.shutdown)
        return f"127.0.0.1:{server.server_port}"

    def taken_port(self) -> str:
        """Where a program listens that is no hub: it says nothing and hangs up."""
        taken = self.stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def hang_up() -> None:
            while True:
                try:
                    taken.accept()[0].close()
                except OSError:
                    return

        Thread(target=hang_up, daemon=True).start()
        return f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def ground(tmp_path: Path, sqlite_template: Path) -> Iterator[Ground]:
    made = Ground(tmp_path)
    shutil.copy(sqlite_template, made.database)
    made.database.chmod(0o600)
    secret = tmp_path / "chargehub.secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET)
    with made.stack:
        yield made


Break = Callable[[Ground], None]

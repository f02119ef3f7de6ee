"""Where stations connect: two ports, and one line for each station that is let in."""

import asyncio
import itertools
import ssl
import time
from functools import partial
from typing import Any, Final

import structlog
from websockets.asyncio.server import Server, serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import CloseCode

from chargehub.clock import Clock
from chargehub.errors import Unavailable
from chargehub.ocpp import versions
from chargehub.ocpp.admission import Entry
from chargehub.ocpp.authority import Authority
from chargehub.ocpp.channel import Channels
from chargehub.ocpp.contracts import Contracts, nobodys
from chargehub.ocpp.door import Door, offered_by
from chargehub.ocpp.doorstep import AT_ONCE, Doorstep, Listener, listeners
from chargehub.ocpp.framelog import FrameLog
from chargehub.ocpp.limits import Buckets, Pace
from chargehub.ocpp.manners import Manners
from chargehub.ocpp.reception import Reception
from chargehub.ocpp.rpc import Line
from chargehub.ocpp.station_socket import StationSocket
from chargehub.ocpp.switchboard import OcppSwitchboard
from chargehub.ocpp.tls import Tls
from chargehub.ocpp.witness import Witness
from chargehub.settings import Settings
from chargehub.stations import actions as stations
from chargehub.stations import security
from chargehub.stations.quirks import QuirkBook
from chargehub.stations.views import StationView
from chargehub.store.writer import Store

log = structlog.get_logger(__name__)

OPEN_S: Final = 30.0  # until one of those who knock in the same moment has had its turn
CLOSE_S: Final = 5.0  # how long a closing handshake may take; a dead link is dropped after it
TLS_TIMES: Final[dict[str, Any]] = {"ssl_handshake_timeout": 10, "ssl_shutdown_timeout": CLOSE_S}
QUEUED_FRAMES: Final = 4  # between socket and line; the line has its own queue
RESTART: Final = "service restart"
# The smallest windows: 15 KiB a connection more than without compression, not 32.
DEFLATE: Final = ServerPerMessageDeflateFactory(
    server_max_window_bits=9, client_max_window_bits=9, compress_settings={"memLevel": 1}
)


class OcppServer:
    """Takes stations in, at `/ocpp/{identity}`. One instance is started and stopped once."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: Settings,
        switchboard: OcppSwitchboard,
        authority: Authority | None = None,
        quirks: QuirkBook | None = None,
        contracts: Contracts | None = None,
        witness: Witness | None = None,
    ) -> None:
        assert settings.secret, "the hub's secret is empty"
        self._store = store
        self._clock = clock
        self._settings = settings
        self._switchboard = switchboard
        self._authority = authority
        self._quirks = quirks or QuirkBook()
        self._contracts = contracts or nobodys()
        self._witness = witness
        channels = Channels(settings)
        self._doorstep = Doorstep(settings, channels, switchboard.counts)
        self._door = Door(store, clock, settings, switchboard.counts, channels, self._quirks)
        self._versions = versions.supported()
        # Numbers of connections go on rising over restarts, so that none means two lines.
        self._connections = itertools.count(time.time_ns() // 1000)
        self._lines: set[Line] = set()
        kept, rate = settings.frames_kept, settings.frames_logged_rate
        self._frames = FrameLog(store, clock, kept, rate) if kept else None
        self._frame_rates = Buckets(settings.ocpp_frame_rate, settings.ocpp_frame_burst)
        self._guesses = Buckets(1 / settings.ocpp_unknown_token_s, settings.ocpp_unknown_tokens)
        self._closing: set[asyncio.Task[None]] = set()
        self._servers: list[Server] = []
        self._watch: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def start(self, host: str, port: int) -> int:
        """Listen; the port, which matters where 0 was asked for. No station has a line yet."""
        await self._store.do(stations.forget_connections, self._clock.now())
        return await self._listen(host, port, None)

    async def start_tls(self, host: str, port: int, tls: Tls) -> int:
        """Listen with TLS beside the plain port; the port. The files are watched from now on."""
        self._watch = asyncio.create_task(tls.watch())
        return await self._listen(host, port, tls.context)

    async def _listen(self, host: str, port: int, context: ssl.SSLContext | None) -> int:
        made = await listeners(host, port, self._doorstep)
        for listener in made:
            self._servers.append(await self._served(listener, context))
        bound: int = made[0].getsockname()[1]
        log.info("ocpp listens", host=host, port=bound, tls=context is not None)
        return bound

    async def _served(self, listener: Listener, context: ssl.SSLContext | None) -> Server:
        interval_s = self._settings.ocpp_ping_interval_s or None  # 0: never
        return await serve(
            self._serve,  # type: ignore[arg-type]  # create_connection makes StationSockets
            sock=listener,
            **({} if context is None else {"ssl": context, **TLS_TIMES}),
            create_connection=StationSocket,
            process_request=self._door.admit,  # type: ignore[arg-type]
            select_subprotocol=self._door.select,  # type: ignore[arg-type]
            compression=None,
            extensions=[DEFLATE],
            server_header=None,
            ping_interval=interval_s,
            ping_timeout=interval_s,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            backlog=AT_ONCE,
            max_size=self._settings.ocpp_frame_bytes,
            max_queue=QUEUED_FRAMES,
        )

    async def stop(self) -> None:
        """Take nobody in, finish the message in hand of each line, then close with 1012."""
        self._is_stopping = True
        if self._watch is not None:
            self._watch.cancel()
        for server in self._servers:
            server.close(close_connections=False)
        await asyncio.gather(*(self._let_go(line) for line in tuple(self._lines)))
        for server in self._servers:
            await server.wait_closed()
        if self._closing:
            await asyncio.wait(self._closing)
        await self._contracts.close()
        if self._frames is not None:
            await self._frames.stop()
        await self._door.stop()

    @staticmethod
    async def _let_go(line: Line) -> None:
        await line.finish()
        await line.close(CloseCode.SERVICE_RESTART, RESTART)

    async def _serve(self, socket: StationSocket) -> None:
        if self._is_stopping:  # its handshake was under way
            await socket.close(CloseCode.SERVICE_RESTART, RESTART)
            return
        with self._door.inside(socket):
            try:
                await self._serve_station(socket, socket.station)
            except Unavailable:
                await socket.close(CloseCode.TRY_AGAIN_LATER, "try again later")

    async def _serve_station(self, socket: StationSocket, station: StationView) -> None:
        """From taking over to the close. The newest line wins at once, an older one's end is
        nothing but an end."""
        assert socket.subprotocol is not None, station.identity
        version = self._versions[socket.subprotocol]
        connection = next(self._connections)
        offered = offered_by(socket.request) if socket.request is not None else []
        manners = Manners(self._quirks, station, version, socket, offered)
        reception = self._reception(station, version, connection, manners)
        line = self._line(socket, station, version, reception)
        replaced = self._switchboard.connect(station.id, line, manners)
        if replaced is not None:
            self._replace(replaced)
        self._lines.add(line)
        try:
            await self._note_entry(station, socket.entry)
            now = self._clock.now()
            await self._store.do(stations.note_connected, station.id, connection, version.name, now)
            log.info("station connected", station=station.id, ocpp=version.name)
            await line.run()
        finally:
            self._lines.discard(line)
            if socket.is_cut_off:
                self._door.note_flood(socket)
                log.warning("station floods", station=station.id)
            await reception.write_repairs()
            if self._switchboard.disconnect(station.id, line):
                now = self._clock.now()
                await self._store.do(stations.note_disconnected, station.id, connection, now)
                log.info("station disconnected", station=station.id, code=socket.close_code)

    async def _note_entry(self, station: StationView, entry: Entry) -> None:
        """What it was asked to take on and came with, if there was anything."""
        if station.next_password_digest is None and station.next_security_profile is None:
            return
        judged = station.next_password_digest
        await self._store.do(
            security.note_entry, station.id, entry.profile, entry.is_new_password, judged
        )

    def _reception(
        self, station: StationView, version: versions.Version, connection: int, manners: Manners
    ) -> Reception:
        now_s = asyncio.get_running_loop().time()
        return Reception(
            self._store,
            self._clock,
            version,
            station,
            connection,
            self._settings.heartbeat_interval_s,
            self._guesses.of(station.id, now_s),
            self._authority,
            manners,
            self._contracts,
            self._witness,
        )

    def _line(
        self,
        socket: StationSocket,
        station: StationView,
        version: versions.Version,
        reception: Reception,
    ) -> Line:
        settings, now_s = self._settings, socket.loop.time()
        return Line(
            socket,
            station.identity,
            version,
            reception.receive,
            self._switchboard.counts,
            pace=Pace(
                self._frame_rates.of(station.id, now_s),
                settings.ocpp_flood_frames,
                settings.ocpp_hurried_rate,
            ),
            note=partial(self._frames.note, station.id) if self._frames else None,
            queue_frames=settings.ocpp_queue_frames,
            pending_bytes=settings.ocpp_pending_bytes,
            call_timeout_s=settings.ocpp_call_timeout_s,
            is_strict=settings.ocpp_strict,
        )

    def _replace(self, line: Line) -> None:
        """Close the old line without waiting for it: it may be half open."""
        self._switchboard.counts.replaced += 1
        closing = asyncio.create_task(
            line.close(CloseCode.NORMAL_CLOSURE, "replaced by a newer connection")
        )
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

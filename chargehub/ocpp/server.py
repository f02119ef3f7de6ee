"""Where stations connect: path, login and subprotocol before the upgrade; then one line each."""

import asyncio
import itertools
import math
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import MultipleValuesError
from websockets.exceptions import InvalidHandshake, InvalidHeader
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import CloseCode
from websockets.headers import build_www_authenticate_basic, parse_subprotocol
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from chargehub.clock import Clock
from chargehub.errors import Unavailable
from chargehub.ocpp import login, versions
from chargehub.ocpp.admission import Admission, Entry, Turned
from chargehub.ocpp.adoption import Adoptions, Knock
from chargehub.ocpp.authority import Authority
from chargehub.ocpp.channel import Channels
from chargehub.ocpp.contracts import Contracts, nobodys
from chargehub.ocpp.doorstep import AT_ONCE, Doorstep, Listener, listeners
from chargehub.ocpp.framelog import FrameLog
from chargehub.ocpp.limits import Buckets, Gate, Pace, Pauses
from chargehub.ocpp.manners import Manners, hardware_of
from chargehub.ocpp.reception import Reception
from chargehub.ocpp.rpc import Line
from chargehub.ocpp.station_socket import StationSocket
from chargehub.ocpp.switchboard import OcppSwitchboard
from chargehub.ocpp.tls import Tls
from chargehub.rest.throttle import subscriber
from chargehub.settings import Settings
from chargehub.stations import actions as stations
from chargehub.stations import security, tables
from chargehub.stations.quirks import QuirkBook
from chargehub.stations.views import StationView, Window
from chargehub.store.writer import Store

log = structlog.get_logger(__name__)

OPEN_S: Final = 30.0  # until one of those who knock in the same moment has had its turn
CLOSE_S: Final = 5.0  # how long a closing handshake may take; a dead link is dropped after it
TLS_TIMES: Final[dict[str, Any]] = {"ssl_handshake_timeout": 10, "ssl_shutdown_timeout": CLOSE_S}
QUEUED_FRAMES: Final = 4  # between socket and line; the line has its own queue
CONTROL_BURST: Final = 400  # pings and pieces before their rate counts: six frames of 64 pieces
LINGER_S: Final = 1.0  # who comes too often has to wait for that answer, and costs little meanwhile
AGAIN_S: Final = 60.0  # when somebody with too many lines, or too many names, may come again
RETURNS: Final = 30  # of one station before their rate counts: an evening with a bad link
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
    ) -> None:
        assert settings.secret, "the hub's secret is empty"
        self._store = store
        self._clock = clock
        self._settings = settings
        self._switchboard = switchboard
        self._authority = authority
        self._quirks = quirks or QuirkBook()
        self._contracts = contracts or nobodys()
        self._channels = Channels(settings)
        self._doorstep = Doorstep(settings, self._channels, switchboard.counts)
        self._admission = Admission(store, clock, settings)
        self._adoptions = Adoptions(store, clock, settings, switchboard.counts)
        self._versions = versions.supported()
        # Numbers of connections go on rising over restarts, so that none means two lines.
        self._connections = itertools.count(time.time_ns() // 1000)
        self._lines: set[Line] = set()
        self._addresses: Counter[str] = Counter()
        self._gate = Gate(
            settings.ocpp_handshake_rate,
            2 * settings.ocpp_connections_per_address,
            settings.ocpp_failed_identities,
        )
        kept, rate = settings.frames_kept, settings.frames_logged_rate
        self._frames = FrameLog(store, clock, kept, rate) if kept else None
        self._frame_rates = Buckets(settings.ocpp_frame_rate, settings.ocpp_frame_burst)
        self._returns = Buckets(1 / settings.ocpp_return_s, RETURNS)
        self._controls = Buckets(settings.ocpp_control_rate, CONTROL_BURST)
        self._pauses = Pauses(settings.ocpp_flood_pause_s)
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
            process_request=self._admit,  # type: ignore[arg-type]
            select_subprotocol=self._select,  # type: ignore[arg-type]
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
        await self._adoptions.stop()

    @staticmethod
    async def _let_go(line: Line) -> None:
        await line.finish()
        await line.close(CloseCode.SERVICE_RESTART, RESTART)

    # --- before the upgrade ----------------------------------------------------------------

    async def _admit(self, socket: StationSocket, request: Request) -> Response | None:
        """None lets the station in. Any refusal is counted, and none tells more than it must."""
        response = await self._judge(socket, request)
        if response is not None:
            self._switchboard.counts.turned_away += 1
            if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                await asyncio.sleep(LINGER_S)
        return response

    async def _judge(self, socket: StationSocket, request: Request) -> Response | None:
        identity = login.identity_of(request.path)
        if identity is None:
            return socket.respond(HTTPStatus.NOT_FOUND, "Stations connect at /ocpp/{identity}.\n")
        address, now_s = _address(socket), socket.loop.time()
        if pause_s := self._pauses.left_s(identity, now_s):
            return _too_many(socket, "This station sent too many messages.\n", pause_s)
        if pause_s := self._returns.of(identity, now_s).take(0, now_s):
            return _too_many(socket, "This station comes back too often.\n", pause_s)
        if self._addresses[address] >= self._settings.ocpp_connections_per_address:
            return _too_many(socket, "Too many lines from here.\n")
        if not self._gate.may_knock(address, identity, now_s):
            return _too_many(socket, "Too many tries from here.\n")
        try:
            found = await self._store.read(tables.who_knocks, identity, self._clock.now())
            password = login.password_of(_authorization(request), identity)
            channel = self._channels.of(socket.transport, request.headers)
            if isinstance(found, StationView):
                station: StationView | None = found
            else:  # what is looked at takes its time with a window and without
                speaks = self._speaks(socket, request)
                knock = Knock(address, identity, password, channel.is_tls, speaks)
                station = await self._adopted(found, knock, now_s)
            judged = await self._admission.judge(station, channel, password)
        except Unavailable:
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Try again later.\n")
        if station is None or isinstance(judged, Turned):
            self._gate.note_failure(address, identity, now_s)
        if station is None:
            self._switchboard.counts.unknown += 1
            return socket.respond(HTTPStatus.NOT_FOUND, "No such station.\n")
        if isinstance(judged, Turned):
            if password is not None and judged.status is HTTPStatus.UNAUTHORIZED:
                self._adoptions.note_turned(identity, address, now_s)
            return _turned(socket, judged)
        if self._chosen(_offered(request)) is None:
            text = f"Offer one of the subprotocols {', '.join(self._versions)}.\n"
            return socket.respond(HTTPStatus.BAD_REQUEST, text)
        self._gate.note_entry(address, identity)
        self._returns.of(identity, now_s).take(1, now_s)
        socket.station, socket.entry = station, judged
        socket.well_spoken = self._well_spoken(station)
        control = self._controls.of(station.id, now_s)
        socket.control = Pace(control, self._settings.ocpp_flood_frames)
        return None

    async def _adopted(
        self, window: Window | None, knock: Knock, now_s: float
    ) -> StationView | None:
        """The station, if its owner's window let it in. What is registered is committed."""
        if window is None or not await self._adoptions.take(window, knock, now_s):
            return None
        return await self._store.read(tables.station_by_identity, knock.identity)

    def _speaks(self, socket: StationSocket, request: Request) -> bool:
        """Is it a WebSocket that will be opened, on a version that the hub knows?"""
        try:
            socket.protocol.process_request(request)
        except InvalidHandshake:
            return False
        return self._chosen(_offered(request)) is not None

    def _select(self, socket: StationSocket, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """Of the versions that its model speaks well, if it offers one; else of all."""
        well = [one for one in offered if one in socket.well_spoken]
        return self._chosen(well) or self._chosen(offered)

    def _well_spoken(self, station: StationView) -> frozenset[str]:
        profile = self._quirks.of(hardware_of(station), station.quirk_profile)
        return (
            frozenset(f"ocpp{name}" for name in profile.treatment.versions)
            if profile
            else frozenset()
        )

    def _chosen(self, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """The newest version that both speak, whatever the station's order."""
        return next((known for known in self._versions if known in offered), None)

    # --- after it --------------------------------------------------------------------------

    async def _serve(self, socket: StationSocket) -> None:
        if self._is_stopping:  # its handshake was under way
            await socket.close(CloseCode.SERVICE_RESTART, RESTART)
            return
        address = _address(socket)
        self._addresses[address] += 1
        try:
            await self._serve_station(socket, socket.station)
        except Unavailable:
            await socket.close(CloseCode.TRY_AGAIN_LATER, "try again later")
        finally:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    async def _serve_station(self, socket: StationSocket, station: StationView) -> None:
        """From taking over to the close. The newest line wins at once, an older one's end is
        nothing but an end."""
        assert socket.subprotocol is not None, station.identity
        version = self._versions[socket.subprotocol]
        connection = next(self._connections)
        offered = _offered(socket.request) if socket.request is not None else []
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
                self._note_flood(socket, station)
            await reception.write_repairs()
            if self._switchboard.disconnect(station.id, line):
                now = self._clock.now()
                await self._store.do(stations.note_disconnected, station.id, connection, now)
                log.info("station disconnected", station=station.id, code=socket.close_code)

    def _note_flood(self, socket: StationSocket, station: StationView) -> None:
        self._switchboard.counts.floods += 1
        self._pauses.note_flood(station.identity, socket.loop.time())
        log.warning("station floods", station=station.id)

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


def _address(socket: ServerConnection) -> str:
    peer: Any = socket.remote_address
    return subscriber(str(peer[0])) if peer else ""


def _too_many(socket: StationSocket, text: str, again_s: float = AGAIN_S) -> Response:
    response = socket.respond(HTTPStatus.TOO_MANY_REQUESTS, text)
    response.headers["Retry-After"] = str(math.ceil(again_s))
    return response


def _turned(socket: ServerConnection, turned: Turned) -> Response:
    response = socket.respond(turned.status, turned.text)
    if turned.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = build_www_authenticate_basic("ocpp")
    return response


def _authorization(request: Request) -> str | None:
    try:
        return request.headers.get("Authorization")
    except MultipleValuesError:
        return None


def _offered(request: Request) -> list[Subprotocol]:
    try:
        return [
            subprotocol
            for header in request.headers.get_all("Sec-WebSocket-Protocol")
            for subprotocol in parse_subprotocol(header)
        ]
    except InvalidHeader:
        return []

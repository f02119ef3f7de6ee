"""The door: how often one may come, login and subprotocol, all before the upgrade."""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import MultipleValuesError
from websockets.exceptions import InvalidHandshake, InvalidHeader
from websockets.headers import build_www_authenticate_basic, parse_subprotocol
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from chargehub.clock import Clock
from chargehub.errors import Unavailable
from chargehub.ocpp import login, versions
from chargehub.ocpp.admission import Admission, Entry, Turned
from chargehub.ocpp.adoption import Adoptions, Knock
from chargehub.ocpp.channel import Channels
from chargehub.ocpp.counts import Counts
from chargehub.ocpp.limits import Buckets, Gate, Pace, Pauses
from chargehub.ocpp.manners import hardware_of
from chargehub.ocpp.station_socket import StationSocket
from chargehub.rest.throttle import subscriber
from chargehub.settings import Settings
from chargehub.stations import tables
from chargehub.stations.quirks import QuirkBook
from chargehub.stations.views import StationView, Window
from chargehub.store.writer import Store

CONTROL_BURST: Final = 400  # pings and pieces before their rate counts: six frames of 64 pieces
LINGER_S: Final = 1.0  # who comes too often has to wait for that answer, and costs little meanwhile
AGAIN_S: Final = 60.0  # when somebody with too many lines, or too many names, may come again
RETURNS: Final = 30  # of one station before their rate counts: an evening with a bad link


class Door:
    """Lets stations in. What is known of those who come and go is in memory alone."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: Settings,
        counts: Counts,
        channels: Channels,
        quirks: QuirkBook,
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._counts = counts
        self._channels = channels
        self._quirks = quirks
        self._versions = versions.supported()
        self._admission = Admission(store, clock, settings)
        self._adoptions = Adoptions(store, clock, settings, counts)
        self._addresses: Counter[str] = Counter()
        self._gate = Gate(
            settings.ocpp_handshake_rate,
            2 * settings.ocpp_connections_per_address,
            settings.ocpp_failed_identities,
        )
        self._returns = Buckets(1 / settings.ocpp_return_s, RETURNS)
        self._controls = Buckets(settings.ocpp_control_rate, CONTROL_BURST)
        self._pauses = Pauses(settings.ocpp_flood_pause_s)

    async def stop(self) -> None:
        """Wait for what is being written of those who came."""
        await self._adoptions.stop()

    async def admit(self, socket: StationSocket, request: Request) -> Response | None:
        """None lets the station in. Any refusal is counted, and none tells more than it must."""
        response = await self._judge(socket, request)
        if response is not None:
            self._counts.turned_away += 1
            if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                await asyncio.sleep(LINGER_S)
        return response

    def select(self, socket: StationSocket, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """Of the versions that its model speaks well, if it offers one; else of all."""
        well = [one for one in offered if one in socket.well_spoken]
        return self._chosen(well) or self._chosen(offered)

    @contextmanager
    def inside(self, socket: StationSocket) -> Iterator[None]:
        """While it lasts the line counts as one from its address."""
        address = _address(socket)
        self._addresses[address] += 1
        try:
            yield
        finally:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def note_flood(self, socket: StationSocket) -> None:
        """It sent too much and was cut off: it stays out for a while."""
        self._counts.floods += 1
        self._pauses.note_flood(socket.station.identity, socket.loop.time())

    async def _judge(self, socket: StationSocket, request: Request) -> Response | None:
        identity = login.identity_of(request.path)
        if identity is None:
            return socket.respond(HTTPStatus.NOT_FOUND, "Stations connect at /ocpp/{identity}.\n")
        address, now_s = _address(socket), socket.loop.time()
        held_off = self._held_off(socket, identity, address, now_s)
        if held_off is not None:
            return held_off
        try:
            station, judged = await self._known(socket, request, identity, now_s)
        except Unavailable:
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Try again later.\n")
        must_prove = self._gate.must_prove(address, identity, now_s)
        if station is None or isinstance(judged, Turned):
            self._gate.note_failure(address, identity, now_s)
        if must_prove and (station is None or isinstance(judged, Turned) or judged.is_unproven):
            return _too_many(socket, "Too many tries from here.\n")
        if station is None:
            self._counts.unknown += 1
            return socket.respond(HTTPStatus.NOT_FOUND, "No such station.\n")
        if isinstance(judged, Turned):
            return _turned(socket, judged)
        if self._chosen(offered_by(request)) is None:
            text = f"Offer one of the subprotocols {', '.join(self._versions)}.\n"
            return socket.respond(HTTPStatus.BAD_REQUEST, text)
        self._let_in(socket, station, judged, now_s)
        return None

    def _held_off(
        self, socket: StationSocket, identity: str, address: str, now_s: float
    ) -> Response | None:
        """The answer to who comes too often, before anything is looked up."""
        if pause_s := self._pauses.left_s(identity, now_s):
            return _too_many(socket, "This station sent too many messages.\n", pause_s)
        if pause_s := self._returns.of(identity, now_s).take(0, now_s):
            return _too_many(socket, "This station comes back too often.\n", pause_s)
        if self._addresses[address] >= self._settings.ocpp_connections_per_address:
            return _too_many(socket, "Too many lines from here.\n")
        if not self._gate.may_knock(address, identity, now_s):
            return _too_many(socket, "Too many tries from here.\n")
        return None

    async def _known(
        self, socket: StationSocket, request: Request, identity: str, now_s: float
    ) -> tuple[StationView | None, Entry | Turned]:
        """Whose identity it is, if need be by an open window, and whether it may come in so."""
        address = _address(socket)
        found = await self._store.read(tables.who_knocks, identity, self._clock.now())
        password = login.password_of(_authorization(request), identity)
        channel = self._channels.of(socket.transport, request.headers)
        if isinstance(found, StationView):
            station: StationView | None = found
        else:  # what is looked at takes its time with a window and without
            speaks = self._speaks(socket, request)
            knock = Knock(address, identity, password, channel.is_tls, speaks)
            is_adopted = await self._adopted(found, knock, now_s)
            station = await self._registered(identity) if is_adopted else None
        judged = await self._admission.judge(station, channel, password)
        is_wrong = isinstance(judged, Turned) and judged.status is HTTPStatus.UNAUTHORIZED
        if station is not None and password is not None and is_wrong:
            self._adoptions.note_turned(identity, address, now_s)
        return station, judged

    async def _adopted(self, window: Window | None, knock: Knock, now_s: float) -> bool:
        if window is None or self._gate.must_prove(knock.address, knock.identity, now_s):
            return False
        return await self._adoptions.take(window, knock, now_s)

    async def _registered(self, identity: str) -> StationView | None:
        return await self._store.read(tables.station_by_identity, identity)

    def _let_in(
        self, socket: StationSocket, station: StationView, entry: Entry, now_s: float
    ) -> None:
        self._gate.note_entry(_address(socket), station.identity)
        self._returns.of(station.identity, now_s).take(1, now_s)
        socket.station, socket.entry = station, entry
        profile = self._quirks.of(hardware_of(station), station.quirk_profile)
        if profile is not None:
            socket.well_spoken = frozenset(f"ocpp{name}" for name in profile.treatment.versions)
        control = self._controls.of(station.id, now_s)
        socket.control = Pace(control, self._settings.ocpp_flood_frames)

    def _speaks(self, socket: StationSocket, request: Request) -> bool:
        """Is it a WebSocket that will be opened, on a version that the hub knows?"""
        try:
            socket.protocol.process_request(request)
        except InvalidHandshake:
            return False
        return self._chosen(offered_by(request)) is not None

    def _chosen(self, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """The newest version that both speak, whatever the station's order."""
        return next((known for known in self._versions if known in offered), None)


def offered_by(request: Request) -> list[Subprotocol]:
    """The subprotocols that a station offers; none if the header cannot be read."""
    try:
        return [
            subprotocol
            for header in request.headers.get_all("Sec-WebSocket-Protocol")
            for subprotocol in parse_subprotocol(header)
        ]
    except InvalidHeader:
        return []


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

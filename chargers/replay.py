"""Replaying recorded sessions through simulated stations, and holding the hub to the result."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from chargers import recordings
from chargers.comparison import Comparison, Expected, Growth, compare
from chargers.enrol import Enrolment, Kept, Place, StateLost, at_once
from chargers.hubview import HubView
from chargers.line import HandshakeRefused
from chargers.mix import Mix, weighted
from chargers.playback import Played, Player, Told, play
from chargers.pricing import Price
from chargers.recordings import Recording, Recordings
from chargers.rest import Api
from chargers.state import BadState, State

EVSE_POWER_W = 7_400  # 32 A on one phase: the fastest of the published sessions
# Where the published garages are, as far as is told: a part of Trondheim, not a house.
LATITUDE, LONGITUDE = 63.39, 10.43

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Options:
    """What to replay, where to, and how. `mix` is the weights of the versions.

    `patience_s`: how long the hub may stand still before what it has is taken as final.
    """

    path: Path
    hub: str
    api: str
    state: Path | None
    name: str
    price: Price
    limit: int | None = None
    mix: Mix = (1, 1)
    private_free: bool = False
    secret: str | None = None
    rotates_passwords: bool = False
    time_zone: str = "UTC"
    stations_at_once: int = 20
    patience_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the stations by EVSE, the cards by user, and the owners' logins."""

    stations: Mapping[Key, Kept]
    cards: Mapping[str, str]
    owners: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a replay has to report."""

    recordings: Recordings
    played: Played
    comparison: Comparison
    already: int
    seconds: float


@dataclass(slots=True)
class Watch:
    """Whom to tell how far it is: what is being done, how much of how much."""

    step: Callable[[str, int | None], None] = field(default=lambda name, total: None)
    advance: Callable[[int | None], None] = field(default=lambda done: None)


async def replay(options: Options, watch: Watch) -> Outcome:
    """Register, play, wait until the hub has priced and settled it all, and compare.

    Raises BadRecording, BadState, StateLost, ApiRefused, HubAway, HandshakeRefused.
    """
    whole = recordings.read(options.path, options.time_zone)
    wanted = whole.first(options.limit)
    state = State(options.state, options.name, options.secret)
    _check_setting(state, "private_free", options.private_free)
    _check_setting(state, "price", options.price.key)
    async with Api(options.api) as api:
        books = Enrolment(api, state, rotates_passwords=options.rotates_passwords)
        versions = assign_versions(whole, options.mix)
        try:
            cast = await enrol(books, wanted, versions, options, watch)
        except StateLost:
            state.drop_if_empty()
            raise
        view = HubView(api, cast.owners, options.price.currency)
        return await _perform(options, whole, wanted, cast, view, watch)


async def _perform(
    options: Options,
    whole: Recordings,
    wanted: Recordings,
    cast: Cast,
    view: HubView,
    watch: Watch,
) -> Outcome:
    watch.step("looking at the hub", None)
    before = await view.audit()
    evse_ids = await view.evse_ids()
    found = await view.cdrs(set(evse_ids.values()))
    there = {(one.evse_id, one.started_at, one.energy_wh) for one in found}
    all_of_file = expected(whole, evse_ids, options)
    asked = {session.session_id for session in wanted.sessions}
    known = {
        one.session_id
        for one in all_of_file
        if (one.evse_id, one.started_at, one.energy_wh) in there
    }
    due = [one for one in all_of_file if one.session_id in asked | known]
    new = [one for one in due if one.session_id not in known]
    clock = asyncio.get_running_loop().time
    begun = clock()
    played = await perform(options, wanted, cast, watch)
    seconds = clock() - begun
    watch.step("pricing", len(new))
    await view.wait_for(
        view.audit,
        lambda audit: audit.cdrs - before.cdrs >= len(new),
        lambda audit: watch.advance(audit.cdrs - before.cdrs),
        options.patience_s,
    )
    cost_minor = sum(one.cost_minor for one in due)
    watch.step("settling", cost_minor)
    settled_minor = await view.wait_for(
        view.settled_minor, lambda sum_: sum_ == cost_minor, watch.advance, options.patience_s
    )
    watch.step("comparing", None)
    growth = Growth(before, await view.audit(), settled_minor)
    found = await view.cdrs(set(evse_ids.values()))
    comparison = compare(due, new, found, growth, options.price.currency)
    return Outcome(wanted, played, comparison, len(known), seconds)


async def enrol(
    books: Enrolment,
    wanted: Recordings,
    versions: Mapping[Key, str],
    options: Options,
    watch: Watch,
) -> Cast:
    """Register everybody and everything the sessions name; twice is once. Raises StateLost."""
    users = sorted({session.user for session in wanted.sessions})
    places: dict[str, list[str]] = defaultdict(list)
    for name, evse in wanted.by_place():
        places[name].append(evse)
    watch.step("registering", len(users) + len(wanted.by_place()))

    async def driver(user: str) -> str:
        card = await books.driver(user)
        watch.advance(None)
        return card

    async def location(name: str) -> dict[Key, Kept | None]:
        owner = await books.account("owner", name)
        tariff_id = await books.tariff(owner, options.price)
        location_id = await books.location(owner, _place(options.name, name, wanted.time_zone))
        stations: dict[Key, Kept | None] = {}
        for evse in places[name]:
            ref = station_ref(options.name, (name, evse))
            version = versions[name, evse]
            station = await books.station(owner, location_id, ref, version, EVSE_POWER_W)
            if station is not None:
                await books.publish(station, tariff_id)
            stations[name, evse] = station
            watch.advance(None)
        return stations

    cards = dict(zip(users, await at_once(driver(user) for user in users), strict=True))
    enrolled = await at_once(location(name) for name in places)
    await books.done()
    stations = {key: kept for some in enrolled for key, kept in some.items()}
    return await _finish(books, wanted, options, cards, stations)


async def _finish(
    books: Enrolment,
    wanted: Recordings,
    options: Options,
    cards: Mapping[str, str],
    stations: Mapping[Key, Kept | None],
) -> Cast:
    kept = {key: station for key, station in stations.items() if station is not None}
    if len(kept) < len(stations):
        raise StateLost(
            f"{len(stations) - len(kept)} of {len(stations)} stations are registered, but this "
            "state does not know their passwords. Their owner makes new ones by POST "
            "/api/v1/stations/{id}/password; with --rotate-passwords this program does it as the "
            f"owner (the accounts' passwords come from the secret in {options.state})."
        )
    if options.private_free:
        pairs = {(one.place, one.user) for one in wanted.sessions if one.is_private}
        await at_once(books.charges_free(kept[place], cards[user]) for place, user in pairs)
    owners = sorted({station.owner_token for station in kept.values()})
    return Cast(kept, cards, owners)


async def perform(options: Options, wanted: Recordings, cast: Cast, watch: Watch) -> Played:
    """Play every station's sessions, many stations at a time."""
    watch.step("playing", len(wanted.sessions))
    played = Played()
    players = [
        Player(
            station.identity,
            station.password,
            station.version,
            [_told(session, cast.cards[session.user]) for session in sessions],
        )
        for place, sessions in wanted.by_place().items()
        for station in [cast.stations[place]]
    ]
    players.sort(key=lambda player: -len(player.sessions))  # the longest first: it decides
    await at_once(
        (_play(player, options.hub, played, watch) for player in players), options.stations_at_once
    )
    return played


async def _play(player: Player, hub: str, played: Played, watch: Watch) -> None:
    try:
        await play(player, hub, played, lambda: watch.advance(None))
    except HandshakeRefused as refusal:
        if refusal.status != 401:
            raise
        raise StateLost(
            f"The hub refuses the password of station {player.identity}: it was changed. Replay "
            "with --rotate-passwords, or with the state that knows the new one."
        ) from None


def expected(whole: Recordings, evse_ids: Mapping[str, str], options: Options) -> list[Expected]:
    """What every session at a registered station is to become at the hub.

    `evse_ids`: by the station's external reference.
    """
    due = []
    for session in whole.sessions:
        evse_id = evse_ids.get(station_ref(options.name, session.place))
        if evse_id is None:
            continue
        is_free = options.private_free and session.is_private
        due.append(
            Expected(
                session_id=session.session_id,
                evse_id=evse_id,
                started_at=session.started_at,
                ended_at=session.ended_at,
                energy_wh=session.energy_wh,
                free_wh=session.energy_wh if is_free else 0,
                cost_minor=0 if is_free else options.price.cost_minor(session.energy_wh),
            )
        )
    return due


def assign_versions(whole: Recordings, mix: Mix) -> dict[Key, str]:
    """An OCPP version for every EVSE, so that the sessions divide about as the mix says."""
    weights = weighted(mix)
    loads = dict.fromkeys(weights, 0)
    versions = {}
    for place, sessions in whole.by_place().items():
        version = min(loads, key=lambda one: Decimal(loads[one]) / weights[one])
        loads[version] += len(sessions)
        versions[place] = version
    return versions


def station_ref(set_name: str, place: Key) -> str:
    """The external reference of an EVSE's station: the same in every replay of the set."""
    return ":".join((set_name, *place))


def _told(session: Recording, card: str) -> Told:
    return Told(
        session.session_id,
        card,
        session.started_at,
        session.ended_at,
        session.start_wh,
        session.end_wh,
    )


def _place(set_name: str, name: str, time_zone: str) -> Place:
    return Place(
        ref=f"{set_name}:{name}"[:100],
        name=name[:100],
        address=f"Location {name} of the set {set_name}"[:300],
        latitude=LATITUDE,
        longitude=LONGITUDE,
        time_zone=time_zone,
    )


def _check_setting(state: State, name: str, value: Any) -> None:
    kept = state.setting(name)
    if kept is None:
        state.keep_setting(name, value)
    elif kept != value:
        raise BadState(
            f"The set “{state.name}” was begun with {name} = {kept}, not {value}: what was billed "
            "stays as it was. Use the same options, or another --set and --state."
        )

"""A market that is driven at random over REST and OCPP: drivers, a guest, an owner, a station and
the clock do what they like, and the laws of `market_laws.py` hold after every step.

A new deed is a new rule of `Market`; what it may be answered is judged by `Market.ask` already.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chargehub.clock import HandClock
from chargehub.store.work import Reads
from chargers.station import StationSim
from tests.conftest import START
from tests.docs_tables import refusals
from tests.hub import TARIFF, Person, Place, RunningHub, served
from tests.people.conftest import mails
from tests.stories.market_laws import END_LAWS, LAWS, Law
from tests.stories.steps import slot

MINUTE = timedelta(minutes=1)
DRIVERS = ("ann", "ben", "poor")  # the bank of the last says no
SECRETS = ("Storgata 1", "59.9139", "10.7522")  # where `RunningHub.station` puts its stations
POLICIES: tuple[dict[str, Any], ...] = (
    {"cancellation": "free"},
    {"cancellation": "flexible"},
    {"cancellation": "moderate", "buffer_minutes": 20},
    {"cancellation": "firm", "no_show_fee": "3"},
    {"cancellation": "strict"},
    {"cancellation": "flexible", "mode": "request"},
)
PRICES = ("0", "0.30", "0.45", "1.20")
CARD = {"payment_method": {"rail": "sandbox", "reference": "ok"}}

who = st.sampled_from(["ann", "ann", "ben", "ben", "poor"])
which = st.integers(0, 9)
evses = st.integers(1, 2)


@dataclass(frozen=True)
class Ground:
    """A database in which an owner has a station and drivers have accounts; a fresh copy each."""

    copy: Callable[[], str]
    people: dict[str, Person]
    place: Place


async def prepared(database: str) -> tuple[dict[str, Person], Place]:
    """Fill a database, once: accounts take long."""
    hub = RunningHub(database, HandClock(START))
    await hub.start()
    try:
        people = {"owner": await hub.person("owner")}
        for name in DRIVERS:
            people[name] = await hub.person(name, pays="refuse" if name == "poor" else True)
        return people, await hub.station(people["owner"], "2.0.1", evses=2)
    finally:
        await hub.close()


def patient() -> None:
    """Real time has passed: whoever asks now is not slowed for what was asked before."""
    for state in served():
        for name in ("throttle_guest_link", "throttle_guest_opening", "throttle_access_code"):
            if hasattr(state, name):
                delattr(state, name)


def _all(reads: Reads, laws: tuple[Law, ...], now: datetime) -> None:
    for law in laws:
        law(reads, now)


class Market(RuleBasedStateMachine):
    """The bookings that were made are in `made`: (whose, id); a guest's id is its credential."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground, self.clock = ground, HandClock(START)
        self.named = {kind.code for kind in refusals()} - {"refused"}
        self.made: list[tuple[str, str]] = []
        self.kept: dict[str, int] = {}
        self.seen_at = START
        self.runner = asyncio.Runner()

    @initialize(version=st.sampled_from(["1.6", "2.0.1", "2.1"]))
    def open_up(self, version: str) -> None:
        self.do(self._open_up(version))

    async def _open_up(self, version: str) -> None:
        self.hub = RunningHub(self.ground.copy(), self.clock)
        await self.hub.start()
        place = self.ground.place
        self.sim = StationSim(
            version, place.identity, place.password, self.hub.url, 2, self.clock.now
        )
        await self.sim.connect()
        await self.sim.boot()

    # --- people -------------------------------------------------------------------------------

    @rule(
        name=who,
        evse=evses,
        start=st.integers(0, 12),
        length=st.integers(1, 6),
        on_quote=st.sampled_from([True, True, False]),
    )
    def book(self, name: str, evse: int, start: int, length: int, on_quote: bool) -> None:
        """On a quote, price and policy count as quoted, whatever the owner states meanwhile."""
        wanted = self._wanted(evse, start, length)
        if on_quote:
            quote = self.ask(name, "POST", "/quotes", {**wanted, "energy_wh": 5_000})
            if "id" not in quote:
                return
            self.restate(start, length)
            wanted["quote_id"] = quote["id"]
        made = self._book(name, wanted)
        if made and on_quote:
            assert made["tariff_snapshot_id"] == quote["tariff_snapshot_id"]

    def _book(self, name: str, wanted: dict[str, Any]) -> dict[str, Any] | None:
        token = {"id_token": self.ground.people[name].id_token}
        made: dict[str, Any] = self.ask(name, "POST", "/bookings", {**wanted, **token})
        if "id" not in made:
            return None
        self.made.append((name, made["id"]))
        if made["status"] == "requested":
            self.ask("owner", "POST", f"/bookings/{made['id']}/approve")
        return made

    @rule(name=who, evse=evses, late=st.sampled_from([-9, 0, 5, 15]), stays=st.booleans())
    def book_and_come(self, name: str, evse: int, late: int, stays: bool) -> None:
        """The usual story, on time or not: the car stays, or charges and leaves."""
        wanted = self._wanted(evse, start=1, length=4)
        if self.sim.evses[evse].vehicle is not None or not self._book(name, wanted):
            return
        start = datetime.fromisoformat(wanted["starts_at"])
        while self.clock.now() < start + late * MINUTE:
            self.clock.advance(min(10 * MINUTE, start + late * MINUTE - self.clock.now()))
            self.do(self.hub.settle())
        self.come(name, evse, asks=True)
        if not stays:
            self.charge(evse, 4_000, leaves=True)

    @rule(evse=evses, start=st.integers(0, 12), opens=st.booleans())
    def book_as_guest(self, evse: int, start: int, opens: bool) -> None:
        wanted = {**self._wanted(evse, start, 3), "energy_wh": 5_000, "email": "gast@example.org"}
        asked = self.ask(None, "POST", "/guest-bookings", wanted)
        if "id" not in asked or not opens:
            return
        text = self.do(self.hub.hub.store.read(mails))[-1][2]
        token = next(one for one in text.split() if "/guest-bookings/" in one).rpartition("/")[2]
        done = self.ask(None, "POST", f"/guest-bookings/{token}/confirm", CARD)
        if "credential" in done:
            self.made.append(("guest", done["credential"]))

    @precondition(lambda self: self.made)
    @rule(number=which)
    def cancel(self, number: int) -> None:
        """What it costs is what was said a moment before."""
        name, booking = self._one(number)
        if name == "guest":
            self.ask(booking, "POST", "/guest-booking/cancel")
            return
        said = self.ask(name, "GET", f"/bookings/{booking}/cancellation")
        done = self.ask(name, "POST", f"/bookings/{booking}/cancel")
        if "kept" in said and "id" in done:
            fee = done["fee"]["amount_minor"] if done["fee"] else 0
            assert fee == said["kept"]["amount_minor"], (said, done)

    @precondition(lambda self: self.made)
    @rule(number=which, deed=st.sampled_from(["approve", "approve", "decline", "cancel"]))
    def answer_as_owner(self, number: int, deed: str) -> None:
        page = self.ask("owner", "GET", "/bookings?role=owner&limit=10")
        if page["items"]:
            booking = page["items"][number % len(page["items"])]["id"]
            self.ask("owner", "POST", f"/bookings/{booking}/{deed}")

    @rule(price=which, policy=which)
    def restate(self, price: int, policy: int) -> None:
        """The owner asks another price, by other rules."""
        self._restate_price(price)
        self._restate_policy(policy)

    def _restate_policy(self, number: int) -> None:
        policy = POLICIES[number % len(POLICIES)]
        self.ask("owner", "PUT", f"/stations/{self.ground.place.station_id}/policy", policy)

    def _restate_price(self, number: int) -> None:
        components = [{"kind": "energy", "per_kwh": PRICES[number % len(PRICES)]}]
        tariff = self.ask("owner", "POST", "/tariffs", {**TARIFF, "components": components})
        listing = {"tariff_id": tariff["id"], "opening_hours": "24/7"}
        self.ask("owner", "PUT", f"/stations/{self.ground.place.station_id}/listing", listing)

    @rule(name=st.sampled_from([*DRIVERS, None]), evse=evses)
    def look_around(self, name: str | None, evse: int) -> None:
        """`ask` sees to it that nobody is told the place."""
        self.ask(None, "GET", "/evses?latitude=59.91&longitude=10.75")
        self.ask(name, "GET", f"/evses/{self.ground.place.evse_ids[evse - 1]}")
        for _, booking in self.made[-2:]:
            self.ask(name, "GET", f"/bookings/{booking}/place")

    # --- at the station -----------------------------------------------------------------------

    @rule(name=st.sampled_from([*DRIVERS, "owner"]), evse=evses, asks=st.booleans())
    def come(self, name: str, evse: int, asks: bool) -> None:
        if self.sim.evses[evse].vehicle is None:
            self.do(self._come(evse, self.ground.people[name].id_token, asks))

    async def _come(self, evse: int, id_token: str, asks: bool) -> None:
        await self.sim.plug_in(evse, id_token, authorize=asks)
        await self.hub.settle()
        await self.sim.deliver_queue()

    @precondition(lambda self: self.made)
    @rule(number=which, evse=evses, guesses=st.booleans())
    def come_with_code(self, number: int, evse: int, guesses: bool) -> None:
        name, booking = self._one(number)
        code = {"code": "2222-2222"}
        if not guesses and name != "guest":
            code = self.ask(name, "GET", f"/bookings/{booking}/access-code")
        elif not guesses:
            code = self.ask(booking, "GET", "/guest-booking/access-code")
        place = self.ground.place.evse_ids[evse - 1]
        wanted = {"code": str(code["code"])[:20]}
        self.ask(None, "POST", f"/evses/{place}/starts", wanted)
        if self.sim.evses[evse].vehicle is None:
            self.do(self.sim.plug_in(evse))

    @rule(evse=evses, energy_wh=st.integers(0, 8_000), leaves=st.booleans())
    def charge(self, evse: int, energy_wh: int, leaves: bool) -> None:
        if self.sim.evses[evse].session is not None:
            self.do(self.sim.charge(evse, energy_wh, before_each=lambda: self._tick(20)))
        if leaves and self.sim.evses[evse].vehicle is not None:
            self.do(self.sim.unplug(evse))

    @rule()
    def line_breaks_or_comes_back(self) -> None:
        self.do(self.sim.go_offline() if self.sim.is_connected else self.sim.reconnect())

    # --- the clock ----------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 5, 10, 16, 30, 60, 180]))
    def time_passes(self, minutes: int) -> None:
        self._tick(minutes)

    def _tick(self, minutes: int) -> None:
        self.clock.advance(minutes * MINUTE)

    # --- the laws -----------------------------------------------------------------------------

    @invariant()
    def laws_hold(self) -> None:
        if hasattr(self, "hub"):
            self.do(self._catch_up())
            self._check(LAWS)
            self._refunds_never_grow()

    async def _catch_up(self) -> None:
        """All that follows has happened, and all that is due if time has passed."""
        if self.seen_at == self.clock.now():
            await self.hub.hub.relay.idle()
        else:
            await self.hub.settle()
        self.seen_at = self.clock.now()

    def _check(self, laws: tuple[Law, ...]) -> None:
        self.do(self.hub.hub.store.read(_all, laws, self.clock.now()))

    def _refunds_never_grow(self) -> None:
        """Cancelling later is not cheaper, but where it is free for what the owner did."""
        for name, booking in self.made[-2:]:
            if name == "guest":
                continue
            price = self.ask(name, "GET", f"/bookings/{booking}/cancellation")
            body = self.ask(name, "GET", f"/bookings/{booking}")
            if body["status"] != "confirmed" or price["free_because"]:
                continue
            kept = price["kept"]["amount_minor"]
            assert kept >= self.kept.get(booking, 0), (body, price, self.kept[booking])
            assert kept + price["returned"]["amount_minor"] == (
                body["deposit"]["amount_minor"] if body["deposit"] else 0
            )
            self.kept[booking] = kept

    def teardown(self) -> None:
        try:
            if hasattr(self, "sim"):
                self.do(self._go_home())
                self._check(END_LAWS)
        finally:
            if hasattr(self, "hub"):
                self.do(self._close())
            self.runner.close()

    async def _go_home(self) -> None:
        """Cars leave, lines come back, and the last slot ends."""
        if not self.sim.is_connected:
            await self.sim.reconnect()
        await self.hub.settle()
        await self.sim.deliver_queue()
        for number, place in self.sim.evses.items():
            if place.vehicle is not None:
                await self.sim.unplug(number)
        for _ in range(4):
            await self.hub.advance(hours=2)

    async def _close(self) -> None:
        if hasattr(self, "sim"):
            await self.sim.close()
        await self.hub.stop()

    # --- asking -------------------------------------------------------------------------------

    def do(self, deed: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(deed)

    def _one(self, number: int) -> tuple[str, str]:
        """One of the latest bookings, so that stories go on."""
        return self.made[-1 - number % min(4, len(self.made))]

    def _wanted(self, evse: int, start: int, length: int) -> dict[str, Any]:
        """A slot on quarters of an hour, from in up to three hours on."""
        now = self.clock.now()
        to_quarter = -(now - START) % (15 * MINUTE)
        times = slot(self.hub, to_quarter + start * 15 * MINUTE, length * 15 * MINUTE)
        return {"evse_id": self.ground.place.evse_ids[evse - 1], **times}

    def ask(self, name: str | None, method: str, path: str, body: Any = None) -> Any:
        """Ask over REST as somebody (a name, a credential, or None: nobody), and judge the answer:
        a refusal is of a named kind and says something, and only who may know is told the place."""
        answer = self.do(self._ask(name, method, path, body))
        assert answer.status_code < 500, (method, path, answer.text)
        told = answer.json()
        if answer.status_code >= 400:
            assert told["code"] in self.named, (method, path, told)
            assert len(told["detail"]) > 10, told
        if any(secret in answer.text for secret in SECRETS):
            assert self._may_know(name, path, told), (name, path, answer.text)
        return told

    async def _ask(self, name: str | None, method: str, path: str, body: Any) -> Any:
        patient()
        person = self.ground.people.get(name or "")
        token = person.token if person else name
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self.hub.api.request(method, f"/api/v1{path}", json=body, headers=headers)
        await self.hub.hub.relay.idle()
        return answer

    def _may_know(self, name: str | None, path: str, told: Any) -> bool:
        """The owner; and who asks where the own confirmed booking is, from an hour or so before."""
        if name == "owner":
            return True
        now = self.clock.now()
        is_time = path.endswith("/place") and datetime.fromisoformat(
            told["exact_from"]
        ) <= now < datetime.fromisoformat(told["exact_until"])
        booking = path.split("/")[-2]
        return is_time and (name, booking) in self.made

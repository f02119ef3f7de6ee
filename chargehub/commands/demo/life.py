"""What happens in a neighbourhood: months that are over, and what goes on while one looks.

The past is played, not written: each session of it went over its station's line, was paid for and
settled, while the clock moved from one deed to the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Final

from chargehub.commands.demo.acts import next_quarter, slot
from chargehub.commands.demo.cast import password_of
from chargehub.commands.demo.habits import TENTHS_WH, Visit, amount_of, visit_on, without_clashes
from chargehub.commands.demo.neighbourhood import (
    DRIVER,
    DRIVERS,
    OPERATOR,
    OWNER,
    Neighbourhood,
)
from chargehub.commands.demo.stage import Person, Place, RefusedByHub

_WORDS: Final = (
    (5, "Easy to find, and it just works."),
    (5, "A friendly place. The cable is long enough."),
    (4, "A good charger; the gate is a little narrow."),
    (5, "Quiet, safe, and right by the bakery."),
    (3, "It took two tries to start."),
)
_READINGS: Final = 3
_BOOKS_AHEAD: Final = timedelta(hours=2)
_BOOKS_FOR: Final = timedelta(hours=4)  # who stays longer does not book
_BOOKED, _REVIEWED = 0.2, 0.3  # of all visits
_LOGIN_DAYS: Final = 28  # a login lasts for 30
_LOOK_S: Final = 5.0  # between two readings of the cars that charge while one looks on
_COMES_S: Final = (20, 80)  # from one car to the next
_STAYS_MIN: Final = (4, 40)
_LATELY_MIN: Final = 50
_CHARGING_AT_FIRST: Final = 5

Deed = Callable[[], Awaitable[None]]


@dataclass
class Life(Neighbourhood):
    """Cars come, take what they need, and leave."""

    charged: int = 0
    turned_away: int = 0
    is_live: bool = False
    charging: dict[str, Person] = field(default_factory=dict)  # by the name of the place
    _due: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)

    async def pass_by(self, until: datetime, days: int, visits: int) -> None:
        """Play so many visits of the days before `until`, or fewer where two would meet."""
        for visit in self.past(until, days, visits):
            self.plan(visit)
        for day in range(0, days, _LOGIN_DAYS) if days > _LOGIN_DAYS else ():
            self._at(until - timedelta(days=day), self._log_in_again)
        while self._due and self._due[0][0] <= until:
            at, _, deed = heappop(self._due)
            self.clock.advance(max(timedelta(), at - self.now))
            await deed()
        self.clock.advance(max(timedelta(), until - self.now))
        await self.hub.relay.idle()

    def past(self, until: datetime, days: int, visits: int) -> list[Visit]:
        """Visits of each day as of real ones, and some cars that stand there still."""
        powers = [place.power_w for place in self.places.values()]
        begins = until - timedelta(days=days)
        drawn = (
            visit_on(
                (begins + timedelta(days=self.random.uniform(0, days))).date(),
                *(self.zone, powers, len(DRIVERS), self.random),
            )
            for _ in range(visits)
        )
        before = [visit for visit in drawn if begins < visit.arrives_at and visit.leaves_at < until]
        return without_clashes([*before, *self.lately(until)])

    def lately(self, until: datetime) -> list[Visit]:
        """Who charges when the neighbourhood opens, Dora among them."""
        places = self.random.sample(range(len(self.places)), _CHARGING_AT_FIRST)
        return [
            Visit(
                place,
                driver,
                until - timedelta(minutes=self.random.randint(10, _LATELY_MIN)),
                until + timedelta(minutes=self.random.randint(*_STAYS_MIN)),
                amount_of(TENTHS_WH, self.random),
            )
            for driver, place in enumerate(places)
        ]

    async def _log_in_again(self) -> None:
        """Logins end; drivers need theirs for bookings and reviews."""
        for name in DRIVERS:
            login = {"email": f"{name}@example.org", "password": password_of(name)}
            made = await self.people[name].post("/logins", login)
            self.people[name].api.headers["Authorization"] = f"Bearer {made['token']}"

    def plan(self, visit: Visit) -> None:
        """A visit is done when its time comes; some are booked before."""
        is_short = visit.leaves_at - visit.arrives_at < _BOOKS_FOR
        if is_short and self.random.random() < _BOOKED:
            self._at(visit.arrives_at - _BOOKS_AHEAD, self._book, visit)
        self._at(visit.arrives_at, self._arrive, visit)

    def _at(self, at: datetime, deed: Callable[..., Awaitable[None]], *arguments: object) -> None:
        planned: tuple[datetime, int, Deed] = (at, next(self._number), partial(deed, *arguments))
        heappush(self._due, planned)

    def _place(self, visit: Visit) -> Place:
        return list(self.places.values())[visit.place]

    def _driver(self, visit: Visit) -> Person:
        return self.people[DRIVERS[visit.driver]]

    async def _book(self, visit: Visit) -> None:
        await self.book_slot(self._driver(visit), self._place(visit), visit)

    async def book_slot(self, driver: Person, place: Place, visit: Visit) -> None:
        """From the quarter before the car comes to the one after it leaves; or not, if taken."""
        begins = next_quarter(visit.arrives_at) - timedelta(minutes=15)
        wanted = slot(place, begins, next_quarter(visit.leaves_at))
        with suppress(RefusedByHub):
            await driver.post("/bookings", wanted | {"id_token": driver.id_token})
        await self.hub.relay.idle()

    async def _arrive(self, visit: Visit) -> None:
        place, driver = self._place(visit), self._driver(visit)
        await place.sim.plug_in(1, driver.id_token)
        await self.hub.relay.idle()
        if place.sim.evses[1].session is None:  # somebody else has booked, say
            self.turned_away += 1
            await place.sim.unplug(1)
            return
        self.charging[place.name] = driver
        for part in range(1, _READINGS + 1):
            self._at(visit.read_at(place.power_w, part, _READINGS), self._read, visit)
        self._at(visit.leaves_at, self._leave, visit)

    async def _read(self, visit: Visit) -> None:
        sim = self._place(visit).sim
        if not self.is_live and sim.evses[1].session is not None:
            await sim.charge(1, visit.energy_wh // _READINGS)

    async def _leave(self, visit: Visit) -> None:
        place, driver = self._place(visit), self._driver(visit)
        await place.sim.stop(1)
        await place.sim.unplug(1)
        self.charging.pop(place.name, None)
        await self.hub.relay.idle()
        self.charged += 1
        if self.random.random() < _REVIEWED:
            stars, text = self.random.choice(_WORDS)
            (last,) = (await driver.get("/sessions?role=driver&limit=1"))["items"]
            with suppress(RefusedByHub):
                said = {"stars": stars, "text": text}
                await driver.post(f"/sessions/{last['id']}/reviews", said)

    async def plans_of_dora(self) -> None:
        """Who logs in has something ahead: a slot tomorrow."""
        tomorrow = next_quarter(self.now + timedelta(hours=20))
        visit = Visit(0, 0, tomorrow, tomorrow + timedelta(hours=2), 0)
        await self.book_slot(self.people[DRIVER], next(iter(self.places.values())), visit)

    def say_open(self) -> None:
        """Where to look, as whom, and what there is."""
        print = self.console.print
        print(f"\n[bold]{self.address}[/bold] shows {len(self.places)} stations in {self.town}:")
        print(
            f"{self.charged} sessions are settled, {len(self.charging)} cars charge now. Log in as"
        )
        for name, what in ((DRIVER, "a driver"), (OWNER, "an owner"), (OPERATOR, "an operator")):
            print(f"  {what:12} {name}@example.org   password: {password_of(name)}")
        print("Cars come and go every minute or so. Ctrl-C ends it.")
        print(
            "[dim]Hours, stays and kWh are drawn from the figures of Sørensen et al., Data in Brief"
            " 36 (2021) 107105, CC BY 4.0; people and streets are invented.[/dim]"
        )

    async def go_on(self, rounds: int | None = None) -> None:
        """Cars charge as the clock runs, others come; so many looks, or until somebody ends it."""
        self.is_live = True
        comes_at = last = self.now
        for _ in range(rounds) if rounds else count():
            await asyncio.sleep(_LOOK_S)
            now = self.now
            while self._due and self._due[0][0] <= now:
                await heappop(self._due)[2]()
            for name in list(self.charging):
                await self.places[name].sim.tick(1, now - last)
            last = now
            if now >= comes_at:
                self._somebody_comes(now)
                comes_at = now + timedelta(seconds=self.random.randint(*_COMES_S))

    def _somebody_comes(self, now: datetime) -> None:
        places = list(self.places.values())
        free = [nth for nth, each in enumerate(places) if each.sim.evses[1].vehicle is None]
        away = {person.name for person in self.charging.values()}
        # Dora is whoever looks on: she starts what she wants by herself.
        idle = [nth for nth, name in enumerate(DRIVERS) if name not in away and name != DRIVER]
        if free and idle:
            stays = timedelta(minutes=self.random.randint(*_STAYS_MIN))
            wanted = self.random.choice(free), self.random.choice(idle)
            self._at(now, self._arrive, Visit(*wanted, now, now + stays, 0))

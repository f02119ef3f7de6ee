"""A neighbourhood: two dozen stations around a real town, whose people and streets are invented."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import httpx2

from chargehub.commands.demo.cast import AC_W, Cast, password_of
from chargehub.commands.demo.stage import LIMIT_S, Person
from chargehub.people import actions as people
from chargehub.people.passwords import hash_password

LATITUDE, LONGITUDE = 53.2464, 10.4115
MAP_CENTER: Final = f"{LATITUDE},{LONGITUDE},14"
STATIONS: Final = 24
DRIVER, OWNER, OPERATOR = "dora", "anna", "olga"
DRIVERS: Final = (DRIVER, "emil", "fay", "goran", "hanna", "ivo", "jule", "karim", "lena", "mats")
OWNERS: Final = (OWNER, "bruno", "clara", "dieter", "elif", "frida")
_WHERE: Final = ("garage", "yard", "drive", "barn")
_STREETS: Final = ("Lindenhof", "Am Obstgarten", "Salzgang", "Mühlenbogen", "Heideblick", "Turmweg")
_POWERS_W: Final = (11_000, 11_000, 22_000, 7_400, 50_000)
_VERSIONS: Final = ("2.0.1", "1.6", "2.1")
_AT_ONCE: Final = 4  # passwords are hashed slowly, and the hub lets few wait for it
_AROUND: Final = (0.006, 0.010)  # degrees to the north and to the east, one standard deviation


@dataclass
class Neighbourhood(Cast):
    """Who lives there, and where one can charge."""

    random: Random = field(default_factory=lambda: Random(7))

    town, zone = "Lüneburg", "Europe/Berlin"
    checks_up = False  # two dozen test charges would take longer than months of sessions

    async def settle_down(self) -> None:
        """People, places and prices, by REST; the operator as by the hub's own command."""
        for some in batched((*DRIVERS, *OWNERS), _AT_ONCE):
            await asyncio.gather(*(self.join(name, pays=name in DRIVERS) for name in some))
        await self.operator()
        for name in OWNERS:
            await self.verify(self.people[name])
            await self.people[name].ask("PUT", "/payout-preference", {"rail": "sandbox"})
        await asyncio.gather(*(self.install(*row) for row in self.stations()))

    def stations(self) -> Iterator[tuple[str, str, str, float, float, int]]:
        """Whose, called what, of which version, where, how strong."""
        for number in range(STATIONS):
            nth, whose = divmod(number, len(OWNERS))
            owner = OWNERS[whose]
            north, east = (self.random.gauss(0, degrees) for degrees in _AROUND)
            where = round(LATITUDE + north, 5), round(LONGITUDE + east, 5)
            version, power = _VERSIONS[number % 3], _POWERS_W[number % len(_POWERS_W)]
            yield owner, f"{owner.title()}'s {_WHERE[nth]}", version, *where, power

    def street(self) -> str:
        """One of streets that are not there."""
        return f"{self.random.choice(_STREETS)} {self.random.randint(1, 60)}, {self.town}"

    def price(self, power: int) -> list[dict[str, Any]]:
        """By the kWh; who charges fast pays more, and for staying on."""
        if power <= AC_W:
            return [{"kind": "energy", "per_kwh": f"0.{self.random.randint(32, 52)}"}]
        energy = {"kind": "energy", "per_kwh": f"0.{self.random.randint(55, 69)}"}
        return [energy, {"kind": "idle", "per_minute": "0.05", "grace_s": 1800}]

    async def operator(self) -> None:
        """Olga runs the hub."""
        hashed = await asyncio.to_thread(hash_password, password_of(OPERATOR))
        login = {"email": f"{OPERATOR}@example.org", "password": password_of(OPERATOR)}
        name = OPERATOR.title()
        await self.hub.store.do(people.create_operator, login["email"], name, hashed, self.now)
        api = httpx2.AsyncClient(base_url=self.address, timeout=LIMIT_S)
        self.people[OPERATOR] = Person(OPERATOR, api)


def batched(names: Sequence[str], at_once: int) -> Iterator[Sequence[str]]:
    """So many at a time (itertools has it from Python 3.12 on)."""
    for start in range(0, len(names), at_once):
        yield names[start : start + at_once]

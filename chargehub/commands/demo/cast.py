"""Owners, drivers, locations, tariffs and stations, all made over REST."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy import select
from sqlmodel import col

from chargehub.commands.demo.stage import LIMIT_S, Person, Place, Stage
from chargehub.people.tables import Mail
from chargehub.store.work import Reads
from chargers.station import StationSim

CCS, AC_W = "IEC_62196_T2_COMBO", 22_000  # the plug of what gives more than this
PRICE = {"kind": "energy", "per_kwh": "0.45"}
IDLE = {"kind": "idle", "per_minute": "0.10", "grace_s": 900}

STATIONS = (  # owner, name, version, latitude, longitude, power
    ("anna", "Anna's garage", "1.6", 59.9139, 10.7522, 11_000),
    ("anna", "Anna's cabin", "2.0.1", 59.9205, 10.7611, 7_400),
    ("bjorn", "Bjørn's yard", "2.0.1", 59.9101, 10.7402, 22_000),
    ("bjorn", "Bjørn's shop", "1.6", 59.9150, 10.7301, 11_000),
    ("clara", "Clara's drive", "1.6", 59.9178, 10.7480, 11_000),
    ("clara", "Clara's mill", "2.0.1", 59.9080, 10.7600, 22_000),
)


@dataclass
class Cast(Stage):
    """Registers everybody and everything."""

    town, zone = "Oslo", "Europe/Oslo"
    checks_up = True

    async def cast(self) -> None:
        """Owners, drivers, locations, tariffs and stations, all by REST."""
        await asyncio.gather(*(self.join(name) for name in ("anna", "bjorn", "clara")))
        await asyncio.gather(*(self.join(name, pays=True) for name in ("dora", "emil", "fay")))
        for name in ("anna", "bjorn", "clara"):
            await self.verify(self.people[name])
        await self.choose_payouts()
        await asyncio.gather(*(self.install(*row) for row in STATIONS))
        self.say(f"registered: 3 owners, 3 drivers, {len(self.places)} stations, all connected")

    async def join(self, name: str, pays: bool = False) -> None:
        api = httpx2.AsyncClient(base_url=self.address, timeout=LIMIT_S)
        person = Person(name, api)
        self.people[name] = person
        account = {
            "email": f"{name}@example.org",
            "name": name.title(),
            "password": password_of(name),
        }
        made = await person.post("/accounts", account)
        api.headers["Authorization"] = f"Bearer {made['token']}"
        card = await person.post("/id-tokens", {"value": f"DEMO-{name}".upper()})
        person.id_token = card["value"]
        if pays:
            await self.add_card(person)

    async def add_card(self, person: Person) -> None:
        """What a driver pays with."""
        await person.post("/payment-methods", {"rail": "sandbox", "reference": "ok"})

    async def choose_payouts(self) -> None:
        """How owners want to be paid."""
        for name, rail in (("anna", "sandbox"), ("bjorn", "token")):
            await self.people[name].ask("PUT", "/payout-preference", {"rail": rail})

    async def verify(self, person: Person) -> None:
        """Read the mail that the hub would have sent, and follow its link."""
        text = await self.hub.store.read(mail_of, f"{person.name}@example.org")
        code = next(line.strip() for line in text.splitlines() if line.startswith("    "))
        await person.post("/email-verifications", {"token": code})

    async def install(
        self, owner: str, name: str, version: str, latitude: float, longitude: float, power: int
    ) -> None:
        person = self.people[owner]
        location = await person.post(
            "/locations",
            {
                "name": name,
                "address": self.street(),
                "latitude": latitude,
                "longitude": longitude,
                "time_zone": self.zone,
            },
        )
        evse = {
            "number": 1,
            "power_w": power,
            "connectors": [{"number": 1, "type": CCS if power > AC_W else "IEC_62196_T2"}],
        }
        made = await person.post("/stations", {"location_id": location["id"], "evses": [evse]})
        tariff = await person.post(
            "/tariffs",
            {"name": name, "currency": "EUR", "vat_percent": "19", "components": self.price(power)},
        )
        url = f"ws://127.0.0.1:{self.hub.ocpp_port}/ocpp"
        sim = StationSim(version, made["identity"], made["password"], url, 1, self.clock.now, power)
        await sim.connect()
        await sim.boot()
        if self.checks_up:
            await self.check_up(person, name, made["id"])
        listing = {"tariff_id": tariff["id"], "opening_hours": "24/7"}
        await person.ask("PUT", f"/stations/{made['id']}/listing", listing)
        self.places[name] = Place(name, person, version, sim, made["evses"][0]["id"], power_w=power)

    def street(self) -> str:
        """Where a station stands."""
        return self.town

    def price(self, power: int) -> list[dict[str, Any]]:
        """What a station of this power costs."""
        return [PRICE, IDLE]

    async def check_up(self, owner: Person, name: str, station_id: str) -> None:
        """Nobody lists a station for everybody that has not passed."""
        found = await owner.post(f"/stations/{station_id}/checkups", {})
        async with asyncio.timeout(LIMIT_S):
            while found["grade"] is None:
                await asyncio.sleep(0.1)
                found = await owner.get(f"/checkups/{found['id']}")
        self.say(f"{name} is checked: grade {found['grade']}, {found['score']} points of 100")


def password_of(name: str) -> str:
    """What somebody of the story logs in with."""
    return f"{name} has a car"


def mail_of(reads: Reads, recipient: str) -> str:
    statement = select(col(Mail.text)).where(col(Mail.recipient) == recipient)
    return str(reads.value(statement.order_by(col(Mail.id).desc()).limit(1)))

"""What happens: a booked session, a walk-up, a no-show, own use, a stranger."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chargehub.commands.demo.cast import STATIONS, Cast
from chargehub.commands.demo.stage import (
    LIMIT_S,
    Person,
    Place,
    RefusedByHub,
    instant_text,
    money_text,
)
from chargehub.units import kwh_text


@dataclass
class Acts(Cast):
    """The acts of the story."""

    async def booked(self) -> None:
        """Dora searches, books, arrives, charges, leaves. Emil wants the same slot."""
        dora, place = self.people["dora"], self.places["Anna's garage"]
        start = next_quarter(self.now + timedelta(minutes=20))
        with self.slowly():
            await self.book(dora, place, start, start + timedelta(minutes=90))
        await self.until(start + timedelta(minutes=2))
        with self.slowly():
            stranger = await place.sim.plug_in(1, self.people["emil"].id_token)
            self.say(f"Emil tries {place.name} anyway: the station says {stranger}")
            self.check("another's token is refused in the slot", stranger != "accepted")
            await place.sim.unplug(1)
            session_id = await self.arrive(place, dora, "comes to her slot")
        session = await self.charge(place, dora, session_id, minutes=60)
        self.check("the booked session is closed", session["status"] == "closed")

    async def book(self, dora: Person, place: Place, start: datetime, end: datetime) -> None:
        """Search, book, and a second driver who is too late."""
        found = await dora.get(
            f"/evses?latitude=59.9139&longitude=10.7522&radius_m=3000"
            f"&from={instant_text(start)}&to={instant_text(end)}"
        )
        self.say(f"Dora searches: {len(found['items'])} EVSEs are free for her ninety minutes")
        self.check("the search finds all six stations", len(found["items"]) == len(STATIONS))
        wanted = slot(place, start, end)
        booking = await dora.post("/bookings", wanted | {"id_token": dora.id_token})
        booking = await self.becomes(dora, f"/bookings/{booking['id']}", {"confirmed"})
        self.say(f"Dora books {place.name} at {start:%H:%M} UTC: {booking['status']}")
        try:
            await self.people["emil"].post("/bookings", wanted)
            self.check("a double booking is refused", False)
        except RefusedByHub as refused:
            self.say(f"Emil wants the same slot: [yellow]{refused.detail}[/yellow]")
            self.check("a double booking is refused", refused.code == "slot_taken")

    async def walk_up(self) -> None:
        """Emil starts at Bjørn's yard from his telephone, then plugs in."""
        emil, place = self.people["emil"], self.places["Bjørn's yard"]
        with self.slowly():
            session = await emil.post("/sessions", {"evse_id": place.evse_id})
            self.say(f"Emil walks up to {place.name} and taps start: {session['status']}")
            async with asyncio.timeout(LIMIT_S):
                while place.sim.evses[1].awaited is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            await place.sim.plug_in(1)
            await self.becomes(emil, f"/sessions/{session['id']}", {"active"})
            self.say(f"Emil plugs in at {place.name}: charging")
        await self.charge(place, emil, session["id"], minutes=75)

    async def no_show(self) -> None:
        """Fay books and does not come: the clock gives the slot back."""
        fay, place = self.people["fay"], self.places["Clara's mill"]
        start = next_quarter(self.now + timedelta(minutes=20))
        with self.slowly():
            booking = await fay.post("/bookings", slot(place, start, start + timedelta(hours=1)))
            await self.becomes(fay, f"/bookings/{booking['id']}", {"confirmed"})
        await self.until(start + timedelta(minutes=16))
        booking = await self.becomes(fay, f"/bookings/{booking['id']}", {"no_show"})
        self.say(f"Fay never came to {place.name}: her booking is {booking['status']}")
        self.check("a no-show is released by the clock", booking["status"] == "no_show")

    async def at_home(self) -> None:
        """Clara charges at her own station: it costs nothing, and is counted all the same."""
        clara, place = self.people["clara"], self.places["Clara's drive"]
        with self.slowly():
            session_id = await self.arrive(place, clara, "plugs in at home")
        await self.charge(place, clara, session_id, minutes=45)

    async def strangers(self) -> None:
        """A card nobody knows charged while the station was offline: kept, and owed by someone."""
        sim = self.places["Bjørn's shop"].sim
        await sim.disconnect()
        await sim.plug_in(1, "04DEADBEEF", authorize=False)
        await self.until(self.now + timedelta(minutes=20))
        await sim.charge(1, 3_000)
        await sim.stop(1)
        await sim.unplug(1)
        await sim.reconnect(boot=True)
        self.say("Bjørn's shop comes back and reports 3 kWh of an unknown card: kept as unbilled")

    async def arrive(self, place: Place, driver: Person, how: str) -> str:
        """Plug in and present a token; the session that follows."""
        verdict = await place.sim.plug_in(1, driver.id_token)
        self.say(f"{driver.name.title()} {how}, {place.name}: {verdict}")
        page = await driver.get("/sessions?limit=1")
        return str(page["items"][0]["id"])

    async def charge(self, place: Place, driver: Person, session_id: str, minutes: int) -> Any:
        """Take energy while the picture ticks, stop, and wait for the bill."""
        sim = place.sim
        end, last = self.now + timedelta(minutes=minutes), self.now
        while self.now < end:
            await asyncio.sleep(0.4)
            now = self.now
            await sim.tick(1, now - last)
            last = now
            await self.show(place, driver, session_id)
        with self.slowly():
            await sim.stop(1)
            await sim.unplug(1)
        session = await self.becomes(driver, f"/sessions/{session_id}", {"closed"})
        await self.show(place, driver, session_id)
        place.shown = ""
        self.say(
            f"{driver.name.title()} leaves {place.name}: "
            f"[bold]{kwh_text(session['energy_wh'])} kWh, {place.cost}[/bold]"
        )
        return session

    async def show(self, place: Place, driver: Person, session_id: str) -> None:
        session = await driver.get(f"/sessions/{session_id}")
        place.energy_wh = session["energy_wh"]
        place.cost = "free" if session["is_free"] else money_text(session["cost"])
        place.shown = f"[green]{session['status']} {driver.name}[/green]"
        self.draw()


def next_quarter(moment: datetime) -> datetime:
    """The next full quarter of an hour."""
    over = timedelta(minutes=moment.minute % 15, seconds=moment.second)
    return (moment - over + timedelta(minutes=15)).replace(microsecond=0)


def slot(place: Place, start: datetime, end: datetime) -> dict[str, str]:
    """What is booked, as the API takes it."""
    instants = {"starts_at": instant_text(start), "ends_at": instant_text(end)}
    return {"evse_id": place.evse_id, **instants}

"""What happens: a booked session, a walk-up, a no-show, own use, a stranger."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chargehub.commands.demo.cast import STATIONS, Cast
from chargehub.commands.demo.stage import Person, Place, RefusedByHub, instant_text, money_text
from chargehub.units import kwh_text


@dataclass
class Acts(Cast):
    """The acts of the story."""

    async def booked(self) -> None:
        """Dora searches, books, arrives, charges, leaves. Emil wants the same slot."""
        dora, emil, place = self.people["dora"], self.people["emil"], self.places["Anna's garage"]
        start = next_quarter(self.now + timedelta(minutes=20))
        end = start + timedelta(minutes=90)
        found = await dora.get(
            f"/evses?latitude=59.9139&longitude=10.7522&radius_m=3000"
            f"&from={instant_text(start)}&to={instant_text(end)}"
        )
        self.say(f"Dora searches: {len(found['items'])} EVSEs are free for her ninety minutes")
        self.check("the search finds all six stations", len(found["items"]) == len(STATIONS))
        wanted = {
            "evse_id": place.evse_id,
            "starts_at": instant_text(start),
            "ends_at": instant_text(end),
        }
        booking = await dora.post("/bookings", wanted)
        booking = await self.becomes(dora, f"/bookings/{booking['id']}", {"confirmed"})
        self.say(f"Dora books {place.name} at {start:%H:%M} UTC: {booking['status']}")
        try:
            await emil.post("/bookings", wanted)
            self.check("a double booking is refused", False)
        except RefusedByHub as refused:
            self.say(f"Emil wants the same slot: [yellow]{refused.detail}[/yellow]")
            self.check("a double booking is refused", refused.code == "slot_taken")
        await self.until(start + timedelta(minutes=5))
        stranger = await place.sim.plug_in(1, emil.id_token)
        self.say(f"Emil tries anyway: the station says {stranger}")
        self.check("another's token is refused in the slot", stranger != "accepted")
        await place.sim.unplug(1)
        session = await self.charge(place, dora, "walks up to her slot", minutes=60)
        self.check("the booked session is closed", session["status"] == "closed")

    async def walk_up(self) -> None:
        """Emil starts at Bjørn's yard from his telephone."""
        emil, place = self.people["emil"], self.places["Bjørn's yard"]
        session = await emil.post("/sessions", {"evse_id": place.evse_id})
        self.say(f"Emil walks up to {place.name} and taps start: {session['status']}")
        await self.charge(place, emil, "plugs in", minutes=75, session_id=session["id"])

    async def no_show(self) -> None:
        """Fay books and does not come: the clock gives the slot back."""
        fay, place = self.people["fay"], self.places["Clara's mill"]
        start = next_quarter(self.now + timedelta(minutes=20))
        wanted = slot(place, start, start + timedelta(hours=1))
        booking = await fay.post("/bookings", wanted)
        await self.until(start + timedelta(minutes=16))
        booking = await self.becomes(fay, f"/bookings/{booking['id']}", {"no_show"})
        self.say(f"Fay never came to {place.name}: her booking is {booking['status']}")
        self.check("a no-show is released by the clock", booking["status"] == "no_show")

    async def at_home(self) -> None:
        """Clara charges at her own station: it costs nothing, and is counted all the same."""
        clara, place = self.people["clara"], self.places["Clara's drive"]
        await self.charge(place, clara, "charges at home", minutes=45)

    async def strangers(self) -> None:
        """A card nobody knows charged while the station was offline: kept, and owed by someone."""
        place = self.places["Bjørn's shop"]
        await place.sim.disconnect()
        await place.sim.plug_in(1, "04DEADBEEF", authorize=False)
        await place.sim.charge(1, 3_000, readings=2)
        await place.sim.stop(1)
        await place.sim.unplug(1)
        await place.sim.reconnect(boot=True)
        self.say(f"{place.name} comes back and reports 3 kWh of an unknown card: kept as unbilled")

    async def charge(
        self, place: Place, driver: Person, how: str, minutes: int, session_id: str = ""
    ) -> Any:
        """Plug in, take energy while the picture ticks, stop, and wait for the bill."""
        sim = place.sim
        verdict = await sim.plug_in(1, None if session_id else driver.id_token)
        self.say(f"{driver.name.title()} {how} at {place.name}: {verdict or 'starting'}")
        if not session_id:
            page = await driver.get("/sessions?limit=1")
            session_id = page["items"][0]["id"]
        end, last = self.now + timedelta(minutes=minutes), self.now
        while self.now < end:
            await asyncio.sleep(0.4)
            now = self.now
            await sim.tick(1, now - last)
            last = now
            await self.show(place, driver, session_id)
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

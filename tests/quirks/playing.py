"""Plays a transcript of `docs/chargers/transcripts/` against a running hub: the station's part.

What the hub says must be what stands there, and not before its time; else Violated.
`docs/chargers/README.md` tells the form.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from chargehub.stations.quirk_files import CHECKOUT
from chargers import faulty_line
from chargers.line import ConnectionLost, RawStation
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import bills

TRANSCRIPTS = CHECKOUT / "transcripts"
PATIENCE_S = 5.0
ANY = "*"


class Violated(AssertionError):
    """The hub did not say or do what the transcript has."""


@dataclass(frozen=True)
class Transcript:
    """`quirk` is profile/name. `treated`: without its profile the station would not get on."""

    path: Path
    quirk: str
    ocpp: str
    origin: str
    shows: str
    sources: tuple[str, ...]
    treated: bool
    steps: tuple[dict[str, Any], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path) -> Transcript:
    """A file: its head, then its steps, each a line of JSON."""
    head, *steps = (orjson.loads(line) for line in path.read_text().splitlines() if line.strip())
    return Transcript(path, steps=tuple(steps), **{**head, "sources": tuple(head["sources"])})


@dataclass
class Player:
    """One station and the people around it."""

    hub: RunningHub
    owner: Person
    driver: Person
    place: Place
    ocpp: str
    line: RawStation | None = None
    asked: str = ""
    said_s: float = 0.0
    command_id: str = ""

    async def play(self, transcript: Transcript) -> None:
        """All steps. Raises Violated."""
        for number, step in enumerate(transcript.steps, start=2):
            kind, value = next(iter(step.items()))
            if self.line is None and kind in ("station", "deaf"):
                await self.open([f"ocpp{self.ocpp}"])
            try:
                await getattr(self, f"_{kind}")(value, **{k: step[k] for k in list(step)[1:]})
            except Violated as violated:
                raise Violated(f"{transcript.path.name}:{number}: {violated}") from None

    async def open(self, offers: list[str]) -> str | None:
        if self.line is not None:
            await self.line.close()
        self.line = RawStation(
            *(self.hub.url, self.place.identity, self.place.password), subprotocols=tuple(offers)
        )
        return await self.line.connect()

    async def close(self) -> None:
        if self.line is not None:
            await self.line.close()

    # --- the steps, by their names ---------------------------------------------------------

    async def _station(self, frame: list[Any]) -> None:
        assert self.line is not None
        self.said_s = time.monotonic()
        await self.line.send_raw(orjson.dumps(self._filled(frame)).decode())

    async def _hub(self, wanted: list[Any], after_s: float = 0.0) -> None:
        frame = await self._receive(PATIENCE_S)
        if frame is None:
            raise Violated(f"the hub said nothing, not {wanted}")
        took_s = time.monotonic() - self.said_s
        if not _fits(wanted, frame):
            raise Violated(f"the hub said {frame}, not {wanted}")
        if took_s < after_s:
            raise Violated(f"the hub answered after {took_s:.2f} s")
        if frame[0] == 2:
            self.asked = frame[1]

    async def _silence_s(self, seconds: float) -> None:
        frame = await self._receive(seconds)
        if frame is not None:
            raise Violated(f"the hub said {frame}")

    async def _offers(self, subprotocols: list[str], speaks: str) -> None:
        chosen = await self.open(subprotocols)
        if chosen != f"ocpp{speaks}":
            raise Violated(f"the hub chose {chosen}")

    async def _line(self, _lost: str) -> None:
        assert self.line is not None
        self.line.break_off()
        is_connected = self.hub.hub.switchboard.is_connected
        await self.hub.until(lambda: not is_connected(self.place.station_id))

    async def _deaf(self, _is_so: bool) -> None:
        assert self.line is not None
        faulty_line._stop_pongs(self.line._open_socket())

    async def _closes(self, code: int) -> None:
        assert self.line is not None
        try:
            async with asyncio.timeout(PATIENCE_S):
                closed = await self.line.closed()
        except TimeoutError:
            raise Violated("the hub did not close the line") from None
        if closed != code:
            raise Violated(f"the hub closed with {closed}")

    async def _owner(self, command: dict[str, Any]) -> None:
        path = f"/stations/{self.place.station_id}/commands"
        self.command_id = (await self.owner.post(path, command, 202))["id"]

    async def _ended(self, wanted: dict[str, str]) -> None:
        async def ended() -> Any:
            found = await self.owner.get(f"/commands/{self.command_id}")
            return found if found["finished_at"] else None

        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self.hub.until(ended)
        except TimeoutError:
            raise Violated("the command came to no end") from None
        reason = str((found["outcome"] or {}).get("details", {}).get("reason", ""))
        if found["state"] != wanted["state"] or wanted.get("says", "") not in reason:
            raise Violated(f"the command ended as {found['state']}: {reason}")

    async def _driver_starts(self, evse: int) -> None:
        await self.driver.post("/sessions", {"evse_id": self.place.evse_ids[evse - 1]})

    async def _passes_s(self, seconds: int) -> None:
        self.hub.clock.advance(timedelta(seconds=seconds))

    async def _billed_wh(self, wanted: list[int]) -> None:
        await self.hub.settle()
        found = [bill.energy_wh for bill in await bills(self.owner)]
        if found != wanted:
            raise Violated(f"billed were {found} Wh")

    async def _repaired(self, rule: str) -> None:
        async def rules() -> bool:
            shown = await self.owner.get(f"/stations/{self.place.station_id}/repairs")
            return rule in {each["rule"] for each in shown["items"]}

        await self.hub.until(rules)

    async def _profile(self, name: str) -> None:
        shown = await self.owner.get(f"/stations/{self.place.station_id}")
        if (shown["quirk_profile"] or {}).get("name") != name:
            raise Violated(f"its profile is {shown['quirk_profile']}")

    # --- what they need --------------------------------------------------------------------

    async def _receive(self, seconds: float) -> list[Any] | None:
        assert self.line is not None
        try:
            async with asyncio.timeout(seconds):
                frame: list[Any] = orjson.loads(await self.line.receive_raw())
                return frame
        except TimeoutError:
            return None
        except ConnectionLost:
            raise Violated("the hub closed the line") from None

    def _filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        if isinstance(value, dict):
            return {key: self._filled(each) for key, each in value.items()}
        now = self.hub.clock.now()
        words = {
            "@asked": self.asked,
            "@token": self.driver.id_token,
            "@now": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "@local": (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S"),
        }
        return words.get(value, value) if isinstance(value, str) else value


def _fits(wanted: Any, told: Any) -> bool:
    """Is it the same, but for what is of no matter?"""
    if wanted == ANY:
        return True
    if isinstance(wanted, list) and isinstance(told, list):
        return len(wanted) == len(told) and all(map(_fits, wanted, told))
    if isinstance(wanted, dict) and isinstance(told, dict):
        return wanted.keys() == told.keys() and all(_fits(wanted[k], told[k]) for k in wanted)
    return bool(wanted == told)

"""The story: everything that can happen to a driver's money and an owner's, in twenty scenes.

Whoever acts in a scene acts again if no answer came: a person with the same idempotency key, a
station with the same report. So a scene can be played again after any death of the hub.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chargehub.sessions import actions as sessions
from chargehub.stations.reports import Reading, Received, SessionProgressed, Trigger
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import only, slot

HOUR = timedelta(hours=1)
_NONE: Any = None


@dataclass(frozen=True)
class Cast:
    """Who acts, whatever hub it is that runs. All ids are of the start, so of every run."""

    hub: RunningHub
    owner: Person
    driver: Person
    operator: Person
    place: Place

    def taken_over_by(self, hub: RunningHub) -> "Cast":
        """The same people, talking to this hub."""
        owner, driver, operator = (
            replace(one, hub=hub) for one in (self.owner, self.driver, self.operator)
        )
        return Cast(hub, owner, driver, operator, self.place)

    def alone(self) -> "Cast":
        """The same people without a hub, to be sent to another process."""
        place = replace(self.place, sim=_NONE)
        return replace(self.taken_over_by(_NONE), place=place)

    async def act(self, scene: "Scene") -> None:
        await scene.deed(self)

    async def book(self, key: str, start_in: timedelta) -> None:
        wanted = {"evse_id": self.place.evse_ids[0], **slot(self.hub, start_in, HOUR)}
        await self.driver.post("/bookings", wanted, 201, **{"Idempotency-Key": key})

    async def tell(self, session: str, kind: Trigger, seq_no: int, register_wh: int) -> None:
        """The station tells of a session, as OCPP 2.0.1 would have it."""
        now = self.hub.clock.now()
        report = SessionProgressed(
            kind,
            session,
            seq_no,
            now,
            evse=1,
            id_token=self.driver.id_token if kind == "started" else None,
            readings=(Reading(now, register_wh),),
        )
        received = Received(f"{session}-{seq_no}", "TransactionEvent", repr(report), now, 1)
        tell = sessions.progress_session
        await self.hub.hub.store.do(tell, self.place.station_id, report, received, now)

    async def session(self) -> str:
        """The driver's newest session."""
        return str((await self.driver.get("/sessions"))["items"][0]["id"])


@dataclass(frozen=True)
class Scene:
    """What happens so long after the scene before; the clock stands still in it."""

    name: str
    after: timedelta
    deed: Callable[[Cast], Awaitable[Any]]


async def _cancel(cast: Cast) -> None:
    for booking in (await cast.driver.get("/bookings"))["items"]:
        if booking["status"] == "confirmed":
            await cast.driver.post(f"/bookings/{booking['id']}/cancel", expect=200)


async def _correct(cast: Cast) -> None:
    session_id = await cast.session()
    wanted = {"energy_wh": 30_000, "reason": "The meter was broken."}
    key = {"Idempotency-Key": "correct"}
    cdr = next(
        one["id"]
        for one in reversed((await cast.owner.get("/cdrs?role=owner"))["items"])
        if one["session_id"] == session_id
    )
    await cast.operator.post(f"/cdrs/{cdr}/corrections", wanted, 201, **key)


async def _dispute(cast: Cast) -> None:
    claim = {
        "session_id": await cast.session(),
        "kind": "energy",
        "amount": {"amount_minor": 450, "currency": "EUR"},
        "statement": "That is not right.",
    }
    await cast.driver.post("/disputes", claim, 201, **{"Idempotency-Key": "dispute"})


async def _agree(cast: Cast) -> None:
    dispute = await only(cast.owner, "/disputes?role=owner")
    if dispute["status"] == "open":
        answer = {"agrees": True, "statement": "So it was."}
        await cast.owner.post(f"/disputes/{dispute['id']}/answer", answer, 200)


async def _nothing(_cast: Cast) -> None:
    """Only time passes."""


def _tell(session: str, kind: Trigger, seq_no: int, register_wh: int) -> Any:
    return lambda cast: cast.tell(session, kind, seq_no, register_wh)


SCENES = (
    Scene("a booking is held", timedelta(), lambda cast: cast.book("first", HOUR)),
    Scene("a booked session begins", HOUR, _tell("S1", "started", 0, 0)),
    Scene("captured below the hold", HOUR / 2, _tell("S1", "ended", 1, 4_000)),
    Scene("another booking is held", HOUR / 2, lambda cast: cast.book("second", 2 * HOUR)),
    Scene("it is cancelled late, for a fee", 2 * HOUR - HOUR / 4, _cancel),
    Scene("a walk-up is held", HOUR, _tell("S2", "started", 0, 4_000)),
    Scene("captured above the hold", 5 * HOUR, _tell("S2", "ended", 1, 58_000)),
    Scene("another walk-up is held", HOUR, _tell("S3", "started", 0, 58_000)),
    Scene("captured at the hold", 5 * HOUR, _tell("S3", "ended", 1, 106_889)),
    Scene("corrected, and refunded", HOUR, _correct),
    Scene("disputed", HOUR, _dispute),
    Scene("agreed, and refunded", HOUR, _agree),
    Scene("a session whose stop is lost", HOUR, _tell("S4", "started", 0, 106_889)),
    Scene("it goes on", HOUR, _tell("S4", "updated", 1, 110_889)),
    Scene("its hold is renewed", timedelta(days=6, hours=16), _nothing),
    Scene("closed by estimate", timedelta(days=2), _nothing),
    Scene("paid out", timedelta(days=3), _nothing),
    Scene("its stop comes late", HOUR, _tell("S4", "ended", 2, 115_889)),
    Scene("the correction is due", HOUR, _nothing),
    Scene("paid out again", timedelta(days=3), _nothing),
)

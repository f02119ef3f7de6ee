"""The story: everything that can happen to a driver's money and an owner's, in thirty-two scenes.

Whoever acts in a scene acts again if no answer came: a person with the same idempotency key, a
station with the same report. So a scene can be played again after any death of the hub.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
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
    """What happens so long after the scene before; the clock stands still in it.

    `posts`: what must have been posted when it is over, in cents by the kind of transfer; others
    may be beside it. A scene without it changes no money.
    """

    name: str
    after: timedelta
    deed: Callable[[Cast], Awaitable[Any]]
    posts: dict[str, int] = field(default_factory=dict)


async def _cancel(cast: Cast) -> None:
    for booking in (await cast.driver.get("/bookings"))["items"]:
        if booking["status"] == "confirmed":
            await cast.driver.post(f"/bookings/{booking['id']}/cancel", expect=200)


async def _correct(cast: Cast, energy_wh: int = 30_000) -> None:
    session_id = await cast.session()
    wanted = {"energy_wh": energy_wh, "reason": "The meter was broken."}
    key = {"Idempotency-Key": f"correct-{energy_wh}"}
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


async def _top_up(cast: Cast) -> None:
    wanted = {"amount": {"amount_minor": 2_000, "currency": "EUR"}}
    await cast.driver.post("/top-ups", wanted, 201, **{"Idempotency-Key": "top-up"})


async def _pay_by_balance(cast: Cast) -> None:
    wanted = {"rail": "prepaid", "reference": "balance"}
    await cast.driver.post("/payment-methods", wanted, 201, **{"Idempotency-Key": "balance"})


async def _pay_back(cast: Cast) -> None:
    wanted = {"currency": "EUR", "amount_minor": 1_000}
    await cast.driver.post("/paybacks", wanted, 201, **{"Idempotency-Key": "payback"})


async def _come_back(cast: Cast) -> None:
    """A bank refuses what was paid out last."""
    payout = (await cast.operator.get("/payouts?whose=all"))["items"][0]["id"]
    because = {"because": "The account is closed."}
    await cast.operator.post(f"/payouts/{payout}/return", because, 200)


async def _nothing(_cast: Cast) -> None:
    """Only time passes."""


async def _correct_what_was_paid_out(cast: Cast) -> None:
    await _correct(cast, 5_000)


async def _take_back(cast: Cast) -> None:
    """What the owner owes since then, of the payouts."""
    wanted = {"because": "The meter was broken."}
    key = {"Idempotency-Key": "take-back"}
    route = f"/owner-debts/{cast.owner.account_id}/reversals"
    await cast.operator.post(route, wanted, 201, **key)


def _tell(session: str, kind: Trigger, seq_no: int, register_wh: int) -> Any:
    return lambda cast: cast.tell(session, kind, seq_no, register_wh)


SCENES = (
    Scene("a booking is held", timedelta(), lambda cast: cast.book("first", HOUR), {"hold": 600}),
    Scene("a booked session begins", HOUR, _tell("S1", "started", 0, 0)),
    Scene(
        "captured below the hold",
        HOUR / 2,
        _tell("S1", "ended", 1, 4_000),
        {"hold_ended": 600, "settle": 180},
    ),
    Scene(
        "another booking is held",
        HOUR / 2,
        lambda cast: cast.book("second", 2 * HOUR),
        {"hold": 600},
    ),
    Scene(
        "it is cancelled late, for a fee",
        2 * HOUR - HOUR / 4,
        _cancel,
        {"hold_ended": 600, "fee": 600},
    ),
    Scene("a walk-up is held", HOUR, _tell("S2", "started", 0, 4_000), {"hold": 2_200}),
    Scene(
        "captured above the hold",
        5 * HOUR,
        _tell("S2", "ended", 1, 58_000),
        {"hold_ended": 2_200, "settle": 2_430},
    ),
    Scene("another walk-up is held", HOUR, _tell("S3", "started", 0, 58_000), {"hold": 2_200}),
    Scene(
        "captured at the hold",
        5 * HOUR,
        _tell("S3", "ended", 1, 106_889),
        {"hold_ended": 2_200, "settle": 2_200},
    ),
    Scene("corrected, and refunded", HOUR, _correct, {"settle_reversed": 2_200, "settle": 1_350}),
    Scene("disputed", HOUR, _dispute, {"dispute_hold": 406}),
    Scene("agreed, and refunded", HOUR, _agree, {"dispute_released": 406, "dispute_refund": 450}),
    Scene(
        "a session whose stop is lost", HOUR, _tell("S4", "started", 0, 106_889), {"hold": 2_200}
    ),
    Scene("it goes on", HOUR, _tell("S4", "updated", 1, 110_889)),
    Scene(
        "its hold is renewed",
        timedelta(days=6, hours=16),
        _nothing,
        {"hold": 2_200, "hold_ended": 2_200},
    ),
    Scene("closed by estimate", timedelta(days=2), _nothing, {"hold_ended": 2_200, "settle": 180}),
    Scene(
        "paid out", timedelta(days=3), _nothing, {"mature": 162, "payout_paid": 162, "psp_fee": 28}
    ),
    Scene(
        "its stop comes late",
        HOUR,
        _tell("S4", "ended", 2, 115_889),
        {"recall": 162, "settle_reversed": 180, "settle": 405, "net": 162},
    ),
    Scene("the correction is due", HOUR, _nothing),
    Scene(
        "the driver's debt is taken, and paid out again",
        timedelta(days=3),
        _nothing,
        {"debt_paid": 225, "debt_mature": 185, "payout_paid": 203},
    ),
    Scene(
        "a payout comes back",
        HOUR,
        _come_back,
        {"payout_paid_reversed": 203, "payout_requested_reversed": 203},
    ),
    Scene("it is paid once more", timedelta(days=2), _nothing, {"payout_paid": 203}),
    Scene("a third booking is held", HOUR, lambda cast: cast.book("third", HOUR), {"hold": 600}),
    Scene("nobody comes, for a fee", 2 * HOUR, _nothing, {"hold_ended": 600, "fee": 247}),
    Scene("topped up", HOUR, _top_up, {"top_up": 2_000}),
    Scene("the balance is what is paid with", HOUR, _pay_by_balance),
    Scene("held of the balance", HOUR, _tell("S5", "started", 0, 115_889)),
    Scene(
        "taken from the balance",
        HOUR,
        _tell("S5", "ended", 1, 125_889),
        {"prepaid_take": 450, "settle": 450},
    ),
    Scene("paid back", HOUR, _pay_back, {"payback": 1_000, "payback_done": 1_000}),
    Scene(
        "the books tell of it",
        timedelta(days=3),
        _nothing,
        {"psp_fee": 84, "payout_paid": 603, "fee_mature": 198, "suspense": 0},
    ),
    Scene(
        "corrected after it was paid out",
        HOUR,
        _correct_what_was_paid_out,
        {"recall": 405, "net": 203, "prepaid_refund": 225},
    ),
    Scene(
        "taken back of a payout",
        HOUR,
        _take_back,
        {"payout_reversal_requested": 202, "payout_reversal_taken": 202},
    ),
)

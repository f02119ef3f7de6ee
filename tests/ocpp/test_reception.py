"""From a call to the deed: every report has its way, and a failing store makes no false answer."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args

import pytest

from chargehub.clock import HandClock
from chargehub.errors import Conflict, Unavailable
from chargehub.ocpp.limits import Bucket
from chargehub.ocpp.problems import CallProblem
from chargehub.ocpp.reception import WAYS, Reception
from chargehub.ocpp.rpc import Call
from chargehub.stations import repairs, reports
from chargehub.stations.views import StationView
from chargehub.store.writer import Store
from tests.ocpp.story import AT, ONE_SIX, TWO_OH_ONE, event201, start16


class Desk:
    """Stands where the store does: notes what it is asked to do, and does as it is told."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome
        self.done: list[tuple[Any, ...]] = []

    async def do(self, action: Any, *args: Any) -> Any:
        self.done.append((action, *args))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def reception(
    desk: Desk,
    version: Any = ONE_SIX,
    is_accepted: bool = True,
    clock: HandClock = HandClock(AT),  # noqa: B008
    guesses: Bucket | None = None,
) -> Reception:
    accepted_at = datetime(2026, 1, 1, tzinfo=UTC) if is_accepted else None
    known = dict.fromkeys(StationView.__dataclass_fields__, None)
    station = StationView(**{**known, "id": "s-1", "accepted_at": accepted_at})  # type: ignore[arg-type]
    return Reception(
        cast(Store, desk), clock, version, station, 9, 300, guesses or Bucket(1, 100, 0)
    )


def call(action: str, payload: Any) -> Call:
    return Call("m-1", action, payload, b"[2]")


def test_every_report_has_its_way() -> None:
    assert set(WAYS) == set(get_args(reports.Report))


@pytest.mark.parametrize(
    ("error", "problem"),
    [(Unavailable("disk full"), "internal"), (Conflict("no such thing"), "property")],
)
async def test_what_the_store_cannot_do_is_an_error_and_never_an_invalid_token(
    error: Exception, problem: str
) -> None:
    with pytest.raises(CallProblem) as refused:
        await reception(Desk(error)).receive(call("StartTransaction", start16()))

    assert refused.value.problem == problem


async def test_what_matters_to_money_is_kept_in_its_envelope() -> None:
    desk = Desk(reports.ProgressAnswer())
    here = reception(desk, TWO_OH_ONE)

    await here.receive(call("TransactionEvent", event201()))

    (_, station_id, report, received, now) = desk.done[0]
    assert (station_id, report.transaction_id, now) == ("s-1", "T-1", AT)
    assert (received.message_id, received.action, received.connection) == (
        "m-1",
        "TransactionEvent",
        9,
    )
    assert received.received_at == AT
    assert '"transactionId":"T-1"' in received.payload


async def test_a_heartbeat_is_answered_from_the_clock_without_the_store() -> None:
    desk = Desk(None)

    answer = await reception(desk).receive(call("Heartbeat", {}))

    assert answer == {"currentTime": "2026-03-02T08:00:00Z"}
    assert desk.done == []


@pytest.mark.parametrize("status", ["pending", "rejected"])
async def test_a_station_that_was_not_accepted_may_only_boot_again(status: Any) -> None:
    here = reception(Desk(reports.BootAnswer(status, AT, 60)), is_accepted=False)
    boot = {"chargePointVendor": "Acme", "chargePointModel": "Wall 1"}

    answer = await here.receive(call("BootNotification", boot))
    with pytest.raises(CallProblem) as refused:
        await here.receive(call("Heartbeat", {}))

    assert answer["status"] == status.capitalize()
    assert refused.value.problem == "security"


async def test_a_clock_that_could_not_be_written_down_is_written_with_the_next_report() -> None:
    desk, clock = Desk(reports.Acknowledged()), HandClock(AT)
    here = reception(desk, clock=clock)
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}

    async def say() -> None:
        clock.advance(timedelta(seconds=40))
        at = (clock.now() - timedelta(hours=1)).isoformat()
        await here.receive(call("StatusNotification", {**status, "timestamp": at}))

    await say()
    await say()
    desk.outcome = Unavailable("disk full")
    with pytest.raises(CallProblem):
        await say()
    desk.outcome, desk.done = reports.Acknowledged(), []
    await say()

    assert desk.done[0][0] is repairs.note_clock
    assert desk.done[0][2] == -3_600


async def test_unknown_id_tokens_are_counted_however_they_are_shown() -> None:
    """Whoever tries thousands would find one that pays; known ones cost a station nothing."""
    guesses = Bucket(0.001, 2, time.monotonic())
    known, unknown = Desk(reports.TokenAnswer("accepted")), Desk(reports.TokenAnswer("invalid"))
    started = Desk(reports.StartAnswer(7, "invalid"))

    for _ in range(9):
        await reception(known, guesses=guesses).receive(call("Authorize", {"idTag": "A"}))
    await reception(unknown, guesses=guesses).receive(call("Authorize", {"idTag": "B"}))
    await reception(started, guesses=guesses).receive(call("StartTransaction", start16()))
    assert guesses.take(0, time.monotonic()) == 0
    await reception(unknown, guesses=guesses).receive(call("Authorize", {"idTag": "C"}))

    assert guesses.take(0, time.monotonic()) > 0

"""The life of a command, on both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from chargehub import events
from chargehub.errors import NotFound
from chargehub.stations import actions, notes, pages, rules, tables
from chargehub.stations.commands import (
    ChangeAvailability,
    Command,
    Fate,
    Outcome,
    ReadSettings,
    Reset,
    TriggerReport,
    Unlock,
    WriteSettings,
)
from chargehub.stations.reports import Noted
from chargehub.stations.upkeep import GetLog
from chargehub.stations.views import CommandView
from chargehub.store.chunk import SIZE
from chargehub.store.tables import EventRow
from chargehub.store.work import Reads
from chargehub.store.writer import Store
from tests.stations.samples import NOW, OWNER, STRANGER, evse, station

MINUTE = timedelta(minutes=1)


def recorded(reads: Reads, name: str) -> list[dict[str, str]]:
    wanted = select(col(EventRow.body)).where(col(EventRow.name) == name)
    return [row[0] for row in reads.all(wanted.order_by(col(EventRow.id)))]


async def queue(
    store: Store, station_id: str, command: Command | None = None, expires_in: timedelta = MINUTE
) -> str:
    wanted = command or Reset("idle")
    return await store.do(actions.command, station_id, wanted, NOW, expires_in)


async def seen(store: Store, command_id: str) -> CommandView:
    found = await store.read(tables.command, command_id)
    assert found is not None
    return found


async def finish(
    store: Store, station_id: str, command_id: str, outcome: Outcome, now: datetime = NOW
) -> None:
    event = events.StationCommanded(command_id, station_id)
    await store.do(actions.record_outcome, event, outcome, now)


async def test_a_command_is_queued_and_told(store: Store) -> None:
    station_id = await station(store)

    command_id = await store.do(
        actions.command,
        station_id,
        Unlock(1, 2),
        NOW,
        MINUTE,
        session_id="session-1",
        booking_id="booking-1",
    )

    view = await seen(store, command_id)
    assert (view.state, view.tries, view.kind, view.command) == (
        *("queued", 0, "unlock", Unlock(1, 2)),
    )
    assert (view.session_id, view.booking_id) == ("session-1", "booking-1")
    assert (view.created_at, view.expires_at, view.owner_id) == (NOW, NOW + MINUTE, OWNER)
    assert await store.read(recorded, "StationCommanded") == [
        {"command_id": command_id, "station_id": station_id}
    ]


async def test_a_command_is_marked_before_it_is_sent(store: Store) -> None:
    command_id = await queue(store, await station(store), Reset("immediate"))

    to_send = await store.do(actions.mark_sent, command_id, NOW)

    view = await seen(store, command_id)
    assert to_send == Reset("immediate")
    assert (view.state, view.sent_at, view.tries) == ("sent", NOW, 1)


async def test_what_is_sent_again_after_a_crash_says_so(store: Store) -> None:
    command_id = await queue(store, await station(store))

    for _ in range(2):
        assert await store.do(actions.mark_sent, command_id, NOW) is not None

    assert (await seen(store, command_id)).tries == 2


@pytest.mark.parametrize(
    ("fate", "state"),
    [
        ("accepted", "answered"),
        ("refused", "refused"),
        ("error", "failed"),
        ("timed_out", "failed"),
    ],
)
async def test_an_outcome_finishes_a_command_once(store: Store, fate: Fate, state: str) -> None:
    station_id = await station(store)
    command_id = await queue(store, station_id)
    await store.do(actions.mark_sent, command_id, NOW)
    outcome = Outcome(fate, "Word", {"transaction_id": "7"})

    await finish(store, station_id, command_id, outcome)
    await finish(store, station_id, command_id, Outcome("refused"), NOW + MINUTE)

    view = await seen(store, command_id)
    assert (view.state, view.outcome, view.finished_at) == (state, outcome, NOW)
    assert await store.read(recorded, "CommandFinished") == [
        {"command_id": command_id, "station_id": station_id, "kind": "reset"}
    ]


async def test_a_finished_command_is_never_sent(store: Store) -> None:
    station_id = await station(store)
    command_id = await queue(store, station_id)
    await finish(store, station_id, command_id, Outcome("accepted"))

    assert await store.do(actions.mark_sent, command_id, NOW) is None
    assert await store.do(actions.mark_sent, "no such command", NOW) is None


async def test_a_command_is_not_sent_after_its_time(store: Store) -> None:
    command_id = await queue(store, await station(store))

    assert await store.do(actions.mark_sent, command_id, NOW + MINUTE) is None
    assert (await seen(store, command_id)).tries == 0


@pytest.mark.parametrize("was_marked", [False, True])
async def test_a_command_for_an_offline_station_waits(store: Store, was_marked: bool) -> None:
    station_id = await station(store)
    command_id = await queue(store, station_id)
    if was_marked:
        await store.do(actions.mark_sent, command_id, NOW)

    await finish(store, station_id, command_id, Outcome("offline"))

    view = await seen(store, command_id)
    assert (view.state, view.finished_at, view.tries) == ("queued", None, int(was_marked))
    assert await store.read(recorded, "CommandFinished") == []


async def test_a_returning_station_is_told_what_waits_for_it(store: Store) -> None:
    station_id, other_id = await station(store), await station(store)
    waiting = await queue(store, station_id)
    sent = await queue(store, station_id)
    done = await queue(store, station_id)
    late = await queue(store, station_id, expires_in=timedelta(seconds=1))
    others = await queue(store, other_id)
    await store.do(actions.mark_sent, sent, NOW)
    await finish(store, station_id, done, Outcome("accepted"))
    before = len(await store.read(recorded, "StationCommanded"))

    connected = events.StationConnected(station_id)
    await store.do(actions.resume_commands, connected, NOW + timedelta(seconds=30))

    told = (await store.read(recorded, "StationCommanded"))[before:]
    assert [each["command_id"] for each in told] == [waiting, sent]
    assert not {done, late, others} & {each["command_id"] for each in told}


async def test_commands_expire(store: Store) -> None:
    station_id = await station(store)
    waiting = await queue(store, station_id)
    longer = await queue(store, station_id, expires_in=3 * MINUTE)

    early = await store.do(actions.expire_commands, NOW + MINUTE - timedelta(microseconds=1))
    expired = await store.do(actions.expire_commands, NOW + MINUTE)
    again = await store.do(actions.expire_commands, NOW + MINUTE)

    assert (early, expired, again) == (0, 1, 0)
    assert (await seen(store, waiting)).state == "expired"
    assert (await seen(store, longer)).state == "queued"
    assert [each["command_id"] for each in await store.read(recorded, "CommandFinished")] == [
        waiting
    ]


async def test_a_sent_command_may_still_be_answered_after_its_time(store: Store) -> None:
    station_id = await station(store)
    command_id = await queue(store, station_id)
    await store.do(actions.mark_sent, command_id, NOW)

    expired = await store.do(actions.expire_commands, NOW + 2 * MINUTE)
    await finish(store, station_id, command_id, Outcome("accepted"), NOW + 2 * MINUTE)

    assert expired == 0
    assert (await seen(store, command_id)).state == "answered"


async def test_a_sent_command_without_any_outcome_expires_in_the_end(store: Store) -> None:
    command_id = await queue(store, await station(store))
    await store.do(actions.mark_sent, command_id, NOW)

    expired = await store.do(actions.expire_commands, NOW + MINUTE + actions.UNANSWERED)

    assert expired == 1
    assert (await seen(store, command_id)).state == "expired"


async def test_expiry_works_in_small_steps(store: Store) -> None:
    station_id = await station(store)
    for _ in range(SIZE + 7):
        await queue(store, station_id)

    steps = [await store.do(actions.expire_commands, NOW + MINUTE) for _ in range(3)]

    assert steps == [50, 7, 0]


async def test_settings_that_were_read_are_kept(store: Store) -> None:
    station_id = await station(store)
    command_id = await queue(store, station_id, ReadSettings(("HeartbeatInterval",)))
    details = {"settings": {"HeartbeatInterval": "300", "Odd": 7}}

    await finish(store, station_id, command_id, Outcome("accepted", "Accepted", details))

    found = await store.read(pages.settings_of, station_id, None, 10)
    assert [(each.name, each.value) for each in found] == [("HeartbeatInterval", "300")]


async def test_progress_is_kept_beside_the_command_it_is_of(store: Store) -> None:
    station_id = await station(store)
    log = GetLog("security", "ftp://a.org/l")
    first, second = [await queue(store, station_id, log) for _ in range(2)]
    for command_id in (first, second):
        await store.do(actions.mark_sent, command_id, NOW)

    for number, status in ((1, "uploaded"), (None, "uploading"), (9, "bad"), (2, "idle")):
        report = Noted("log", {"status": status}, number, status=status)
        await store.do(notes.keep, station_id, report, NOW)

    views = [await seen(store, each) for each in (first, second)]
    assert [view.request_id for view in views] == [1, 2]
    assert [view.progress and view.progress["status"] for view in views] == [
        "uploaded",
        "uploading",
    ]


@pytest.mark.parametrize("ends", ["answered", "expired"])
async def test_a_finished_command_keeps_no_password(store: Store, ends: str) -> None:
    station_id = await station(store)
    command_id = await queue(store, station_id, GetLog("security", "ftp://me:hunter2@a.org/l"))
    to_send = await store.do(actions.mark_sent, command_id, NOW)
    before = await seen(store, command_id)

    if ends == "answered":
        await finish(store, station_id, command_id, Outcome("accepted"))
    else:
        await store.do(actions.expire_commands, NOW + MINUTE + actions.UNANSWERED)

    after = await seen(store, command_id)
    assert to_send == before.command == GetLog("security", "ftp://me:hunter2@a.org/l", request_id=1)
    assert (after.state, after.body["location"]) == (ends, "ftp://…@a.org/l")


# --- what owners ask -----------------------------------------------------------------------


async def ask(store: Store, station_id: str, command: Command, owner: str = OWNER) -> str:
    return await store.do(actions.command_own, owner, station_id, command, NOW, MINUTE)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (ChangeAvailability(3, operative=False), "The station has no EVSE 3."),
        (Unlock(3), "The station has no EVSE 3."),
        (Unlock(2, 2), "EVSE 2 has no connector 2."),
        (TriggerReport("status", 3), "The station has no EVSE 3."),
    ],
    ids=repr,
)
async def test_what_a_station_does_not_have_cannot_be_commanded(
    store: Store, command: Command, sentence: str
) -> None:
    station_id = await station(store, evse(1, "IEC_62196_T2", "CHADEMO"), evse(2))

    with pytest.raises(NotFound) as refused:
        await ask(store, station_id, command)

    assert refused.value.detail == sentence


@pytest.mark.parametrize(
    "command",
    [
        ChangeAvailability(0, operative=True),
        Unlock(1, 2),
        TriggerReport("boot"),
        Reset("idle"),
        WriteSettings({"HeartbeatInterval": "60"}),
    ],
    ids=repr,
)
async def test_an_owner_commands_the_own_station(store: Store, command: Command) -> None:
    station_id = await station(store, evse(1, "IEC_62196_T2", "CHADEMO"))

    command_id = await ask(store, station_id, command)

    assert (await seen(store, command_id)).command == command


async def test_nobody_else_commands_it(store: Store) -> None:
    station_id = await station(store)

    with pytest.raises(NotFound, match="You have no station with this id"):
        await ask(store, station_id, Reset("idle"), STRANGER)

    assert await store.read(recorded, "StationCommanded") == []


async def test_the_password_is_not_written_as_a_setting(store: Store) -> None:
    station_id = await station(store)

    with pytest.raises(rules.PasswordSetting):
        await ask(store, station_id, WriteSettings({"AuthorizationKey": "0123456789abcdef"}))


async def test_only_so_many_commands_wait(store: Store) -> None:
    station_id = await station(store)
    for _ in range(rules.MAX_WAITING_COMMANDS):
        await ask(store, station_id, Reset("idle"))

    with pytest.raises(rules.TooMuchWaiting, match="100 commands wait"):
        await ask(store, station_id, Reset("idle"))

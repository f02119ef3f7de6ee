"""A station's password changed over its line: no answer that is lost locks the station out."""

import logging
from pathlib import Path
from typing import Any

import orjson
import pytest

from chargehub.stations import passwords, security, tables
from chargehub.stations.rules import is_password
from chargers.line import RawStation
from tests.conformance.bench import VERSIONS
from tests.secure import Device, SecureHub, answer, device, secure_hub, signed
from tests.stations.samples import ON_SQLITE

pytestmark = ON_SQLITE
ON_EVERY = pytest.mark.parametrize("version", VERSIONS)


def told(version: str, status: str) -> dict[str, Any]:
    """What the station says of the new password."""
    if version == "1.6":
        return {"status": status}
    result = {
        "attributeStatus": status,
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    return {"setVariableResult": [result]}


def password_in(asked: list[Any]) -> str:
    """The new password in the hub's call."""
    if asked[2] == "ChangeConfiguration":
        assert asked[3]["key"] == "AuthorizationKey"
        return str(asked[3]["value"])
    (setting,) = asked[3]["setVariableData"]
    assert setting["component"] == {"name": "SecurityCtrlr"}
    assert setting["variable"] == {"name": "BasicAuthPassword"}
    return str(setting["attributeValue"])


async def online(hub: SecureHub, version: str) -> tuple[Device, RawStation]:
    made = await device(hub, version)
    line = await made.connect(tls=False)
    await made.boot(line)
    return made, line


async def rotate(made: Device, expect: int = 202) -> dict[str, Any]:
    path = f"/stations/{made.id}/password/rotation"
    return dict(await made.owner.post(path, expect=expect))


@ON_EVERY
async def test_once_the_station_has_taken_it_only_the_new_password_counts(
    database: str, tmp_path: Path, version: str
) -> None:
    """Cases TC_073 and TC_A_09."""
    async with secure_hub(database, tmp_path) as hub:
        made, line = await online(hub, version)

        await rotate(made)
        new = password_in(await answer(line, told(version, "Accepted")))
        await hub.settle()

        assert 16 <= len(new) <= 40
        assert await made.refused(tls=False) == 401
        assert await made.refused(tls=False, password=new) == 101
        # A 1.6 station that reads its key as hexadecimal sends the bytes.
        assert await made.refused(tls=False, password=bytes.fromhex(new)) == 101


@ON_EVERY
@pytest.mark.parametrize("how", ["refused", "error"])
async def test_a_station_that_says_no_keeps_the_old_one(
    database: str, tmp_path: Path, version: str, how: str
) -> None:
    """Case TC_A_10."""
    async with secure_hub(database, tmp_path) as hub:
        made, line = await online(hub, version)

        await rotate(made)
        asked = await answer(line, told(version, "Rejected"), 3 if how == "refused" else 4)
        await hub.settle()

        assert await made.refused(tls=False, password=password_in(asked)) == 401
        assert await made.refused(tls=False) == 101


@pytest.mark.parametrize("has_taken_it", [True, False])
async def test_after_a_lost_answer_both_count_until_one_of_them_is_used(
    database: str, tmp_path: Path, has_taken_it: bool
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made, line = await online(hub, "1.6")
        await rotate(made)
        asked = await answer_not(line)
        new, old = password_in(asked), made.password
        line.break_off()
        await hub.settle()

        first, other = (new, old) if has_taken_it else (old, new)

        assert await made.refused(tls=False, password=first) == 101
        await hub.until(lambda: not hub.hub.switchboard.connected())
        assert await made.refused(tls=False, password=other) == 401
        assert await made.refused(tls=False, password=first) == 101


@pytest.mark.parametrize("loses", ["its answer", "its line"])
async def test_what_a_station_with_a_certificate_lost_blocks_no_other_rotation(
    database: str, tmp_path: Path, loses: str
) -> None:
    """It says nothing of its password when it comes, and no password lets it in."""
    async with secure_hub(database, tmp_path, ocpp_call_timeout_s=0.2) as hub:
        made = await signed(hub)
        line = await made.connect(password=None)
        first = await rotate(made)
        await answer_not(line)
        if loses == "its line":
            line.break_off()
        await hub.until(lambda: has_state(made, first["id"], "failed"))
        await hub.settle()
        line = await made.connect(password=None)

        second = await rotate(made)
        asked = await answer(line, told("1.6", "Accepted"))
        await hub.settle()

        assert password_in(asked)
        assert await has_state(made, second["id"], "answered")
        assert await only_counts(made, password_in(asked))
        await line.close()


async def has_state(made: Device, command_id: str, state: str) -> bool:
    return bool((await made.owner.get(f"/commands/{command_id}"))["state"] == state)


@ON_EVERY
async def test_a_station_that_is_back_before_its_answer_is_let_in_with_the_new_one(
    database: str, tmp_path: Path, version: str
) -> None:
    """Both count from before it is asked until it has come with one of them."""
    async with secure_hub(database, tmp_path) as hub:
        made, line = await online(hub, version)
        await rotate(made)
        new = password_in(await answer_not(line))

        again = await made.connect(tls=False, password=new)
        await hub.until(lambda: only_counts(made, new))

        await again.close()
        assert await made.refused(tls=False) == 401


async def test_an_outcome_that_nobody_has_followed_yet_lets_no_other_password_out(
    database: str, tmp_path: Path
) -> None:
    """It would be taken for the next one's, which the station never had."""
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub)
        await rotate(made)
        station = await hub.hub.store.read(tables.station, made.id)
        assert station is not None
        judged = station.next_password_digest

        await hub.hub.store.do(security.note_entry, made.id, 1, True, judged)

        assert (await rotate(made, 409))["code"] == "rotation_under_way"


async def test_what_was_shown_at_the_door_says_nothing_of_a_later_password(
    database: str, tmp_path: Path
) -> None:
    """Between the door and the note of it another rotation may begin."""
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub)
        await rotate(made)
        before = await hub.hub.store.read(tables.station, made.id)

        for came_with_new in (True, False):
            entry = (made.id, 1, came_with_new, "of an earlier one")
            await hub.hub.store.do(security.note_entry, *entry)

        after = await hub.hub.store.read(tables.station, made.id)
        assert after == before
        assert after is not None
        assert after.next_password_digest is not None


async def only_counts(made: Device, password: str) -> bool:
    """Is this the station's password now, and no other on its way in the station's row?"""
    reads = made.hub.hub.store.read
    station = await reads(tables.station, made.id)
    assert station is not None
    secret = made.hub.settings.secret.encode()
    return station.next_password_digest is None and is_password(
        secret, password.encode(), station.password_digest
    )


async def answer_not(line: RawStation) -> list[Any]:
    """The hub's next call, left without an answer."""
    return list(orjson.loads(await line.receive_raw()))


async def test_a_station_without_a_line_gets_it_when_it_is_back(
    database: str, tmp_path: Path
) -> None:
    """It comes with the old one meanwhile, and that ends nothing."""
    async with secure_hub(database, tmp_path) as hub:
        made, line = await online(hub, "2.0.1")
        await line.close()
        await hub.until(lambda: not hub.hub.switchboard.connected())

        command = await rotate(made)
        again = await rotate(made, 409)
        line = await made.connect(tls=False)
        new = password_in(await answer(line, told("2.0.1", "Accepted")))
        await hub.settle()

        assert (command["state"], again["code"]) == ("queued", "rotation_under_way")
        assert await made.refused(tls=False) == 401
        assert await made.refused(tls=False, password=new) == 101


async def test_what_nobody_fetched_in_a_week_is_forgotten(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub)
        waiting = await rotate(made)

        await hub.advance(days=7, seconds=1)

        assert (await made.owner.get(f"/commands/{waiting['id']}"))["state"] == "expired"
        assert (await rotate(made))["state"] == "queued"
        assert await made.refused(tls=False) == 101


async def test_a_password_typed_in_by_hand_ends_the_one_on_its_way(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub)
        waiting = await rotate(made)

        shown = await made.owner.post(f"/stations/{made.id}/password", expect=200)
        made.password = shown["password"]
        line = await made.connect(tls=False)
        await made.boot(line)
        await hub.settle()

        assert (await made.owner.get(f"/commands/{waiting['id']}"))["state"] == "expired"
        assert await made.refused(tls=False) == 101


def read(folder: Path) -> bytes:
    """Everything that the database's files hold."""
    return b"".join(path.read_bytes() for path in folder.glob("chargehub.sqlite*"))


async def test_a_password_on_its_way_is_nowhere_to_be_read(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "chargehub.wire")
    async with secure_hub(database, tmp_path) as hub:
        made, line = await online(hub, "2.0.1")

        shown = await rotate(made)
        new = password_in(await answer(line, told("2.0.1", "Accepted")))
        await hub.settle()
        commands = await made.owner.get(f"/stations/{made.id}/commands")

        assert shown["fields"] == {}
        assert "SetVariables" in caplog.text
        files = read(tmp_path)
        assert b"set_password" in files
        assert new not in f"{shown} {commands} {caplog.text}"
        assert new.encode() not in files


def test_only_the_hub_with_the_same_secret_opens_a_sealed_password(database: str) -> None:
    sealed = passwords.seal(b"one secret", "a password")

    assert "a password" not in sealed
    assert passwords.unseal(b"one secret", sealed) == "a password"
    assert passwords.unseal(b"another", sealed) is None


@ON_EVERY
@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_station_that_boots_before_it_has_the_new_one_may_come_with_the_old_until_then(
    database: str, tmp_path: Path, version: str, comes_back: bool
) -> None:
    """It said RebootRequired: if its link fails before, it still shows the old one."""
    async with secure_hub(database, tmp_path) as hub:
        made, line = await online(hub, version)
        await rotate(made)
        new = password_in(await answer(line, told(version, "RebootRequired")))
        if comes_back:
            line.break_off()
            await hub.until(lambda: not hub.hub.switchboard.connected())
            line = await made.connect(tls=False)

        reset = await answer(line, {"status": "Accepted"})
        line.break_off()
        await hub.until(lambda: not hub.hub.switchboard.connected())

        assert reset[2] == "Reset"
        assert (await rotate(made, 409))["code"] == "rotation_under_way"
        assert await made.refused(tls=False, password=new) == 101
        assert await made.refused(tls=False) == 401

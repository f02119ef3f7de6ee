"""From profile 1 to 2 to 3 without a visit, on every version, each step a visible command."""

from pathlib import Path
from typing import Any

import pytest

from chargers.line import RawStation
from tests.conformance.bench import VERSIONS
from tests.secure import Device, answer, device, secure_hub

ON_EVERY = pytest.mark.parametrize("version", VERSIONS)
YES = {"status": "Accepted"}


async def ask(made: Device, profile: int) -> dict[str, Any]:
    path = f"/stations/{made.id}/security-profile"
    return dict(await made.owner.ask("PUT", path, {"security_profile": profile}, 200))


async def steps(made: Device) -> list[tuple[str, str]]:
    """The commands of the station, the oldest first."""
    items = (await made.owner.get(f"/stations/{made.id}/commands"))["items"]
    return [(each["kind"], each["state"]) for each in reversed(items)]


async def obey(made: Device, line: RawStation, profile: int, slots: str) -> None:
    """What a good station does when it is told to raise its profile, and what it must be told."""
    if made.version == "1.6":
        asked = await answer(line, YES)
        wanted = {"key": "SecurityProfile", "value": str(profile)}
        assert asked[2:] == ["ChangeConfiguration", wanted]
        return
    asked = await answer(line, YES)
    assert asked[2] == "SetNetworkProfile"
    assert asked[3]["connectionData"]["securityProfile"] == profile
    assert asked[3]["connectionData"]["ocppCsmsUrl"].startswith("wss://")
    slot = asked[3]["configurationSlot"]
    asked = await answer(line, written("Accepted"))
    (setting,) = asked[3]["setVariableData"]
    assert setting["variable"] == {"name": "NetworkConfigurationPriority"}
    assert setting["attributeValue"] == slots
    assert slots.startswith(str(slot))
    asked = await answer(line, YES)
    assert asked[2:] == ["Reset", {"type": "OnIdle"}]


def written(status: str) -> dict[str, Any]:
    result = {
        "attributeStatus": status,
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "NetworkConfigurationPriority"},
    }
    return {"setVariableResult": [result]}


@ON_EVERY
async def test_a_station_goes_from_1_to_2_to_3(database: str, tmp_path: Path, version: str) -> None:
    """Case TC_083 and, for 2.x, A05."""
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub, version)
        line = await made.connect(tls=False)
        await made.boot(line)

        asked = await ask(made, 2)
        await obey(made, line, 2, slots="2,1")
        await hub.settle()
        assert (asked["security_profile"], asked["next_security_profile"]) == (1, 2)
        assert await made.refused(tls=False) == 101  # it has not come with TLS yet
        line = await made.connect(tls=True)
        await hub.until(lambda: made.has_profile(2))
        assert await made.refused(tls=False) == 403
        second = await made.body()
        assert (second["security_profile"], second["next_security_profile"]) == (2, None)

        assert await made.sign(line) == "Accepted"
        await made.install(line)
        await hub.settle()
        await ask(made, 3)
        await obey(made, line, 3, slots="1,2")
        await hub.settle()
        assert await made.refused(password=None) == 101
        own, made.chain = made.chain, ""
        assert await made.refused() == 403
        made.chain = own
        assert (await made.body())["security_profile"] == 3

        one = ["raise_security"] if version == "1.6" else []
        way = one or ["raise_security", "write_settings", "reset"]
        kinds = [*way, "deliver_certificate", *way]
        assert await steps(made) == [(kind, "answered") for kind in kinds]


async def test_a_station_that_wants_a_reset_first_gets_it(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub)
        line = await made.connect(tls=False)
        await made.boot(line)

        await ask(made, 2)
        await answer(line, {"status": "RebootRequired"})

        assert (await answer(line, YES))[2:] == ["Reset", {"type": "Soft"}]
        await line.close()


@ON_EVERY
async def test_a_station_that_says_no_stays_as_it_was(
    database: str, tmp_path: Path, version: str
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub, version)
        line = await made.connect(tls=False)
        await made.boot(line)

        await ask(made, 2)
        await answer(line, {"status": "Rejected"})
        await hub.settle()

        after = await made.body()
        assert (after["security_profile"], after["next_security_profile"]) == (1, None)
        assert await steps(made) == [("raise_security", "refused")]
        assert await made.refused(tls=False) == 101


async def test_a_slot_that_the_station_uses_is_left_alone(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub, "2.0.1")
        line = await made.connect(tls=False)
        await made.boot(line)
        wish = {"kind": "read_settings", "names": ["OCPPCommCtrlr.NetworkConfigurationPriority"]}
        await made.owner.post(f"/stations/{made.id}/commands", wish, 202)
        (result,) = written("Accepted")["setVariableResult"]
        await answer(line, {"getVariableResult": [{**result, "attributeValue": "2,1"}]})
        await hub.settle()

        await ask(made, 2)
        asked = await answer(line, YES)
        following = await answer(line, written("Rejected"))
        await hub.settle()

        assert asked[3]["configurationSlot"] == 3
        assert following[3]["setVariableData"][0]["attributeValue"] == "3,2,1"
        assert (await made.body())["next_security_profile"] is None


async def test_a_wish_is_taken_back_by_asking_for_what_the_station_has(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub)

        await ask(made, 2)
        after = await ask(made, 1)

        assert after["next_security_profile"] is None
        assert await steps(made) == []  # never connected: there is nobody to tell

"""What 2.1 has beyond 2.0.1 on the wire: frames without an answer, actions nobody acts on."""

import orjson
import pytest

from chargers.station import StationSim
from tests.chargers.central import PASSWORD, Central


@pytest.fixture
async def central_21():
    system = Central("2.1")
    await system.open()
    yield system
    await system.close()


@pytest.fixture
async def sim(central_21, hand):
    async with StationSim("2.1", "CS01", PASSWORD, central_21.url, clock=hand) as station:
        await station.connect()
        yield station


@pytest.mark.parametrize(
    ("action", "code"), [("AFRRSignal", "NotSupported"), ("Dance", "NotImplemented")]
)
async def test_call_that_the_station_does_not_know_has_its_error(central_21, sim, action, code):
    """The library would leave it without an answer."""
    frame = await central_21.ask_raw(action, {"timestamp": "2026-03-02T08:00:00Z", "signal": 1})

    assert frame[0] == 4
    assert frame[2] == code


async def test_frames_of_2_1_alone_are_taken_without_an_answer(central_21, sim):
    for kind in ([5, "m", "InternalError", "", {}], [6, "m", "NotifyPeriodicEventStream", {}]):
        await central_21.line.send(orjson.dumps(kind).decode())

    status = await central_21.ask("GetLocalListVersion", {})

    assert status == {"versionNumber": 0}
    assert not [text for way, text in sim.frames if way == "sent" and orjson.loads(text)[0] == 4]


async def test_property_names_leave_as_they_were_given(central_21, sim):
    """The library's conversion of names would break them."""
    wanted = {"vendorId": "acme", "data": {"deliveredV2XEnergy_x": 1, "SoC": 2}}

    await sim.call("DataTransfer", wanted)

    assert central_21.payloads("DataTransfer") == [wanted]

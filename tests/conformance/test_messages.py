"""Every message of every version, made from the official schemas by seed, over a real line."""

import orjson
import pytest

from chargehub.commands.bench.samples import Faults, Samples, schema
from chargehub.ocpp import schemas
from chargehub.ocpp.versions import Version
from tests.conformance.bench import VERSIONS, line
from tests.hub import Place, RunningHub

EACH = 6  # payloads of an action
BROKEN = 10_000  # frames that are broken on purpose, over all versions

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def is_alive(answer: list[object]) -> bool:
    return answer[0] == 3


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
async def test_every_message_gets_the_answer_of_its_schema_or_the_standards_error(
    hub: RunningHub, place: Place, version: Version
) -> None:
    """None closes the line, and none is answered with a fault of the hub's own."""
    station = await line(hub, place, version)
    allowed = set(version.problems.values()) - {version.problems["internal"]}
    for number, action in enumerate(sorted(set(version.messages) - (version.sent or set()))):
        samples = Samples(number)
        for _ in range(EACH):
            payload = samples.of(schema(version.name, action))
            schemas.check(version.schemas.requests[action], payload)

            answer = await station.call(action, payload)

            if answer[0] == 3:
                assert version.schemas.answers[action].is_valid(answer[2]), (action, answer)
            else:
                assert answer[2] in allowed, (action, payload, answer)
    assert is_alive(await station.call("Heartbeat", {}))
    await station.close()


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
async def test_frames_that_are_broken_harm_nobody(
    hub: RunningHub, place: Place, version: Version
) -> None:
    station, faults = await line(hub, place, version), Faults(7)
    actions = sorted(version.messages)
    samples = Samples(7)
    for number in range(BROKEN // len(VERSIONS)):
        action = actions[number % len(actions)]
        whole = [2, f"m{number}", action, samples.of(schema(version.name, action))]
        broken = faults.break_(orjson.dumps(whole))
        await station.send_raw(broken.decode(errors="replace"))
        if number % 500 == 0:
            assert is_alive(await station.call("Heartbeat", {}))

    assert is_alive(await station.call("Heartbeat", {}))
    assert hub.hub.switchboard.counts.failed == 0
    await station.close()

"""Each quirk that is said to be done, played: the hub copes; without the profile it does not."""

from pathlib import Path

import pytest

from chargehub.clock import HandClock
from chargehub.stations import quirk_files
from chargehub.stations.quirks import OFF
from tests.hub import RunningHub
from tests.quirks.playing import TRANSCRIPTS, Player, Transcript, Violated, read

PLAYED = [read(path) for path in sorted(TRANSCRIPTS.glob("*.jsonl"))]
ALL = [pytest.param(one, id=one.path.stem) for one in PLAYED]
TREATED = [pytest.param(one, id=one.path.stem) for one in PLAYED if one.treated]
RECORD = [(profile, quirk) for profile in quirk_files.load() for quirk in profile.quirks]


async def play(database: str, clock: HandClock, script: Transcript, choice: str = "auto") -> None:
    hub = RunningHub(database, clock, **script.settings)
    await hub.start()
    player = None
    try:
        owner, driver = await hub.person("owner"), await hub.person("driver")
        place = await hub.station(owner, script.ocpp, evses=2)
        await place.sim.disconnect()
        if choice != "auto":
            path = f"/stations/{place.station_id}/quirk-profile"
            await (await hub.operator()).ask("PUT", path, {"choice": choice}, 200)
        is_connected = hub.hub.switchboard.is_connected
        await hub.until(lambda: not is_connected(place.station_id))
        player = Player(hub, owner, driver, place, script.ocpp)
        await player.play(script)
    finally:
        if player is not None:
            await player.close()
        await hub.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("script", ALL)
async def test_what_is_done_works(database: str, clock: HandClock, script: Transcript) -> None:
    await play(database, clock, script)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("script", TREATED)
async def test_without_the_profile_it_does_not(
    database: str, clock: HandClock, script: Transcript
) -> None:
    """Else the profile would prove nothing."""
    with pytest.raises(Violated):
        await play(database, clock, script, OFF)


def test_every_quirk_that_is_done_has_its_transcript_and_no_other_has_one() -> None:
    done = {
        f"{profile.name}/{quirk.name}": quirk.transcript
        for profile, quirk in RECORD
        if quirk.state == "done"
    }
    claimed = {f"{p.name}/{q.name}" for p, q in RECORD if q.transcript is not None}

    assert {one.quirk: one.path.name for one in PLAYED} == done
    assert claimed == set(done)


def test_a_transcript_says_where_it_comes_from() -> None:
    """Written by us after public threads, or recorded from our own stations; nothing else."""
    sources = {f"{profile.name}/{quirk.name}": quirk.sources for profile, quirk in RECORD}

    for one in PLAYED:
        assert one.origin in ("reported", "recorded"), one.path
        assert set(one.sources) & set(sources[one.quirk]), one.path


def test_every_source_is_a_thread_in_public() -> None:
    for _, quirk in RECORD:
        for source in quirk.sources:
            assert source.startswith("https://github.com/"), quirk
            assert Path(source).name.isdecimal(), quirk

"""A replay against a real hub over HTTP and OCPP: it agrees, once, whatever is lost in between."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
import uvicorn

from chargehub.app import Hub, web
from chargehub.people.passwords import Passwords
from chargehub.settings import Settings
from chargers.enrol import StateLost
from chargers.pricing import Price
from chargers.recordings import OWN_COLUMNS, read
from chargers.replay import Options, Outcome, Watch, assign_versions, replay
from chargers.state import BadState
from tests.chargers.test_recordings import PUBLISHED, needs_published
from tests.people.conftest import quick_hasher

ROWS = """\
a1,Home,Left,ann,true,2026-01-02T08:00:00+01:00,2026-01-02T09:00:00+01:00,3610
a2,Home,Left,ann,true,2026-01-02T10:00:00+01:00,,7250
b1,Home,Right,bob,false,2026-01-02T08:00:00Z,2026-01-02T12:00:00Z,22010
b2,Office,1,bob,true,2026-01-03T08:00:00Z,2026-01-03T08:30:00Z,10
a3,Office,1,ann,false,2026-01-03T08:10:00Z,2026-01-03T09:00:00Z,330
"""


sqlite_alone = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class Served:
    """Where a hub can be reached."""

    api: str
    ocpp: str


@pytest.fixture
async def served(database: str) -> AsyncIterator[Served]:
    hub = Hub(Settings(database=database, ocpp="127.0.0.1:0", secret="a secret of tests only"))
    app = web(hub)
    app.state.passwords = Passwords(quick_hasher())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110 - it tells nobody when it is
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{hub.ocpp_port}/ocpp")
    server.should_exit = True
    await serving


@pytest.fixture
def options(served: Served, tmp_path: Path) -> Options:
    path = tmp_path / "own.csv"
    path.write_text(f"{OWN_COLUMNS}\n{ROWS}")
    return Options(
        path=path,
        hub=served.ocpp,
        api=served.api,
        state=tmp_path / "state.json",
        name="own",
        price=Price(Decimal("0.45"), Decimal("0.505"), Decimal(19), "EUR"),
        patience_s=5,
    )


async def perform(options: Options) -> Outcome:
    return await replay(options, Watch())


def figure(outcome: Outcome, name: str) -> int:
    return next(line.found for line in outcome.comparison.lines if line.name == name)


def faults(outcome: Outcome) -> list[object]:
    wrong = [line for line in outcome.comparison.lines if not line.agrees]
    return [*wrong, *outcome.comparison.differences]


async def test_replay_agrees_to_the_wh_and_cent(options):
    outcome = await perform(options)

    assert faults(outcome) == []
    assert outcome.comparison.agrees
    assert figure(outcome, "energy") == 33_210
    costs = [162, 326, 990, 0, 15]  # 0.45 a kWh, half up
    assert figure(outcome, "cost") == sum(costs) + 5 * 51
    assert outcome.played.refused == {}
    assert outcome.recordings.overlapping == 1


@sqlite_alone
async def test_own_use_is_free_where_it_is_asked_for(options):
    outcome = await perform(replace(options, private_free=True))

    assert faults(outcome) == []
    assert figure(outcome, "free (own use)") == 3_610 + 7_250 + 10
    assert figure(outcome, "cost") == 990 + 15 + 2 * 51


async def test_second_replay_adds_nothing(options):
    first = await perform(options)

    second = await perform(options)

    assert faults(first) == faults(second) == []
    assert second.already == 5
    assert figure(second, "ledger grew: sessions") == 0
    assert figure(second, "sessions with a CDR") == 5


@sqlite_alone
async def test_replay_of_the_rest_after_a_part(options):
    part = await perform(replace(options, limit=2))
    whole = await perform(options)
    part_again = await perform(replace(options, limit=2))

    assert faults(part) == faults(whole) == faults(part_again) == []
    assert (part.already, whole.already, part_again.already) == (0, 2, 3)  # ours of Home


@sqlite_alone
async def test_lost_state_is_told_and_mended_with_the_secret(options):
    first = replace(options, secret="a secret that was written down")
    await perform(first)
    assert options.state is not None
    options.state.unlink()

    with pytest.raises(StateLost, match="--secret"):
        await perform(options)
    with pytest.raises(StateLost, match="/password"):
        await perform(first)
    mended = await perform(replace(first, rotates_passwords=True))

    assert faults(mended) == []
    assert mended.already == 5


@sqlite_alone
async def test_changed_station_password_is_told(options):
    await perform(options)
    other = replace(options, rotates_passwords=True, state=options.path.with_name("copy.json"))
    assert options.state is not None
    assert other.state is not None
    other.state.write_bytes(options.state.read_bytes())
    await perform(other)

    with pytest.raises(StateLost, match="--rotate-passwords"):
        await perform(options)


@sqlite_alone
async def test_set_keeps_how_it_was_billed(options):
    await perform(options)

    with pytest.raises(BadState, match="private_free"):
        await perform(replace(options, private_free=True))


@needs_published
@sqlite_alone
@pytest.mark.parametrize("private_free", [False, True])
async def test_published_sessions_agree(options, private_free):
    """The first of the published set; `chargers replay` plays them all. Licence CC BY 4.0."""
    published = replace(
        options, path=PUBLISHED, name="published", limit=60, private_free=private_free
    )

    outcome = await perform(published)

    assert faults(outcome) == []
    assert len({session.user for session in outcome.recordings.sessions}) > 5


def test_versions_divide_the_sessions_as_the_mix_says(tmp_path):
    path = tmp_path / "many.csv"
    rows = (f"{n},Home,E{n % 20},u,true,2026-01-02T08:00:00Z,,100" for n in range(400))
    path.write_text("\n".join((OWN_COLUMNS, *rows)))
    recordings = read(path)

    versions = assign_versions(recordings, (3, 1))

    assert sorted(versions.values()).count("1.6") == 15
    assert set(assign_versions(recordings, (0, 1)).values()) == {"2.0.1"}

"""Pairing under attack: who is quicker, who guesses names, who knocks without end."""

from functools import partial

import pytest

from chargehub.clock import HandClock
from chargehub.ocpp.limits import TRIES
from chargehub.stations import actions
from tests.ocpp.porch import LASTS, NAME, OTHER, OWN, Porches, porch_over
from tests.ocpp.test_server import BOOT16, ask, closed
from tests.stations import samples
from tests.stations.samples import ON_SQLITE

pytestmark = ON_SQLITE


@pytest.fixture
def porches(database: str, clock: HandClock) -> Porches:
    """A server with these settings."""
    return partial(porch_over, database, clock)


async def test_somebody_who_was_quicker_is_seen_and_thrown_out_by_a_new_password(
    porches: Porches,
) -> None:
    """Whoever reads the name off the charger may come first. Then the true one is refused, which
    its owner reads, and a new password ends the other's line.
    """
    async with porches() as porch:
        pairing_id = await porch.open()
        thief = await porch.knock(identity=NAME, password=OTHER)

        assert (await porch.refused(identity=NAME, password=OWN)).status_code == 401
        found = await porch.when(lambda: porch.seen(pairing_id), lambda seen: seen.is_contested)
        station = await porch.named()
        assert station is not None
        new = await porch.store.do(
            actions.rotate_password, samples.OWNER, station.id, samples.SECRET
        )
        await porch.switchboard.hang_up(station.id, "The password was changed.")

        assert (await closed(thief))[0] is not None
        assert (await porch.refused(identity=NAME, password=OTHER)).status_code == 401
        async with await porch.knock(identity=NAME, password=new) as mine:
            assert mine.subprotocol == "ocpp1.6"
        assert (found.state, found.station_id) == ("adopted", station.id)


async def test_an_adoption_is_contested_within_its_window_alone(porches: Porches) -> None:
    async with porches() as porch:
        pairing_id = await porch.open()
        async with await porch.knock(identity=NAME, password=OWN) as socket:
            await ask(socket, "BootNotification", BOOT16)
        await porch.refused(identity=NAME, authorization="none")
        await porch.away(NAME)
        porch.clock.advance(LASTS)
        before = porch.store.writes

        await porch.refused(identity=NAME, password=OTHER)

        assert porch.store.writes == before
        assert not (await porch.seen(pairing_id)).is_contested


async def test_who_knocks_and_knocks_at_a_window_is_noted_now_and_then(porches: Porches) -> None:
    async with porches() as porch:
        pairing_id = await porch.open()
        before = porch.store.writes

        for _ in range(TRIES):
            assert (await porch.refused(identity=NAME, password="short")).status_code == 404
        await porch.noted(pairing_id, "refused")

        assert 5 <= porch.store.writes - before <= 10


async def test_what_cannot_be_registered_is_not_tried_without_end(porches: Porches) -> None:
    async with porches() as porch:
        pairing_id = await porch.open(external_ref="wall")
        new = samples.wanted(await samples.location(porch.store), external_ref="wall")
        await porch.store.do(
            actions.register_station, samples.OWNER, new, samples.SECRET, samples.NOW
        )
        before = porch.store.writes

        for _ in range(TRIES):
            assert (await porch.refused(identity=NAME, password=OWN)).status_code == 404
        found = await porch.noted(pairing_id, "refused")

        assert "external_ref" in str(found.reason)
        assert porch.store.writes - before <= 20


async def test_who_guesses_names_is_stopped_though_windows_are_open(porches: Porches) -> None:
    async with porches(ocpp_failed_identities=3) as porch:
        pairing_id = await porch.open()
        for number in range(3):
            response = await porch.refused(identity=f"ACME-{number}", password=OTHER)
            assert response.status_code == 404

        response = await porch.refused(identity=NAME, password=OTHER)

        assert response.status_code == 429
        assert (await porch.seen(pairing_id)).state == "waiting"

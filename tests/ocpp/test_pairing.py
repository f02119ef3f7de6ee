"""At the door while a pairing window is open: who is adopted, who is not, and what it costs."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chargehub.clock import HandClock
from tests.ocpp.porch import LASTS, NAME, OTHER, OWN, Porches, porch_over
from tests.ocpp.test_server import BOOT16, ask
from tests.stations import samples
from tests.stations.samples import ON_SQLITE


@pytest.fixture
def porches(database: str, clock: HandClock) -> Porches:
    """A server with these settings."""
    return partial(porch_over, database, clock)


async def test_the_first_that_comes_is_adopted_with_its_own_password(porches: Porches) -> None:
    async with porches() as porch:
        pairing_id = await porch.open()

        async with await porch.knock(identity=NAME, password=OWN) as socket:
            station, found = await porch.named(), await porch.seen(pairing_id)
            assert (await ask(socket, "BootNotification", BOOT16))[2]["status"] == "Accepted"

        assert station is not None
        assert (station.owner_id, station.security_profile) == (samples.OWNER, 1)
        assert (found.state, found.station_id) == ("adopted", station.id)
        assert (found.knocked_from, found.knocked_at) == ("127.0.0.1", porch.clock.now())
        assert OWN not in repr(station) + repr(found)
        counts = porch.switchboard.counts
        assert (counts.adopted, counts.unknown, counts.turned_away) == (1, 0, 0)


async def test_later_it_comes_with_that_password_and_no_other(porches: Porches) -> None:
    async with porches() as porch:
        await porch.open()
        await (await porch.knock(identity=NAME, password=OWN)).close()
        porch.clock.advance(timedelta(days=30))

        wrong = await porch.refused(identity=NAME, password=OTHER)
        async with await porch.knock(identity=NAME, password=OWN) as again:
            assert again.subprotocol == "ocpp1.6"

        assert wrong.status_code == 401


async def test_bytes_that_are_no_text_are_a_password_too(porches: Porches) -> None:
    """A 1.6 station sends the bytes behind its hexadecimal key."""
    key = bytes(range(5, 245, 12))
    shuffled = key[::2] + key[1::2][::-1]
    async with porches() as porch:
        await porch.open()

        for _ in range(2):
            async with await porch.knock(identity=NAME, password=shuffled) as socket:
                assert socket.subprotocol == "ocpp1.6"


@pytest.mark.parametrize("is_ended", [False, True], ids=["never open", "expired"])
async def test_outside_a_window_it_is_refused_as_ever_and_nothing_is_written(
    porches: Porches, is_ended: bool
) -> None:
    async with porches() as porch:
        if is_ended:
            await porch.open()
            porch.clock.advance(LASTS)
        before, reads = porch.store.writes, porch.store.reads

        for _ in range(10):
            response = await porch.refused(identity=NAME, password=OWN)
            assert (response.status_code, response.body) == (404, b"No such station.\n")

        assert (porch.store.writes - before, porch.store.reads - reads) == (0, 10)
        assert porch.switchboard.counts.unknown == 10
        assert await porch.named() is None


async def test_to_judge_a_known_station_takes_one_read_as_before(porches: Porches) -> None:
    async with porches() as porch:
        reads = porch.store.reads

        for _ in range(5):
            assert (await porch.refused(password="wrong")).status_code == 401

        assert porch.store.reads - reads == 5


@ON_SQLITE
@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"password": "short"}, "shorter than 16"),
        ({"password": "1234567890123456"}, "easy to guess"),
        ({"password": f"{NAME}-password"}, "its identity not counted"),
        ({"authorization": "none"}, "no password"),
        ({"authorization": "Basic !"}, "no password"),
        ({"identity_in_header": "OTHER"}, "no password"),
        ({"versions": ("ocpp1.5",), "password": OWN}, "no OCPP"),
    ],
)
async def test_who_shows_too_little_hears_what_a_stranger_hears_and_the_owner_reads_why(
    porches: Porches, how: dict[str, Any], reason: str
) -> None:
    async with porches() as porch:
        pairing_id = await porch.open()
        versions = how.pop("versions", ())
        if how.pop("identity_in_header", None):
            how["authorization"] = "Basic T1RIRVI6eDdLcDJtUTl2VDR3WjhyQg=="  # OTHER:x7Kp…

        response = await porch.refused(*versions, identity=NAME, **({"password": ""} | how))
        stranger = await porch.refused(*versions, identity="NOBODY-1", **({"password": ""} | how))
        found = await porch.noted(pairing_id, "refused")
        async with await porch.knock(identity=NAME, password=OWN):
            assert (await porch.seen(pairing_id)).state == "adopted"

        assert (response.status_code, response.body) == (404, stranger.body)
        assert sorted(response.headers) == sorted(stranger.headers)
        assert found.reason is not None
        assert reason in found.reason
        assert found.ended_at is None


@ON_SQLITE
async def test_a_browser_is_not_adopted(porches: Porches) -> None:
    """Only who opens a WebSocket is a station: an address may be fetched by a stray link."""
    async with porches() as porch:
        pairing_id = await porch.open()
        url = f"http://127.0.0.1:{porch.port}/ocpp/{NAME}"
        async with httpx2.AsyncClient(trust_env=False) as http:
            headers = {"Sec-WebSocket-Protocol": "ocpp1.6"}
            answer = await http.get(url, auth=(NAME, OWN), headers=headers)

        found = await porch.noted(pairing_id, "refused")
        assert answer.status_code == 404
        assert found.reason is not None
        assert await porch.named() is None


@pytest.mark.parametrize("passwords", [(OWN, OWN), (OWN, OTHER)], ids=["same", "different"])
async def test_two_that_come_at_once_are_one_station(
    porches: Porches, passwords: tuple[str, str]
) -> None:
    """One is adopted, whole; the other is judged by what was adopted."""
    async with porches() as porch:
        for number in range(5):
            name = f"ACME-{number}"
            pairing_id = await porch.open(name)

            done = await asyncio.gather(
                *(porch.knock(identity=name, password=each) for each in passwords),
                return_exceptions=True,
            )

            refused = [one for one in done if isinstance(one, InvalidStatus)]
            assert len(refused) == len(set(passwords)) - 1
            assert [one.response.status_code for one in refused] == [401] * len(refused)
            found = await porch.seen(pairing_id)
            assert found.state == "adopted"
            for one in done:
                if not isinstance(one, BaseException):
                    await one.close()
        assert porch.switchboard.counts.adopted == 5


@ON_SQLITE
async def test_of_many_that_come_at_once_one_line_is_left(porches: Porches) -> None:
    async with porches() as porch:
        await porch.open()

        lines = await asyncio.gather(*(porch.knock(identity=NAME, password=OWN) for _ in range(20)))

        ends = await asyncio.gather(*(_is_over(line) for line in lines))
        assert ends.count(None) == 1
        assert set(ends) == {None, 1000}
        for line in lines:
            await line.close()


async def _is_over(line: Any) -> int | None:
    try:
        await ask(line, "BootNotification", BOOT16)
    except ConnectionClosed:
        return int(line.close_code)
    return None


@ON_SQLITE
@pytest.mark.parametrize("profile", [0, 1])
async def test_without_a_password_profile_0_alone_adopts(porches: Porches, profile: int) -> None:
    async with porches(ocpp_without_password=True) as porch:
        pairing_id = await porch.open(security_profile=profile)

        if profile == 1:
            assert (await porch.refused(identity=NAME, authorization="none")).status_code == 404
            assert (await porch.noted(pairing_id, "refused")).reason is not None
            return
        for _ in range(2):
            async with await porch.knock(identity=NAME, authorization="none") as socket:
                assert socket.subprotocol == "ocpp1.6"
        station = await porch.named()
        assert station is not None
        assert station.security_profile == 0


@ON_SQLITE
async def test_a_window_of_profile_0_is_shut_once_the_hub_lets_no_such_station_in(
    porches: Porches,
) -> None:
    """The operator changed the setting and started the hub again while it was open."""
    async with porches(ocpp_without_password=False) as porch:
        pairing_id = await porch.open(security_profile=0)

        assert (await porch.refused(identity=NAME, authorization="none")).status_code == 404

        assert "no longer" in str((await porch.noted(pairing_id, "refused")).reason)


@ON_SQLITE
async def test_a_password_shown_at_profile_0_is_asked_for_ever_after(porches: Porches) -> None:
    async with porches(ocpp_without_password=True) as porch:
        await porch.open(security_profile=0)
        await (await porch.knock(identity=NAME, password=OWN)).close()

        bare = await porch.refused(identity=NAME, authorization="none")

        station = await porch.named()
        assert bare.status_code == 401
        assert station is not None
        assert station.security_profile == 1

"""2.x security (A): how stations come in."""

import pytest

from chargers.line import HandshakeRefused, RawStation, basic_auth
from tests.conformance.v201.station import Case2

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_tc_a_01_the_right_password(case: Case2) -> None:
    await case.connects()
    await case.boots()

    assert (await case.station())["ocpp_version"] == case.version.name


async def test_tc_a_02_another_user(case: Case2) -> None:
    headers = {"Authorization": basic_auth("somebody", case.password)}
    stranger = RawStation(
        case.site.hub.url,
        case.identity,
        None,
        headers=headers,
        subprotocols=(case.version.subprotocol,),
    )

    with pytest.raises(HandshakeRefused) as refused:
        await stranger.connect()
    assert refused.value.status == 401


async def test_tc_a_03_a_wrong_password(case: Case2) -> None:
    """Who is refused disturbs nobody."""
    with pytest.raises(HandshakeRefused) as refused:
        await case.line("not the password").connect()

    assert refused.value.status == 401
    assert await case.authorises() == "Accepted"


async def test_tc_b_58_subprotocols(case: Case2) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        await case.line(case.password, ["ocpp0.1"]).connect()
    chosen = case.line(case.password, ["ocpp0.1", case.version.subprotocol])

    assert refused.value.status == 400
    assert await chosen.connect() == case.version.subprotocol
    await chosen.close()

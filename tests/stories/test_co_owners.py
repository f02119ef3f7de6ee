"""Two people own a station: they agree on shares, and each is paid what is theirs."""

import pytest

from chargehub.settlement.sharing import MAILS_A_DAY, SUBJECT
from tests.busy import verify
from tests.hub import Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import charge, only


async def test_co_owners_agree_and_are_paid_by_their_shares(hub: RunningHub) -> None:
    """Nothing is shared before all have said yes; what was earned before stays the owner's."""
    owner, other = await hub.person("owner", pays=False), await hub.person("other", pays=False)
    stranger, driver = await hub.person("stranger"), await hub.person("driver")
    for one in (owner, other):
        await verify(one)
        await one.ask("PUT", "/payout-preference", {"rail": "sandbox"}, 200)
    place = await hub.station(owner, "2.0.1")
    path = f"/stations/{place.station_id}/shares"
    shares = [
        {"account_id": owner.account_id, "basis_points": 6_667},
        {"account_id": other.account_id, "basis_points": 3_333},
    ]

    await stranger.ask("PUT", path, {"shares": shares}, 404)
    proposed = await owner.ask("PUT", path, {"shares": shares}, 200)
    assert proposed["holds_from"] is None
    await charge(hub, place, driver.id_token)  # 8.10 that are the owner's alone
    await stranger.ask("POST", f"/shares/{proposed['id']}/acceptance", {}, 404)
    (offered,) = (await other.get("/shares"))["items"]
    agreed = await other.ask("POST", f"/shares/{offered['id']}/acceptance", {}, 200)
    again = await other.ask("POST", f"/shares/{offered['id']}/acceptance", {}, 409)
    assert agreed["holds_from"] is not None and again["code"] == "shares_moved"
    assert (await owner.get(path))["standing"] == agreed

    await charge(hub, place, driver.id_token)
    statement = await only(other, "/statements/2026-03")
    coming = await only(other, "/maturing-earnings")
    for _ in range(3):
        await hub.advance(hours=12)

    assert statement["accrued"]["amount_minor"] == coming["amount"]["amount_minor"] == 269
    assert (await only(other, "/payouts"))["amount"]["amount_minor"] == 269
    paid = (await owner.get("/payouts"))["items"]
    assert sum(one["amount"]["amount_minor"] for one in paid) == 810 + 541
    ended = {"shares": [{"account_id": owner.account_id, "basis_points": 10_000}]}
    ending = await owner.ask("PUT", path, ended, 200)
    assert ending["holds_from"] is None, "who loses a part must agree"
    leaving = await other.ask("POST", "/accounts/me/erasure", {"email": other.email}, 409)
    assert "share of station" in leaving["detail"]
    await other.ask("POST", f"/shares/{ending['id']}/acceptance", {}, 200)
    assert (await owner.get(path))["standing"]["id"] == ending["id"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_who_proposes_again_and_again_writes_once_a_day(hub: RunningHub) -> None:
    """A mail of the hub's is nobody's means to pester others: of one station, nor of many."""
    owner, other = await hub.person("owner", pays=False), await hub.person("other", pays=False)
    places = [await hub.station(owner, "2.0.1", publish=False) for _ in range(MAILS_A_DAY + 1)]
    shares = [
        {"account_id": owner.account_id, "basis_points": 6_000},
        {"account_id": other.account_id, "basis_points": 4_000},
    ]

    async def propose(place: Place) -> int:
        """How many offers the other has been mailed of."""
        await owner.ask("PUT", f"/stations/{place.station_id}/shares", {"shares": shares}, 200)
        sent = await hub.hub.store.read(mails)
        return sum(to == other.email and is_about.startswith(SUBJECT) for to, is_about, _ in sent)

    often = [await propose(places[0]) for _ in range(3)]
    many = [await propose(place) for place in places]
    await hub.advance(days=1, minutes=1)
    later = await propose(places[0])

    assert often == [1, 1, 1]
    assert many == [1, *range(2, MAILS_A_DAY + 1), MAILS_A_DAY]
    assert later == MAILS_A_DAY + 1
    offered = (await other.get("/shares"))["items"]
    assert len(offered) == len(places), "what was not mailed is offered all the same"

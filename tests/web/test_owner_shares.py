"""Co-owners agree by pages on how what a charger earns is shared."""

import pytest

from tests.hub import Person
from tests.web.browsing import BrowsedHub
from tests.web.test_owner_guests import sent
from tests.web.test_owner_offer import console
from tests.web.test_owner_start import logged_in

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def parts(owner: Person, page: str, name: str) -> dict[str, int] | None:
    """What holds, or is proposed: basis points by account."""
    found = (await owner.get(f"{page.removeprefix('/owner')}/shares"))[name]
    return found and {each["account_id"]: each["basis_points"] for each in found["shares"]}


async def test_shares_are_proposed_agreed_to_and_given_back(
    browsed: BrowsedHub, database: str
) -> None:
    owner, page = await console(browsed)
    other = await browsed.person("other", pays=False)
    divided = {owner.account_id: 6_750, other.account_id: 3_250}

    await sent(browsed, f"{page}/shares", account1=other.account_id, percent1="32.5")
    assert await parts(owner, page, "proposed") == divided
    assert "not agreed yet" in (await browsed.api.get(f"{page}/shares")).text

    await logged_in(browsed, "other")
    offered = (await browsed.api.get("/owner/shares")).text
    agreement = (await other.get("/shares"))["items"][0]["id"]
    assert "Your part would be 32.5%" in offered and other.account_id in offered
    await sent(browsed, f"/owner/shares/{agreement}/agree")
    twice = await sent(browsed, f"/owner/shares/{agreement}/agree", 409)
    assert "You have accepted this already." in twice
    assert await parts(owner, page, "standing") == divided

    await logged_in(browsed, "owner")
    assert "32.5%" in (await browsed.api.get(f"{page}/shares")).text
    await sent(browsed, f"{page}/shares", alone="yes")
    assert await parts(owner, page, "standing") == divided  # until the other agrees, too
    ended = {owner.account_id: 10_000, other.account_id: 0}
    assert await parts(owner, page, "proposed") == ended


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "account1"),
        ({"account1": "nobody", "percent1": "30"}, "account1"),
        ({"account1": "{own}", "percent1": "30"}, "account1"),
        ({"account1": "{other}", "percent1": ""}, "percent1"),
        ({"account1": "{other}", "percent1": "0.001"}, "percent1"),
        ({"account1": "{other}", "percent1": "-5"}, "percent1"),
        ({"account1": "{other}", "percent1": "100"}, "percent1"),
        ({"percent2": "5"}, "account2"),
        ({"account1": "{other}", "percent1": "5", "account3": "{other}"}, "account3"),
        ({"account1": "{other}", "percent1": "5", "starts_at": "soon"}, "starts_at"),
    ],
)
async def test_what_is_wrong_with_a_share_stands_next_to_it(
    browsed: BrowsedHub, database: str, fields: dict[str, str], wrong: str
) -> None:
    owner, page = await console(browsed)
    other = await browsed.person("other", pays=False)
    ids = {"own": owner.account_id, "other": other.account_id}

    filled = {name: text.format_map(ids) for name, text in fields.items()}
    answer = await sent(browsed, f"{page}/shares", 422, **filled)

    assert f'id="{wrong}-wrong"' in answer
    assert await parts(owner, page, "proposed") is None


async def test_nobody_shares_what_is_not_theirs(browsed: BrowsedHub, database: str) -> None:
    owner, page = await console(browsed)
    other = await browsed.person("other", pays=False)
    await sent(browsed, f"{page}/shares", account1=other.account_id, percent1="30")
    agreement = (await other.get("/shares"))["items"][0]["id"]
    await browsed.person("stranger", pays=False)
    await logged_in(browsed, "stranger")

    assert (await browsed.api.get(f"{page}/shares")).status_code == 404
    await sent(browsed, f"{page}/shares", 404, account1=other.account_id, percent1="90")
    await sent(browsed, f"/owner/shares/{agreement}/agree", 404)
    proposed = await parts(owner, page, "proposed")
    assert proposed == {owner.account_id: 7_000, other.account_id: 3_000}

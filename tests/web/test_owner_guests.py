"""For whom an owner's charger is there, by pages."""

import pytest

from tests.hub import Person
from tests.web.browsing import BrowsedHub
from tests.web.test_owner_offer import console
from tests.web.test_owner_start import OURS, logged_in

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def sent(hub: BrowsedHub, path: str, expect: int = 303, **fields: str) -> str:
    """A form that is sent; what the page says then."""
    answer = await hub.api.post(path, data=fields, headers=OURS)
    assert answer.status_code == expect, answer.text
    return str(answer.text)


async def only(person: Person, path: str) -> str:
    """The id of the one item of a list."""
    (item,) = (await person.get(path))["items"]
    return str(item["id"])


async def test_a_card_charges_free_and_pays_again(browsed: BrowsedHub, database: str) -> None:
    owner, page = await console(browsed)
    (evse,) = (await owner.get(f"{page.removeprefix('/owner')}"))["evses"]

    await sent(browsed, f"{page}/household", token="card-1=a+b", socket="")
    shown = await browsed.api.get(f"{page}/guests")
    free = await owner.get(f"/evses/{evse['id']}/household")
    await sent(browsed, f"{page}/household/remove", token="card-1=a+b")

    assert free["items"] == [{"id_token": "CARD-1=A+B"}]
    assert "CARD-1=A+B" in shown.text and await owner.app_token() in shown.text
    assert (await owner.get(f"/evses/{evse['id']}/household"))["items"] == []


async def test_a_group_has_its_price_its_codes_and_its_members(
    browsed: BrowsedHub, database: str
) -> None:
    owner, page = await console(browsed)
    driver = await browsed.person("driver")
    tariff = await only(owner, "/tariffs")

    await sent(browsed, f"{page}/groups", name="Street", tariff=tariff)
    group = await only(owner, "/member-groups")
    uses, until = f"most_uses-{group}", f"expires_at-{group}"
    await sent(browsed, f"{page}/groups/{group}/codes", **{uses: "2", until: "2026-03-09T12:00"})
    (code,) = (await owner.get(f"/member-groups/{group}/codes"))["items"]
    await driver.post("/memberships", {"code": code["code"]})
    shown = (await browsed.api.get(f"{page}/guests")).text
    changed = {f"name-{group}": "Our street", f"tariff-{group}": tariff}
    await sent(browsed, f"{page}/groups/{group}", **changed)
    await sent(browsed, f"{page}/groups/{group}/codes/{code['id']}/revoke")
    await sent(browsed, f"{page}/groups/{group}/members/{driver.account_id}/remove")
    after = (await browsed.api.get(f"{page}/guests")).text

    assert code["expires_at"] == "2026-03-09T11:00:00Z"  # by the clock in Oslo
    assert "1 of 2 used" in shown and "1 member" in shown and code["code"] in shown
    assert "Our street" in after and "0 members" in after and code["code"] not in after
    assert (await driver.get("/memberships"))["items"] == []


async def test_it_is_there_for_members_alone_and_for_everybody_again(
    browsed: BrowsedHub, database: str
) -> None:
    owner, page = await console(browsed)
    tariff = await only(owner, "/tariffs")
    await sent(browsed, f"{page}/groups", name="Street", tariff=tariff)
    group, path = await only(owner, "/member-groups"), f"{page.removeprefix('/owner')}/listing"
    before = await owner.get(path)

    await sent(browsed, f"{page}/access", access="members", group=group)
    for_members = await owner.get(path)
    await sent(browsed, f"{page}/access", access="public", group=group)

    assert (for_members["access"], for_members["member_group_id"]) == ("members", group)
    assert for_members["opening_hours"] == before["opening_hours"]
    assert await owner.get(path) | {"published_at": ""} == before | {"published_at": ""}


@pytest.mark.parametrize(
    ("path", "fields", "wrong"),
    [
        ("/household", {"token": ""}, "token"),
        ("/household", {"token": "a/b"}, "token"),
        ("/household", {"token": "so so"}, "token"),
        ("/groups", {"name": "", "tariff": "none"}, "name"),
        ("/groups", {"name": "Street", "tariff": ""}, "tariff"),
    ],
)
async def test_what_is_wrong_about_guests_stands_next_to_it(
    browsed: BrowsedHub, database: str, path: str, fields: dict[str, str], wrong: str
) -> None:
    _owner, page = await console(browsed)

    assert f'id="{wrong}-wrong"' in await sent(browsed, page + path, 422, **fields)


async def test_what_is_wrong_about_a_group_stands_next_to_that_group(
    browsed: BrowsedHub, database: str
) -> None:
    owner, page = await console(browsed)
    tariff = await only(owner, "/tariffs")
    await sent(browsed, f"{page}/groups", name="Street", tariff=tariff)
    group = await only(owner, "/member-groups")
    uses, until = f"most_uses-{group}", f"expires_at-{group}"
    path = f"{page}/groups/{group}"

    assert f'id="{uses}-wrong"' in await sent(browsed, f"{path}/codes", 422, **{uses: "0"})
    assert f'id="{until}-wrong"' in await sent(browsed, f"{path}/codes", 422, **{until: "soon"})
    named = {f"name-{group}": "", f"tariff-{group}": tariff}
    assert f'id="name-{group}-wrong"' in await sent(browsed, path, 422, **named)
    strange = await sent(browsed, f"{page}/access", 404, access="members", group="none")
    assert 'id="group-wrong"' in strange


async def test_nobody_opens_the_guests_of_another(browsed: BrowsedHub, database: str) -> None:
    owner, page = await console(browsed)
    await browsed.person("other", pays=False)
    await logged_in(browsed, "other")

    assert (await browsed.api.get(f"{page}/guests")).status_code == 404
    await sent(browsed, f"{page}/household", 404, token="CARD")
    await sent(browsed, f"{page}/access", 404, access="members")
    assert (await owner.get(f"{page.removeprefix('/owner')}/listing"))["access"] == "public"

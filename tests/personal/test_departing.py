"""What people said of each other leaves with them; guests leave by themselves."""

import json
from typing import Any

from chargehub.personal.rules import ERASED
from tests.disputes.court import Court, make_court
from tests.hub import TARIFF, RunningHub
from tests.personal.test_leaving import erase, everything
from tests.stories.steps import audited
from tests.stories.test_guest import EMAIL, guest_of

SAID = "Secretly said"


async def quarrel(hub: RunningHub) -> tuple[Court, str]:
    """A dispute with words and a photo of the driver, and blind words of both in reviews."""
    court = await make_court(hub)
    dispute = await court.contested()
    path = f"/disputes/{dispute}"
    await court.driver.post(f"{path}/messages", {"text": f"{SAID} in the room"})
    await court.show_photo(dispute, court.driver)
    review = f"/sessions/{court.session_id}/reviews"
    await court.driver.post(review, {"stars": 2, "text": f"{SAID} of the owner"})
    return court, dispute


def part(export: Any, table: str, by: str) -> list[dict[str, Any]]:
    """The rows of a part of an export."""
    found = {(one["table"], one["by"]): one["rows"] for one in export["parts"]}
    return list(found.get((table, by), []))


async def test_what_was_said_in_a_dispute_and_a_review_leaves_with_who_said_it(
    hub: RunningHub,
) -> None:
    court, dispute = await quarrel(hub)
    before = await court.driver.get("/accounts/me/export")
    refused = await erase(court.driver)
    await court.driver.post(f"/disputes/{dispute}/withdrawal", expect=200)
    await hub.advance(days=15)
    balances = await audited(hub)

    assert await erase(court.driver) is None

    assert f"Dispute {dispute} is not over" in refused["detail"]
    shown = {one["table"] for one in before["parts"]}
    assert {"dispute", "dispute_message", "dispute_photo", "dispute_evidence", "review"} <= shown
    assert SAID not in await hub.hub.store.read(everything)
    assert await audited(hub) == balances
    room = (await court.owner.get(f"/disputes/{dispute}/messages"))["items"]
    assert room[0]["text"] == ERASED
    photo_id = next(one["photo_id"] for one in room if one["photo_id"])
    await court.owner.get(f"/disputes/{dispute}/photos/{photo_id}", 404)
    found = await court.owner.get(f"/disputes/{dispute}")
    assert (found["statement"], found["status"]) == (ERASED, "closed")


async def test_an_export_opens_no_blind_review_and_names_no_other_side(hub: RunningHub) -> None:
    court, _ = await quarrel(hub)

    owners = await court.owner.get("/accounts/me/export")
    drivers = await court.driver.get("/accounts/me/export")

    assert SAID not in json.dumps(owners)
    (about,) = part(owners, "review", "subject_id")
    assert {"stars", "scores", "text"}.isdisjoint(about)
    assert part(drivers, "review", "author_id")[0]["stars"] == 2
    for export, other in ((owners, court.driver), (drivers, court.owner)):
        rows = [row for one in export["parts"] for row in one["rows"] if "body" not in row]
        assert other.account_id not in json.dumps(rows)
    assert court.driver.id_token not in json.dumps(owners)


async def test_an_owner_leaves_with_groups_and_their_codes(hub: RunningHub) -> None:
    owner = await hub.person("ownerina", pays=False)
    tariff = await owner.post("/tariffs", TARIFF)
    group = await owner.post("/member-groups", {"name": "Street", "tariff_id": tariff["id"]})
    await owner.post(f"/member-groups/{group['id']}/codes", {})

    assert await erase(owner) is None


async def test_a_guest_is_forgotten_when_the_credential_is_over(hub: RunningHub) -> None:
    """A guest can ask for nothing: nobody logs in as one."""
    owner = await hub.person("ownerina")
    place = await hub.station(owner, "2.0.1")
    guest = await guest_of(hub, place)

    await hub.advance(days=59)
    known = await hub.hub.store.read(everything)
    await guest.get("/guest-booking")
    await hub.advance(days=2)

    assert EMAIL in known
    assert EMAIL not in await hub.hub.store.read(everything)
    await guest.get("/guest-booking", 401)
    await audited(hub)

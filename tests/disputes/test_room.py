"""Damages, photos and words; and who may do and see what."""

import pytest

from tests.disputes.court import Court
from tests.listings.photographs import TOLD

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def damaged(court: Court, amount: int = 20_000, expect: int = 201) -> dict[str, str]:
    """The owner claims so much for a damage."""
    claim = court.claim("damage", amount, statement="The cable is torn.")
    made: dict[str, str] = await court.owner.post("/disputes", claim, expect)
    return made


async def test_a_damage_needs_photos_and_takes_nothing(court: Court) -> None:
    before = await court.balances()
    dispute = (await damaged(court))["id"]
    said = {"agrees": False, "statement": "It was torn before."}
    await court.driver.post(f"/disputes/{dispute}/answer", said, 200)

    refused = await court.decide(dispute, 20_000, expect=409)
    await court.show_photo(dispute, court.owner)
    await court.decide(dispute, 15_000)
    await court.later(hours=73)

    found = await court.read(dispute)
    assert refused["code"] == "photo_missing"
    assert (found["status"], found["awarded"]["amount_minor"]) == ("closed", 15_000)
    assert (await court.refunded(), found["refunded"]["amount_minor"]) == (0, 0)
    payments = (await court.driver.get("/payments"))["items"]
    assert [one["captured"]["amount_minor"] for one in payments] == [900]
    assert sum(before.values()) == sum((await court.balances()).values()) == 0


async def test_nobody_is_convicted_of_a_damage_by_silence(court: Court) -> None:
    dispute = (await damaged(court))["id"]

    await court.later(hours=73)
    assert (await court.read(dispute))["status"] == "contested"
    await court.later(days=7, hours=1)
    await court.later(days=4)

    found = await court.read(dispute)
    assert (found["status"], found["awarded"]["amount_minor"]) == ("closed", 0)


async def test_a_damage_is_500_at_most_and_the_owners_to_claim(court: Court) -> None:
    too_much = await damaged(court, 50_001, expect=422)
    not_theirs = await court.open("damage", 100, expect=404)
    of_driver = await court.owner.post("/disputes", court.claim("price", 100), 404)

    assert too_much["detail"] == "Ask for an amount up to 500.00 EUR."
    assert (not_theirs["code"], of_driver["code"]) == ("not_found", "not_found")


async def test_the_room_is_for_both_sides_and_operators_until_it_is_over(court: Court) -> None:
    made = await court.open()
    room = f"/disputes/{made['id']}/messages"
    await court.driver.post(room, {"text": "Here is my dashboard."})
    shown = await court.show_photo(made["id"], court.driver)
    await court.owner.post(room, {"text": "I see."})
    await court.operator.post(room, {"text": "Thank you."})

    said = (await court.owner.get(room))["items"]
    picture = await court.hub.api.get(
        f"/api/v1/disputes/{made['id']}/photos/{shown['photo_id']}",
        headers={"Authorization": f"Bearer {court.owner.token}"},
    )
    await court.driver.post(f"/disputes/{made['id']}/withdrawal", expect=200)
    late = await court.owner.post(room, {"text": "Well."}, 409)

    assert [one["author"] for one in said] == ["driver", "driver", "owner", "operator"]
    assert picture.headers["content-type"] == "image/jpeg"
    assert TOLD not in picture.content
    assert late["code"] == "dispute_moved_on"


async def test_what_cannot_be_disputed(court: Court) -> None:
    too_much = await court.open(amount=901, expect=422)
    crowns = {"amount": {"amount_minor": 1, "currency": "NOK"}}
    currency = court.claim("energy", 100) | crowns
    other = await court.driver.post("/disputes", currency, 422)
    nobody = court.claim("energy", 100, booking_id="b")
    both = await court.driver.post("/disputes", nobody, 422)
    await court.open(amount=500)
    second = await court.open("price", 100, expect=409)

    assert (too_much["code"], other["code"]) == ("bad_amount", "bad_amount")
    assert both["code"] == "invalid"
    assert second["code"] == "already_disputed"


async def test_fourteen_days_after_the_bill_it_stands(court: Court) -> None:
    await court.later(days=14, minutes=1)

    assert (await court.open(expect=409))["code"] == "too_late"


async def test_only_who_is_to_act_may_act(court: Court) -> None:
    made = await court.open()
    path = f"/disputes/{made['id']}"

    own = await court.driver.post(f"{path}/answer", {"agrees": True}, 409)
    early = await court.decide(made["id"], 1, expect=409)
    not_decided = await court.driver.post(f"{path}/appeal", {"statement": "Now!"}, 409)
    not_opener = await court.owner.post(f"{path}/withdrawal", expect=409)
    await court.owner.post(f"{path}/answer", {"agrees": False}, 200)
    too_much = await court.decide(made["id"], 451, expect=422)
    await court.decide(made["id"], 450)
    got_all = await court.driver.post(f"{path}/appeal", {"statement": "More!"}, 409)

    refused = (own, early, not_decided, not_opener, got_all)
    assert {one["code"] for one in refused} == {"dispute_moved_on"}
    assert too_much["code"] == "bad_amount"


async def test_an_operator_sees_all_and_decides_no_matter_of_their_own(court: Court) -> None:
    dispute = await court.contested()

    waiting = await court.operator.get("/disputes?role=operator&status=contested")
    hidden = await court.driver.get("/disputes?role=operator", 403)
    mine = await court.owner.get("/disputes?role=owner")

    assert [one["id"] for one in waiting["items"]] == [dispute]
    assert [one["id"] for one in mine["items"]] == [dispute]
    assert hidden["code"] == "forbidden"
    assert (await court.owner.get("/disputes"))["items"] == []


async def test_the_same_request_with_its_key_is_one_dispute(court: Court) -> None:
    key = {"Idempotency-Key": "once"}

    first = await court.driver.post("/disputes", court.claim("energy", 450), **key)
    again = await court.driver.post("/disputes", court.claim("energy", 450), **key)

    assert first == again

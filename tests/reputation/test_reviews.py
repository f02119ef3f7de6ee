"""Reviews as the two sides of a session live them."""

from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import charge

WORDS = {"stars": 5, "scores": {"accuracy": 5, "access": 4}, "text": "Easy to find."}


async def charged(hub: RunningHub) -> tuple[Person, Person, Place, str]:
    """Owner, driver, station, and the id of a settled session."""
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token)
    session = (await driver.get("/sessions"))["items"][0]["id"]
    return owner, driver, place, session


async def shown(hub: RunningHub, place: Place) -> list[dict[str, Any]]:
    """What anybody reads of the station."""
    page = await hub.ask("GET", f"/stations/{place.station_id}/reviews", expect=200)
    items: list[dict[str, Any]] = page["items"]
    return items


async def told(hub: RunningHub, person: Person) -> list[str]:
    """The mails of a person, but for the first."""
    found = await hub.hub.store.read(mails)
    return [subject for recipient, subject, _ in found if recipient == person.email][1:]


async def rating(hub: RunningHub, place: Place) -> tuple[int, int]:
    found = await hub.ask("GET", f"/stations/{place.station_id}/facts", expect=200)
    return found["rating_thousandths"], found["reviews"]


async def test_reviews_are_blind_until_both_sides_have_written(hub: RunningHub) -> None:
    """Who has read the other's cannot answer it in kind."""
    owner, driver, place, session = await charged(hub)
    path = f"/sessions/{session}/reviews"

    written = await driver.post(path, WORDS)
    await hub.settle()
    blind = await owner.get(path)
    assert (written["published_at"], blind["state"], blind["items"]) == (None, "open", [])
    assert (await driver.get(path))["items"] == [written]
    assert (await shown(hub, place), await rating(hub, place)) == ([], (4_300, 0))
    await owner.post(path, {"stars": 4, "scores": {"punctuality": 3}})
    await hub.settle()

    assert [one["text"] for one in await shown(hub, place)] == ["Easy to find."]
    assert (await owner.get(path))["state"] == "closed"
    assert await rating(hub, place) == (4_378, 1)
    about_driver = (await driver.get("/drivers/me/reviews"))["items"]
    assert [(one["stars"], one["scores"]) for one in about_driver] == [(4, {"punctuality": 3})]
    assert (await driver.get("/drivers/me/facts"))["rating_thousandths"] == 4_267
    assert "Review your charging session" in await told(hub, owner)
    assert "Somebody reviewed you" in await told(hub, driver)


async def test_after_fourteen_days_one_review_is_shown_alone(hub: RunningHub) -> None:
    owner, driver, place, session = await charged(hub)
    await driver.post(f"/sessions/{session}/reviews", {"stars": 1})

    await hub.advance(days=13, hours=23)
    assert await shown(hub, place) == []
    await hub.advance(hours=1)

    assert [one["stars"] for one in await shown(hub, place)] == [1]
    assert await rating(hub, place) == (3_942, 1)  # 34.4 + w of 8 + w, w = 2 ** -(14 / 365)
    late = await owner.post(f"/sessions/{session}/reviews", {"stars": 5}, expect=409)
    assert late["code"] == "review_window_over"


async def test_what_cannot_be_said_is_refused(hub: RunningHub) -> None:
    """Twice, with the other side's scores, of a session that runs, or that is somebody else's."""
    owner, driver, place, session = await charged(hub)
    stranger = await hub.person("stranger", pays=False)
    path = f"/sessions/{session}/reviews"

    wrong = await owner.post(path, {"stars": 4, "scores": {"access": 4}}, expect=422)
    await driver.post(path, WORDS)
    twice = await driver.post(path, WORDS, expect=409)
    await stranger.post(path, WORDS, expect=404)
    await driver.post(path, {"stars": 6}, expect=422)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    running = (await driver.get("/sessions"))["items"][0]["id"]
    early = await driver.post(f"/sessions/{running}/reviews", WORDS, expect=409)

    assert [each["code"] for each in (wrong, twice, early)] == [
        *("bad_score", "already_reviewed", "not_settled"),
    ]


async def test_nobody_reviews_their_own_charger(hub: RunningHub) -> None:
    """Nor does a member of the owner's: friends would be stars."""
    owner, friend = await hub.person("owner"), await hub.person("friend")
    place = await hub.station(owner, "2.0.1")
    group = await owner.post("/member-groups", {"name": "Us", "tariff_id": place.tariff_id})
    await friend.post("/memberships", {"code": group["code"]})
    for person in (owner, friend):
        await charge(hub, place, person.id_token)
        session = (await person.get("/sessions"))["items"][0]["id"]

        refused = await person.post(f"/sessions/{session}/reviews", WORDS, expect=403)

        assert refused["code"] == "own_session"
        assert (await person.get(f"/sessions/{session}/reviews"))["state"] == "none"


async def both(owner: Person, driver: Person, session: str) -> str:
    """Both sides have written; the id of the driver's review."""
    made = await driver.post(f"/sessions/{session}/reviews", WORDS | {"stars": 1})
    await owner.post(f"/sessions/{session}/reviews", {"stars": 5})
    return str(made["id"])


async def test_the_reviewed_side_replies_once(hub: RunningHub) -> None:
    owner, driver, place, session = await charged(hub)
    review = await both(owner, driver, session)
    path = f"/reviews/{review}/reply"

    await driver.post(path, {"text": "I mean it."}, expect=403)
    await owner.post(path, {"text": "The gate is mended."}, expect=200)
    twice = await owner.post(path, {"text": "Really."}, expect=409)
    await hub.settle()

    assert twice["code"] == "already_answered"
    assert [one["reply"] for one in await shown(hub, place)] == ["The gate is mended."]
    assert "Your review has a reply" in await told(hub, driver)


async def test_an_operator_takes_out_abuse_and_says_why(hub: RunningHub) -> None:
    """The words go, and stay in the record of who took them out; the stars count."""
    owner, driver, place, session = await charged(hub)
    operator = await hub.operator()
    review = await both(owner, driver, session)

    await owner.post(f"/reviews/{review}/appeal", {"text": "An insult."}, expect=200)
    again = await owner.post(f"/reviews/{review}/appeal", {"text": "Still."}, expect=409)
    waiting = (await operator.get("/reviews"))["items"]
    judged = {"outcome": "text_removed", "reason": "It insults the owner."}
    await operator.post(f"/reviews/{review}/decisions", judged)
    await hub.settle()

    assert again["code"] == "already_answered"
    assert [(one["id"], one["appeal"]) for one in waiting] == [(review, "An insult.")]
    assert (await operator.get("/reviews"))["items"] == []
    (left,) = await shown(hub, place)
    assert (left["text"], left["stars"], left["outcome"]) == (None, 1, "text_removed")
    assert await rating(hub, place) == (3_933, 1)
    (decision,) = (await operator.get(f"/reviews/{review}/decisions"))["items"]
    assert (decision["removed_text"], decision["reason"]) == (WORDS["text"], judged["reason"])
    assert decision["operator_id"] == operator.account_id
    for person in (owner, driver):
        assert "A review was judged" in await told(hub, person)


async def test_a_struck_review_counts_no_more(hub: RunningHub) -> None:
    owner, driver, place, session = await charged(hub)
    operator = await hub.operator()
    review = await both(owner, driver, session)

    struck = {"outcome": "struck", "reason": "It was about another place."}
    await operator.post(f"/reviews/{review}/decisions", struck)

    assert (await shown(hub, place), await rating(hub, place)) == ([], (4_300, 0))
    assert (await driver.get(f"/sessions/{session}/reviews"))["items"][0]["outcome"] == "struck"

"""What an owner's stations may cost the hub in credits is what it has of the owner's sessions."""

import pytest

from chargehub.clock import HandClock
from tests.hub import RunningHub
from tests.stories.steps import audited, book, charge, go_offline, only
from tests.stories.test_credits import HOUR, amounts
from tests.stories.test_seams import dispute

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("start", "is_paid", "is_refunded", "given"),
    [(0, False, False, 0), (0, True, False, 1), (0, True, True, 0), (1, False, False, 2)],
)
async def test_who_fails_drivers_of_their_own_draws_no_more_than_was_brought(
    database: str, clock: HandClock, start: int, is_paid: bool, is_refunded: bool, given: int
) -> None:
    """A session of 9.00 brings 76 cents, which cover one credit of 50; given back, none."""
    hub = RunningHub(database, clock, owner_start_credit=start, failure_credit="0.50")
    await hub.start()
    owner, driver = await hub.person("owner"), await hub.person("driver")
    places = [await hub.station(owner, "2.0.1") for _ in range(2)]
    if is_paid:
        await charge(hub, places[0], driver.id_token)
    if is_refunded:
        session = await only(driver, "/sessions")
        made = await dispute(driver, session["id"], "energy", 900)
        await owner.post(f"/disputes/{made['id']}/answer", {"agrees": True}, 200)
        await hub.settle()
    failed = [await hub.person(f"driver{number}") for number in range(2)]
    for place, person in zip(places, failed, strict=True):
        await book(hub, person, place, HOUR, HOUR)
        await go_offline(hub, place)
    await hub.advance(minutes=80)

    credited = [one for person in failed for one in await amounts(person)]
    assert credited == [50, 50] * given
    await audited(hub)
    await hub.close()

"""Each night the rail's own books are compared with the hub's; operators read what comes of it."""

import pytest

from chargehub.ledger.tables import balance
from tests.hub import RunningHub
from tests.stories.steps import audited, charge
from tests.stories.test_money import town

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"]),
]


async def test_what_a_rail_booked_is_explained_by_the_morning(
    hub: RunningHub, version: str
) -> None:
    _, place = await town(hub, version)
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)
    for _ in range(6):
        await hub.advance(hours=12)

    (compared,) = (await operator.get("/reconciliations"))["items"]
    lines = (await operator.get("/balance-lines"))["items"]
    accounts = ("psp:available", "psp:pending")
    book = [await hub.hub.store.read(balance, code, "EUR") for code in accounts]

    assert (compared["rail"], compared["unexplained"]) == ("sandbox", 0)
    assert (compared["in_suspense"], compared["missing"]) == ([], [])
    assert [(one["kind"], one["state"], one["amount"]["amount_minor"]) for one in lines] == [
        ("payout", "explained", -810),
        ("payment", "explained", 900),
    ]
    assert book == [90, 0]
    await audited(hub)


async def test_who_is_no_operator_reads_nothing_and_only_known_rails_are_asked(
    hub: RunningHub, version: str
) -> None:
    driver, operator = await hub.person("driver"), await hub.operator()

    await driver.ask("GET", "/reconciliations", expect=403)
    refused = await operator.ask("POST", "/reconciliations/token", expect=422)
    asked = await operator.ask("POST", "/reconciliations/sandbox", expect=202)
    nothing = {"account": "bank:operating", "because": "seen there"}
    gone = await operator.ask("POST", "/balance-lines/x/resolution", nothing, expect=404)

    assert refused["detail"] == "These rails tell their books: sandbox."
    assert asked["rail"] == "sandbox"
    assert gone["detail"] == "There is no line with this id."

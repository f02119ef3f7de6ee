"""The operator's desk: how the hub is, what waits, and what is done about it."""

import pytest

from chargehub.web.acts import acts
from chargehub.web.desk import LISTS
from chargehub.web.figures import Growth, figures
from tests.disputes.court import make_court
from tests.stories.test_debts import owing
from tests.web.browsing import BrowsedHub, browser, window

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OURS = {"Sec-Fetch-Site": "same-origin"}
DESK = (
    "/operator",
    "/operator/money",
    "/operator/books",
    "/operator/lists/debts",
    "/operator/log",
    "/operator/search",
    "/operator/settings",
    "/operator/countries",
)


async def logged_in(browsed: BrowsedHub, name: str) -> None:
    sent = {"email": f"{name}@example.org", "password": "correct horse"}
    answer = await browsed.api.post("/login", data=sent, headers=OURS)
    assert answer.status_code == 303


async def test_an_operator_sees_the_hub_and_forgives_a_debt(
    browsed: BrowsedHub, database: str
) -> None:
    await browsed.operator()
    _, driver, _ = await owing(browsed)
    async with browser() as chromium:
        operator = await window(chromium, browsed)
        await operator.log_in("operator@example.org")
        await operator.go("Desk")
        await operator.says("Stations connected")
        await operator.says("OCPP 2.0.1: 1")
        await operator.press("Money")
        await operator.says("What drivers owe")
        await operator.press("All of them, and what can be done")
        await operator.says("€1.80")
        await operator.press("Forgive")
        await operator.press("Forgive")  # the browser asks for the reason first
        await operator.fill(because="The station was to blame.")
        await operator.press("Forgive")
        await operator.says("Done.")
        await operator.says("There is nothing in this list.")
        await operator.press("Search")
        await operator.fill(q="driver@")
        await operator.page.locator("main").get_by_role("button", name="Search").click()
        await operator.press("driver · driver@example.org")
        await operator.says("What hangs on it")
        await operator.page.get_by_role("row", name="Session").get_by_role("link").click()
        await operator.says("Station")
        await operator.press("Log")
        await operator.says("/debts/{debt_id}/forgive")
        await browsed.settle()

        assert (await driver.get("/debts"))["items"] == []
        assert operator.faults == []


@pytest.mark.parametrize("path", DESK)
async def test_the_desk_is_for_operators(browsed: BrowsedHub, database: str, path: str) -> None:
    assert (await browsed.api.get(path)).status_code == 303
    await browsed.person("anna")
    await logged_in(browsed, "anna")

    answer = await browsed.api.get(path)

    assert answer.status_code == 403
    assert "Only operators of this hub work here." in answer.text


async def test_what_the_desk_offers_rest_refuses_with_a_sentence(
    browsed: BrowsedHub, database: str
) -> None:
    await browsed.operator()
    await logged_in(browsed, "operator")
    path = "/operator/acts/post_resolution"
    sent = {"line_id": "nowhere", "account": "bank:operating", "because": "seen there"}

    form = await browsed.api.get(f"{path}?line_id=nowhere&back=//evil.example")
    gone = await browsed.api.post(path, data=sent, headers=OURS)
    short = await browsed.api.post(path, data=sent | {"because": "x"}, headers=OURS)
    other = await browsed.api.get("/operator/acts/post_booking")

    assert 'value="expense:goodwill"' in form.text and "evil" not in form.text
    assert (gone.status_code, short.status_code, other.status_code) == (404, 422, 404)
    assert "There is no line with this id." in gone.text
    assert 'id="because-wrong"' in short.text


async def test_every_page_list_and_form_opens(browsed: BrowsedHub, database: str) -> None:
    await owing(browsed)
    await browsed.operator()
    await logged_in(browsed, "operator")
    document = (await browsed.api.get("/openapi.json")).json()
    known = acts(document)
    forms = [act.name for act in known.values() if "operator" in act.scopes]
    named = [each for listing in LISTS.values() for each in listing.acts.items()]

    paths = [(await browsed.api.get(path)).status_code for path in DESK]
    lists = [(await browsed.api.get(f"/operator/lists/{name}")).status_code for name in LISTS]
    pages = [(await browsed.api.get(f"/operator/acts/{name}")).status_code for name in forms]

    assert len(forms) > 10
    assert all(set(known[name].ids) == set(ids) for name, ids in named)
    assert set(paths) == set(lists) == set(pages) == {200}


async def test_a_dispute_is_read_and_decided(browsed: BrowsedHub, database: str) -> None:
    court = await make_court(browsed)
    dispute = await court.contested(amount=450)
    await logged_in(browsed, "operator")
    path = f"/operator/disputes/{dispute}"
    sent = {"awarded": "4,00", "at_expense_of": "hub", "reason": "By the readings."}

    money = await browsed.api.get("/operator/money")
    page = await browsed.api.get(path)
    much = await browsed.api.post(f"{path}/decision", data=sent | {"awarded": "4.51"}, headers=OURS)
    said = await browsed.api.post(f"{path}/messages", data={"text": "Looking."}, headers=OURS)
    german = {**OURS, "Accept-Language": "de"}
    done = await browsed.api.post(f"{path}/decision", data=sent, headers=german)

    assert f'href="{path}"' in money.text
    assert "That is not right." in page.text and "It is right." in page.text
    assert much.status_code == 422 and "By the readings." in much.text
    assert (said.status_code, done.status_code) == (303, 303)
    assert "Looking." in (await browsed.api.get(path)).text
    assert (await court.read(dispute))["awarded"] == {"amount_minor": 400, "currency": "EUR"}


async def test_what_grows_is_told_by_the_minute(database: str) -> None:
    growth = Growth()

    told = [growth.per_minute(value, at) for value, at in ((10, 0), (20, 2), (40, 12), (5, 20))]

    assert told == [None, None, 120, None]


async def test_figures_are_read_as_prometheus_reads_them(database: str) -> None:
    text = '# TYPE chargehub_x counter\nchargehub_x_total{what="frames"} 3.0\nchargehub_y 2.0\n'

    assert figures(text) == {"x": {"frames": 3.0}, "y": {"": 2.0}}

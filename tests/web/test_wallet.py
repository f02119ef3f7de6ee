"""What a driver owes, and pays by the wallet's page."""

import re

import pytest

from tests.stories.test_debts import owing
from tests.web.browsing import BrowsedHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OURS = {"Sec-Fetch-Site": "same-origin"}
ENTERED = {"email": "driver@example.org", "password": "correct horse"}


async def test_what_is_owed_for_a_session_is_paid_by_a_button(
    browsed: BrowsedHub, database: str
) -> None:
    _, driver, _ = await owing(browsed)
    await driver.post("/payment-methods", {"rail": "sandbox", "reference": "ok"})
    await browsed.api.post("/login", data=ENTERED, headers=OURS)
    wallet = (await browsed.api.get("/wallet")).text
    form = re.findall(r'action="/wallet/debts".*?</form>', wallet, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))

    answer = await browsed.api.post("/wallet/debts", data=fields, headers=OURS)
    await browsed.settle()

    assert len(form) == 1 and "€1.80" in form[0]
    assert fields["session_id"] and fields["top_up_id"] == ""
    assert answer.status_code == 303
    assert (await driver.get("/debts"))["items"] == []

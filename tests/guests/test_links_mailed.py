"""Links that are mailed before anybody paid: nobody's mailbox is filled by others."""

from chargehub.guests import walking_up
from chargehub.guests.ad_hoc import AdHocRow
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.store.writer import Store
from tests.conftest import START
from tests.people.conftest import mails


def _ask(work: Work, email: str) -> None:
    """A page is opened, and its link asked for by mail."""
    visit_id = new_id()
    values = {"rail": "stripe", "currency": "EUR", "hold_minor": 2_200, "state": "opened"}
    at = {"look_at": START, "created_at": START}
    who = {"token_hash": visit_id, "evse_id": new_id(), "email": email}
    work.insert(AdHocRow, id=visit_id, **values, **who, **at)
    walking_up.write_link(work, email, f"https://hub.example/ad-hoc/{visit_id}", START)


async def test_a_mailbox_gets_a_few_links_whoever_asks(store: Store) -> None:
    for name in ("anna", "Anna", "ANNA", "anna", "aNNa", "ben"):
        await store.do(_ask, f"{name}@example.org")

    sent = [recipient for recipient, _, _ in await store.read(mails)]
    assert len(sent) == 4 and sent[-1] == "ben@example.org"

"""The hub audits its own books each night: what it reads, what it keeps, whom it tells."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from chargehub.audit import actions, laws, reading, tables
from chargehub.audit.effects import Auditor, Ended
from chargehub.audit.findings import Finding
from chargehub.audit.laws import Manner
from chargehub.clock import HandClock
from chargehub.events import AuditAsked
from chargehub.ledger.actions import post
from chargehub.ledger.rules import Transfer, moved
from chargehub.people.tables import Mail
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work, table_of
from chargehub.store.writer import Store
from tests.hub import RunningHub
from tests.ledger.test_posting import NOON
from tests.stories.steps import charge
from tests.stories.test_money import town

MAIL = table_of(Mail)


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


async def test_a_hub_audits_itself_each_night_and_tells_of_a_broken_law(hub: RunningHub) -> None:
    _, place = await town(hub, "2.0.1")
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)
    assert (await operator.get("/audits"))["items"] == []

    await hub.advance(hours=25)
    await hub.settle()
    (first,) = (await operator.get("/audits"))["items"]
    assert (first["holds"], first["is_full"], first["broken"]) == (True, True, [])
    whole = await operator.get(f"/audits/{first['id']}")
    assert [one["law"] for one in whole["laws"]][:2] == ["chain", "I1"]
    assert first["head"].startswith(f"{whole['laws'][0]['figures']['links']}:")
    assert (await operator.get("/money"))["audit"]["id"] == first["id"]

    await hub.hub.store.do(_lose_energy)
    await hub.advance(hours=25)
    await hub.settle()
    second = (await operator.get("/audits"))["items"][0]
    assert (second["holds"], second["is_full"]) == (False, False)
    assert "I6" in second["broken"]
    mails = await hub.hub.store.read(_mails)
    assert any(subject == actions.SUBJECT and second["id"] in body for subject, body in mails)
    desk = await operator.get("/money")
    (topic,) = (one for one in desk["topics"] if one["topic"] == "broken_laws")
    assert topic["count"] == len(second["broken"]) == len(desk["audit"]["broken"])


def _lose_energy(work: Work) -> None:
    """A CDR's energy is changed behind the hub's back."""
    work.execute(text("UPDATE cdr SET billed_wh = billed_wh + 1"))


def _mails(reads: Reads) -> list[tuple[str, str]]:
    rows = reads.all(MAIL.select())
    return [(row.subject, row.text) for row in rows]


# --- what a night reads ------------------------------------------------------------------------


def _give(work: Work, amount: int) -> None:
    entries = moved(amount, "EUR", "bank:operating", "income:rounding")
    post(work, Transfer(new_id(), "gift", entries, effective_at=NOON))


def _verdicts(found: list[Finding]) -> dict[str, tuple[str, object]]:
    return {one.law: (one.state, one.figures) for one in found}


async def test_what_was_read_before_and_what_is_new_come_to_the_same(store: Store) -> None:
    for amount in (5, 7, 11):
        await store.do(_give, amount)
    noted = (await store.read(reading.stored)).head
    for amount in (13, -2):
        await store.do(_give, amount)

    whole = laws.looked_at(store.database, Manner())
    later = laws.looked_at(store.database, Manner(noted, is_full=False))
    assert _verdicts(later) == _verdicts(whole)
    assert next(one for one in later if one.law == "I1").told.endswith("behind link 3.")


@pytest.mark.parametrize("noted", [(2, "f" * 64), (99, "f" * 64)])
async def test_a_chain_that_was_made_anew_is_found(store: Store, noted: tuple[int, str]) -> None:
    for amount in (5, 7, 11):
        await store.do(_give, amount)
    found = laws.looked_at(store.database, Manner(noted, is_full=False))
    assert _verdicts(found)["chain"][0] == "broken"


async def test_a_week_has_one_night_that_reads_all(store: Store) -> None:
    await store.do(_give, 5)
    kinds, now, auditor = [], NOON, Auditor(store)
    for _ in range(9):
        now += timedelta(days=1)
        assert await store.do(actions.ask_due, now) == 1
        assert await store.do(actions.ask_due, now) == 0
        asked = await store.read(tables.newest)
        assert asked is not None
        event = AuditAsked(asked.id)
        await store.do(actions.record, event, await auditor.run(event, "key"), now)
        assert await auditor.run(event, "key") is None
        kinds.append(asked.is_full)
    assert kinds == [True, *[False] * 6, True, False]


async def test_a_hub_that_ends_does_not_wait_for_its_audit(store: Store) -> None:
    await store.do(_give, 5)
    asked = await store.do(actions.ask, NOON)
    auditor = Auditor(store)
    auditor.close()
    async with asyncio.timeout(5):
        with pytest.raises(Ended):
            await auditor.run(AuditAsked(asked.id), "key")
    assert (await store.do(actions.ask, NOON)).id == asked.id

"""The code at the socket: its owner prints or shows it; who scans it reads the price, and pays."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chargehub.clock import HandClock
from chargehub.stations.schema import CommandRow
from chargehub.store.work import Reads, table_of
from tests.databases import fresh_sqlite
from tests.hub import Person, Place, RunningHub
from tests.schema import prepare
from tests.stories.stripe_hub import StripeHub, browse, stripe_hub
from tests.stories.test_walk_up import EVERYTHING

APP = "https://app.example.org"


@pytest.fixture
async def both(tmp_path: Path, clock: HandClock) -> AsyncIterator[StripeHub]:
    path = tmp_path / "chargehub.sqlite"
    prepare(fresh_sqlite(path))
    async with stripe_hub(f"sqlite:///{path}", clock, app_url=APP) as running:
        yield running


async def shop(hub: RunningHub) -> tuple[Person, Place]:
    owner = await hub.person("owner", pays=False)
    return owner, await hub.station(owner, "2.0.1", tariff=EVERYTHING)


async def code_of(owner: Person, place: Place) -> str:
    found = await owner.get(f"/evses/{place.evse_ids[0]}/pay-code")
    assert found["url"] == f"{APP}/charge/{found['code']}"
    return str(found["code"])


def texts(reads: Reads) -> list[Any]:
    command = table_of(CommandRow)
    rows = reads.all(select(command.c.kind, command.c.body).order_by(command.c.id))
    return [(row.kind, row.body) for row in rows]


async def pay_by(hub: RunningHub, code: str, expect: int) -> Any:
    return await hub.ask("POST", "/ad-hoc-sessions", {"code": code}, expect)


async def test_who_scans_the_sticker_reads_the_price_and_the_place_and_pays(
    both: StripeHub,
) -> None:
    hub = both.hub
    owner, place = await shop(hub)
    code = await code_of(owner, place)

    told = await hub.ask("GET", f"/pay-codes/{code}", None, 200)
    page = await pay_by(hub, code, 201)
    await browse(page["page_url"], number="4242424242424242")
    begun = await hub.ask("GET", f"/ad-hoc-sessions/{page['token']}", None, 200)
    taken = await hub.ask("GET", f"/pay-codes/{code}", None, 200)

    assert [line["part"] for line in told["prices"]] == ["kwh", "minute", "minute", "session"]
    assert told["prices"][0]["text"] == "0.399 EUR per kWh"
    assert (told["place"], told["address"]) == ("Garage", "Storgata 1")
    assert (told["can_start"], told["hold"]) == (True, page["hold"])
    assert begun["state"] == "started"
    assert not taken["can_start"]
    assert taken["how_to_pay"] == "Another session runs at this EVSE."


async def test_the_owner_prints_the_code_and_nobody_else(both: StripeHub) -> None:
    """Who has it knows the address; so it is had at the EVSE, or from its owner."""
    hub = both.hub
    owner, place = await shop(hub)
    stranger = await hub.person("stranger", pays=False)
    path = f"/api/v1/evses/{place.evse_ids[0]}/qr.svg"

    printed = await hub.api.get(path, headers={"Authorization": f"Bearer {owner.token}"})
    refused = await hub.api.get(path, headers={"Authorization": f"Bearer {stranger.token}"})

    assert (printed.status_code, printed.headers["content-type"]) == (200, "image/svg+xml")
    assert f"{APP}/charge/{await code_of(owner, place)}" in printed.text
    assert refused.status_code == 404


async def test_a_made_up_code_is_refused(both: StripeHub) -> None:
    for code in ("guessed", "A" * 32):
        refused = await both.hub.ask("GET", f"/pay-codes/{code}", None, 404)
        assert refused["code"] == (await pay_by(both.hub, code, 404))["code"] == "pay_code_unknown"
    both_named = {"code": "A" * 32, "evse_id": "one"}
    for wanted in ({}, both_named):
        await both.hub.ask("POST", "/ad-hoc-sessions", wanted, 422)


async def test_where_the_code_changes_only_the_newest_counts(both: StripeHub) -> None:
    hub = both.hub
    owner, place = await shop(hub)
    evse = f"/evses/{place.evse_ids[0]}/pay-code"
    sticker = await code_of(owner, place)
    changed = await owner.ask("PUT", evse, {"changes": True}, 200)

    refused = [
        await pay_by(hub, sticker, 409),
        await hub.ask("POST", "/ad-hoc-sessions", {"evse_id": place.evse_ids[0]}, 409),
    ]
    await pay_by(hub, changed["code"], 201)
    await hub.advance(minutes=10)
    await pay_by(hub, changed["code"], 201)
    newer = await code_of(owner, place)
    await hub.advance(minutes=10)
    over = await pay_by(hub, changed["code"], 409)
    await hub.ask("GET", f"/pay-codes/{newer}", None, 200)
    await owner.ask("PUT", evse, {"changes": False}, 200)
    again = await code_of(owner, place)

    assert [one["code"] for one in refused] == ["pay_code_changes"] * 2
    assert over["code"] == "pay_code_over" and newer != changed["code"] != sticker
    assert again == sticker
    await hub.ask("GET", f"/pay-codes/{again}", None, 200)


async def test_a_display_shows_the_code_of_the_moment(both: StripeHub) -> None:
    """The same text is replaced turn by turn, and goes when the code changes no more."""
    hub = both.hub
    owner, place = await shop(hub)
    evse = f"/evses/{place.evse_ids[0]}/pay-code"
    first = await owner.ask("PUT", evse, {"changes": True, "on_display": True}, 200)
    await hub.settle()
    await hub.advance(minutes=11)
    second = await owner.get(evse)
    await owner.ask("PUT", evse, {"changes": False}, 200)
    await hub.advance(minutes=11)

    sent = await hub.hub.store.read(texts)
    (shown, then, cleared) = [body for kind, body in sent if "display" in kind]
    assert [shown["text"], then["text"]] == [first["url"], second["url"]]
    assert first["url"] != second["url"]
    assert shown["message_id"] == then["message_id"] == cleared["message_id"]
    assert (shown["evse"], shown["ends_at"] is not None) == (1, True)


async def test_a_display_of_an_old_station_shows_nothing(both: StripeHub) -> None:
    owner = await both.hub.person("owner", pays=False)
    place = await both.hub.station(owner, "1.6")
    wanted = {"changes": True, "on_display": True}

    refused = await owner.ask("PUT", f"/evses/{place.evse_ids[0]}/pay-code", wanted, 409)

    assert refused["code"] == "no_display"


async def test_a_trial_hub_is_paid_on_a_page_of_its_sandbox(hub: RunningHub) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1")
    code = (await owner.get(f"/evses/{place.evse_ids[0]}/pay-code"))["code"]

    told = await hub.ask("GET", f"/pay-codes/{code}", None, 200)

    assert told["can_start"] and "takes no cards" not in told["how_to_pay"]

"""Being told: signed, at least once, in order for each resource, and nothing of others."""

import base64
import time
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlmodel import col

from chargehub import events
from chargehub.flow import TRIES
from chargehub.store.work import Reads, Work
from chargehub.webhooks import actions
from chargehub.webhooks.rules import MOST_WEBHOOKS
from chargehub.webhooks.schema import WebhookKey
from tests.contract_pki import Server
from tests.hub import Person, RunningHub
from tests.people.conftest import mails
from tests.webhooks.receiving import is_signed, said, types
from tests.webhooks.test_feed import charge, feed

NAMES = ("StationConnected", "StationBooted", "StationDisconnected")


def happen(work: Work, kind: type[Any], station_id: str) -> None:
    work.record(kind(station_id))


async def listening_hub(hub: RunningHub, receiver: Server, **wanted: Any) -> dict[str, Any]:
    """An operator's webhook for what happens to stations, and its `operator`."""
    operator = await hub.operator()
    body = {"url": receiver.url, "types": list(NAMES), "is_hub_wide": True, **wanted}
    made: dict[str, Any] = await operator.post("/webhooks", body)
    return {**made, "operator": operator}


async def only(person: Person, webhook_id: str, query: str = "") -> dict[str, Any]:
    (found,) = (await person.get(f"/webhooks/{webhook_id}/messages{query}"))["items"]
    assert isinstance(found, dict)
    return found


async def test_an_owner_is_told_of_a_session_in_order_and_signed(
    hub: RunningHub, receiver: Server
) -> None:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    other = await hub.person("other", pays=False)
    place = await hub.station(owner, "2.0.1")
    wanted = {"url": receiver.url, "types": ["SessionSettled", "SessionOpened", "SessionClosed"]}
    made = await owner.post("/webhooks", wanted)
    await other.post("/webhooks", {"url": receiver.url})

    await charge(hub, place, driver)
    shown = await owner.get(f"/webhooks/{made['id']}")
    sent = (await owner.get(f"/webhooks/{made['id']}/messages"))["items"]

    assert types(receiver) == ["SessionOpened", "SessionClosed", "SessionSettled"]
    assert all(is_signed(one, made["secret"]) for one in receiver.asked)
    assert [one["data"]["session_id"] for one in said(receiver)] == [
        said(receiver)[0]["data"]["session_id"]
    ] * 3
    heard = {one["cursor"]: one for one in said(receiver)}
    assert all(heard[one["cursor"]] == one for one in await feed(owner) if one["cursor"] in heard)
    assert len(heard) == 3
    _, headers, _ = receiver.asked[0]
    assert headers["Content-Type"] == "application/json"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert [one["state"] for one in sent] == ["sent"] * 3
    assert [one["status"] for one in sent] == [200] * 3
    assert "secret" not in shown and made["secret"] not in str(shown)
    told = b"".join(content for _, _, content in receiver.asked).decode()
    assert driver.id_token not in told and place.identity not in told


async def test_a_driver_is_told_of_own_payments_and_the_owner_is_not(
    hub: RunningHub, receiver: Server
) -> None:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, "1.6")
    types_wanted = ["PaymentAuthorised", "PaymentCaptured"]
    made = await driver.post("/webhooks", {"url": receiver.url, "types": types_wanted})
    await owner.post("/webhooks", {"url": receiver.url, "types": types_wanted})

    await charge(hub, place, driver)

    assert types(receiver) == types_wanted
    assert all(is_signed(one, made["secret"]) for one in receiver.asked)


async def test_what_was_not_taken_comes_again_under_its_id_and_in_order(
    hub: RunningHub, receiver: Server, at_once: None
) -> None:
    made = await listening_hub(hub, receiver)
    receiver.status = 500

    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.hub.store.do(happen, events.StationBooted, "one")
    await hub.until(lambda: len(receiver.asked) >= 3)
    failing = await made["operator"].get(f"/webhooks/{made['id']}")
    receiver.status = 204
    await hub.until(lambda: "StationBooted" in types(receiver))
    await hub.settle()
    works = await made["operator"].get(f"/webhooks/{made['id']}")

    assert types(receiver) == ["StationConnected"] * (len(receiver.asked) - 1) + ["StationBooted"]
    ids = [headers["webhook-id"] for _, headers, _ in receiver.asked]
    assert len(set(ids[:-1])) == 1 and ids[-1] != ids[0]
    assert failing["failing_since"] is not None and works["failing_since"] is None


async def test_what_waits_keeps_only_its_own_resource_waiting(
    hub: RunningHub, receiver: Server, later: None
) -> None:
    await listening_hub(hub, receiver)
    receiver.status = 503
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.settle()
    receiver.status = 200

    await hub.hub.store.do(happen, events.StationBooted, "one")
    await hub.hub.store.do(happen, events.StationConnected, "two")
    await hub.settle()

    heard = [(one["type"], one["data"]["station_id"]) for one in said(receiver)]
    assert heard == [("StationConnected", "one"), ("StationConnected", "two")]


async def test_a_parked_message_is_sent_again_by_hand_and_then_what_waits_behind_it(
    hub: RunningHub, receiver: Server, at_once: None
) -> None:
    made = await listening_hub(hub, receiver)
    operator, path = made["operator"], f"/webhooks/{made['id']}"
    receiver.status = 500
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.hub.store.do(happen, events.StationBooted, "one")
    await hub.until(lambda: hub.hub.relay.parked == 1)

    parked = await only(operator, made["id"], "?state=parked")
    behind = await only(operator, made["id"], "?state=pending")
    too_early = await operator.post(f"{path}/messages/{behind['id']}/resend", expect=409)
    receiver.status = 200
    await operator.post(f"{path}/messages/{parked['id']}/resend", expect=202)
    await hub.settle()
    sent = (await operator.get(f"{path}/messages?state=sent"))["items"]

    assert (parked["tries"], parked["status"]) == (TRIES, 500)
    assert (behind["state"], behind["tries"]) == ("pending", 0)
    assert too_early["code"] == "not_resendable"
    assert types(receiver)[-2:] == ["StationConnected", "StationBooted"]
    assert [one["type"] for one in sent] == ["StationBooted", "StationConnected"]


async def test_a_message_that_arrived_can_be_sent_again(hub: RunningHub, receiver: Server) -> None:
    made = await listening_hub(hub, receiver)
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.settle()
    sent = await only(made["operator"], made["id"])

    await made["operator"].post(f"/webhooks/{made['id']}/messages/{sent['id']}/resend", expect=202)
    await hub.settle()

    assert types(receiver) == ["StationConnected"] * 2
    assert {headers["webhook-id"] for _, headers, _ in receiver.asked} == {sent["id"]}


async def test_what_a_crash_left_unsent_is_sent_by_the_next_process(
    hub: RunningHub, receiver: Server, later: None
) -> None:
    made = await listening_hub(hub, receiver)
    receiver.status = 500
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.settle()

    receiver.status = 200
    await hub.restart()
    await hub.settle()

    assert types(receiver) == ["StationConnected"] * 2
    assert (await only(made["operator"], made["id"]))["state"] == "sent"


async def test_a_webhook_that_fails_for_days_is_disabled_and_its_holder_is_written_to(
    hub: RunningHub, receiver: Server, later: None
) -> None:
    made = await listening_hub(hub, receiver)
    operator, path = made["operator"], f"/webhooks/{made['id']}"
    receiver.status = 500
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.settle()

    await hub.advance(days=4, hours=23)
    still = await operator.get(path)
    await hub.advance(hours=1)
    disabled = await operator.get(path)
    await hub.advance(days=1)
    await hub.hub.store.do(happen, events.StationConnected, "two")
    await hub.settle()
    letters = [mail for mail in await hub.hub.store.read(mails) if mail[1].startswith("Your web")]
    refused = await operator.post(f"{path}/resend", expect=409)
    enabled = await operator.ask("PATCH", path, {"is_enabled": True}, 200)

    assert still["is_enabled"] and not disabled["is_enabled"]
    assert disabled["disabled_reason"].startswith("Nothing arrived since 2026-03-02")
    assert [recipient for recipient, *_ in letters] == [operator.email]
    assert types(receiver) == ["StationConnected"]  # the second was not even tried
    assert refused["code"] == "webhook_disabled"
    assert (enabled["is_enabled"], enabled["disabled_reason"]) == (True, None)
    assert enabled["failing_since"] is None


async def test_a_webhook_that_falls_too_far_behind_is_disabled_before(
    hub: RunningHub, receiver: Server, later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else what waits for one dead receiver would fill the database."""
    monkeypatch.setattr(actions, "MOST_PENDING", 2)
    made = await listening_hub(hub, receiver)
    receiver.status = 500
    enabled = []

    for station in ("one", "two", "three"):
        await hub.hub.store.do(happen, events.StationConnected, station)
        await hub.settle()
        enabled.append((await made["operator"].get(f"/webhooks/{made['id']}"))["is_enabled"])

    assert enabled == [True, True, False]


async def test_a_receiver_that_is_gone_is_not_asked_again(
    hub: RunningHub, receiver: Server
) -> None:
    made = await listening_hub(hub, receiver)
    receiver.status = 410

    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.settle()
    shown = await made["operator"].get(f"/webhooks/{made['id']}")

    assert not shown["is_enabled"] and "410" in shown["disabled_reason"]
    assert (await only(made["operator"], made["id"]))["state"] == "failed"


async def test_what_waits_for_a_webhook_that_is_disabled_is_dropped(
    hub: RunningHub, receiver: Server, later: None
) -> None:
    made = await listening_hub(hub, receiver)
    receiver.status = 500
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.settle()

    await made["operator"].ask("PATCH", f"/webhooks/{made['id']}", {"is_enabled": False}, 200)
    await hub.restart()
    await hub.settle()

    assert len(receiver.asked) == 1
    assert (await only(made["operator"], made["id"]))["state"] == "dropped"


async def test_a_rotated_secret_signs_beside_the_new_one_for_a_while(
    hub: RunningHub, receiver: Server
) -> None:
    made = await listening_hub(hub, receiver)
    operator, path = made["operator"], f"/webhooks/{made['id']}"

    second = await operator.post(f"{path}/secret", {"overlap_hours": 2}, 200)
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.settle()
    await hub.advance(hours=2)
    await hub.hub.store.do(happen, events.StationConnected, "two")
    await hub.settle()
    third = await operator.post(f"{path}/secret", {"overlap_hours": 0}, 200)
    await hub.hub.store.do(happen, events.StationConnected, "three")
    await hub.settle()

    secrets = [made["secret"], second["secret"], third["secret"]]
    signed = [[is_signed(one, secret) for secret in secrets] for one in receiver.asked]
    assert signed == [[True, True, False], [False, True, False], [False, False, True]]
    assert len(set(secrets)) == 3
    assert (len(second["keys"]), len(third["keys"])) == (2, 1)


def sealed(reads: Reads) -> list[str]:
    return [row.sealed for row in reads.all(select(col(WebhookKey.sealed)))]


async def test_no_secret_stands_in_the_database(hub: RunningHub, receiver: Server) -> None:
    made = await listening_hub(hub, receiver)

    (kept,) = await hub.hub.store.read(sealed)

    assert made["secret"].removeprefix("whsec_") not in kept


async def test_a_webhook_that_is_removed_leaves_nothing(
    hub: RunningHub, receiver: Server, at_once: None
) -> None:
    """Its parked message too: nobody could send it again, and operators would wonder."""
    made = await listening_hub(hub, receiver)
    receiver.status = 500
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.until(lambda: hub.hub.relay.parked == 1)

    await made["operator"].ask("DELETE", f"/webhooks/{made['id']}", expect=204)
    await hub.until(lambda: hub.hub.relay.parked == 0)
    await hub.settle()

    assert await hub.hub.store.read(sealed) == []
    assert (await made["operator"].get("/deliveries?state=parked"))["items"] == []
    assert (await made["operator"].get("/deliveries?state=pending"))["items"] == []


async def test_nobody_has_any_number_of_webhooks(hub: RunningHub, receiver: Server) -> None:
    owner = await hub.person("owner", pays=False)
    for _ in range(MOST_WEBHOOKS):
        await owner.post("/webhooks", {"url": receiver.url})

    refused = await owner.post("/webhooks", {"url": receiver.url}, 409)

    assert refused["code"] == "too_many_webhooks"
    assert len((await owner.get("/webhooks"))["items"]) == MOST_WEBHOOKS


async def test_an_owner_hears_nothing_of_the_whole_hub(hub: RunningHub, receiver: Server) -> None:
    owner = await hub.person("owner", pays=False)
    wide = {"url": receiver.url, "is_hub_wide": True}

    refused = await owner.post("/webhooks", wide, 403)
    unknown = await owner.post("/webhooks", {"url": receiver.url, "types": ["MailRequested"]}, 422)

    assert (refused["code"], unknown["code"]) == ("operators_only", "unknown_event_type")


async def test_an_operators_key_without_that_scope_has_no_webhook_of_the_hub(
    hub: RunningHub, receiver: Server
) -> None:
    """Its messages name what happens to others, and its secret vouches for the hub."""
    made = await listening_hub(hub, receiver)
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.settle()
    path = f"/webhooks/{made['id']}"
    message = await only(made["operator"], made["id"])
    scopes = ["read", "webhooks:write"]
    key = await made["operator"].post("/api-keys", {"name": "narrow", "scopes": scopes})
    narrow = replace(made["operator"], token=key["key"])

    refused = [
        await narrow.ask("GET", f"{path}/messages", None, 403),
        await narrow.post(f"{path}/secret", {}, 403),
        await narrow.post(f"{path}/ping", expect=403),
        await narrow.post(f"{path}/resend", expect=403),
        await narrow.post(f"{path}/messages/{message['id']}/resend", expect=403),
        await narrow.ask("DELETE", path, None, 403),
    ]

    assert {one["code"] for one in refused} == {"operators_only"}


async def test_an_ed25519_webhook_has_a_public_key_and_no_secret(
    hub: RunningHub, receiver: Server
) -> None:
    made = await listening_hub(hub, receiver, signing="ed25519")
    await hub.hub.store.do(happen, events.StationConnected, "one")
    await hub.settle()

    (public,) = [one["public_key"] for one in made["keys"]]
    ((_, headers, content),) = receiver.asked
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    signature = base64.b64decode(headers["webhook-signature"].removeprefix("v1a,"))
    key = base64.b64decode(public.removeprefix("whpk_"))
    Ed25519PublicKey.from_public_bytes(key).verify(signature, told)
    assert made["secret"] is None

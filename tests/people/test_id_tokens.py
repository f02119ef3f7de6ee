"""Cards: each names one driver in the whole hub, and can be blocked."""

import asyncio
from typing import Any

import pytest

from chargehub.people import rules, tables
from tests.people.conftest import Api, bearer

CARD = {"value": "04a2B3c4D5"}


async def test_a_registered_card_is_the_drivers(api: Api) -> None:
    account = await api.sign_up("ada")
    headers = bearer(account["token"])

    answer = await api.http.post("/id-tokens", json=CARD, headers=headers)

    assert answer.status_code == 201
    assert answer.json() == {
        "value": "04a2B3c4D5",
        "account_id": account["id"],
        "kind": "rfid",
        "status": "valid",
        "expires_at": None,
    }
    view = await api.store.read(tables.id_token, "04A2b3C4d5")
    assert view is not None
    assert view.account_id == account["id"]


async def test_the_list_has_the_apps_token_too(api: Api) -> None:
    headers = await api.token("ada")
    await api.http.post("/id-tokens", json=CARD, headers=headers)

    pages = [(await api.http.get("/id-tokens?limit=1", headers=headers)).json()]
    rest = {"cursor": pages[0]["next"], "limit": "1"}
    pages.append((await api.http.get("/id-tokens", headers=headers, params=rest)).json())

    assert [part["items"][0]["kind"] for part in pages] == ["rfid", "app"]
    assert pages[1]["next"] is None


@pytest.mark.parametrize("value", ["04a2B3c4D5", "04A2B3C4D5"])
async def test_a_card_belongs_to_one_account(api: Api, value: str) -> None:
    await api.http.post("/id-tokens", json=CARD, headers=await api.token("ada"))

    answer = await api.http.post(
        "/id-tokens", json={"value": value}, headers=await api.token("bob")
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "id_token_taken"
    assert answer.json()["detail"] == (
        "This id token is registered already. If it is yours, ask the operator."
    )


async def test_of_many_who_register_a_card_at_once_one_wins(api: Api) -> None:
    people = [await api.token(f"driver{number}") for number in range(6)]

    answers = await asyncio.gather(
        *[api.http.post("/id-tokens", json=CARD, headers=headers) for headers in people]
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"value": ""}, "body.value"),
        ({"value": "A" * 256}, "body.value"),
        ({"value": "a/b"}, "An id token has 1 to 255 characters: letters, digits"),
        ({"value": "\u00e4"}, "An id token has 1 to 255 characters: letters, digits"),
        ({"value": "A", "expires_at": "2026-03-02T08:00:00"}, "body.expires_at"),
        (
            {"value": "A", "expires_at": "2026-03-02T08:00:00Z"},
            "The id token must expire in the future, or never.",
        ),
        ({"value": 4}, "body.value"),
    ],
)
async def test_a_card_that_cannot_be_is_refused(api: Api, card: Any, said: str) -> None:
    answer = await api.http.post("/id-tokens", json=card, headers=await api.token("ada"))

    assert answer.status_code == 422
    assert said in answer.text


async def test_a_contract_is_known_without_its_hyphens(api: Api) -> None:
    """Vehicles show it with hyphens or without; it is one and the same."""
    ada, bob = await api.token("ada"), await api.token("bob")
    wanted = {"value": "de-8aa-c12345678-x", "kind": "contract"}

    made = await api.http.post("/id-tokens", json=wanted, headers=ada)
    taken = await api.http.post(
        "/id-tokens", json={"value": "DE8AAC12345678X", "kind": "contract"}, headers=bob
    )
    wrong = await api.http.post(
        "/id-tokens", json={"value": "DE8AAX12345678X", "kind": "contract"}, headers=bob
    )

    assert (made.json()["value"], made.json()["kind"]) == ("DE8AAC12345678X", "contract")
    assert taken.json()["code"] == "id_token_taken"
    assert "A contract's id looks like" in wrong.json()["detail"]


@pytest.mark.parametrize("kind", ["app", "gold"])
async def test_nobody_registers_another_kind(api: Api, kind: str) -> None:
    wanted = {"value": "A", "kind": kind}

    answer = await api.http.post("/id-tokens", json=wanted, headers=await api.token("ada"))

    assert answer.status_code == 422


async def test_a_lost_card_is_blocked_and_found_again(api: Api) -> None:
    headers = await api.token("ada")
    await api.http.post("/id-tokens", json=CARD, headers=headers)

    blocked = await api.http.patch(
        "/id-tokens/04A2B3C4D5", json={"status": "blocked"}, headers=headers
    )
    view = await api.store.read(tables.id_token, CARD["value"])
    valid = await api.http.patch("/id-tokens/04a2b3c4d5", json={"status": "valid"}, headers=headers)

    assert (blocked.status_code, blocked.json()["status"]) == (200, "blocked")
    assert view is not None
    assert view.status == "blocked"
    assert valid.json()["status"] == "valid"


async def test_nobody_blocks_the_card_of_somebody_else(api: Api) -> None:
    await api.http.post("/id-tokens", json=CARD, headers=await api.token("ada"))
    bob, blocked = await api.token("bob"), {"status": "blocked"}

    answer = await api.http.patch("/id-tokens/04a2B3c4D5", json=blocked, headers=bob)
    nothing = await api.http.patch("/id-tokens/unknown", json=blocked, headers=bob)

    assert answer.status_code == nothing.status_code == 404
    assert answer.json() == nothing.json()
    assert answer.json()["detail"] == "You have no such id token."


async def test_nobody_but_an_operator_registers_a_card_for_another(api: Api) -> None:
    account, bob = await api.sign_up("ada"), await api.token("bob")
    operator = await api.operator()
    card = CARD | {"account_id": account["id"], "expires_at": "2027-01-01T00:00:00+01:00"}

    refused = await api.http.post("/id-tokens", json=card, headers=bob)
    unknown = await api.http.post(
        "/id-tokens", json=card | {"account_id": "nobody"}, headers=operator
    )
    done = await api.http.post("/id-tokens", json=card, headers=operator)

    assert refused.status_code == 403
    assert refused.json()["detail"] == (
        "Only an operator may register an id token for somebody else."
    )
    assert unknown.status_code == 404
    assert done.status_code == 201
    assert done.json()["account_id"] == account["id"]
    assert done.json()["expires_at"] == "2026-12-31T23:00:00Z"


async def test_a_block_by_the_operator_stands_until_the_operator_lifts_it(api: Api) -> None:
    ada, operator = await api.token("ada"), await api.operator()
    await api.http.post("/id-tokens", json=CARD, headers=ada)
    path, valid = "/id-tokens/04a2B3c4D5", {"status": "valid"}
    await api.http.patch(path, json={"status": "blocked"}, headers=operator)

    refused = await api.http.patch(path, json=valid, headers=ada)
    lifted = await api.http.patch(path, json=valid, headers=operator)

    assert refused.status_code == 403
    assert refused.json()["code"] == "blocked_by_operator"
    assert lifted.json()["status"] == "valid"


async def test_a_key_registers_cards_with_the_scope_for_accounts(api: Api) -> None:
    headers = await api.token("ada")
    writer, reader = await api.key(headers, "accounts:write"), await api.key(headers, "read")

    written = await api.http.post("/id-tokens", json=CARD, headers=writer)
    refused = await api.http.post("/id-tokens", json={"value": "B"}, headers=reader)

    assert written.status_code == 201
    assert refused.status_code == 403


async def test_an_account_has_a_thousand_cards_at_most(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MAX_ID_TOKENS", 2)  # a thousand would say the same, slowly
    headers = await api.token("ada")
    await api.http.post("/id-tokens", json=CARD, headers=headers)

    answer = await api.http.post("/id-tokens", json={"value": "B"}, headers=headers)

    assert answer.status_code == 409
    assert answer.json()["detail"] == "An account has at most 2 id tokens."

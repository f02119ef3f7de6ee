"""Opening an account, and what its first moments leave behind."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chargehub.people import actions, tables
from chargehub.people.mails import VERIFY_SUBJECT
from chargehub.people.passwords import hash_password
from chargehub.people.rules import EmailTaken, fold_email
from chargehub.store.work import Reads, table_of
from tests.people.conftest import PASSWORD, Api, bearer, mails

ADA = {"email": "Ada@Example.org", "password": PASSWORD, "name": " Ada Lovelace "}


async def test_a_new_account_is_logged_in_and_has_an_app_token(api: Api) -> None:
    answer = await api.http.post("/accounts", json=ADA)

    body = answer.json()
    assert answer.status_code == 201
    assert set(body) == {"id", "email", "name", "token", "expires_at"}
    assert (body["email"], body["name"]) == ("Ada@Example.org", "Ada Lovelace")
    assert body["expires_at"] == "2026-04-01T08:00:00Z"
    me = await api.http.get("/accounts/me", headers=bearer(body["token"]))
    assert me.json() == {
        "id": body["id"],
        "email": "Ada@Example.org",
        "name": "Ada Lovelace",
        "is_operator": False,
        "is_verified": False,
        "can_pay": False,
    }
    token = await api.store.read(tables.app_token, body["id"])
    assert len(token) == 20
    assert token.startswith("CH")
    view = await api.store.read(tables.id_token, token.lower())
    assert view is not None
    assert (view.account_id, view.kind, view.status) == (body["id"], "app", "valid")


async def test_nothing_secret_is_stored_as_it_is(api: Api) -> None:
    account = await api.sign_up("ada")
    key = await api.http.post(
        "/api-keys", json={"name": "k", "scopes": ["read"]}, headers=bearer(account["token"])
    )

    stored = await api.store.read(everything)

    assert PASSWORD not in stored
    assert account["token"] not in stored
    assert key.json()["key"] not in stored


def everything(reads: Reads) -> str:
    kept = (tables.Account, tables.Login, tables.ApiKey, tables.MailToken)
    return " ".join(str(row) for table in kept for row in reads.all(table_of(table).select()))


async def test_an_address_has_one_account_in_whatever_spelling(api: Api) -> None:
    await api.sign_up("ada")

    answer = await api.http.post("/accounts", json=ADA)

    assert answer.status_code == 409
    assert answer.json() == {
        "type": "urn:chargehub:problem:email_taken",
        "title": "Email taken",
        "status": 409,
        "code": "email_taken",
        "detail": "There is an account with this e-mail address. Log in, or reset it.",
    }
    assert len(await api.store.read(mails)) == 1


async def test_of_many_sign_ups_at_once_one_wins(api: Api) -> None:
    answers = await asyncio.gather(*[api.http.post("/accounts", json=ADA) for _ in range(8)])

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize(
    ("change", "field_or_detail"),
    [
        ({"email": "ada"}, "Give an e-mail address like name@example.org."),
        ({"email": "a@"}, "body.email"),
        ({"password": "short"}, "body.password"),
        ({"password": "p" * 201}, "body.password"),
        ({"password": "ada@example.org"}, "A password must not be the e-mail address."),
        ({"name": ""}, "body.name"),
        ({"name": "a\nb"}, "Give a name of 1 to 100 printable characters."),
        ({"is_operator": True}, "body.is_operator"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(
    api: Api, change: dict[str, Any], field_or_detail: str
) -> None:
    answer = await api.http.post("/accounts", json=ADA | change)

    body = answer.json()
    assert answer.status_code == 422
    fields = [fault["field"] for fault in body.get("errors", [])]
    assert field_or_detail in [body["detail"], *fields]


async def test_sign_ups_are_slowed_per_address_but_not_for_a_machine_with_a_key(api: Api) -> None:
    machine = await api.key(await api.token("owner"), "accounts:write")
    weaker = await api.key(await api.token("weak"), "stations:write")
    wanted = {"email": "x", "password": PASSWORD, "name": "X"}  # refused, but counted
    for _ in range(28):
        await api.http.post("/accounts", json=wanted)

    slowed = await api.http.post("/accounts", json=wanted)
    slowed_too = await api.http.post("/accounts", json=ADA, headers=weaker)
    passed = await api.http.post("/accounts", json=ADA, headers=machine)

    assert slowed.status_code == slowed_too.status_code == 429
    assert slowed.json()["code"] == "too_many_requests"
    assert int(slowed.headers["retry-after"]) >= 1
    assert passed.status_code == 201


async def test_a_code_from_the_mail_confirms_the_address_once(api: Api) -> None:
    account = await api.sign_up("ada")
    code = await api.code(VERIFY_SUBJECT)

    first = await api.http.post("/email-verifications", json={"token": code})
    second = await api.http.post("/email-verifications", json={"token": code})

    assert first.status_code == 204
    assert first.content == b""
    assert second.status_code == 422
    assert second.json()["code"] == "token_invalid"
    view = await api.store.read(tables.account, account["id"])
    assert view is not None
    assert view.is_verified


async def test_a_code_is_too_old_after_a_week(api: Api) -> None:
    await api.sign_up("ada")
    code = await api.code(VERIFY_SUBJECT)

    api.clock.advance(timedelta(days=7))
    answer = await api.http.post("/email-verifications", json={"token": code})

    assert answer.status_code == 422
    assert answer.json()["detail"] == ("The code is unknown, used or too old. Ask for a new mail.")


async def test_who_can_pay_is_noted(api: Api) -> None:
    account = await api.sign_up("ada")

    await api.store.do(actions.set_can_pay, account["id"], True)

    view = await api.store.read(tables.account, account["id"])
    assert view is not None
    assert view.can_pay


async def test_an_operator_is_made_by_the_command_line_alone(api: Api) -> None:
    password_hash = hash_password(PASSWORD)

    wanted = "root@example.org", "Root", password_hash, api.now
    account_id = await api.store.do(actions.create_operator, *wanted)

    view = await api.store.read(tables.account, account_id)
    assert view is not None
    assert view.is_operator
    assert view.is_verified
    assert await api.store.read(tables.app_token, account_id)
    assert await api.store.read(tables.credentials, fold_email("ROOT@example.org"))
    with pytest.raises(EmailTaken):
        await api.store.do(actions.create_operator, *wanted)

"""A forgotten password: by mail, once, within the hour, and every device is logged out."""

from datetime import timedelta

import pytest

from chargehub.people import tables
from chargehub.people.mails import CHANGED_SUBJECT, RESET_SUBJECT, VERIFY_SUBJECT
from tests.people.conftest import PASSWORD, Api, bearer, mails

NEW = "an entirely new password"
ADA = "ada@example.org"


async def forget(api: Api, address: str = ADA) -> None:
    answer = await api.http.post("/password-resets", json={"email": address})

    assert answer.status_code == 202
    assert answer.json() is None


async def set_new(api: Api, code: str, password: str = NEW) -> int:
    answer = await api.http.post(f"/password-resets/{code}", json={"password": password})
    return answer.status_code


async def resets(api: Api) -> int:
    return len([mail for mail in await api.store.read(mails) if mail[1] == RESET_SUBJECT])


async def test_a_new_password_logs_every_device_out_and_the_old_one_is_gone(api: Api) -> None:
    account = await api.sign_up("ada")
    headers = bearer(account["token"])
    key = await api.key(headers, "read")
    confirmed = {"token": await api.code(VERIFY_SUBJECT)}
    assert (await api.http.post("/email-verifications", json=confirmed)).status_code == 204
    await forget(api, "ADA@example.org")

    status = await set_new(api, await api.code(RESET_SUBJECT))

    assert status == 204
    assert (await api.http.get("/accounts/me", headers=headers)).status_code == 401
    assert (await api.http.get("/accounts/me", headers=key)).status_code == 200
    assert (await api.log_in(ADA, PASSWORD)).status_code == 401
    assert (await api.log_in(ADA, NEW)).status_code == 201
    view = await api.store.read(tables.account, account["id"])
    assert view is not None
    assert view.is_verified
    assert (await api.store.read(mails))[-1][:2] == (ADA, CHANGED_SUBJECT)


async def test_nobody_learns_which_addresses_have_accounts(api: Api) -> None:
    await api.sign_up("ada")

    await forget(api, ADA)
    await forget(api, "nobody@example.org")
    await forget(api, "not an address")

    assert await resets(api) == 1


async def test_mail_goes_to_the_address_of_the_account_not_to_the_one_that_was_typed(
    api: Api,
) -> None:
    """Two mailboxes can fold alike; a code must never reach the other one."""
    await api.sign_up("ada")

    await forget(api, "\uff21da@example.org")

    assert (await api.store.read(mails))[-1][0] == ADA


async def test_a_mailbox_is_not_flooded_through_us(api: Api) -> None:
    await api.sign_up("ada")

    await forget(api)
    await forget(api)
    api.clock.advance(timedelta(minutes=2))
    await forget(api)

    assert await resets(api) == 2


async def test_a_code_works_once_and_uses_up_the_older_ones(api: Api) -> None:
    await api.sign_up("ada")
    await forget(api)
    older = await api.code(RESET_SUBJECT)
    api.clock.advance(timedelta(minutes=2))
    await forget(api)
    newer = await api.code(RESET_SUBJECT)

    first = await set_new(api, newer)

    assert older != newer
    assert first == 204
    assert await set_new(api, newer) == 422
    assert await set_new(api, older) == 422


async def test_a_code_is_too_old_after_an_hour(api: Api) -> None:
    await api.sign_up("ada")
    await forget(api)
    code = await api.code(RESET_SUBJECT)

    api.clock.advance(timedelta(hours=1))

    assert await set_new(api, code) == 422
    assert (await api.log_in(ADA, PASSWORD)).status_code == 201


@pytest.mark.parametrize("password", ["short", ADA, "p" * 201])
async def test_a_new_password_follows_the_rules_and_leaves_the_code_unused(
    api: Api, password: str
) -> None:
    await api.sign_up("ada")
    await forget(api)
    code = await api.code(RESET_SUBJECT)

    assert await set_new(api, code, password) == 422
    assert await set_new(api, code) == 204


async def test_a_code_for_the_address_sets_no_password(api: Api) -> None:
    await api.sign_up("ada")
    code = await api.code("Confirm your e-mail address")

    answer = await api.http.post(f"/password-resets/{code}", json={"password": NEW})

    assert answer.status_code == 422
    assert answer.json()["code"] == "token_invalid"


async def test_a_new_password_lifts_the_lock(api: Api) -> None:
    await api.sign_up("ada")
    for _ in range(5):
        await api.log_in(ADA, "wrong password")
    await forget(api)

    await set_new(api, await api.code(RESET_SUBJECT))

    assert (await api.log_in(ADA, NEW)).status_code == 201


async def test_guessing_codes_is_slowed_per_address(api: Api) -> None:
    statuses = [await set_new(api, f"guess{number}") for number in range(11)]

    assert statuses == [422] * 10 + [429]


async def test_whoever_opened_an_account_on_somebody_elses_address_keeps_nothing_of_it(
    api: Api,
) -> None:
    """Else a key or a card of the stranger would charge at the cost of the address's owner."""
    stranger = bearer((await api.sign_up("ada"))["token"])
    key = await api.key(stranger, "sessions:write")
    await api.http.post("/id-tokens", json={"value": "CARD1"}, headers=stranger)
    known = await tokens_of(api, stranger)
    await forget(api)

    await set_new(api, await api.code(RESET_SUBJECT))

    owner = bearer((await api.log_in(ADA, NEW)).json()["token"])
    kept = await tokens_of(api, owner)
    assert (await api.http.get("/accounts/me", headers=key)).status_code == 401
    assert kept.pop("CARD1") == "blocked"
    assert len(kept) == 1
    assert list(kept.values()) == ["valid"]
    assert not kept.keys() & known.keys()


async def tokens_of(api: Api, headers: dict[str, str]) -> dict[str, str]:
    """An account's id tokens and their standing."""
    found = (await api.http.get("/id-tokens", headers=headers)).json()["items"]
    return {token["value"]: token["status"] for token in found}


async def test_a_mail_holds_no_words_of_whoever_had_it_sent(api: Api) -> None:
    """An account can be opened with anybody's address, and its name could be an invitation."""
    wanted = {"email": ADA, "password": PASSWORD, "name": "You won! https://evil.example"}
    await api.http.post("/accounts", json=wanted)
    await forget(api)

    sent = await api.store.read(mails)

    assert len(sent) == 2
    assert not [text for _, _, text in sent if "evil" in text]

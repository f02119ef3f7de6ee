"""Logging in, being locked out, logging out."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from chargehub.errors import Unavailable
from chargehub.people import logins
from chargehub.people.attempts import Attempts
from chargehub.people.passwords import NEW_WAITING, WAITING, Passwords
from chargehub.people.rules import FREE_FAILURES, FREE_FAILURES_OF_ALL
from tests.people.conftest import PASSWORD, Api, bearer, quick_hasher
from tests.rest.app import client

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ADA = "ada@example.org"


async def me(api: Api, headers: dict[str, str]) -> int:
    return (await api.http.get("/accounts/me", headers=headers)).status_code


async def fail(api: Api, times: int) -> None:
    for _ in range(times):
        assert (await api.log_in(ADA, "wrong password")).status_code == 401


async def test_the_right_password_opens_a_login(api: Api) -> None:
    await api.sign_up("ada")

    answer = await api.log_in(" ADA@example.org")

    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "token", "expires_at"}
    assert await me(api, bearer(answer.json()["token"])) == 200


@pytest.mark.parametrize(("address", "password"), [(ADA, "wrong"), ("bob@example.org", PASSWORD)])
async def test_a_wrong_address_and_a_wrong_password_are_not_told_apart(
    api: Api, address: str, password: str
) -> None:
    await api.sign_up("ada")

    answer = await api.log_in(address, password)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {
        "type": "urn:chargehub:problem:wrong_login",
        "title": "Wrong login",
        "status": 401,
        "code": "wrong_login",
        "detail": "The e-mail address or the password is wrong.",
    }


async def test_five_wrong_passwords_lock_the_account_for_a_while(api: Api) -> None:
    await api.sign_up("ada")
    await fail(api, FREE_FAILURES + 1)

    locked = await api.log_in(ADA)
    api.clock.advance(timedelta(seconds=29))
    still_locked = await api.log_in(ADA)
    api.clock.advance(timedelta(seconds=1))
    free = await api.log_in(ADA)

    assert locked.status_code == 429
    assert locked.headers["retry-after"] == "30"
    assert locked.json() == {
        "type": "urn:chargehub:problem:account_locked",
        "title": "Account locked",
        "status": 429,
        "code": "account_locked",
        "detail": "Too many wrong passwords. Wait 30 seconds, or set a new one by mail.",
    }
    assert still_locked.headers["retry-after"] == "1"
    assert free.status_code == 201


async def test_who_guesses_locks_out_themself_and_not_the_owner(api: Api) -> None:
    """Else one wrong password an hour, from anywhere, would keep an operator out for good."""
    await api.sign_up("ada")
    async with client(api.app, "198.51.100.7") as guesser:
        wanted = {"email": ADA, "password": "a guess"}
        guesses = [await guesser.post("/logins", json=wanted) for _ in range(12)]

    assert [guess.status_code for guess in guesses] == [401] * 5 + [429] * 7
    assert (await api.log_in(ADA)).status_code == 201


async def test_guesses_from_everywhere_lock_the_account_for_everybody(api: Api) -> None:
    await api.sign_up("ada")
    for number in range(FREE_FAILURES_OF_ALL + 1):
        async with client(api.app, f"198.51.100.{number}") as guesser:
            guess = await guesser.post("/logins", json={"email": ADA, "password": "a guess"})
            assert guess.status_code == 401

    assert (await api.log_in(ADA)).json()["code"] == "account_locked"
    api.clock.advance(timedelta(seconds=30))
    assert (await api.log_in(ADA)).status_code == 201


def test_only_so_many_guessers_are_remembered() -> None:
    attempts = Attempts(remembered=10)

    for number in range(1000):
        attempts.begin("hash", f"192.0.2.{number}", NOW)

    assert len(attempts) == 10


async def test_every_further_failure_doubles_the_wait_and_success_ends_it(api: Api) -> None:
    await api.sign_up("ada")
    await fail(api, FREE_FAILURES + 1)
    api.clock.advance(timedelta(seconds=30))
    await fail(api, 1)

    locked = await api.log_in(ADA)
    api.clock.advance(timedelta(seconds=60))
    free = await api.log_in(ADA)
    await fail(api, FREE_FAILURES)
    free_again = await api.log_in(ADA)

    assert locked.headers["retry-after"] == "60"
    assert free.status_code == free_again.status_code == 201


async def test_guesses_while_locked_are_not_looked_at_and_do_not_count(api: Api) -> None:
    await api.sign_up("ada")
    await fail(api, FREE_FAILURES + 1)

    guesses = [await api.log_in(ADA, "another guess") for _ in range(5)]
    api.clock.advance(timedelta(seconds=30))

    assert {guess.status_code for guess in guesses} == {429}
    assert (await api.log_in(ADA)).status_code == 201


async def test_many_guesses_at_once_are_each_counted(api: Api) -> None:
    """All of them saw an unlocked account when their passwords were compared."""
    await api.sign_up("ada")

    guesses = await asyncio.gather(*[api.log_in(ADA, f"guess {n}") for n in range(12)])

    statuses = [guess.status_code for guess in guesses]
    assert statuses.count(401) == FREE_FAILURES + 1
    assert statuses.count(429) == 12 - FREE_FAILURES - 1


async def test_logins_are_slowed_per_address(api: Api) -> None:
    for _ in range(30):
        assert (await api.log_in("nobody@example.org")).status_code == 401

    answer = await api.log_in("nobody@example.org")

    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_requests"


async def test_a_login_ends_after_thirty_days(api: Api) -> None:
    headers = await api.token("ada")

    api.clock.advance(timedelta(days=30) - timedelta(seconds=1))
    before = await me(api, headers)
    api.clock.advance(timedelta(seconds=1))
    after = await api.http.get("/accounts/me", headers=headers)

    assert before == 200
    assert after.status_code == 401
    assert after.json()["detail"] == "This login has expired. Log in again."


async def test_logging_out_ends_this_login_alone(api: Api) -> None:
    first = await api.token("ada")
    second = bearer((await api.log_in(ADA)).json()["token"])

    answer = await api.http.delete("/logins/current", headers=first)

    assert answer.status_code == 204
    assert await me(api, first) == 401
    assert await me(api, second) == 200


async def test_logins_are_listed_and_another_device_can_be_logged_out(api: Api) -> None:
    first = await api.token("ada")
    second = (await api.log_in(ADA)).json()

    listed = (await api.http.get("/logins", headers=first)).json()
    answer = await api.http.delete(f"/logins/{second['id']}", headers=first)
    repeated = await api.http.delete(f"/logins/{second['id']}", headers=first)

    assert [login["is_current"] for login in listed["items"]] == [True, False]
    assert set(listed["items"][0]) == {"id", "created_at", "expires_at", "is_current"}
    assert listed["next"] is None
    assert answer.status_code == 204
    assert await me(api, bearer(second["token"])) == 401
    assert repeated.status_code == 404
    assert repeated.json()["detail"] == "You have no such login."
    left = (await api.http.get("/logins", headers=first)).json()
    assert len(left["items"]) == 1


async def test_the_list_of_logins_is_paged(api: Api) -> None:
    headers = await api.token("ada")
    ids = [
        login["id"] for login in (await api.http.get("/logins", headers=headers)).json()["items"]
    ]
    ids += [(await api.log_in(ADA)).json()["id"] for _ in range(4)]

    seen, cursor = [], ""
    while cursor is not None:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        part = (await api.http.get("/logins", headers=headers, params=params)).json()
        seen += [login["id"] for login in part["items"]]
        cursor = part["next"]

    assert seen == ids


async def test_nobody_logs_out_somebody_else(api: Api) -> None:
    ada, bob = await api.token("ada"), await api.token("bob")
    login = (await api.http.get("/logins", headers=ada)).json()["items"][0]

    answer = await api.http.delete(f"/logins/{login['id']}", headers=bob)

    assert answer.status_code == 404
    assert await me(api, ada) == 200


async def test_a_password_that_changed_during_the_check_opens_nothing(api: Api) -> None:
    """The hash that was compared is no longer the account's when the login would be opened."""
    account = await api.sign_up("ada")
    attempt = logins.Attempt(account["id"], "the hash before the reset", is_right=True)

    outcome = await api.store.do(logins.log_in, attempt, timedelta(days=30), api.now)

    assert outcome == logins.WrongPassword()


async def test_hashing_refuses_work_it_cannot_do_soon() -> None:
    passwords = Passwords(quick_hasher())
    password_hash = await passwords.hash(PASSWORD)

    outcomes = await asyncio.gather(
        *[passwords.check(PASSWORD, password_hash) for _ in range(WAITING + 5)],
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert len(refused) == 5
    assert outcomes.count(True) == WAITING


async def test_a_flood_of_sign_ups_keeps_nobody_from_logging_in() -> None:
    """A machine with a key opens accounts as fast as it can, and is not slowed by address."""
    passwords = Passwords(quick_hasher())
    password_hash = await passwords.hash(PASSWORD)

    flood = asyncio.gather(
        *[passwords.hash(PASSWORD) for _ in range(WAITING + 5)], return_exceptions=True
    )
    await asyncio.sleep(0)
    is_right = await passwords.check(PASSWORD, password_hash)

    assert is_right
    assert [type(one) for one in await flood].count(Unavailable) == WAITING + 5 - NEW_WAITING


async def test_no_account_has_no_password(api: Api) -> None:
    passwords = Passwords(quick_hasher())

    assert not await passwords.check("", None)
    assert not await passwords.check(PASSWORD, None)

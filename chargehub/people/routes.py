"""REST for people: accounts, logins, passwords, API keys, id tokens."""

import math
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from chargehub.errors import TooMany, Unauthenticated
from chargehub.people import actions, bodies, logins, recovery, rules, tables
from chargehub.people.access import CurrentActor, CurrentPerson, KnownActor, needs
from chargehub.people.attempts import CurrentAttempts
from chargehub.people.passwords import CurrentPasswords
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.rest.throttle import Throttled, address_of
from chargehub.settings import Settings

router = APIRouter(tags=["people"])

# A household or an office shares an address; thirty people at once is the most that is honest.
_SIGN_UPS = Throttled("sign_up", rate_per_s=1.0, burst=30)
_LOGINS = Depends(Throttled("log_in", rate_per_s=1.0, burst=30))
_CODES = Depends(Throttled("code", rate_per_s=0.2, burst=10))  # mails, and guesses at codes

_Id = Annotated[str, Path(max_length=36)]


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.hub.settings
    return settings


CurrentSettings = Annotated[Settings, Depends(_settings)]


def _public_url(settings: Settings) -> str:
    return settings.public_url or f"http://{settings.http}"


class WrongLogin(Unauthenticated):
    """No such address, or not its password: nobody is told which."""

    code = "wrong_login"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class AccountLocked(TooMany):
    """Too many wrong passwords in a row. It tells that the account exists, as a sign-up does."""

    code = "account_locked"

    def __init__(self, until: datetime, now: datetime) -> None:
        wait_s = math.ceil((until - now).total_seconds())
        detail = f"Too many wrong passwords. Wait {wait_s} seconds, or set a new one by mail."
        super().__init__(detail, wait_s)


async def _may_sign_up(request: Request, known: KnownActor) -> None:
    """Sign-ups are slowed per address, but for a machine with a key that may open accounts."""
    is_machine = known is not None and known.scopes is not None and known.has("accounts:write")
    if not is_machine:
        await _SIGN_UPS(request)


@router.post(
    "/accounts",
    status_code=201,
    dependencies=[Depends(_may_sign_up)],
    openapi_extra={"security": [{}]},  # beside the key: nobody has to be known
)
async def post_account(
    wanted: bodies.NewAccount,
    store: CurrentStore,
    passwords: CurrentPasswords,
    settings: CurrentSettings,
    now: Now,
) -> bodies.RegisteredBody:
    """Open an account and log in; the token is shown this once. A code to confirm is mailed."""
    address = rules.email(wanted.email)
    password_hash = await passwords.hash(rules.password(wanted.password, address))
    registration = actions.Registration(address, wanted.name, password_hash)
    lasts = timedelta(days=settings.login_days)
    done = await store.do(actions.register, registration, _public_url(settings), lasts, now)
    return bodies.RegisteredBody(
        id=done.account_id,
        email=done.email,
        name=done.name,
        token=done.login.token,
        expires_at=done.login.expires_at,
    )


@router.get("/accounts/me")
async def get_account(actor: CurrentActor, store: CurrentStore) -> bodies.AccountBody:
    """Who the token belongs to."""
    account = await store.read(tables.account, actor.account_id)
    return bodies.AccountBody.model_validate(account, from_attributes=True)


@router.post("/logins", status_code=201, dependencies=[_LOGINS])
async def post_login(
    request: Request,
    wanted: bodies.NewLogin,
    store: CurrentStore,
    passwords: CurrentPasswords,
    attempts: CurrentAttempts,
    settings: CurrentSettings,
    now: Now,
) -> bodies.OpenedLoginBody:
    """Log in. After five wrong passwords in a row the account waits, longer each time.

    It waits for the address they came from; after fifty, for every address.
    """
    known = await store.read(tables.credentials, rules.fold_email(wanted.email))
    address = address_of(request)
    if known and (until := attempts.begin(known.password_hash, address, now)):
        raise AccountLocked(until, now)
    is_right = await passwords.check(wanted.password, known.password_hash if known else None)
    if known is None:
        raise WrongLogin
    attempt = logins.Attempt(known.account_id, known.password_hash, is_right)
    lasts = timedelta(days=settings.login_days)
    match await store.do(logins.log_in, attempt, lasts, now):
        case logins.OpenedLogin() as opened:
            attempts.succeed(known.password_hash, address)
            return bodies.OpenedLoginBody.model_validate(opened, from_attributes=True)
        case logins.Locked(until):
            raise AccountLocked(until, now)
        case logins.WrongPassword():
            raise WrongLogin


@router.get("/logins")
async def get_logins(
    actor: CurrentActor, asked: CurrentPage, store: CurrentStore, now: Now
) -> Page[bodies.LoginBody]:
    """Where the account is logged in, oldest first."""
    after = asked.after_id()
    found = await store.read(tables.logins, actor.account_id, now, after, asked.fetch)

    def body(login: tables.LoginView) -> bodies.LoginBody:
        return bodies.LoginBody(
            id=login.id,
            created_at=login.created_at,
            expires_at=login.expires_at,
            is_current=login.id == actor.login_id,
        )

    return page(found, asked, key=lambda login: (login.id,), body=body)


@router.delete("/logins/current", status_code=204)
async def delete_current_login(actor: CurrentPerson, store: CurrentStore, now: Now) -> None:
    """Log out."""
    assert actor.login_id is not None, "CurrentPerson has a login"
    await store.do(logins.revoke_login, actor.account_id, actor.login_id, now)


@router.delete("/logins/{login_id}", status_code=204)
async def delete_login(login_id: _Id, actor: CurrentPerson, store: CurrentStore, now: Now) -> None:
    """Log another device of the account out."""
    await store.do(logins.revoke_login, actor.account_id, login_id, now)


@router.post("/email-verifications", status_code=204, dependencies=[_CODES])
async def post_email_verification(sent: bodies.Verification, store: CurrentStore, now: Now) -> None:
    """Confirm the address that the code was mailed to."""
    await store.do(recovery.verify_email, sent.token, now)


@router.post("/password-resets", status_code=202, dependencies=[_CODES])
async def post_password_reset(
    wanted: bodies.PasswordResetRequest, store: CurrentStore, settings: CurrentSettings, now: Now
) -> None:
    """Mail a code for a new password, if there is such an account. The answer does not tell."""
    await store.do(recovery.request_reset, wanted.email, _public_url(settings), now)


@router.post("/password-resets/{token}", status_code=204, dependencies=[_CODES])
async def post_new_password(
    token: Annotated[str, Path(max_length=100)],
    wanted: bodies.NewPassword,
    store: CurrentStore,
    passwords: CurrentPasswords,
    settings: CurrentSettings,
    now: Now,
) -> None:
    """Set a new password with the code from the mail. Every device is logged out."""
    owner = await store.read(tables.mail_token, token, "reset", now)
    if owner is None:
        raise rules.TokenInvalid
    password_hash = await passwords.hash(rules.password(wanted.password, owner.email))
    await store.do(recovery.reset_password, token, password_hash, _public_url(settings), now)


@router.post("/api-keys", status_code=201)
async def post_api_key(
    wanted: bodies.NewApiKey, actor: CurrentPerson, store: CurrentStore, now: Now
) -> bodies.CreatedKeyBody:
    """Make a key for a machine. It is shown this once."""
    new = actions.NewKey(wanted.name, tuple(wanted.scopes), wanted.expires_at)
    made = await store.do(actions.create_api_key, actor, new, now)
    return bodies.CreatedKeyBody(**_key_body(made.view).model_dump(), key=made.key)


@router.get("/api-keys")
async def get_api_keys(
    actor: CurrentActor, asked: CurrentPage, store: CurrentStore
) -> Page[bodies.ApiKeyBody]:
    """The account's keys that are in force, oldest first."""
    found = await store.read(tables.api_keys, actor.account_id, asked.after_id(), asked.fetch)
    return page(found, asked, key=lambda key: (key.id,), body=_key_body)


@router.delete("/api-keys/{key_id}", status_code=204)
async def delete_api_key(key_id: _Id, actor: CurrentPerson, store: CurrentStore, now: Now) -> None:
    """Revoke a key; it works no longer from the next request on."""
    await store.do(actions.revoke_api_key, actor, key_id, now)


def _key_body(key: tables.KeyView) -> bodies.ApiKeyBody:
    return bodies.ApiKeyBody.model_validate(key, from_attributes=True)


_AccountWriter = Annotated[rules.Actor, Depends(needs("accounts:write"))]


@router.post("/id-tokens", status_code=201)
async def post_id_token(
    wanted: bodies.NewIdTokenBody, actor: _AccountWriter, store: CurrentStore, now: Now
) -> bodies.IdTokenBody:
    """Register a card, so that it starts sessions of this account at every station."""
    token = actions.NewIdToken(wanted.value, wanted.account_id, wanted.expires_at, wanted.kind)
    return _id_token_body(await store.do(actions.add_id_token, actor, token, now))


@router.get("/id-tokens")
async def get_id_tokens(
    actor: _AccountWriter, asked: CurrentPage, store: CurrentStore
) -> Page[bodies.IdTokenBody]:
    """The account's id tokens, the app's own among them.

    Who knows one can charge with it: to read is not enough of a scope for a key.
    """
    found = await store.read(tables.id_tokens, actor.account_id, asked.after_id(), asked.fetch)
    return page(
        found,
        asked,
        key=lambda token: (rules.fold_id_token(token.value),),
        body=_id_token_body,
    )


@router.patch("/id-tokens/{value}")
async def patch_id_token(
    value: Annotated[str, Path(max_length=rules.ID_TOKEN_LONGEST)],
    wanted: bodies.IdTokenStatus,
    actor: _AccountWriter,
    store: CurrentStore,
) -> bodies.IdTokenBody:
    """Block a card that is lost, or make it valid again."""
    changed = await store.do(actions.set_id_token_status, actor, value, wanted.status)
    return _id_token_body(changed)


def _id_token_body(token: tables.IdTokenView) -> bodies.IdTokenBody:
    return bodies.IdTokenBody.model_validate(token, from_attributes=True)

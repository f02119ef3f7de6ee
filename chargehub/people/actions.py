"""What people do with their account: open it, give machines keys, register id tokens."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from chargehub.errors import Conflict, Forbidden, Invalid, NotFound
from chargehub.events import MailRequested
from chargehub.people import logins, mails, rules, tables
from chargehub.people.rules import Actor, MailOutcome
from chargehub.people.tables import Account, ApiKey, IdToken, IdTokenView, KeyView, Mail
from chargehub.store.columns import new_id
from chargehub.store.work import Work

KEY_PREFIX = "chk_"  # lets secret scanners recognise a leaked key, and us tell it from a login
PREFIX_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Registration:
    """What an account is opened with. The password was hashed before."""

    email: str
    name: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A new account and its first login."""

    account_id: str
    email: str
    name: str
    login: logins.OpenedLogin


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A new API key. `key` is shown now and never again."""

    key: str
    view: KeyView


@dataclass(frozen=True, slots=True)
class NewIdToken:
    """An id token to be registered. `account_id` None: for whoever asks."""

    value: str
    account_id: str | None = None
    expires_at: datetime | None = None
    kind: Literal["rfid", "master", "contract"] = "rfid"


def register(
    work: Work, wanted: Registration, public_url: str, login_lasts: timedelta, now: datetime
) -> Registered:
    """Open an account, log it in, and mail a code to confirm the address.

    Raises EmailTaken, or Invalid for an address or a name that cannot be one.
    """
    account = _open_account(work, wanted, now)
    code = mails.new_code(work, account.id, "verify", rules.VERIFY_LASTS, now)
    text = mails.verify_text(code, public_url)
    mails.write_mail(work, account.email, mails.VERIFY_SUBJECT, text, now)
    login = logins.open_login(work, account.id, login_lasts, now)
    return Registered(account.id, account.email, account.name, login)


def create_operator(work: Work, email: str, name: str, password_hash: str, now: datetime) -> str:
    """Open an operator's account; its id. Only the command line calls this, so the address is
    vouched for. Raises EmailTaken, Invalid."""
    account = _open_account(work, Registration(email, name, password_hash), now)
    work.execute(
        update(Account)
        .where(col(Account.id) == account.id)
        .values(is_operator=True, verified_at=now)
    )
    return account.id


def open_guest(work: Work, email: str, now: datetime) -> str:
    """Open an account that nobody can log in to, for somebody who showed to read that mailbox or,
    where it is empty, to have a card; its id. It takes no address away: the same person may have,
    or open, an account of their own.
    """
    account = Account(
        id=new_id(),
        email=rules.email(email) if email else "",
        email_folded=f"{tables.GUEST_PREFIX}{secrets.token_urlsafe(32)}",
        name="Guest",
        password_hash="",  # that of no password
        verified_at=now,
        created_at=now,
    )
    work.add(account)
    _add_id_token(work, NewIdToken(_new_app_token(), account.id), "app", now)
    return account.id


def _open_account(work: Work, wanted: Registration, now: datetime) -> Account:
    email = rules.email(wanted.email)
    account = Account(
        id=new_id(),
        email=email,
        email_folded=rules.fold_email(email),
        name=rules.name(wanted.name),
        password_hash=wanted.password_hash,
        created_at=now,
    )
    try:
        work.add(account)
    except IntegrityError:
        raise rules.EmailTaken from None
    _add_id_token(work, NewIdToken(_new_app_token(), account.id), "app", now)
    return account


def _new_app_token() -> str:
    """90 random bits in the 20 characters that OCPP 1.6 can carry."""
    return "CH" + base64.b32encode(secrets.token_bytes(12)).decode()[:18]


def disown(work: Work, account_id: str, now: datetime) -> None:
    """Revoke the API keys, block the cards and replace the app's id token.

    For an account that was opened by somebody who never showed that the mailbox is theirs: once
    its owner has come, nothing the other one knows may open anything.
    """
    is_in_force = col(ApiKey.account_id) == account_id, col(ApiKey.revoked_at).is_(None)
    work.execute(update(ApiKey).where(*is_in_force).values(revoked_at=now))
    tokens = update(IdToken).where(col(IdToken.account_id) == account_id)
    work.execute(tokens.where(col(IdToken.kind) != "app").values(status="blocked"))
    value = _new_app_token()
    values = {"value": value, "value_folded": rules.fold_id_token(value)}
    work.execute(tokens.where(col(IdToken.kind) == "app").values(values))


def set_can_pay(work: Work, account_id: str, can_pay: bool) -> None:
    """Note whether the account has a usable payment method."""
    work.execute(update(Account).where(col(Account.id) == account_id).values(can_pay=can_pay))


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be made. `expires_at` None: it holds until it is revoked."""

    name: str
    scopes: tuple[rules.Scope, ...]
    expires_at: datetime | None = None


def create_api_key(work: Work, actor: Actor, wanted: NewKey, now: datetime) -> CreatedKey:
    """A key for a machine, limited to these scopes.

    Raises Invalid, Conflict at 100 keys, Forbidden for scopes beyond the actor's own.
    """
    scopes = wanted.scopes
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise Invalid("This key would have expired already. Choose a later time.")
    if not scopes or len(set(scopes)) < len(scopes):
        raise Invalid("Give at least one scope, each once.")
    if "operator" in scopes and not actor.is_operator:
        raise Forbidden("Only an operator may give a key the scope operator.")
    if tables.count_api_keys(work, actor.account_id) >= rules.MAX_API_KEYS:
        raise Conflict(f"An account has at most {rules.MAX_API_KEYS} API keys. Revoke one first.")
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    work.add(
        ApiKey(
            id=new_id(),
            account_id=actor.account_id,
            name=rules.name(wanted.name),
            prefix=key[:PREFIX_SHOWN],
            key_hash=rules.digest(key),
            scopes=list(scopes),
            created_at=now,
            expires_at=wanted.expires_at,
        )
    )
    view = tables.api_key(work, key)
    assert view is not None
    return CreatedKey(key, view)


def revoke_api_key(work: Work, actor: Actor, key_id: str, now: datetime) -> None:
    """End a key of one's own, at once. Raises NotFound."""
    revoked = work.execute(
        update(ApiKey)
        .where(
            col(ApiKey.id) == key_id,
            col(ApiKey.account_id) == actor.account_id,
            col(ApiKey.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )
    if not revoked:
        raise NotFound("You have no such API key.")


def note_key_used(work: Work, key_id: str, now: datetime) -> None:
    """Remember that a key is in use, at most once a minute."""
    used_at = col(ApiKey.last_used_at)
    is_old = or_(used_at.is_(None), used_at <= now - rules.KEY_USE_NOTED_EVERY)
    work.execute(update(ApiKey).where(col(ApiKey.id) == key_id, is_old).values(last_used_at=now))


def add_id_token(work: Work, actor: Actor, wanted: NewIdToken, now: datetime) -> IdTokenView:
    """Register a card for oneself, or as operator for anybody.

    A station sends an id token and nothing else, so a value belongs to one account in the whole
    hub, whatever its case. Raises IdTokenTaken, Invalid, Conflict at 1,000 tokens, NotFound for
    an unknown account, Forbidden for another's.
    """
    account_id = wanted.account_id or actor.account_id
    if account_id != actor.account_id and not actor.is_operator:
        raise Forbidden("Only an operator may register an id token for somebody else.")
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise Invalid("The id token must expire in the future, or never.")
    if tables.account(work, account_id) is None:
        raise NotFound("There is no such account.")
    if tables.count_id_tokens(work, account_id) >= rules.MAX_ID_TOKENS:
        raise Conflict(f"An account has at most {rules.MAX_ID_TOKENS} id tokens.")
    is_contract = wanted.kind == "contract"
    value = rules.contract_id(wanted.value) if is_contract else rules.id_token(wanted.value)
    checked = NewIdToken(value, account_id, wanted.expires_at)
    return _add_id_token(work, checked, wanted.kind, now)


def _add_id_token(work: Work, token: NewIdToken, kind: str, now: datetime) -> IdTokenView:
    assert token.account_id is not None
    row = IdToken(
        value_folded=rules.fold_id_token(token.value),
        value=token.value,
        account_id=token.account_id,
        kind=kind,
        status="valid",
        expires_at=token.expires_at,
        created_at=now,
    )
    try:
        work.add(row)
    except IntegrityError:
        raise rules.IdTokenTaken from None
    return IdTokenView(token.value, token.account_id, kind, "valid", None, token.expires_at)


def set_id_token_status(work: Work, actor: Actor, value: str, status: str) -> IdTokenView:
    """Block an id token (lost card), or make it valid again.

    Raises NotFound for another's, BlockedByOperator where only an operator may lift the block.
    """
    assert status in ("valid", "blocked"), status
    token = tables.id_token(work, value)
    if token is None or (token.account_id != actor.account_id and not actor.is_operator):
        raise NotFound("You have no such id token.")
    if token.blocked_by not in (None, token.account_id) and not actor.is_operator:
        raise rules.BlockedByOperator
    work.execute(
        update(IdToken)
        .where(col(IdToken.value_folded) == rules.fold_id_token(value))
        .values(status=status, blocked_by=actor.account_id if status == "blocked" else None)
    )
    changed = tables.id_token(work, value)
    assert changed is not None
    return changed


def record_mail_sent(work: Work, event: MailRequested, outcome: MailOutcome, now: datetime) -> None:
    """Note what became of a mail. A sent one loses its text, which can hold a code."""
    sent = {"sent_at": now, "text": "", "error": None}
    values = sent if outcome.is_sent else {"error": outcome.error}
    is_open = col(Mail.id) == event.mail_id, col(Mail.sent_at).is_(None)
    work.execute(update(Mail).where(*is_open).values(**values))

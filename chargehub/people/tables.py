"""Accounts and what proves who somebody is. Secrets are stored hashed, never as they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, bindparam, func, select
from sqlmodel import Field, SQLModel, col

from chargehub.people.rules import digest, fold_id_token
from chargehub.store.columns import Instant, Json
from chargehub.store.hot import Hot
from chargehub.store.work import Reads


class Account(SQLModel, table=True):
    """A person or a firm: may drive, own stations, or operate the hub.

    `can_pay`: has a usable payment method (set by `payments`). `failures`: wrong passwords in a
    row; none is tried before `locked_until`. `erased_at`: who it was is forgotten since then.
    """

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("email_folded", name="uq_account_email_folded"),)

    id: str = Field(primary_key=True, max_length=36)
    email: str = Field(max_length=254)
    email_folded: str = Field(max_length=800)  # folding can make three letters of one
    name: str = Field(max_length=100)
    password_hash: str = Field(max_length=200)
    is_operator: bool = False
    can_pay: bool = False
    verified_at: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    erased_at: datetime | None = Field(default=None, sa_type=Instant, index=True)


class Login(SQLModel, table=True):
    """One signed-in device; its opaque token is stored as SHA-256."""

    __tablename__ = "login"
    __table_args__ = (UniqueConstraint("token_hash", name="uq_login_token_hash"),)

    id: str = Field(primary_key=True, max_length=36)
    account_id: str = Field(max_length=36, foreign_key="account.id", index=True)
    token_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant, index=True)


class ApiKey(SQLModel, table=True):
    """A machine's key; `prefix` is its visible beginning, the whole is stored as SHA-256.

    `expires_at` None: it holds until it is revoked.
    """

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("key_hash", name="uq_api_key_key_hash"),)

    id: str = Field(primary_key=True, max_length=36)
    account_id: str = Field(max_length=36, foreign_key="account.id", index=True)
    name: str = Field(max_length=100)
    prefix: str = Field(max_length=16)
    key_hash: str = Field(max_length=64)
    scopes: Any = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=Instant)
    last_used_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class IdToken(SQLModel, table=True):
    """What names a driver to a station: the app's token of every account, or an RFID card.

    A `kind` of master names nobody: it ends the sessions at its owner's stations.
    `blocked_by`: the account that blocked it; only an operator lifts what an operator blocked.
    """

    __tablename__ = "id_token"

    value_folded: str = Field(primary_key=True, max_length=255)
    value: str = Field(max_length=255)
    account_id: str = Field(max_length=36, foreign_key="account.id", index=True)
    kind: str = Field(max_length=8)
    status: str = Field(max_length=7)
    blocked_by: str | None = Field(default=None, max_length=36)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class Mail(SQLModel, table=True):
    """A mail to be sent once. Its text goes when it is sent, for it can carry a secret."""

    __tablename__ = "mail"

    id: str = Field(primary_key=True, max_length=36)
    recipient: str = Field(max_length=254, index=True)
    subject: str = Field(max_length=200)
    text: str
    created_at: datetime = Field(sa_type=Instant, index=True)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str | None = Field(default=None, max_length=500)


class MailToken(SQLModel, table=True):
    """A code that was mailed: it proves once that its reader owns the mailbox."""

    __tablename__ = "mail_token"
    __table_args__ = (UniqueConstraint("token_hash", name="uq_mail_token_token_hash"),)

    id: str = Field(primary_key=True, max_length=36)
    account_id: str = Field(max_length=36, foreign_key="account.id", index=True)
    purpose: str = Field(max_length=6)
    token_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Instant, index=True)


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as others may know it."""

    id: str
    email: str
    name: str
    is_operator: bool
    is_verified: bool
    can_pay: bool


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is checked against. The hash is also how a change in between is noticed."""

    account_id: str
    email: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class LoginView:
    """A login; its token is known to its device alone."""

    id: str
    account_id: str
    created_at: datetime
    expires_at: datetime
    is_revoked: bool
    is_operator: bool


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key without its secret."""

    id: str
    account_id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    is_revoked: bool
    is_operator: bool


@dataclass(frozen=True, slots=True)
class IdTokenView:
    """An id token: `kind` app, rfid, master or contract; `status` valid or blocked.

    `expires_at` None: never.
    """

    value: str
    account_id: str
    kind: str
    status: str
    blocked_by: str | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail; `sent_at` None: not sent yet, or never (then `error` says why)."""

    id: str
    recipient: str
    subject: str
    text: str
    sent_at: datetime | None
    error: str | None


_ACCOUNT = select(
    col(Account.id),
    col(Account.email),
    col(Account.name),
    col(Account.is_operator),
    col(Account.verified_at).is_not(None).label("is_verified"),
    col(Account.can_pay),
)
_CREDENTIALS = select(col(Account.id), col(Account.email), col(Account.password_hash))
GUEST_PREFIX = "guest "  # no address folds to this
_ACCOUNT_BY_ID = Hot(_ACCOUNT.where(col(Account.id) == bindparam("account_id")))
_ID_TOKEN = select(
    col(IdToken.value),
    col(IdToken.account_id),
    col(IdToken.kind),
    col(IdToken.status),
    col(IdToken.blocked_by),
    col(IdToken.expires_at),
)
_ID_TOKEN_BY_VALUE = Hot(_ID_TOKEN.where(col(IdToken.value_folded) == bindparam("value_folded")))
_LOGIN = select(
    col(Login.id),
    col(Login.account_id),
    col(Login.created_at),
    col(Login.expires_at),
    col(Login.revoked_at).is_not(None).label("is_revoked"),
    col(Account.is_operator),
).join(Account, col(Account.id) == col(Login.account_id))
_LOGIN_BY_HASH = Hot(_LOGIN.where(col(Login.token_hash) == bindparam("token_hash")))
_KEY = select(
    col(ApiKey.id),
    col(ApiKey.account_id),
    col(ApiKey.name),
    col(ApiKey.prefix),
    col(ApiKey.scopes),
    col(ApiKey.created_at),
    col(ApiKey.last_used_at),
    col(ApiKey.expires_at),
    col(ApiKey.revoked_at).is_not(None).label("is_revoked"),
    col(Account.is_operator),
).join(Account, col(Account.id) == col(ApiKey.account_id))
_KEY_BY_HASH = Hot(_KEY.where(col(ApiKey.key_hash) == bindparam("key_hash")))


def operator_addresses(reads: Reads) -> tuple[str, ...]:
    """Where those who run the hub are written to; at most 100."""
    runs_it = col(Account.is_operator), col(Account.erased_at).is_(None)
    rows = reads.all(
        select(col(Account.email)).where(*runs_it).order_by(col(Account.id)).limit(100)
    )
    return tuple(row.email for row in rows)


def account(reads: Reads, account_id: str) -> AccountView | None:
    """An account, or None."""
    row = reads.one(_ACCOUNT_BY_ID, account_id=account_id)
    return None if row is None else AccountView(*row)


def is_guest(reads: Reads, account_id: str) -> bool:
    """True for the account of a guest, whom no login opens it to."""
    is_it = col(Account.id) == account_id, col(Account.email_folded).startswith(GUEST_PREFIX)
    return reads.one(select(col(Account.id)).where(*is_it)) is not None


def credentials(reads: Reads, email_folded: str) -> Credentials | None:
    """What a password for this address is checked against, or None for an unknown address."""
    row = reads.one(_CREDENTIALS.where(col(Account.email_folded) == email_folded))
    return None if row is None else Credentials(row.id, row.email, row.password_hash)


def id_token(reads: Reads, value: str) -> IdTokenView | None:
    """The id token of this value, in whatever case it came, or None."""
    row = reads.one(_ID_TOKEN_BY_VALUE, value_folded=fold_id_token(value))
    return None if row is None else IdTokenView(*row)


def app_token(reads: Reads, account_id: str) -> str:
    """The id token that the hub itself uses for this account. Every account has one."""
    token: str | None = reads.value(
        select(col(IdToken.value)).where(
            col(IdToken.account_id) == account_id, col(IdToken.kind) == "app"
        )
    )
    assert token is not None, account_id
    return token


def id_tokens(
    reads: Reads, account_id: str, after: str | None, limit: int
) -> tuple[IdTokenView, ...]:
    """An account's id tokens by folded value, from behind `after`."""
    statement = _ID_TOKEN.where(
        col(IdToken.account_id) == account_id, col(IdToken.value_folded) > (after or "")
    )
    rows = reads.all(statement.order_by(col(IdToken.value_folded)).limit(limit))
    return tuple(IdTokenView(*row) for row in rows)


def login(reads: Reads, token: str) -> LoginView | None:
    """The login of this token, valid or not, or None."""
    row = reads.one(_LOGIN_BY_HASH, token_hash=digest(token))
    return None if row is None else LoginView(*row)


def logins(
    reads: Reads, account_id: str, now: datetime, after: str | None, limit: int
) -> tuple[LoginView, ...]:
    """An account's logins that are valid at `now`, oldest first, from behind the id `after`."""
    statement = _LOGIN.where(
        col(Login.account_id) == account_id,
        col(Login.revoked_at).is_(None),
        col(Login.expires_at) > now,
        col(Login.id) > (after or ""),
    )
    rows = reads.all(statement.order_by(col(Login.id)).limit(limit))
    return tuple(LoginView(*row) for row in rows)


def api_key(reads: Reads, key: str) -> KeyView | None:
    """The API key with this secret, revoked or not, or None."""
    row = reads.one(_KEY_BY_HASH, key_hash=digest(key))
    return None if row is None else _key_view(row)


def api_keys(reads: Reads, account_id: str, after: str | None, limit: int) -> tuple[KeyView, ...]:
    """An account's keys that were not revoked, oldest first, from behind the id `after`."""
    statement = _KEY.where(
        col(ApiKey.account_id) == account_id,
        col(ApiKey.revoked_at).is_(None),
        col(ApiKey.id) > (after or ""),
    )
    return tuple(map(_key_view, reads.all(statement.order_by(col(ApiKey.id)).limit(limit))))


def _key_view(row: Any) -> KeyView:
    values = row._asdict()
    return KeyView(**{**values, "scopes": tuple(row.scopes)})


def count_api_keys(reads: Reads, account_id: str) -> int:
    """How many keys of an account are in force."""
    is_theirs = col(ApiKey.account_id) == account_id, col(ApiKey.revoked_at).is_(None)
    return int(reads.value(select(func.count()).select_from(ApiKey).where(*is_theirs)))


def count_id_tokens(reads: Reads, account_id: str) -> int:
    """How many id tokens an account has."""
    is_theirs = col(IdToken.account_id) == account_id
    return int(reads.value(select(func.count()).select_from(IdToken).where(is_theirs)))


def mail_token(reads: Reads, token: str, purpose: str, now: datetime) -> Credentials | None:
    """Whose mailed code this is, if it is for this purpose, unused and not too old at `now`."""
    row = reads.one(
        _CREDENTIALS.join(MailToken, col(MailToken.account_id) == col(Account.id)).where(
            col(MailToken.token_hash) == digest(token),
            col(MailToken.purpose) == purpose,
            col(MailToken.used_at).is_(None),
            col(MailToken.expires_at) > now,
        )
    )
    return None if row is None else Credentials(row.id, row.email, row.password_hash)


def mail(reads: Reads, mail_id: str) -> MailView | None:
    """A mail, or None."""
    row = reads.one(
        select(
            col(Mail.id),
            col(Mail.recipient),
            col(Mail.subject),
            col(Mail.text),
            col(Mail.sent_at),
            col(Mail.error),
        ).where(col(Mail.id) == mail_id)
    )
    return None if row is None else MailView(**row._asdict())

"""What REST takes and gives for people. Secrets go out once, in the answer that made them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from chargehub.people import rules
from chargehub.people.rules import Scope
from chargehub.rest.bodies import Body, Instant

Email = Annotated[
    str,
    Field(min_length=3, max_length=rules.EMAIL_LONGEST, json_schema_extra={"format": "email"}),
]
NewPasswordText = Annotated[
    str, Field(min_length=rules.PASSWORD_SHORTEST, max_length=rules.PASSWORD_LONGEST)
]
Name = Annotated[str, Field(min_length=1, max_length=rules.NAME_LONGEST)]
IdTokenText = Annotated[str, Field(min_length=1, max_length=rules.ID_TOKEN_LONGEST)]


class NewAccount(Body):
    """Who wants an account. A password has 10 to 200 characters and is not the address."""

    email: Email
    password: NewPasswordText
    name: Name


class RegisteredBody(BaseModel):
    """A new account and the token of its first login."""

    id: str
    email: str
    name: str
    token: str
    expires_at: datetime


class AccountBody(BaseModel):
    """One's own account. `can_pay`: there is a payment method that works."""

    id: str
    email: str
    name: str
    is_operator: bool
    is_verified: bool
    can_pay: bool


class NewLogin(Body):
    """An address and its password."""

    email: Email
    password: Annotated[str, Field(max_length=rules.PASSWORD_LONGEST)]


class OpenedLoginBody(BaseModel):
    """A login and its token."""

    id: str
    token: str
    expires_at: datetime


class LoginBody(BaseModel):
    """A device that is logged in; `is_current`: the one that asks."""

    id: str
    created_at: datetime
    expires_at: datetime
    is_current: bool


class Verification(Body):
    """A code that was mailed at sign-up."""

    token: Annotated[str, Field(min_length=1, max_length=100)]


class PasswordResetRequest(Body):
    """Whose password was forgotten."""

    email: Email


class NewPassword(Body):
    """The password to be set."""

    password: NewPasswordText


class NewApiKey(Body):
    """A key for a machine, what it may do, and until when; null: until you revoke it."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(rules.SCOPES))]
    expires_at: Instant | None = None


class ApiKeyBody(BaseModel):
    """A key without its secret; `prefix` is how it begins."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class CreatedKeyBody(ApiKeyBody):
    """A new key with its secret."""

    key: str


class NewIdTokenBody(Body):
    """A card to be registered. Only an operator names another account.

    A `master` card starts nothing. It ends the sessions at the stations of its account; an
    operator's at all stations. A `contract` is one for charging (eMAID): a vehicle shows it with
    its certificate when it is plugged in.
    """

    value: IdTokenText
    account_id: Annotated[str, Field(max_length=36)] | None = None
    expires_at: Instant | None = None
    kind: Literal["rfid", "master", "contract"] = "rfid"


class IdTokenStatus(Body):
    """Blocked tokens start nothing."""

    status: Literal["valid", "blocked"]


class IdTokenBody(BaseModel):
    """What names a driver to a station; `kind` app is the hub's own for this account."""

    value: str
    account_id: str
    kind: Literal["app", "rfid", "master", "contract"]
    status: Literal["valid", "blocked"]
    expires_at: datetime | None

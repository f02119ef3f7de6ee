"""Who somebody is and what they may do; what a name, a password and an id token look like."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chargehub.errors import Conflict, Forbidden, Invalid

Scope = Literal[
    "read",
    "stations:write",
    "tariffs:write",
    "bookings:write",
    "sessions:write",
    "payments:write",
    "accounts:write",
    "webhooks:write",
    "operator",
]
SCOPES: tuple[Scope, ...] = (
    "read",
    "stations:write",
    "tariffs:write",
    "bookings:write",
    "sessions:write",
    "payments:write",
    "accounts:write",
    "webhooks:write",
    "operator",
)
"""What an API key can be allowed: to read, to write one field of the hub, to act as operator."""

PASSWORD_SHORTEST, PASSWORD_LONGEST = 10, 200  # characters; argon2 must not be fed megabytes
EMAIL_LONGEST = 254  # Source: RFC 5321, section 4.5.3.1.3, less the angle brackets
NAME_LONGEST = 100
MAX_API_KEYS = 100  # in force at once for one account
MAX_ID_TOKENS = 1_000  # for one account: the cards of a firm with a large fleet

MASTER = "master"  # the kind of an id token that ends sessions and begins none

VERIFY_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)
RESET_EVERY = timedelta(minutes=2)  # one mail; nobody's mailbox is to be flooded through us
KEY_USE_NOTED_EVERY = timedelta(minutes=1)

FREE_FAILURES = 4  # typing errors; from the fifth on the account waits, for that address
FREE_FAILURES_OF_ALL = 50  # of all addresses: fewer, and one guesser could lock the owner out
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(hours=1)  # at most 24 guesses a day, and the owner is not shut out

# Source: the characters are those of OCPP 2.0.1's identifierString, the length is what 2.1 can
# carry (IdTokenType.idToken). Stations of 2.0.1 know 36 of them, of 1.6 20 (CiString20Type).
ID_TOKEN_LONGEST = 255
_ID_TOKEN = re.compile(rf"[A-Za-z0-9*\-_=:+|@.]{{1,{ID_TOKEN_LONGEST}}}", re.ASCII)
# Source: ISO 15118-2, annex H (eMAID) without hyphens: country, provider, C, instance, check.
CONTRACT = re.compile(r"[A-Z]{2}[A-Z0-9]{3}C[A-Z0-9]{8,9}", re.ASCII)
# Deliberately simple: one @, no spaces, a domain with a dot. Whether it exists, the mail shows.
_WORD = r"[^\s@.\"(),:;<>\[\\\]]+"  # what may stand between dots without quotes
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_WORD}(\.{_WORD})*@{_WORD}(\.{_WORD})+")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `scopes` None: a person who logged in, who may do everything of their account.

    `is_operator` holds for an operator's login, and for an operator's key with that scope.
    `login_id` names the login in use, `key_id` the API key; one of them is None.
    """

    account_id: str
    is_operator: bool
    scopes: frozenset[str] | None
    login_id: str | None = None
    key_id: str | None = None

    def has(self, scope: Scope) -> bool:
        """Whether the actor may do what the scope names, on what is theirs."""
        return self.scopes is None or scope in self.scopes


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """What became of a mail: sent, or why it was not and will not be tried again."""

    is_sent: bool
    error: str | None = None


class EmailTaken(Conflict):
    """There is an account with this e-mail address.

    This tells whoever asks that the address is known here. It is accepted: a sign-up cannot be
    refused without a reason, and the throttle keeps it from being asked in bulk.
    """

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address. Log in, or reset it.")


class IdTokenTaken(Conflict):
    """An id token names one driver in the whole hub, for stations send nothing else."""

    code = "id_token_taken"

    def __init__(self) -> None:
        super().__init__("This id token is registered already. If it is yours, ask the operator.")


class BlockedByOperator(Forbidden):
    """Only an operator lifts what an operator blocked."""

    code = "blocked_by_operator"

    def __init__(self) -> None:
        super().__init__("The operator blocked this id token. Ask the operator to lift it.")


class TokenInvalid(Invalid):
    """A code from a mail that is unknown, used or too old."""

    code = "token_invalid"

    def __init__(self) -> None:
        super().__init__("The code is unknown, used or too old. Ask for a new mail.")


def email(text: str) -> str:
    """The address as it is written to, without surrounding spaces. Raises Invalid."""
    address = unicodedata.normalize("NFKC", text).strip()
    if not address.isprintable() or not _EMAIL.fullmatch(address) or len(address) > EMAIL_LONGEST:
        raise Invalid("Give an e-mail address like name@example.org.")
    return address


def fold_email(address: str) -> str:
    """One form for all spellings of an address, to tell whether two are the same.

    Mail goes to the address as it was given, never to the folded one: two addresses that fold
    alike may be two mailboxes, and then only the first can have an account.
    """
    folded = address
    for _ in range(2):  # normalising can bring capitals and spaces back, folding undo the form
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
        folded = folded.strip()
    return folded


def name(text: str) -> str:
    """What a person or a key is called: one line. Raises Invalid."""
    given = unicodedata.normalize("NFC", text).strip()
    if not given or len(given) > NAME_LONGEST or not given.isprintable():
        raise Invalid(f"Give a name of 1 to {NAME_LONGEST} printable characters.")
    return given


def password(text: str, address: str) -> str:
    """The password as it is hashed. Raises Invalid if it is short, long, or the e-mail address.

    Source: NIST SP 800-63B, section 3.1.1.2: length counts, composition rules do not help.
    """
    given = password_text(text)
    if not PASSWORD_SHORTEST <= len(given) <= PASSWORD_LONGEST:
        raise Invalid(f"A password has {PASSWORD_SHORTEST} to {PASSWORD_LONGEST} characters.")
    if fold_email(given) == fold_email(address):
        raise Invalid("A password must not be the e-mail address.")
    return given


def password_text(text: str) -> str:
    """One form for the same characters typed on different keyboards."""
    return unicodedata.normalize("NFKC", text)


def id_token(value: str) -> str:
    """An id token as it is shown. One of more than 20 characters works at newer stations only."""
    if not _ID_TOKEN.fullmatch(value):
        raise Invalid("An id token has 1 to 255 characters: letters, digits and any of *-_=:+|@.")
    return value


def contract_id(value: str) -> str:
    """The id of a contract for charging (eMAID) as vehicles show it. Raises Invalid."""
    plain = value.replace("-", "").upper()
    if not CONTRACT.fullmatch(plain):
        raise Invalid("A contract's id looks like DE-8AA-C12345678-X.")
    return plain


def fold_id_token(value: str) -> str:
    """Id tokens do not tell case apart: upper case, as the stations' are folded in `ocpp/fields`.

    Source: OCPP 1.6, IdToken (CiString20Type); 2.0.1, IdTokenType.idToken.
    """
    return value.strip().upper()


def digest(secret: str) -> str:
    """How a machine-made secret (128 bits or more) is stored: SHA-256 needs no salt there."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def group_token(account_id: str) -> str:
    """What stations are told that all id tokens of an account have in common; 20 signs.

    By it any of them stops what another started and uses what is reserved. It starts nothing.
    """
    return f"G{hashlib.sha256(account_id.encode()).hexdigest()[:19].upper()}"


def master_group(account_id: str) -> str:
    """What the master tokens of an owner's stations have in common; 20 signs. It starts nothing.

    Source: OCPP 2.0.1 part 2, C16 (MasterPassGroupId).
    """
    return f"M{hashlib.sha256(f'master {account_id}'.encode()).hexdigest()[:19].upper()}"


def lock(failures: int, free: int = FREE_FAILURES) -> timedelta:
    """How long an account takes no password after so many wrong ones in a row.

    Nothing for the first `free`, then 30 s, doubled each time, at most an hour. Never shorter
    for more failures.
    """
    assert failures >= 0
    if failures <= free:
        return timedelta()
    doublings = min(failures - free - 1, 20)
    doubled: int = 2**doublings
    return min(FIRST_LOCK * doubled, LONGEST_LOCK)


def locked_until(failures: int, now: datetime, free: int = FREE_FAILURES) -> datetime | None:
    """Until when an account takes no password, if it failed just now; None: it still does."""
    wait = lock(failures, free)
    return now + wait if wait else None

"""Who is told of which event, what a webhook may be, and how a message to it is written. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from chargehub import events
from chargehub.addresses import is_public
from chargehub.errors import Conflict, Forbidden, Invalid, NotFound

Party = Literal["owner", "driver"]
Signing = Literal["hmac", "ed25519"]

PING = "Ping"  # what the test button sends; no event
MOST_WEBHOOKS = 20  # of one account
URL_LONGEST = 500  # characters
LONGEST_OVERLAP_HOURS = 168  # in which a replaced secret still signs
FIRST_FREE_PORT = 1_024  # below it only 443: mail and the like are not to be talked to
MOST_PENDING = 10_000  # messages that a webhook that fails may have waiting

UNPUBLISHED = frozenset(
    {
        events.AdHocPageDue,
        events.AuditAsked,
        events.CardDisputeAccepted,
        events.CardDisputeAnswerDue,
        events.DebtPaymentRequested,
        events.EvseFreed,
        events.GuestPageDue,
        events.HoldGrowthRequested,
        events.HoldPageDue,
        events.MailRequested,
        events.MethodDropped,
        events.MethodSetupAsked,
        events.PayerForgotten,
        events.PaymentMethodChanged,
        events.PayoutAccountAsked,
        events.PayoutLookedAt,
        events.PayoutResumed,
        events.RailNotified,
        events.ReconciliationAsked,
        events.WebhookRequested,
        events.WholesaleAsked,
    }
)
"""Errands of the hub itself: they mean nothing outside, and one would tell of the other. That an
EVSE is available again, who watches it reads from its stream, or is told as WatchMatched."""

_BOTH: tuple[Party, ...] = ("owner", "driver")
TOLD: Mapping[type[events.Event], tuple[Party, ...]] = {
    events.WholesaleChanged: (),
    events.LawsBroken: (),
    events.StationConnected: ("owner",),
    events.StationDisconnected: ("owner",),
    events.StationBooted: ("owner",),
    events.StationChecked: ("owner",),
    events.CheckupAsked: ("owner",),
    events.GradeLapsed: ("owner",),
    events.StationRetired: ("owner",),
    events.StationListed: ("owner",),
    events.BlockLifted: ("owner",),
    events.MeterKeyTold: ("owner",),
    events.StationCommanded: ("owner",),
    events.CommandFinished: ("owner",),
    events.BookingRequested: _BOTH,
    events.BookingHeld: _BOTH,
    events.DepositDue: ("driver",),
    events.BookingConfirmed: _BOTH,
    events.BookingChanged: _BOTH,
    events.BookingReleased: _BOTH,
    events.BookingLeft: _BOTH,
    events.SessionOpened: _BOTH,
    events.SessionFailed: _BOTH,
    events.SessionClosed: _BOTH,
    events.CdrCorrected: _BOTH,
    events.AuthorisationRequested: (),
    events.PaymentAuthorised: ("driver",),
    events.PaymentRefused: ("driver",),
    events.CaptureRequested: (),
    events.FeeRequested: (),
    events.FeeCaptured: _BOTH,
    events.PaymentCaptured: ("driver",),
    events.ReleaseRequested: (),
    events.RefundRequested: ("driver",),
    events.TopUpRequested: (),
    events.TopUpPageDue: (),
    events.TopUpEnded: ("driver",),
    events.PaybackRequested: (),
    events.PaybackEnded: ("driver",),
    events.RefundReturned: ("driver",),
    events.SessionSettled: ("owner",),
    events.InvoiceIssued: _BOTH,
    events.ReviewChanged: _BOTH,
    events.PayoutRequested: ("owner",),
    events.PayoutPaid: ("owner",),
    events.PayoutFailed: ("owner",),
    events.PayoutReversalRequested: ("owner",),
    events.PayoutReversalEnded: ("owner",),
    events.DisputeOpened: _BOTH,
    events.DisputeAnswered: _BOTH,
    events.DisputeDecided: _BOTH,
    events.DisputeAppealed: _BOTH,
    events.DisputeRefundRequested: ("driver",),
    events.DisputeClosed: _BOTH,
    events.CardDisputeOpened: ("owner",),
    events.CardDisputeClosed: ("owner",),
    events.WatchMatched: ("driver",),
}
"""The parties that an event concerns, beside operators, who may be told everything.

An event that is not here is told to operators alone.
"""

VOCABULARY = tuple(kind.__name__ for kind in get_args(events.Event) if kind not in UNPUBLISHED)


class NoSuchWebhook(NotFound):
    """There is no such webhook, or it belongs to somebody else."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no webhook with this id.")


class NoSuchMessage(NotFound):
    """There is no such message to this webhook."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("The webhook has no message with this id; it may be forgotten by now.")


class TooManyWebhooks(Conflict):
    """An account has only so many webhooks."""

    code = "too_many_webhooks"

    def __init__(self) -> None:
        super().__init__(f"You have {MOST_WEBHOOKS} webhooks; remove one first.")


class BadWebhookUrl(Invalid):
    """Where the webhook is to be sent is no place that the hub sends to."""

    code = "bad_webhook_url"


class UnknownEventType(Invalid):
    """A webhook asks for an event that the vocabulary does not have."""

    code = "unknown_event_type"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no event {name}. Take names of: {', '.join(VOCABULARY)}.")


class NotHubWide(Forbidden):
    """Only operators are told what concerns others."""

    code = "operators_only"

    def __init__(self) -> None:
        super().__init__("Only an operator may see the events of the whole hub.")


class WebhookDisabled(Conflict):
    """Nothing is sent to a webhook that is disabled."""

    code = "webhook_disabled"

    def __init__(self) -> None:
        super().__init__("The webhook is disabled. Enable it first.")


class NotResendable(Conflict):
    """A message that is tried again by itself, or a ping that is still under way."""

    code = "not_resendable"


class EventsForgotten(Invalid):
    """What follows a cursor is not kept any more: something may have been missed."""

    code = "events_forgotten"

    def __init__(self) -> None:
        super().__init__(
            "Events after this cursor are no longer kept. Ask without a cursor for the oldest, "
            "and read the state of what you follow anew."
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a webhook may fail before it is disabled, and how long events are kept."""

    failing: timedelta
    kept: timedelta


@dataclass(frozen=True, slots=True)
class Wish:
    """A webhook as it is asked for. `types` empty: every event that may be told."""

    url: str
    types: tuple[str, ...]
    signing: Signing
    is_hub_wide: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A published event: its place in the one order that readers follow, and what happened.

    `facts`: the fields of the event; `at`: when it was published, business time.
    """

    position: int
    name: str
    resource: str
    facts: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key that signs. `sealed`: for this hub alone; `expires_at` None: the newest."""

    id: str
    sealed: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A webhook as it stands. `failing_since`: of its first failure after the last success."""

    id: str
    account_id: str
    url: str
    types: tuple[str, ...]
    signing: Signing
    is_hub_wide: bool
    is_enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    keys: tuple[KeyView, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageView:
    """One event on its way to one webhook.

    `state`: pending (tried again by itself), parked (waits to be sent again by hand, and keeps
    later ones of its resource waiting), sent, failed (a ping, or the receiver wants no more),
    dropped (the webhook was disabled). `position` None: a ping.
    """

    id: str
    name: str
    resource: str
    position: int | None
    state: str
    tries: int
    status: int | None
    error: str | None
    delivery_id: str | None
    created_at: datetime
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that is needed to send a message. `entry` None: a ping, or one no longer kept."""

    message_id: str
    name: str
    is_ping: bool
    created_at: datetime
    webhook: WebhookView
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try. `is_gone`: the receiver wants no more; `is_hopeless`: waiting mends
    nothing."""

    state: Literal["sent", "failed", "dropped"]
    status: int | None = None
    error: str | None = None
    is_gone: bool = False
    is_hopeless: bool = False


def check_url(url: str, may_be_private: bool) -> str:
    """The URL, if it names a place that the hub sends to. Raises BadWebhookUrl.

    Which address the name of a host has is looked at when something is sent, each time anew; one
    that is written out is looked at now too.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise BadWebhookUrl("The URL cannot be read.") from None
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise BadWebhookUrl("Write the URL in ASCII, its host in the form xn--… if need be.")
    if parts.scheme != "https" and not (may_be_private and parts.scheme == "http"):
        raise BadWebhookUrl("The URL must begin with https://.")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise BadWebhookUrl("The URL needs a host, and no user, password or fragment.")
    if not may_be_private and not _may_be_public(host):
        raise BadWebhookUrl("The address of the host is not a public one. Name a host of yours.")
    if port is not None and port != 443 and port < FIRST_FREE_PORT:
        raise BadWebhookUrl(f"The port must be 443, or {FIRST_FREE_PORT} and above.")
    return url


def _may_be_public(host: str) -> bool:
    """False for an address that leads into somebody's own network, also as numbers without dots,
    which resolvers read as addresses; and for the names of one's own machine."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return False
    last = name.rpartition(".")[2]
    is_number = last.isdigit() or last.startswith("0x")
    try:
        return is_public(name)
    except ValueError:
        # Source: WHATWG URL, section 3.5: a host whose last part is a number is an IPv4 address.
        return not is_number


def check_types(types: Sequence[str]) -> tuple[str, ...]:
    """The names once each, in order. Raises UnknownEventType."""
    for name in types:
        if name not in VOCABULARY:
            raise UnknownEventType(name)
    return tuple(sorted(set(types)))


def is_wanted(types: Sequence[str], name: str) -> bool:
    """Whether a webhook that asks for these types is to be told of the event."""
    return not types or name in types

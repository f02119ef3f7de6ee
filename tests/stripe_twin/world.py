"""What the twin knows: objects by account, oldest first, its clock and its events."""

import copy
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.stripe_twin.errors import missing

Object = dict[str, Any]
PLATFORM = ""  # the account that the key belongs to; others are told by the header Stripe-Account
API_VERSION = "2026-05-27.dahlia"
_LETTERS = string.ascii_letters + string.digits
_DAY = 86_400


@dataclass(slots=True)
class Clock:
    """Seconds since 1970, moved by hand."""

    now: int = 1_780_000_000

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        assert seconds >= 0
        self.now += seconds


@dataclass(frozen=True, slots=True)
class Call:
    """A request: its typed parameters, those of its path, and in whose name it is made."""

    params: Mapping[str, Any]
    path: Mapping[str, str]
    account: str = PLATFORM

    def get(self, *names: str) -> Any:
        """A parameter by its way down; None: it was not given."""
        found: Any = self.params
        for name in names:
            if not isinstance(found, Mapping):
                return None
            found = found.get(name)
        return found


@dataclass(slots=True)
class World:
    """Everything. `country` and `currency` are the platform's."""

    seed: int = 0
    clock: Clock = field(default_factory=Clock)
    objects: dict[tuple[str, str], dict[str, Object]] = field(default_factory=dict)
    events: list[Object] = field(default_factory=list)
    links: dict[str, Object] = field(default_factory=dict)  # hosted pages by their token
    orders: dict[str, Object] = field(default_factory=dict)  # what hosted pages ask of cards
    pages: str = ""  # where they are
    is_eligible: bool = True  # for holds that can do more than the usual ones
    told: Callable[[Object], None] = lambda event: None
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # ids of a stand-in

    def new_id(self, prefix: str) -> str:
        """An id as Stripe's look."""
        return f"{prefix}_{''.join(self.random.choices(_LETTERS, k=24))}"

    def add(self, account: str, thing: Object) -> Object:
        """Keep an object."""
        self.all(account, thing["object"])[thing["id"]] = thing
        return thing

    def all(self, account: str, kind: str) -> dict[str, Object]:
        """Every object of a kind, oldest first."""
        return self.objects.setdefault((account, kind), {})

    def one(self, account: str, kind: str, object_id: str) -> Object:
        """An object by its id. Raises Refused."""
        found = self.all(account, kind).get(object_id)
        if found is None:
            raise missing(kind.replace(".", " "), object_id)
        return found

    def tell(self, kind: str, thing: Object, account: str = PLATFORM) -> None:
        """Something happened to an object: an event with the object as it is now."""
        event = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.clock.now,
            "data": {"object": copy.deepcopy(thing)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        if account != PLATFORM:
            event["account"] = account
        self.events.append(event)
        self.told(event)


Handler = Callable[[World, Call], Object]
HANDLERS: dict[str, Handler] = {}
"""What carries out an operation, by Stripe's own name of it."""


def answers(operation_id: str) -> Callable[[Handler], Handler]:
    """This function carries out an operation."""

    def keep(handler: Handler) -> Handler:
        assert operation_id not in HANDLERS, operation_id
        HANDLERS[operation_id] = handler
        return handler

    return keep


def page(call: Call, url: str, found: list[Object]) -> Object:
    """A list, the newest first, as the parameters of the call cut it."""
    found = [one for one in reversed(found) if _is_within(one["created"], call.get("created"))]
    after, before = call.get("starting_after"), call.get("ending_before")
    ids = [one["id"] for one in found]
    if after is not None:
        found = found[ids.index(after) + 1 :] if after in ids else []
    if before is not None:
        found = found[: ids.index(before)] if before in ids else []
    limit: int = call.get("limit") or 10
    part = found[-limit:] if before is not None else found[:limit]
    return {"object": "list", "data": part, "has_more": len(found) > limit, "url": url}


def _is_within(created: int, asked: Any) -> bool:
    if asked is None:
        return True
    if isinstance(asked, int):
        return created == asked
    bounds = {
        "gt": created > asked.get("gt", created - 1),
        "gte": created >= asked.get("gte", created),
        "lt": created < asked.get("lt", created + 1),
        "lte": created <= asked.get("lte", created),
    }
    return all(bounds.values())


def changed(thing: Object, call: Call, *names: str) -> Object:
    """Take over what was given of these parameters; metadata is added to, or emptied."""
    for name in names:
        if (value := call.get(name)) is not None:
            thing[name] = value
    if (metadata := call.get("metadata")) is not None:
        kept = {**thing["metadata"], **metadata} if metadata else {}
        thing["metadata"] = {key: value for key, value in kept.items() if value != ""}
    return thing

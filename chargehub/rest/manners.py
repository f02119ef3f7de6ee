"""What every route shares: the store, the moment, paging, and answering a repeat only once."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Concatenate, Generic, ParamSpec, TypeVar

import orjson
from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from chargehub.errors import Invalid, Unavailable
from chargehub.rest.tables import IdempotencyKeyRow, answered
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.store.writer import Store

PAGE_LIMIT = 200  # items of one answer
PAGE_DEFAULT = 50
CURSOR_LIMIT = 400  # characters; a sort key is an id and at most a few numbers
KEYS_KEPT = timedelta(days=7)  # nobody repeats a request later than that without looking
FORGET_AT_ONCE = 50

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")
SortKey = tuple[str | int, ...]


async def _store(request: Request) -> Store:
    store: Store = request.app.state.hub.store
    return store


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.hub.clock.now()
    return now


CurrentStore = Annotated[Store, Depends(_store)]
Now = Annotated[datetime, Depends(_now)]
"""Business time, aware and UTC."""


# --- lists ---------------------------------------------------------------------------------


class Page(BaseModel, Generic[T]):
    """Part of a list. `next` is the cursor of what follows, null at the end."""

    items: list[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class PageQuery:
    """How much of a list is asked for, and after which sort key (None: from the start).

    A query reads `fetch` rows, one more than is shown: it tells whether anything follows.
    """

    limit: int
    after: SortKey | None

    @property
    def fetch(self) -> int:
        return self.limit + 1

    def after_key(self, *kinds: type[str | int]) -> SortKey | None:
        """The sort key, if its parts are of these types. Raises Invalid for another list's."""
        if self.after is None:
            return None
        if [type(part) for part in self.after] != list(kinds):
            raise BadCursor
        return self.after

    def after_id(self) -> str | None:
        """The sort key of a list that is sorted by id alone."""
        key = self.after_key(str)
        return None if key is None else str(key[0])


class BadCursor(Invalid):
    """A cursor that this list did not give."""

    code = "bad_cursor"

    def __init__(self) -> None:
        super().__init__("The cursor is not one this list gave. Ask for the first page again.")


def cursor(key: SortKey) -> str:
    """The sort key of the last item as opaque text for the URL."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def sort_key(text: str) -> SortKey:
    """The sort key in a cursor. Raises BadCursor."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        parts = orjson.loads(raw)
    except (binascii.Error, ValueError):
        raise BadCursor from None
    if not isinstance(parts, list) or not all(map(_is_key_part, parts)):
        raise BadCursor
    return tuple(parts)


def _is_key_part(part: Any) -> bool:
    if type(part) is str:
        return "\x00" not in part
    return type(part) is int and abs(part) < 2**63


async def _page_query(
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = PAGE_DEFAULT,
    cursor: Annotated[str | None, Query(max_length=CURSOR_LIMIT)] = None,
) -> PageQuery:
    return PageQuery(limit, None if cursor is None else sort_key(cursor))


CurrentPage = Annotated[PageQuery, Depends(_page_query)]


def page(
    rows: Sequence[S], asked: PageQuery, key: Callable[[S], SortKey], body: Callable[[S], T]
) -> Page[T]:
    """A page of up to `asked.fetch` rows, each turned into its body."""
    shown = rows[: asked.limit]
    has_more = len(rows) > len(shown)
    return Page(
        items=[body(row) for row in shown], next=cursor(key(shown[-1])) if has_more else None
    )


# --- idempotency ---------------------------------------------------------------------------

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="Repeat a request with its key: it is done once and answered the same.",
    ),
]


class KeyReused(Invalid):
    """One Idempotency-Key on two different requests."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request. Use a new one.")


class _Claimed(Exception):
    """Another writer holds the key: its answer is to be read."""


async def idempotent(
    store: Store,
    actor_id: str,
    key: str | None,
    route: str,
    body: BaseModel | str,
    action: Callable[Concatenate[Work, P], Any],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Any:
    """Run the action once per actor and key, and give every repeat the first answer.

    `action(work, ...)` returns a JSON value (`body.model_dump(mode="json")`), which is stored in
    the action's own commit. A refusal stores nothing: the repeat is judged anew. Without a key the
    action just runs. Keys are forgotten after a week. Raises KeyReused, and what the action raises.
    """
    if key is None:
        return await store.do(action, *args, **kwargs)
    asked = _Request(actor_id, key, route, body_hash(body))
    for _ in range(3):  # losing the race twice needs a winner that was rolled back in between
        try:
            return await store.do(_once, asked, action, args, kwargs)
        except _Claimed:
            continue
    raise Unavailable("The same request is still being worked on; please try again.")


@dataclass(frozen=True, slots=True)
class _Request:
    actor_id: str
    key: str
    route: str
    body_hash: str


def body_hash(body: BaseModel | str) -> str:
    """SHA-256 of the body's values: field order and white space in the request do not count."""
    text = body if isinstance(body, str) else body.model_dump_json()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _once(work: Work, asked: _Request, action: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    earlier = answered(work, asked.actor_id, asked.key)
    if earlier is not None:
        if (earlier.route, earlier.body_hash) != (asked.route, asked.body_hash):
            raise KeyReused
        return earlier.answer
    # The claim comes before the action: a second node then waits for our commit here, and does
    # not meet what our action changed (a slot taken by itself).
    row_id = _claim(work, asked)
    answer = action(work, *args, **kwargs)
    is_ours = col(IdempotencyKeyRow.id) == row_id
    work.execute(update(IdempotencyKeyRow).where(is_ours).values(answer=answer))
    return answer


def _claim(work: Work, asked: _Request) -> str:
    row = IdempotencyKeyRow(
        id=new_id(),
        actor_id=asked.actor_id,
        key=asked.key,
        route=asked.route,
        body_hash=asked.body_hash,
        created_at=datetime.now(UTC),
    )
    try:
        work.add(row)
    except IntegrityError as error:
        assert "unique" in str(error.orig).lower(), error.orig
        raise _Claimed from error
    return row.id


def forget_keys(work: Work, now: datetime) -> int:
    """Delete at most 50 answers that are older than a week; how many were deleted."""
    old = (
        select(col(IdempotencyKeyRow.id))
        .where(col(IdempotencyKeyRow.created_at) < now - KEYS_KEPT)
        .limit(FORGET_AT_ONCE)
    )
    return work.execute(delete(IdempotencyKeyRow).where(col(IdempotencyKeyRow.id).in_(old)))

"""The sandbox's pages on which holds are confirmed, and their own table. Nobody pays there.

A page is two forms of the hub (`sandbox_page_routes.py`), found by its reference alone, which
nobody can guess. Means of payment are named at the sandbox, so no page is there to enter one.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, bindparam, select, update
from sqlmodel import Field, SQLModel

from chargehub.clock import Clock
from chargehub.errors import NotFound
from chargehub.payments.page import (
    HoldPageOrder,
    PageDone,
    PageExpired,
    PageOpen,
    PageOrder,
    PageState,
    SetUpPageOrder,
)
from chargehub.payments.rail import Held, HoldOrder, KeyReused, Refusal
from chargehub.rails.sandbox import SLOW_S, Sandbox, enter
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of
from chargehub.store.writer import Store

LASTS = timedelta(hours=24)  # as long as a page of Stripe's
PATH = "/sandbox/pages"
_METHOD = "ok"  # what somebody has who confirms
_NAMED = Refusal("no_page", "At the sandbox a means of payment is named, on no page.")


class NoSuchPage(NotFound):
    """There is no such page, or it is over."""

    def __init__(self) -> None:
        super().__init__("There is no such page, or it is over. Begin again where you came from.")


class SandboxPageRow(SQLModel, table=True):
    """A page. `state`: open, done, over (refused or closed)."""

    __tablename__ = "sandbox_page"

    key: str = Field(primary_key=True, max_length=100)
    reference: str = Field(max_length=40, unique=True)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    purpose: str = Field(max_length=100)
    back_url: str = Field(max_length=2000)
    state: str = Field(max_length=10)
    expires_at: datetime = Field(sa_type=Instant)


PAGE = table_of(SandboxPageRow)
_BY_KEY = select(PAGE).where(PAGE.c.key == bindparam("key"))
_BY_REFERENCE = select(PAGE).where(PAGE.c.reference == bindparam("reference"))


class SandboxWithPages(Sandbox):
    """The sandbox with pages: `HasPages` too. `public_url`: how people reach the hub."""

    enters_cards = False

    def __init__(
        self, store: Store, clock: Clock, public_url: str = "", slow_s: float = SLOW_S
    ) -> None:
        super().__init__(store, clock, slow_s)
        self._pages = f"{public_url.rstrip('/')}/api/v1{PATH}"

    async def open_page(self, order: PageOrder, key: str) -> PageOpen | Refusal:
        if isinstance(order, SetUpPageOrder):
            return _NAMED
        return self._told(await self._store.do(_open, order, key, self._clock.now()))

    async def read_page(self, reference: str) -> PageState:
        page = await self._store.read(page_of, reference)
        if page is None or (page.state == "open" and page.expires_at <= self._clock.now()):
            return PageExpired()
        if page.state == "open":
            return self._told(page)
        if page.state == "over":
            return PageExpired()
        held = await self.read_back(_order(page), _hold_key(page))
        assert isinstance(held, Held), page
        return PageDone(None, None, held)

    async def close_page(self, reference: str) -> PageState:
        await self._store.do(refuse, reference)
        return await self.read_page(reference)

    async def forget_method(self, method: str) -> None:
        """No card is kept."""

    async def forget_payer(self, account_id: str) -> None:
        """Of nobody is anything kept."""

    def _told(self, page: Any) -> PageOpen:
        return PageOpen(page.reference, f"{self._pages}/{page.reference}", page.expires_at)


def page_of(reads: Reads, reference: str) -> Any:
    """The row of a page, or None."""
    return reads.one(_BY_REFERENCE, reference=reference)


def open_page_of(reads: Reads, reference: str, now: datetime) -> Any:
    """The row of a page that can still be completed. Raises NoSuchPage."""
    page = page_of(reads, reference)
    if page is None or page.state != "open" or page.expires_at <= now:
        raise NoSuchPage
    return page


def confirm(work: Work, reference: str, now: datetime) -> str:
    """Somebody confirms: the hold stands. Where the page leads back to. Raises NoSuchPage."""
    page = open_page_of(work, reference, now)
    if not _end(work, reference, "done"):  # another hub was first
        raise NoSuchPage
    enter(work, _order(page), _hold_key(page), now)
    back_url: str = page.back_url
    return back_url


def decline(work: Work, reference: str, now: datetime) -> str:
    """Somebody does not confirm: nothing is held. Where it leads back to. Raises NoSuchPage."""
    back_url: str = open_page_of(work, reference, now).back_url
    refuse(work, reference)
    return back_url


def refuse(work: Work, reference: str) -> None:
    """Nobody can complete a page any more; one that is over or done stays so."""
    _end(work, reference, "over")


def _end(work: Work, reference: str, state: str) -> bool:
    is_it = PAGE.c.reference == reference, PAGE.c.state == "open"
    return work.execute(update(PAGE).where(*is_it).values(state=state)) == 1


def _open(work: Work, order: HoldPageOrder, key: str, now: datetime) -> Any:
    page = work.one(_BY_KEY, key=key)
    if page is None:
        work.insert(
            SandboxPageRow,
            key=key,
            reference=f"sbp_{secrets.token_urlsafe(24)}",
            amount_minor=order.amount_minor,
            currency=order.currency,
            purpose=order.purpose,
            back_url=order.back_url,
            state="open",
            expires_at=now + LASTS,
        )
        return work.one(_BY_KEY, key=key)
    asked = (order.amount_minor, order.currency, order.purpose, order.back_url)
    if asked != (page.amount_minor, page.currency, page.purpose, page.back_url):
        raise KeyReused(f"{key} was used for another page")
    return page


def _order(page: Any) -> HoldOrder:
    return HoldOrder(_METHOD, page.amount_minor, page.currency, page.purpose)


def _hold_key(page: Any) -> str:
    return f"{page.reference}:hold"

"""Every query on invoices, on what waits for them, and on who is named in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlmodel import col

from chargehub.invoices.rules import HUB, NoSuchInvoice, Party
from chargehub.invoices.schema import ENTITY, INVOICE, MONTH, PARTY, SUBJECT
from chargehub.people.rules import Actor
from chargehub.people.tables import Account
from chargehub.reporting.tables import SELLER
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads

MOST = 500  # documents of one session: each correction makes two


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """A document as it was issued; the fields of its row."""

    id: str
    number: str
    kind: str
    issuer: str
    series: str
    serial: int
    corrects: str | None
    subject_id: str
    source: str
    owner_id: str
    driver_id: str | None
    currency: str
    net_minor: int
    vat_minor: int
    gross_minor: int
    issued_at: datetime
    keep_until: datetime
    sha256: str
    content: str | None


@dataclass(frozen=True, slots=True)
class SubjectView:
    """What a driver is invoiced for; the fields of its row."""

    id: str
    is_booking: bool
    owner_id: str
    driver_id: str | None
    vat_mode: str
    created_at: datetime
    missing: str | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class MonthView:
    """How far an owner's monthly documents are; the fields of their row."""

    owner_id: str
    up_to: datetime
    next_at: datetime
    missing: str | None


# Each settled session asks these.
_ENTITY = Hot(select(ENTITY).where(ENTITY.c.id == bindparam("id")))
_PARTY = Hot(select(PARTY).where(PARTY.c.account_id == bindparam("account_id")))
_SELLER = Hot(
    select(SELLER).where(SELLER.c.account_id == bindparam("account_id"), SELLER.c.name.is_not(None))
)
_NAME = Hot(select(col(Account.name)).where(col(Account.id) == bindparam("account_id")))
_SUBJECT = Hot(select(SUBJECT).where(SUBJECT.c.id == bindparam("id")))
_OF_SUBJECT = Hot(
    select(INVOICE)
    .where(INVOICE.c.subject_id == bindparam("subject_id"))
    .order_by(INVOICE.c.id)
    .limit(MOST)
)
_DUE_SUBJECTS = (
    select(SUBJECT)
    .where(SUBJECT.c.next_at <= bindparam("now", type_=Instant()))
    .order_by(SUBJECT.c.next_at, SUBJECT.c.id)
    .limit(bindparam("limit"))
)
_DUE_MONTHS = (
    select(MONTH)
    .where(MONTH.c.next_at <= bindparam("now", type_=Instant()))
    .order_by(MONTH.c.next_at, MONTH.c.owner_id)
    .limit(bindparam("limit"))
)


def entity(reads: Reads) -> Any:
    """The row of who runs the hub, or None."""
    return reads.one(_ENTITY, id=HUB)


def hub_party(reads: Reads) -> Party | None:
    """The hub as invoices name it; None: nobody has said."""
    row = entity(reads)
    if row is None:
        return None
    return Party(row.name, row.address, row.country, row.vat_id, row.register_entry)


def told_party(reads: Reads, account_id: str) -> Party | None:
    """How somebody wants to be named, as told for invoices or for tax offices; None: not told."""
    row = reads.one(_PARTY, account_id=account_id)
    if row is None:
        row = reads.one(_SELLER, account_id=account_id)
    return None if row is None else Party(row.name, row.address, row.country, row.vat_id)


def party(reads: Reads, account_id: str) -> Party:
    """How somebody is named: as told, else by the account's name alone."""
    told = told_party(reads, account_id)
    if told is not None:
        return told
    name = reads.value(_NAME, account_id=account_id)
    return Party(name or account_id)


def subject(reads: Reads, subject_id: str) -> SubjectView | None:
    """A session or booking that is invoiced, or None."""
    row = reads.one(_SUBJECT, id=subject_id)
    return None if row is None else SubjectView(*row)


def subjects_due(reads: Reads, now: datetime, limit: int) -> tuple[SubjectView, ...]:
    """What is to be looked at again, the longest due first."""
    rows = reads.all(_DUE_SUBJECTS, now=now, limit=limit)
    return tuple(SubjectView(*row) for row in rows)


def months_due(reads: Reads, now: datetime, limit: int) -> tuple[MonthView, ...]:
    """Owners whose month is to be looked at, the longest due first."""
    return tuple(MonthView(*row) for row in reads.all(_DUE_MONTHS, now=now, limit=limit))


def waiting_subjects(reads: Reads, account_id: str | None, limit: int) -> tuple[SubjectView, ...]:
    """What waits for a fact, of somebody as owner or driver, or of all (None), by id."""
    wanted = select(SUBJECT).where(SUBJECT.c.next_at.is_not(None), SUBJECT.c.missing.is_not(None))
    if account_id is not None:
        mine = (SUBJECT.c.owner_id == account_id) | (SUBJECT.c.driver_id == account_id)
        wanted = wanted.where(mine)
    rows = reads.all(wanted.order_by(SUBJECT.c.id).limit(limit))
    return tuple(SubjectView(*row) for row in rows)


def waiting_months(reads: Reads, owner_id: str | None, limit: int) -> tuple[MonthView, ...]:
    """Owners whose monthly documents wait for a fact; one owner's, or all (None)."""
    wanted = select(MONTH).where(MONTH.c.missing.is_not(None)).order_by(MONTH.c.owner_id)
    if owner_id is not None:
        wanted = wanted.where(MONTH.c.owner_id == owner_id)
    return tuple(MonthView(*row) for row in reads.all(wanted.limit(limit)))


def invoice(reads: Reads, invoice_id: str) -> InvoiceView | None:
    """A document by its id, or None."""
    row = reads.one(select(INVOICE).where(INVOICE.c.id == invoice_id))
    return None if row is None else InvoiceView(*row)


def seen_by(reads: Reads, actor: Actor, invoice_id: str) -> InvoiceView:
    """A document, for its driver, its owner or an operator. Raises NoSuchInvoice for others."""
    view = invoice(reads, invoice_id)
    is_party = view is not None and actor.account_id in (view.driver_id, view.owner_id)
    if view is None or not (is_party or actor.is_operator):
        raise NoSuchInvoice
    return view


def of_subject(reads: Reads, subject_id: str) -> tuple[InvoiceView, ...]:
    """All documents of a session or booking, oldest first."""
    return _views(reads, _OF_SUBJECT, subject_id=subject_id)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which documents: of somebody as driver or owner, or all (None); by number, if given."""

    account_id: str | None
    role: str
    number: str | None


def page_of(reads: Reads, asked: Asked, after: str | None, limit: int) -> tuple[InvoiceView, ...]:
    """Documents, newest first, those before `after`."""
    wanted = select(INVOICE).order_by(INVOICE.c.id.desc()).limit(limit)
    if asked.account_id is not None:
        column = INVOICE.c.owner_id if asked.role == "owner" else INVOICE.c.driver_id
        wanted = wanted.where(column == asked.account_id)
    if asked.number is not None:
        wanted = wanted.where(INVOICE.c.number == asked.number)
    if after is not None:
        wanted = wanted.where(INVOICE.c.id < after)
    return _views(reads, wanted)


def _views(reads: Reads, wanted: Select[Any] | Hot, **params: Any) -> tuple[InvoiceView, ...]:
    return tuple(InvoiceView(*row) for row in reads.all(wanted, **params))

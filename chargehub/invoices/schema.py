"""Invoices as they were issued, the counters of their numbers, and what waits to be invoiced."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import table_of

_WAITS = text("next_at IS NOT NULL")
_IS_INVOICE = text("kind = 'invoice'")
_IS_THERE = text("content IS NOT NULL")


class InvoiceSeries(SQLModel, table=True):
    """The last number that was given in a series. It changes in the commit that issues."""

    __tablename__ = "invoice_series"

    id: str = Field(primary_key=True, max_length=80)
    last: int = Field(sa_type=BigInteger)


class Invoice(SQLModel, table=True):
    """An invoice, credit note, fee invoice, self-billing document or note of goodwill. Amounts in
    minor units.

    Never changed: a credit note names in `corrects` what it takes back. It and a note of
    goodwill have negative amounts.
    `content`: canonical JSON, whose SHA-256 is `sha256`; None: it was kept until `keep_until`.
    `issuer`: in whose series the number stands: `hub`, or the owner's account. `source` is the CDR,
    booking or month it is for. `driver_id` None: it is between hub and owner.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        Index("uq_invoice_series", "series", "serial", unique=True),
        Index(
            "uq_invoice_source",
            "subject_id",
            "source",
            unique=True,
            sqlite_where=_IS_INVOICE,
            postgresql_where=_IS_INVOICE,
        ),
        Index("ix_invoice_number", "number"),
        Index("ix_invoice_subject", "subject_id"),
        Index("ix_invoice_owner", "owner_id", "id"),
        Index("ix_invoice_driver", "driver_id", "id"),
        Index("ix_invoice_kept", "keep_until", sqlite_where=_IS_THERE, postgresql_where=_IS_THERE),
    )

    id: str = Field(primary_key=True, max_length=36)
    number: str = Field(max_length=40)
    kind: str = Field(max_length=12)
    issuer: str = Field(max_length=36)
    series: str = Field(max_length=80)
    serial: int = Field(sa_type=BigInteger)
    corrects: str | None = Field(default=None, max_length=36)
    subject_id: str = Field(max_length=36)
    source: str = Field(max_length=36)
    owner_id: str = Field(max_length=36)
    driver_id: str | None = Field(default=None, max_length=36)
    currency: str = Field(max_length=3)
    net_minor: int = Field(sa_type=BigInteger)
    vat_minor: int = Field(sa_type=BigInteger)
    gross_minor: int = Field(sa_type=BigInteger)
    issued_at: datetime = Field(sa_type=Instant)
    keep_until: datetime = Field(sa_type=Instant)
    sha256: str = Field(max_length=64)
    content: str | None = None


class InvoiceSubject(SQLModel, table=True):
    """A session or booking that a driver is invoiced for, and who sells it.

    `missing`: what nobody has told yet, in a sentence; it is looked at again at `next_at`.
    """

    __tablename__ = "invoice_subject"
    __table_args__ = (
        Index("ix_invoice_subject_next", "next_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("ix_invoice_subject_owner", "owner_id"),
        Index("ix_invoice_subject_driver", "driver_id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    is_booking: bool
    owner_id: str = Field(max_length=36)
    driver_id: str | None = Field(default=None, max_length=36)
    vat_mode: str = Field(max_length=14)
    created_at: datetime = Field(sa_type=Instant)
    missing: str | None = Field(default=None, max_length=500)
    next_at: datetime | None = Field(default=None, sa_type=Instant)


class InvoiceMonth(SQLModel, table=True):
    """Up to when an owner has had the documents of a month; the next ones are due at `next_at`."""

    __tablename__ = "invoice_month"
    __table_args__ = (Index("ix_invoice_month_next", "next_at"),)

    owner_id: str = Field(primary_key=True, max_length=36)
    up_to: datetime = Field(sa_type=Instant)
    next_at: datetime = Field(sa_type=Instant)
    missing: str | None = Field(default=None, max_length=500)


class LegalEntity(SQLModel, table=True):
    """Who runs the hub, as invoices say it: one row. `time_zone`: whose months and years count."""

    __tablename__ = "legal_entity"

    id: str = Field(primary_key=True, max_length=36)
    name: str = Field(max_length=200)
    address: str = Field(max_length=300)
    country: str = Field(max_length=2)
    time_zone: str = Field(max_length=40)
    vat_id: str | None = Field(default=None, max_length=40)
    register_entry: str | None = Field(default=None, max_length=100)
    changed_at: datetime = Field(sa_type=Instant)


class BillingParty(SQLModel, table=True):
    """How somebody is named in invoices. `vat_id` None: a small business, or a private person."""

    __tablename__ = "billing_party"

    account_id: str = Field(primary_key=True, max_length=36, foreign_key="account.id")
    name: str = Field(max_length=200)
    address: str = Field(max_length=300)
    country: str = Field(max_length=2)
    vat_id: str | None = Field(default=None, max_length=40)
    changed_at: datetime = Field(sa_type=Instant)


SERIES = table_of(InvoiceSeries)
INVOICE = table_of(Invoice)
SUBJECT = table_of(InvoiceSubject)
MONTH = table_of(InvoiceMonth)
ENTITY = table_of(LegalEntity)
PARTY = table_of(BillingParty)

"""Documents and statements as pages and files, for people and their accountants."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import HTMLResponse

from chargehub.invoices import tables
from chargehub.invoices.printing import HEADERS, invoice_page, pdf, statement_page
from chargehub.invoices.tables import InvoiceView
from chargehub.people.access import CurrentActor
from chargehub.people.rules import Actor
from chargehub.reporting.rules import month_of
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Narrow
from chargehub.settlement import tables as settlement
from chargehub.store.work import Reads

router = APIRouter(tags=["invoices"])

InvoiceId = Annotated[str, Path(max_length=36)]
Month = Annotated[
    str, Path(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-03"], description="UTC")
]
PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The document. Its number is the file's name.",
    }
}
# To set a page takes a second of a core, and stations come first.
_narrow = Depends(Narrow("pdf", at_once=1, waiting=10), scope="function")


@router.get("/invoices/{invoice_id}/invoice.html", response_class=HTMLResponse)
async def get_invoice_page(
    invoice_id: InvoiceId, actor: CurrentActor, store: CurrentStore
) -> HTMLResponse:
    """A document as a page that prints on A4: no script, and nothing is loaded."""
    view = await store.read(tables.seen_by, actor, invoice_id)
    return HTMLResponse(invoice_page(view), headers=dict(HEADERS))


@router.get(
    "/invoices/{invoice_id}/invoice.pdf",
    response_class=Response,
    responses=PDF,
    dependencies=[_narrow],
)
async def get_invoice_file(
    invoice_id: InvoiceId, actor: CurrentActor, store: CurrentStore
) -> Response:
    """A document as a PDF file, where the hub was installed with `chargehub[pdf]`."""
    view: InvoiceView = await store.read(tables.seen_by, actor, invoice_id)
    content = await asyncio.to_thread(pdf, invoice_page(view))
    headers = {"Content-Disposition": f'attachment; filename="{view.number}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get("/statements/{month}/statement.html", response_class=HTMLResponse)
async def get_statement_page(
    month: Month, actor: CurrentActor, store: CurrentStore, now: Now
) -> HTMLResponse:
    """Your month as an owner as a page that prints; as CSV: `GET /reports/statements/{month}`."""
    during = month_of(month)
    found = await store.read(settlement.statement, actor.account_id, during.start, during.end)
    owner = await store.read(_name, actor)
    return HTMLResponse(statement_page(owner, month, found, now), headers=dict(HEADERS))


def _name(reads: Reads, actor: Actor) -> str:
    return tables.party(reads, actor.account_id).name

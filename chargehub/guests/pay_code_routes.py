"""Codes at EVSEs over REST: owners print or show them, and who scans one reads what it costs."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Annotated, Any, Self

import segno
from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field

from chargehub.guests import scanning, walking_up
from chargehub.guests.pay_code_terms import CurrentCodeTerms
from chargehub.guests.scanning import OwnedCode, Place
from chargehub.guests.walking_up import NoPages
from chargehub.payments.asked import CurrentRails
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Throttled
from chargehub.store.work import Reads
from chargehub.tariffs.pricing import as_json

router = APIRouter(tags=["guests"])

EvseId = Annotated[str, Path(max_length=36)]
Code = Annotated[str, Path(max_length=60)]
Writer = Annotated[Actor, Depends(needs("stations:write"))]
_SCANS = Depends(Throttled("pay_code", rate_per_s=1, burst=30))
SVG: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/svg+xml": {"schema": {"type": "string"}}},
        "description": "The code as a picture that prints at any size.",
    }
}
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Content-Disposition": 'inline; filename="qr.svg"',
    "Cache-Control": "private, no-store",
}
_COMPARE = (
    "Compare the name and the address with where you stand. If they differ, somebody has put"
    " another sticker there: do not pay, and tell the owner."
)
_PAY = "POST /api/v1/ad-hoc-sessions with this code opens a page on which you pay by card."


class PayCodeRequest(Body):
    """`changes`: only who scans the code of the moment can pay, not who has the sticker or the
    EVSE's id. `on_display`: the station's own display shows it, with OCPP 2.0.1 and 2.1."""

    changes: bool
    on_display: bool = False


class OwnedCodeBody(BaseModel):
    """The code that counts at your EVSE now: `url` is the text of its QR code.

    `until`: when the next one follows, for who shows it by other means; null: it is the sticker's,
    and stays as it is.
    """

    evse_id: str
    changes: bool
    on_display: bool
    code: str
    url: str
    until: datetime | None

    @classmethod
    def of(cls, found: OwnedCode) -> Self:
        return cls.model_validate({name: getattr(found, name) for name in cls.model_fields})


class PriceLineBody(BaseModel):
    """One price, VAT included. `part`: kwh, minute, session or other."""

    part: str
    text: str


class ScannedPlaceBody(BaseModel):
    """Where a code leads: compare `station`, `place` and `address` with where you stand.

    `prices` are all that can be billed, in the order of the place's country, `tariff` the same for
    programs (null: nothing is offered to everybody). `hold` is kept while you charge, and what you
    do not use of it is given back. `can_start` false: `how_to_pay` says why not.
    """

    evse_id: str
    evse_number: int
    station: str
    place: str
    address: str
    compare: str
    status: str
    power_w: int
    plugs: list[str]
    currency: str | None
    vat_percent: str | None
    prices: list[PriceLineBody]
    tariff: dict[str, Any] | None
    hold: MoneyBody | None
    can_start: bool
    how_to_pay: Annotated[str, Field(description="What to do next, as a sentence.")]

    @classmethod
    def of(cls, found: Place, no_pages: str | None) -> Self:
        tariff, why_not = found.tariff, found.why_not or no_pages
        return cls(
            evse_id=found.evse.id,
            evse_number=found.evse.number,
            station=found.station.name,
            place=found.location.name,
            address=found.location.address,
            compare=_COMPARE,
            status=found.evse.status,
            power_w=found.evse.power_w,
            plugs=list(found.plugs),
            currency=tariff.currency if tariff else None,
            vat_percent=str(tariff.vat_percent) if tariff else None,
            prices=[PriceLineBody(part=line.part, text=line.text) for line in found.prices],
            tariff=as_json(tariff) if tariff else None,
            hold=MoneyBody.of(found.hold) if found.hold else None,
            can_start=why_not is None,
            how_to_pay=why_not or _PAY,
        )


@router.get("/evses/{evse_id}/qr.svg", response_class=Response, responses=SVG)
async def get_evse_qr(
    evse_id: EvseId, actor: CurrentActor, store: CurrentStore, terms: CurrentCodeTerms
) -> Response:
    """The QR code of your EVSE, to be printed as a sticker: it leads to what charging costs there,
    and to paying without an account. It stays the same."""
    text = await store.read(scanning.sticker_url, actor.account_id, evse_id, terms)
    drawn = BytesIO()
    # A quarter of the picture may be scratched or dirty.
    segno.make(text, error="q", micro=False).save(drawn, kind="svg", scale=8, title=text)
    return Response(drawn.getvalue(), media_type="image/svg+xml", headers=dict(_HEADERS))


@router.get("/evses/{evse_id}/pay-code")
async def get_evse_pay_code(
    evse_id: EvseId, actor: CurrentActor, store: CurrentStore, terms: CurrentCodeTerms, now: Now
) -> OwnedCodeBody:
    """The code that counts at your EVSE now."""
    who = actor.account_id
    return OwnedCodeBody.of(await store.read(scanning.owned_code, who, evse_id, terms, now))


@router.put("/evses/{evse_id}/pay-code")
async def put_evse_pay_code(
    evse_id: EvseId,
    wanted: PayCodeRequest,
    actor: Writer,
    store: CurrentStore,
    terms: CurrentCodeTerms,
    now: Now,
) -> OwnedCodeBody:
    """Say whether the code at your EVSE changes. If it does, a copy of the sticker is of no use."""
    demand, who = (wanted.changes, wanted.on_display), actor.account_id
    await store.do(scanning.set_demand, who, evse_id, demand, now)
    return OwnedCodeBody.of(await store.read(scanning.owned_code, who, evse_id, terms, now))


@router.get("/pay-codes/{code}", dependencies=[_SCANS])
async def get_pay_code(
    code: Code, store: CurrentStore, rails: CurrentRails, terms: CurrentCodeTerms, now: Now
) -> ScannedPlaceBody:
    """What who has scanned a code is told before paying: where that is, what it costs, and how."""
    no_pages = None
    try:
        walking_up.rail_with_pages(rails)
    except NoPages as error:
        no_pages = str(error)
    return ScannedPlaceBody.of(await store.read(_place, code, terms, now), no_pages)


def _place(reads: Reads, code: str, terms: scanning.CodeTerms, now: datetime) -> Place:
    return scanning.place(reads, scanning.scanned_evse(reads, code, terms, now), now)

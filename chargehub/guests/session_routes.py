"""A guest's session over REST, by the credential of its booking: as it runs, its proofs, another
end of the slot, and where else to charge. All of it is what drivers with an account have."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from chargehub.bookings import extending
from chargehub.bookings.change_bodies import EndQuote, EndRequest
from chargehub.guests import actions
from chargehub.guests.access import CurrentGuest
from chargehub.guests.actions import Guest
from chargehub.guests.bodies import GuestBookingBody
from chargehub.meters.bodies import SignedPacketBody
from chargehub.receipts.actions import Wish
from chargehub.receipts.files import FILE, issuer_of, receipt_file
from chargehub.rest.bodies import Instant
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page
from chargehub.search import offering
from chargehub.search.bodies import OfferedEvse
from chargehub.sessions import remote, signed_files
from chargehub.sessions.bodies import SessionBody, judged_body
from chargehub.sessions.signed_files import BINARY, XML, file_of
from chargehub.store.work import Reads

router = APIRouter(tags=["guests"])

Version = Annotated[int | None, Query(ge=1, lt=2**31)]


@router.get("/guest-booking/session", response_model=SessionBody)
async def get_guest_session(guest: CurrentGuest, store: CurrentStore) -> Any:
    """Your session as it stands now: energy, power and what it costs so far."""
    return await store.read(_session, guest)


def _session(reads: Reads, guest: Guest) -> dict[str, Any]:
    session_id = actions.session_id_of(reads, guest)
    return judged_body(reads, remote.seen_by(reads, guest.actor, session_id))


@router.get("/guest-booking/receipt", response_class=Response, responses=FILE)
async def get_guest_receipt(
    request: Request, guest: CurrentGuest, store: CurrentStore, now: Now, version: Version = None
) -> Response:
    """The evidence of your bill in one signed file; `chargehub verify-receipt` checks it.

    `version`: that of an earlier bill, before it was corrected.
    """
    session_id = await store.read(actions.session_id_of, guest)
    issuer = issuer_of(request)
    return await receipt_file(store, guest.actor, Wish(session_id, version), issuer, now)


@router.get("/guest-booking/signed-readings")
async def get_guest_signed_readings(
    guest: CurrentGuest, store: CurrentStore, asked: CurrentPage
) -> Page[SignedPacketBody]:
    """What the meter signed of your session, in the order in which it came; at most 501."""
    session_id = await store.read(actions.session_id_of, guest)
    return await store.read(signed_files.listed, guest.actor, session_id, asked)


@router.get(
    "/guest-booking/signed-readings/{packet_id}", response_class=Response, responses=file_of(BINARY)
)
async def get_guest_packet(
    packet_id: Annotated[int, Path(ge=1, lt=2**63)], guest: CurrentGuest, store: CurrentStore
) -> Response:
    """A signed reading of your session byte by byte as the station sent it."""
    session_id = await store.read(actions.session_id_of, guest)
    return await store.read(signed_files.packet, guest.actor, session_id, packet_id)


@router.get("/guest-booking/transparency.xml", response_class=Response, responses=file_of(XML))
async def get_guest_transparency(guest: CurrentGuest, store: CurrentStore) -> Response:
    """All signed readings of your session and their keys, for transparency software."""
    session_id = await store.read(actions.session_id_of, guest)
    return await store.read(signed_files.document, guest.actor, session_id)


@router.get("/guest-booking/end")
async def get_guest_end(
    guest: CurrentGuest,
    store: CurrentStore,
    now: Now,
    ends_at: Annotated[Instant, Query(description="When the slot would end.")],
) -> EndQuote:
    """What it means to end your booking then; the same as PUT would do."""
    found = await store.read(extending.quote, guest.actor, guest.booking_id, ends_at, now)
    return EndQuote.of(found)


@router.put("/guest-booking/end")
async def put_guest_end(
    wanted: EndRequest, guest: CurrentGuest, store: CurrentStore, now: Now
) -> GuestBookingBody:
    """End your booking later or earlier, also while you charge. Twice is once.

    A longer one stands when its deposit is held; if that is refused it ends as before.
    """
    at = wanted.ends_at
    changed = await store.do(extending.set_end, guest.actor, guest.booking_id, at, now)
    return GuestBookingBody.of(changed)


@router.get("/guest-booking/alternatives")
async def get_guest_alternatives(
    guest: CurrentGuest, store: CurrentStore, now: Now
) -> Page[OfferedEvse]:
    """Where else to charge: what is free near your booked EVSE with the same plug, nearest first;
    five at most."""
    found = await store.read(offering.alternatives, guest.actor, guest.booking_id, now)
    return Page(items=[OfferedEvse.of(each) for each in found], next=None)

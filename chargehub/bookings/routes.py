"""Bookings over REST: hold a slot, read, cancel and what that costs."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from chargehub.bookings import (
    approving,
    cancelling,
    deposit_pages,
    depositing,
    holding,
    promising,
    tables,
)
from chargehub.bookings.bodies import BookingBody, ConfirmDepositBody
from chargehub.bookings.cancellation import Reason
from chargehub.bookings.rules import Reservation, Status, Wanted
from chargehub.bookings.tables import BookingView
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import ID_TOKEN_LONGEST, Actor
from chargehub.rest.bodies import Body, Instant, MoneyBody
from chargehub.rest.manners import (
    CurrentPage,
    CurrentStore,
    IdempotencyKey,
    Now,
    Page,
    idempotent,
    page,
)
from chargehub.rest.throttle import Throttled
from chargehub.stations import registration
from chargehub.store.work import Reads, Work
from chargehub.units import Money

router = APIRouter(tags=["bookings"])

BookingId = Annotated[str, Path(max_length=36)]
StationId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("bookings:write"))]
Role = Annotated[
    Literal["driver", "owner"],
    Query(description="Bookings you made, or those of your own EVSEs."),
]


class BookingRequest(Body):
    """A slot: whole minutes, at least 15 of them, at most 24 hours, within 30 days.

    `id_token`: one of your own, to start with at the station; without it that of your app.
    `quote_id`: a quote that was given to you for this slot, whose price and rules then count.
    """

    evse_id: Annotated[str, Field(min_length=1, max_length=36)]
    starts_at: Instant
    ends_at: Instant
    id_token: Annotated[str | None, Field(min_length=1, max_length=ID_TOKEN_LONGEST)] = None
    quote_id: Annotated[str | None, Field(min_length=1, max_length=36)] = None

    def wanted(self) -> Wanted:
        return Wanted(self.evse_id, self.starts_at, self.ends_at, self.id_token)


# Each asks a bank; a driver mends a handful of bookings at once at most.
_ASKED_AGAIN = Depends(Throttled("deposit", rate_per_s=0.1, burst=20))


class CancellationBody(BaseModel):
    """What cancelling costs you at this moment.

    Of the deposit `kept` stays and `returned` goes back; `penalty` is what you owe as the owner.
    `free_because`: the price or the station is not what was booked, the station has failed a driver
    since (quality), or another's car blocks it, so the policy does not count.
    """

    kept: MoneyBody
    returned: MoneyBody
    penalty: MoneyBody
    free_because: Reason | None


class ReservationBody(BaseModel):
    """What a station keeps for a booking. Owners see the end of the id token, operators all of it.

    `reservation_id` is its number at the station. `state`: none (not told yet), asked, made,
    unsure (no answer came), refused, ended.
    """

    booking_id: str
    booking_status: Status
    reservation_id: int
    state: Reservation
    reserved_at: datetime | None
    evse_id: str
    id_token: str
    starts_at: datetime
    ends_at: datetime
    arrive_by: datetime

    @classmethod
    def of(cls, booking: BookingView, is_whole: bool) -> Self:
        token = booking.id_token if is_whole else f"…{booking.id_token[-4:]}"
        return cls.model_validate(
            {
                "booking_id": booking.id,
                "booking_status": booking.status,
                "reservation_id": booking.reservation_id,
                "state": booking.reservation,
                "reserved_at": booking.reserved_at,
                "evse_id": booking.evse_id,
                "id_token": token,
                "starts_at": booking.starts_at,
                "ends_at": booking.ends_at,
                "arrive_by": booking.arrive_by,
            }
        )


@router.post("/bookings", status_code=201, response_model=BookingBody)
async def post_booking(
    wanted: BookingRequest,
    actor: Writer,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> Any:
    """Hold a slot. It is yours when the deposit is held; without that by `pay_by` it is free.

    One that begins later than in a day is yours at once; its deposit is held from `deposit_at` on.
    Where the owner agrees to every booking, nothing is held before that.
    """
    return await idempotent(
        store,
        actor.account_id,
        key,
        "POST /bookings",
        wanted,
        _hold_slot,
        actor,
        wanted,
        now,
    )


def _hold_slot(work: Work, actor: Actor, asked: BookingRequest, now: datetime) -> dict[str, Any]:
    if asked.quote_id is None:
        booking = holding.hold_slot(work, actor, asked.wanted(), now)
    else:
        booking = promising.hold_quoted(work, actor, asked.wanted(), asked.quote_id, now)
    return BookingBody.of(booking).model_dump(mode="json")


@router.get("/bookings")
async def get_bookings(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage, role: Role = "driver"
) -> Page[BookingBody]:
    """Your bookings as a driver, or those of your EVSEs as an owner; the newest first."""
    rows = await store.read(tables.page, actor.account_id, role, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), BookingBody.of)


@router.get("/bookings/{booking_id}")
async def get_booking(
    booking_id: BookingId, actor: CurrentActor, store: CurrentStore
) -> BookingBody:
    """A booking you made, or one of your EVSEs."""
    return await store.read(_read, actor, booking_id)


def _read(reads: Reads, actor: Actor, booking_id: str) -> BookingBody:
    booking = _seen(reads, actor, booking_id)
    body = BookingBody.of(booking)
    page = deposit_pages.page_of(reads, booking_id)
    if page is None or booking.driver_id != actor.account_id:
        return body
    confirm = ConfirmDepositBody(url=page.url, until=page.until)
    return body.model_copy(update={"confirm": confirm})


def _seen(reads: Reads, actor: Actor, booking_id: str) -> BookingView:
    return cancelling.seen_by(actor, tables.booking(reads, booking_id))


@router.get("/bookings/{booking_id}/cancellation")
async def get_cancellation(
    booking_id: BookingId, actor: CurrentActor, store: CurrentStore, now: Now
) -> CancellationBody:
    """What it costs to cancel now; the same as `cancel` would take."""
    return await store.read(_cancellation, actor, booking_id, now)


def _cancellation(reads: Reads, actor: Actor, booking_id: str, now: datetime) -> CancellationBody:
    booking = _seen(reads, actor, booking_id)
    price = cancelling.price_of_cancelling(reads, actor, booking, now)

    def money(amount_minor: int) -> MoneyBody:
        return MoneyBody.of(Money(amount_minor, booking.currency))

    return CancellationBody(
        kept=money(price.parting.capture_minor),
        returned=money(price.parting.release_minor),
        penalty=money(price.penalty_minor),
        free_because=price.free_because,
    )


@router.post("/bookings/{booking_id}/cancel")
async def post_cancel(
    booking_id: BookingId, actor: Writer, store: CurrentStore, now: Now
) -> BookingBody:
    """Cancel before the session starts, for what `cancellation` says. Twice is once."""
    return BookingBody.of(await store.do(cancelling.cancel, actor, booking_id, now))


@router.post("/bookings/{booking_id}/deposit", dependencies=[_ASKED_AGAIN])
async def post_deposit(
    booking_id: BookingId, actor: Writer, store: CurrentStore, now: Now
) -> BookingBody:
    """Have a deposit that is missing asked for again, of what you pay with now. Twice is once."""
    return BookingBody.of(await store.do(depositing.ask_again, actor, booking_id, now))


@router.post("/bookings/{booking_id}/approve")
async def post_approve(
    booking_id: BookingId, actor: Writer, store: CurrentStore, now: Now
) -> BookingBody:
    """Agree to a requested booking of your EVSE; its deposit is held now. Twice is once."""
    return BookingBody.of(await store.do(approving.approve, actor, booking_id, now))


@router.post("/bookings/{booking_id}/decline")
async def post_decline(
    booking_id: BookingId, actor: Writer, store: CurrentStore, now: Now
) -> BookingBody:
    """Say no to a requested booking of your EVSE; its driver is told. Twice is once."""
    return BookingBody.of(await store.do(approving.decline, actor, booking_id, now))


@router.get("/stations/{station_id}/reservations")
async def get_station_reservations(
    station_id: StationId, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[ReservationBody]:
    """The bookings of a station and what it keeps for them, newest first. For its owner."""
    await store.read(registration.seen_station, actor, station_id)
    rows = await store.read(tables.at_station, station_id, asked.after_id(), asked.fetch)
    is_whole = actor.is_operator
    return page(rows, asked, lambda row: (row.id,), lambda row: ReservationBody.of(row, is_whole))

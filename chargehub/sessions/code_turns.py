"""How many codes of a booking are void. The codes themselves are in no table."""

from sqlalchemy import bindparam, select, text, update
from sqlmodel import Field, SQLModel

from chargehub.store.work import Reads, Work, table_of


class AccessCodeRow(SQLModel, table=True):
    """The codes of a booking that were used or taken back: the next one counts."""

    __tablename__ = "access_code"

    booking_id: str = Field(primary_key=True, max_length=36)
    turn: int


CODE = table_of(AccessCodeRow)

_TURN = select(CODE.c.turn).where(CODE.c.booking_id == bindparam("booking"))
_BEGIN = text(
    "INSERT INTO access_code (booking_id, turn) VALUES (:booking, 0) ON CONFLICT DO NOTHING"
)
_NEXT = (
    update(CODE)
    .where(CODE.c.booking_id == bindparam("booking"), CODE.c.turn == bindparam("seen"))
    .values(turn=CODE.c.turn + 1)
)


def turn(reads: Reads, booking_id: str) -> int:
    """How many codes of the booking are void."""
    return int(reads.value(_TURN, booking=booking_id) or 0)


def make_void(work: Work, booking_id: str, seen: int) -> bool:
    """The code of this turn counts no more; False if it did not before."""
    work.execute(_BEGIN, booking=booking_id)
    return work.execute(_NEXT, booking=booking_id, seen=seen) == 1

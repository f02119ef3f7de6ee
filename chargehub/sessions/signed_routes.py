"""What the meter signed of a session over REST: unchanged, and as transparency software has it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from chargehub.meters import ocmf, transparency
from chargehub.meters.bodies import SignedPacketBody
from chargehub.meters.rules import NoSuchPacket, PacketWithheld
from chargehub.meters.tables import PacketView
from chargehub.meters.transparency import Value
from chargehub.meters.trust import Looked
from chargehub.people.access import CurrentActor
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Page, page
from chargehub.sessions import remote, trusting
from chargehub.store.work import Reads

router = APIRouter(tags=["sessions"])

SessionId = Annotated[str, Path(max_length=36)]
PacketId = Annotated[int, Path(ge=1, lt=2**63)]
Found = list[tuple[PacketView, Looked]]

BINARY = "application/octet-stream"
XML = "application/xml"


def _file(media_type: str) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"content": content, "description": "The file."}}


@router.get("/sessions/{session_id}/signed-readings")
async def get_signed_readings(
    session_id: SessionId, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[SignedPacketBody]:
    """What the meter signed of a session, in the order in which it came; at most 501."""
    after = asked.after_key(int)
    found = await store.read(_looked_at, actor, session_id)
    rows = [one for one in found if after is None or one[0].packet.id > int(after[0])]
    return page(rows, asked, lambda row: (row[0].packet.id,), lambda row: SignedPacketBody.of(*row))


@router.get(
    "/sessions/{session_id}/signed-readings/{packet_id}",
    response_class=Response,
    responses=_file(BINARY),
)
async def get_packet(
    session_id: SessionId, packet_id: PacketId, actor: CurrentActor, store: CurrentStore
) -> Response:
    """A signed reading byte by byte as the station sent it. For the session's driver."""
    found = await store.read(_whole, actor, session_id)
    for view, _ in found:
        if view.packet.id == packet_id:
            return _answer(view.packet.content, BINARY, f"{packet_id}.ocmf")
    raise NoSuchPacket


@router.get(
    "/sessions/{session_id}/transparency.xml", response_class=Response, responses=_file(XML)
)
async def get_transparency(
    session_id: SessionId, actor: CurrentActor, store: CurrentStore
) -> Response:
    """All signed readings of a session and their keys, for transparency software."""
    found = await store.read(_whole, actor, session_id)
    values = [_value(view, looked) for view, looked in found if looked.record is not None]
    if not values:
        raise NoSuchPacket
    shown = transparency.document(session_id, values)
    return _answer(shown.encode(), XML, f"{session_id}.xml")


def _looked_at(reads: Reads, actor: Actor, session_id: str) -> Found:
    return trusting.looked_at(reads, remote.seen_by(reads, actor, session_id))


def _whole(reads: Reads, actor: Actor, session_id: str) -> Found:
    """Raises PacketWithheld for an owner, if they name the driver's id token."""
    session = remote.seen_by(reads, actor, session_id)
    found = trusting.looked_at(reads, session)
    if not trusting.may_see_tokens(actor, session) and any(
        trusting.names_user(looked) for _, looked in found
    ):
        raise PacketWithheld
    return found


def _value(view: PacketView, looked: Looked) -> Value:
    assert looked.record is not None, view.packet.id
    readings = looked.record.readings
    return Value(
        text=ocmf.text_of(view.packet.content),
        reason=readings[-1].reason if readings else "",
        key=looked.key.hexadecimal if looked.key else None,
    )


def _answer(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=media_type, headers=headers)

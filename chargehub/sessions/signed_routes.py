"""What the meter signed of a session over REST: unchanged, and as transparency software has it."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from chargehub.meters.bodies import SignedPacketBody
from chargehub.people.access import CurrentActor
from chargehub.rest.manners import CurrentPage, CurrentStore, Page
from chargehub.sessions import signed_files
from chargehub.sessions.signed_files import BINARY, XML, file_of

router = APIRouter(tags=["sessions"])

SessionId = Annotated[str, Path(max_length=36)]
PacketId = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/sessions/{session_id}/signed-readings")
async def get_signed_readings(
    session_id: SessionId, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[SignedPacketBody]:
    """What the meter signed of a session, in the order in which it came; at most 501."""
    return await store.read(signed_files.listed, actor, session_id, asked)


@router.get(
    "/sessions/{session_id}/signed-readings/{packet_id}",
    response_class=Response,
    responses=file_of(BINARY),
)
async def get_packet(
    session_id: SessionId, packet_id: PacketId, actor: CurrentActor, store: CurrentStore
) -> Response:
    """A signed reading byte by byte as the station sent it. For the session's driver."""
    return await store.read(signed_files.packet, actor, session_id, packet_id)


@router.get(
    "/sessions/{session_id}/transparency.xml", response_class=Response, responses=file_of(XML)
)
async def get_transparency(
    session_id: SessionId, actor: CurrentActor, store: CurrentStore
) -> Response:
    """All signed readings of a session and their keys, for transparency software."""
    return await store.read(signed_files.document, actor, session_id)

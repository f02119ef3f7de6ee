"""What the meter signed of a session, as it is listed and sent as files to who may see it."""

from typing import Any

from fastapi import Response

from chargehub.meters import ocmf, transparency
from chargehub.meters.bodies import SignedPacketBody
from chargehub.meters.rules import NoSuchPacket, PacketWithheld
from chargehub.meters.tables import PacketView
from chargehub.meters.transparency import Value
from chargehub.meters.trust import Looked
from chargehub.people.rules import Actor
from chargehub.rest.manners import Page, PageQuery, page
from chargehub.sessions import remote, trusting
from chargehub.store.work import Reads

Found = list[tuple[PacketView, Looked]]

BINARY = "application/octet-stream"
XML = "application/xml"


def file_of(media_type: str) -> dict[int | str, dict[str, Any]]:
    """How a route that answers a file describes it."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"content": content, "description": "The file."}}


def listed(reads: Reads, actor: Actor, session_id: str, asked: PageQuery) -> Page[SignedPacketBody]:
    """A page of them in the order in which they came. Raises NoSuchSession."""
    after = asked.after_key(int)
    found = trusting.looked_at(reads, remote.seen_by(reads, actor, session_id))
    rows = [one for one in found if after is None or one[0].packet.id > int(after[0])]
    return page(rows, asked, lambda row: (row[0].packet.id,), lambda row: SignedPacketBody.of(*row))


def packet(reads: Reads, actor: Actor, session_id: str, packet_id: int) -> Response:
    """One byte by byte as the station sent it. Raises NoSuchSession, NoSuchPacket, and
    PacketWithheld for an owner, if a packet of the session names the driver's id token."""
    for view, _ in _whole(reads, actor, session_id):
        if view.packet.id == packet_id:
            return _answer(view.packet.content, BINARY, f"{packet_id}.ocmf")
    raise NoSuchPacket


def document(reads: Reads, actor: Actor, session_id: str) -> Response:
    """All of them and their keys, for transparency software. Raises what `packet` raises."""
    found = _whole(reads, actor, session_id)
    values = [_value(view, looked) for view, looked in found if looked.record is not None]
    if not values:
        raise NoSuchPacket
    shown = transparency.document(session_id, values)
    return _answer(shown.encode(), XML, f"{session_id}.xml")


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

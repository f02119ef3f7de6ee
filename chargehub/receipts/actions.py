"""A receipt is issued for every CDR, once; whoever lost it gets the same again."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from chargehub.events import CdrCorrected, SessionClosed
from chargehub.people.rules import Actor
from chargehub.receipts import keys, tables
from chargehub.receipts.chain import canonical, digest, linked
from chargehub.receipts.gathering import gather
from chargehub.receipts.rules import NoReceiptYet, NoSuchReceipt
from chargehub.receipts.schema import Receipt
from chargehub.receipts.signing import file_of, signed
from chargehub.sessions import remote, trusting
from chargehub.sessions import tables as sessions
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.tables import SessionView
from chargehub.settlement.split import Terms
from chargehub.store.work import Reads, Work

FORMAT = "chargehub-receipt-1"


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose receipt is asked for. `version` None: of the CDR that stands."""

    session_id: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Issuer:
    """The hub as who issues receipts: the secret of its keys, and on which terms energy is sold."""

    secret: str
    terms: Terms


def issue_for(
    work: Work, event: SessionClosed | CdrCorrected, issuer: Issuer, now: datetime
) -> None:
    """Issue the receipt of a new CDR. Not while late readings wait to be counted: it follows."""
    session = sessions.session(work, event.session_id)
    record = sessions.cdr(work, event.cdr_id)
    if session is not None and record is not None and _stands(session, record):
        _issue(work, session, record, issuer, now)


def receipt_of(reads: Reads, actor: Actor, wish: Wish) -> bytes | None:
    """The receipt of a session as a file, for its driver, its owner and operators.

    The owner's copy lacks packets that hold the driver's id token: their digests are in it.
    None: it is not issued yet. Raises NoSuchSession, NoSuchReceipt.
    """
    session = remote.seen_by(reads, actor, wish.session_id)
    row = tables.receipt(reads, session.id, wish.version or session.cdr_version)
    if row is None:
        if wish.version not in (None, session.cdr_version):
            raise NoSuchReceipt
        return None
    document = orjson.loads(zlib.decompress(row.content))
    return file_of(document, _packets(reads, actor, session, document["receipt"]["chain"]))


def issue_now(work: Work, actor: Actor, session_id: str, issuer: Issuer, now: datetime) -> None:
    """Issue the receipt of the CDR that stands. Raises NoSuchSession, NoReceiptYet."""
    session = remote.seen_by(work, actor, session_id)
    record = sessions.cdr(work, session.cdr_id or "")
    if record is None or not _stands(session, record):
        raise NoReceiptYet
    _issue(work, session, record, issuer, now)


def rotate_key(work: Work, secret: str, now: datetime) -> None:
    """Sign with a new key from now on; what older ones signed stays as good as it was."""
    keys.make(work, secret, now)


def provide_key(work: Work, secret: str, now: datetime) -> None:
    """See that there is a key to publish."""
    keys.current(work, secret, now)


def _stands(session: SessionView, record: CdrView) -> bool:
    return session.cdr_id == record.id and session.due_at is None


def _issue(
    work: Work, session: SessionView, record: CdrView, issuer: Issuer, now: datetime
) -> None:
    if tables.receipt(work, session.id, record.version) is not None:
        return
    chain = linked(gather(work, session, record, issuer.terms))
    receipt = {
        "format": FORMAT,
        "issued_at": now.isoformat(),
        "session_id": session.id,
        "cdr_id": record.id,
        "version": record.version,
        "corrects": _corrected(work, session.id, record.version),
        "chain": chain,
        "head": chain[-1]["hash"],
    }
    content = canonical(signed(receipt, keys.current(work, issuer.secret, now)))
    work.add(
        Receipt(
            cdr_id=record.id,
            session_id=session.id,
            version=record.version,
            hash=digest(canonical(receipt)),
            content=zlib.compress(content),
            issued_at=now,
        )
    )


def _corrected(reads: Reads, session_id: str, version: int) -> dict[str, Any] | None:
    """The receipt that this one takes the place of; None: it is the first."""
    row = tables.newest_before(reads, session_id, version)
    if row is None:
        return None
    return {"cdr_id": row.cdr_id, "version": row.version, "hash": row.hash}


def _packets(
    reads: Reads, actor: Actor, session: SessionView, chain: list[dict[str, Any]]
) -> list[bytes]:
    wanted = {one["body"]["digest"] for one in chain if one["kind"] == "signed_reading"}
    found = trusting.looked_at(reads, session)
    is_whole = trusting.may_see_tokens(actor, session)
    return [
        view.packet.content
        for view, looked in found
        if view.digest in wanted and (is_whole or not trusting.names_user(looked))
    ]

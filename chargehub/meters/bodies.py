"""What REST shows of meters: their keys, and how far a bill can be trusted."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from chargehub.meters.ocmf import SignedReading
from chargehub.meters.publickeys import LONGEST
from chargehub.meters.rules import KeyView
from chargehub.meters.tables import PacketView
from chargehub.meters.trust import WHY, Looked, State, Trust, Verdict
from chargehub.rest.bodies import Body


class MeterKeyRequest(Body):
    """The public key that is printed on the device: all of it, in any form, or its QR code."""

    public_key: str = Field(min_length=1, max_length=LONGEST)


class MeterKeyBody(BaseModel):
    """A public key of the meter of an EVSE.

    `state`: told (the station tells it; compare it with the device and confirm it), confirmed,
    retired (another one took its place). `told_by`: setting, reading or owner. `public_key` is
    SubjectPublicKeyInfo in hexadecimal, `fingerprint` its SHA-256.
    """

    id: str
    evse: int
    state: Literal["told", "confirmed", "retired"]
    told_by: Literal["setting", "reading", "owner"]
    curve: str
    public_key: str
    fingerprint: str
    first_seen_at: datetime
    confirmed_at: datetime | None
    retired_at: datetime | None

    @classmethod
    def of(cls, view: KeyView) -> Self:
        return cls.model_validate(
            {
                "id": view.id,
                "evse": view.evse_number,
                "state": view.state,
                "told_by": view.told_by,
                "curve": view.key.curve,
                "public_key": view.key.hexadecimal,
                "fingerprint": view.key.fingerprint,
                "first_seen_at": view.first_seen_at,
                "confirmed_at": view.confirmed_at,
                "retired_at": view.retired_at,
            }
        )


class ReasonBody(BaseModel):
    """Why a bill is not signed: `code` for programs, `detail` for people."""

    code: str
    detail: str


class SignedRegister(BaseModel):
    """A register that the meter signed, in Wh with all its digits, and the meter's time of it."""

    at: datetime
    register_wh: str

    @classmethod
    def of(cls, reading: SignedReading | None) -> "SignedRegister | None":
        if reading is None:
            return None
        return cls(at=reading.at, register_wh=f"{reading.energy_wh.normalize():f}")


class TrustBody(BaseModel):
    """How far the energy of a bill can be trusted.

    signed: a key that the owner confirmed signed begin and end, and the bill is their difference.
    plausible: it fits what the station told. implausible: something contradicts it. `reasons`
    says why it is not signed. `billed_wh` is the energy of the bill, `signed_wh` what was signed.
    """

    verdict: Verdict
    reasons: list[ReasonBody]
    billed_wh: int
    signed_wh: str | None
    begin: SignedRegister | None
    end: SignedRegister | None

    @classmethod
    def of(cls, trust: Trust, billed_wh: int) -> Self:
        begin, end = trust.begin, trust.end
        signed = end.energy_wh - begin.energy_wh if begin and end else None
        return cls(
            verdict=trust.verdict,
            reasons=[ReasonBody(code=reason, detail=WHY[reason]) for reason in trust.reasons],
            billed_wh=billed_wh,
            signed_wh=None if signed is None else f"{signed.normalize():f}",
            begin=SignedRegister.of(begin),
            end=SignedRegister.of(end),
        )


class SignedPacketBody(BaseModel):
    """What a meter signed of a session; the packet itself is a file of its own.

    `state`: genuine (a confirmed key signed it), unconfirmed, forged, unreadable. `page` and
    `meter` as they were signed. `digest`: SHA-256 of the file. `key`: fingerprint of the key.
    """

    id: int
    at: datetime
    received_at: datetime
    context: str
    state: State
    page: int | None
    meter: str | None
    digest: str
    key: str | None

    @classmethod
    def of(cls, view: PacketView, looked: Looked) -> Self:
        return cls(
            id=view.packet.id,
            at=view.at,
            received_at=view.received_at,
            context=view.context,
            state=looked.state,
            page=looked.record.page if looked.record else None,
            meter=looked.record.serial if looked.record else None,
            digest=view.digest,
            key=looked.key.fingerprint if looked.key else None,
        )

"""What REST takes and gives for pairings. No password is in any of it: stations bring their own."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from chargehub.stations.adoption import station_of
from chargehub.stations.bodies import Bases, StationRequest
from chargehub.stations.views import PairingView

State = Literal["waiting", "refused", "adopted", "expired", "cancelled"]


class PairingRequest(StationRequest):
    """A station to be adopted. `identity` is what it connects with, to the letter.

    `security_profile` is the least that it must show: 1 a password, 2 TLS and a password.
    """

    identity: Annotated[str, Field(max_length=100)]


class PairingBody(BaseModel):
    """A pairing as its owner sees it. The station is to connect to `ocpp_url`.

    `state`: waiting, refused (who came last showed too little: `reason`), adopted (`station_id`),
    expired, cancelled. `is_open`: the next that comes and shows enough is adopted, until
    `expires_at`. `knocked_at`, `knocked_from`: when somebody last came under the identity, and
    their address. `is_contested`: after the adoption another came, with another password.
    """

    id: str
    identity: str
    ocpp_url: str
    state: State
    is_open: bool
    reason: str | None
    location_id: str
    external_ref: str | None
    name: str | None
    security_profile: int
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    knocked_at: datetime | None
    knocked_from: str | None
    is_contested: bool
    station_id: str | None

    @classmethod
    def of(cls, pairing: PairingView, bases: Bases, now: datetime) -> Self:
        seen, wanted = pairing.at(now), station_of(pairing.wanted)
        shown = {name for name in cls.model_fields if hasattr(seen, name)}
        return cls(
            **{name: getattr(seen, name) for name in shown},
            ocpp_url=f"{bases.of(seen.security_profile)}/{seen.identity}",
            is_open=seen.ended_at is None,
            location_id=wanted.location_id,
            external_ref=wanted.external_ref,
            name=wanted.name,
        )

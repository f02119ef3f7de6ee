"""What REST takes and gives for stations. A password goes out once, in the answer that made it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from chargehub.rest.bodies import Body, StorableText
from chargehub.stations import rules
from chargehub.stations.certificates import CertificateView
from chargehub.stations.commands import Network
from chargehub.stations.frames import FrameView
from chargehub.stations.notes import NoteView
from chargehub.stations.quirk_bodies import QuirkProfileBody
from chargehub.stations.quirks import Hardware, QuirkBook
from chargehub.stations.repairs import RepairView
from chargehub.stations.reports import CertificatePurpose
from chargehub.stations.views import (
    EquippedEvse,
    EquippedStation,
    LocationView,
    SettingView,
)


def _line(text: str) -> str:
    given = text.strip()
    if not given or not given.isprintable():
        raise PydanticCustomError("line", "Give one line of printable characters.")
    return given


Name = Annotated[str, Field(max_length=100), AfterValidator(_line)]
Address = Annotated[str, Field(max_length=300), AfterValidator(_line)]
AccessNotes = Annotated[str, Field(max_length=1_000)]
ExternalRef = Annotated[str, Field(min_length=1, max_length=100)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["NO"])]
SettingName = Annotated[StorableText, Field(min_length=1, max_length=160)]
SettingValue = Annotated[StorableText, Field(max_length=2_500)]
EvseNumber = Annotated[int, Field(ge=1, le=rules.MAX_EVSES)]
StationOrEvse = Annotated[int, Field(ge=0, le=rules.MAX_EVSES)]
LONGEST_WAIT_S = 7 * 24 * 3_600  # what nobody fetched in a week is no longer meant
USUAL_WAIT_S = 3_600


class Wish(Body):
    """What every command has: how long it may wait for a station without a line."""

    expires_in_s: Annotated[int, Field(ge=1, le=LONGEST_WAIT_S)] = USUAL_WAIT_S

    @property
    def expires_in(self) -> timedelta:
        return timedelta(seconds=self.expires_in_s)


# --- locations and stations ----------------------------------------------------------------


class LocationRequest(Body):
    """A place for stations. The same `external_ref` again gives the first one.

    `country`: ISO 3166 alpha-2; without it the hub's usual one. Its rules count for stations there.
    Everybody reads the name. The address and where it is exactly are for who booked there.
    """

    name: Name
    address: Address
    latitude: float
    longitude: float
    time_zone: Annotated[str, Field(max_length=60, examples=["Europe/Oslo"])]
    external_ref: ExternalRef | None = None
    access_notes: AccessNotes = ""
    country: Country | None = None

    def location(self, usual_country: str) -> rules.NewLocation:
        return rules.NewLocation(
            name=self.name,
            address=self.address,
            latitude_e6=rules.microdegrees(self.latitude),
            longitude_e6=rules.microdegrees(self.longitude),
            time_zone=self.time_zone,
            external_ref=self.external_ref,
            access_notes=self.access_notes,
            country=self.country or usual_country,
        )


class AccessNotesRequest(Body):
    """How to get in: the gate's code, where the cable hangs. For who booked, around their slot."""

    access_notes: AccessNotes


class LocationBody(BaseModel):
    """A place. Coordinates in degrees, to six places."""

    id: str
    external_ref: str | None
    name: str
    address: str
    latitude: float
    longitude: float
    time_zone: str
    country: str
    access_notes: str
    created_at: datetime

    @classmethod
    def of(cls, location: LocationView) -> Self:
        return cls(
            id=location.id,
            external_ref=location.external_ref,
            name=location.name,
            address=location.address,
            latitude=location.latitude_e6 / 1_000_000,
            longitude=location.longitude_e6 / 1_000_000,
            time_zone=location.time_zone,
            country=location.country,
            access_notes=location.access_notes,
            created_at=location.created_at,
        )


class ConnectorRequest(Body):
    """A plug or socket, by OCPI's names."""

    number: int
    type: Annotated[str, Field(max_length=40, examples=["IEC_62196_T2"])]


class EvseRequest(Body):
    """Serves one car at a time. Numbers start at 1, as the station counts them."""

    number: int
    power_w: int
    connectors: list[ConnectorRequest]

    def evse(self) -> rules.NewEvse:
        connectors = (rules.NewConnector(each.number, each.type) for each in self.connectors)
        return rules.NewEvse(self.number, self.power_w, tuple(connectors))


class StationRequest(Body):
    """A station to be registered. The same `external_ref` again gives the first one.

    `identity` is the name it connects with; without one the hub makes it.
    """

    location_id: Annotated[str, Field(max_length=36)]
    evses: list[EvseRequest]
    name: Name | None = None
    external_ref: ExternalRef | None = None
    identity: Annotated[str, Field(max_length=100)] | None = None
    security_profile: Annotated[int, Field(ge=0, le=2)] = 1

    def station(self) -> rules.NewStation:
        return rules.NewStation(
            location_id=self.location_id,
            name=self.name,
            evses=tuple(each.evse() for each in self.evses),
            external_ref=self.external_ref,
            identity=self.identity,
            security_profile=self.security_profile,
        )


@dataclass(frozen=True, slots=True)
class Bases:
    """Where stations connect, without their identity: plainly, and with TLS."""

    plain: str
    tls: str

    def of(self, profile: int) -> str:
        return self.tls if profile >= 2 else self.plain


class ConnectorBody(BaseModel):
    """A plug or socket."""

    number: int
    type: str


class EvseBody(BaseModel):
    """An EVSE. `charging` null: the station does not tell. `status_at` is by its clock."""

    id: str
    number: int
    power_w: int
    status: str
    charging: str | None
    status_at: datetime | None
    error_code: str | None
    connectors: list[ConnectorBody]

    @classmethod
    def of(cls, equipped: EquippedEvse) -> Self:
        evse = equipped.evse
        return cls(
            id=evse.id,
            number=evse.number,
            power_w=evse.power_w,
            status=evse.status,
            charging=evse.charging,
            status_at=evse.status_at,
            error_code=evse.error_code,
            connectors=[
                ConnectorBody(number=each.number, type=each.type) for each in equipped.connectors
            ],
        )


class StationBody(BaseModel):
    """A station as its owner sees it. It connects to `ocpp_url`.

    `next_security_profile`: what it was asked to take on, and has not come with yet.
    `clock_ahead_s`: how far its clock is ahead of the hub's, null where that was not measured.
    `quirk_profile`: what is known of its model and done for it, null for nothing out of the
    ordinary; `quirk_choice`: `auto`, or what an operator chose instead.
    """

    id: str
    identity: str
    ocpp_url: str
    location_id: str
    external_ref: str | None
    name: str
    ocpp_version: str | None
    vendor: str | None
    model: str | None
    serial_number: str | None
    firmware_version: str | None
    security_profile: int
    next_security_profile: int | None
    is_connected: bool
    is_accepted: bool
    connected_at: datetime | None
    disconnected_at: datetime | None
    last_seen_at: datetime | None
    clock_ahead_s: int | None
    retired_at: datetime | None
    quirk_choice: str
    quirk_profile: QuirkProfileBody | None
    evses: list[EvseBody]

    @classmethod
    def of(cls, equipped: EquippedStation, bases: Bases, book: QuirkBook, **more: Any) -> Self:
        station = equipped.station
        hardware = Hardware(station.vendor, station.model, station.firmware_version)
        profile = book.of(hardware, station.quirk_profile)
        return cls(
            id=station.id,
            identity=station.identity,
            ocpp_url=f"{bases.of(station.security_profile)}/{station.identity}",
            location_id=station.location_id,
            external_ref=station.external_ref,
            name=station.name,
            ocpp_version=station.ocpp_version,
            vendor=station.vendor,
            model=station.model,
            serial_number=station.serial_number,
            firmware_version=station.firmware_version,
            security_profile=station.security_profile,
            next_security_profile=station.next_security_profile,
            is_connected=station.is_connected,
            is_accepted=station.is_accepted,
            connected_at=station.connected_at,
            disconnected_at=station.disconnected_at,
            last_seen_at=station.last_seen_at,
            clock_ahead_s=station.clock_ahead_s,
            retired_at=station.retired_at,
            quirk_choice=station.quirk_profile,
            quirk_profile=None if profile is None else QuirkProfileBody.of(profile),
            evses=[EvseBody.of(each) for each in equipped.evses],
            **more,
        )


class NewStationBody(StationBody):
    """A new station with its password, which is shown this once."""

    password: str


class PasswordBody(BaseModel):
    """A station's new password, shown this once."""

    password: str


class SecurityProfileRequest(Body):
    """The security profile that a station shall come with: never a lower one than it has.

    `network`: how it connects; stations of OCPP 2.x want to be told.
    """

    security_profile: Annotated[int, Field(ge=0, le=3)]
    network: Network = "wired"


class CertificateBody(BaseModel):
    """A certificate that the hub signed for a station. `fingerprint`: SHA-256 in hexadecimal.

    `purpose`: one towards a vehicle lets the station into no hub.
    """

    id: str
    purpose: CertificatePurpose
    serial_number: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, certificate: CertificateView) -> Self:
        return cls(**{name: getattr(certificate, name) for name in cls.model_fields})


class HouseholdBody(BaseModel):
    """An id token that charges free at an EVSE."""

    id_token: str


class SettingBody(BaseModel):
    """A setting as the station last reported it."""

    name: str
    value: str
    reported_at: datetime

    @classmethod
    def of(cls, setting: SettingView) -> Self:
        return cls(name=setting.name, value=setting.value, reported_at=setting.reported_at)


class RepairBody(BaseModel):
    """A rule that mended what the station sent: how many places, and when last."""

    rule: str
    count: int
    last_at: datetime

    @classmethod
    def of(cls, repair: RepairView) -> Self:
        return cls(rule=repair.rule, count=repair.count, last_at=repair.last_at)


class NoteBody(BaseModel):
    """What a station told beside sessions, in the words of its OCPP version.

    `request_id` is the number of the command it answers; null: nobody asked.
    """

    id: str
    topic: str
    request_id: int | None
    is_last: bool
    content: dict[str, Any]
    received_at: datetime

    @classmethod
    def of(cls, note: NoteView) -> Self:
        shown = {name: getattr(note, name) for name in cls.model_fields}
        return cls(**{**shown, "content": rules.masked(note.content)})


class FrameBody(BaseModel):
    """A frame of a station's line, as `direction` received or sent by the hub.

    `kind`: call, result, error, result_error, send, unreadable. An answer has its call's
    `message_id`. In `text` id tokens are masked and passwords left out; a long one is cut.
    """

    id: str
    at: datetime
    direction: str
    kind: str
    message_id: str | None
    action: str | None
    error_code: str | None
    text: str

    @classmethod
    def of(cls, frame: FrameView) -> Self:
        shown = {name: getattr(frame, name) for name in cls.model_fields if name != "id"}
        return cls(id=str(frame.id), **shown)

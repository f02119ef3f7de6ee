"""What an owner sets up: locations, stations with their password, household tokens."""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from chargehub.errors import Invalid, NotFound
from chargehub.jurisdictions.book import check_country
from chargehub.people.rules import Actor
from chargehub.stations import lists, rules, tables
from chargehub.stations.cells import cell_of
from chargehub.stations.commands import SetPassword
from chargehub.stations.schema import CommandRow, Connector, Evse, HouseholdToken, Location, Station
from chargehub.stations.views import EvseView, LocationView, StationView
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work

_TAKEN = "Another station has this identity. Choose another."


class NameTellsAddress(Invalid):
    """The name of a location, which everybody reads, holds its street and number."""

    code = "name_tells_address"

    def __init__(self) -> None:
        super().__init__(
            "Everybody reads the name, and the address is for who booked. Choose a name without it."
        )


@dataclass(frozen=True, slots=True)
class RegisteredLocation:
    """`is_new` False: the owner had registered this `external_ref` before."""

    location_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """A station and what it connects with. `password` None: it was registered before.

    The password is in no other place: it is shown once.
    """

    station_id: str
    identity: str
    password: str | None

    @property
    def is_new(self) -> bool:
        return self.password is not None


def register_location(
    work: Work, owner_id: str, wanted: rules.NewLocation, now: datetime
) -> RegisteredLocation:
    """A place for stations. The same external reference again gives the first one, unchanged.

    Raises BadPlace, UnknownTimeZone, UnknownCountry, NameTellsAddress.
    """
    rules.check_location(wanted)
    if tells_address(wanted.name, wanted.address):
        raise NameTellsAddress
    check_country(wanted.country)
    known = _by_external_ref(work, Location, owner_id, wanted.external_ref)
    if known is not None:
        return RegisteredLocation(known, is_new=False)
    cell = cell_of(wanted.latitude_e6, wanted.longitude_e6)
    location = Location(
        id=new_id(),
        owner_id=owner_id,
        external_ref=wanted.external_ref,
        name=wanted.name,
        address=wanted.address,
        latitude_e6=wanted.latitude_e6,
        longitude_e6=wanted.longitude_e6,
        cell=cell.index,
        cell_latitude_e6=cell.latitude_e6,
        cell_longitude_e6=cell.longitude_e6,
        access_notes=wanted.access_notes,
        time_zone=wanted.time_zone,
        country=wanted.country,
        created_at=now,
    )
    work.add(location)
    return RegisteredLocation(location.id, is_new=True)


def tells_address(name: str, address: str) -> bool:
    """Whether a name holds the street and number that an address begins with, however written.

    "Garage 5" does not tell of "5 Road", nor "Oslo" of "Oslo": without a number it is no door.
    """
    street = _words(address.partition(",")[0])
    is_door = any(word.isdigit() for word in street) and any(map(str.isalpha, street))
    return is_door and f" {' '.join(street)} " in f" {' '.join(_words(name))} "


def _words(text: str) -> list[str]:
    """Letters and digits apart, folded: "Hauptstr.5b" is hauptstr, 5, b."""
    return re.findall(r"[^\W\d_]+|\d+", text.casefold())


def register_station(
    work: Work, owner_id: str, wanted: rules.NewStation, secret: bytes, now: datetime
) -> Registered:
    """A station at one of the owner's locations, with its EVSEs and a password of its own.

    `secret` is the hub's. The same external reference again gives the first station, unchanged
    and without a password. Raises NotFound, BadIdentity, BadEquipment, IdentityTaken.
    """
    rules.check_station(wanted)
    known_id = _by_external_ref(work, Station, owner_id, wanted.external_ref)
    known = None if known_id is None else tables.station(work, known_id)
    if known is not None:
        return Registered(known.id, known.identity, password=None)
    owned_location(work, owner_id, wanted.location_id)
    if wanted.identity is not None and tables.window(work, wanted.identity, now) is not None:
        raise rules.IdentityTaken(_TAKEN)
    password, identity = new_password(), wanted.identity or _new_identity()
    digest = rules.password_digest(secret, password.encode())
    station_id = add_station(work, owner_id, replace(wanted, identity=identity), digest, now)
    return Registered(station_id, identity, password)


def add_station(
    work: Work, owner_id: str, wanted: rules.NewStation, digest: str, now: datetime
) -> str:
    """The station's row and those of its EVSEs; its id. `digest` is of its password.

    The caller has checked it, and that the location is the owner's. Raises IdentityTaken.
    """
    assert wanted.identity is not None, wanted
    identity = wanted.identity
    station = Station(
        id=new_id(),
        owner_id=owner_id,
        location_id=wanted.location_id,
        external_ref=wanted.external_ref,
        identity=identity,
        name=wanted.name or identity,
        password_digest=digest,
        security_profile=wanted.security_profile,
        created_at=now,
    )
    try:
        work.add(station)
    except IntegrityError as error:
        raise rules.IdentityTaken(_TAKEN) from error
    for evse in wanted.evses:
        _add_evse(work, station.id, evse)
    return station.id


def rotate_password(work: Work, owner_id: str, station_id: str, secret: bytes) -> str:
    """A new password; the old one ends now, and one that was on its way. Raises NotFound."""
    owned_station(work, owner_id, station_id)
    password = new_password()
    digest = rules.password_digest(secret, password.encode())
    is_it = col(Station.id) == station_id
    changed = update(Station).where(is_it)
    work.execute(changed.values(password_digest=digest, next_password_digest=None))
    is_waiting = (
        (col(CommandRow.station_id) == station_id)
        & (col(CommandRow.kind) == "set_password")
        & (col(CommandRow.state) == "queued")
    )
    blank = rules.command_body(SetPassword(""))
    work.execute(update(CommandRow).where(is_waiting).values(state="expired", body=blank))
    return password


def set_household(work: Work, owner_id: str, evse_id: str, id_token: str) -> None:
    """This id token (folded) charges free at this EVSE. Raises NotFound, TooManyTokens."""
    evse = owned_evse(work, owner_id, evse_id)
    if tables.is_household(work, evse_id, id_token):
        return
    of_evse = select(func.count()).where(col(HouseholdToken.evse_id) == evse_id)
    if work.value(of_evse) >= rules.MAX_HOUSEHOLD_TOKENS:
        raise rules.TooManyTokens(
            f"An EVSE has at most {rules.MAX_HOUSEHOLD_TOKENS} household tokens. Remove one first."
        )
    work.add(HouseholdToken(evse_id=evse_id, id_token=id_token))
    lists.look_soon(work, evse.station_id)


def remove_household(work: Work, owner_id: str, evse_id: str, id_token: str) -> None:
    """The id token pays again, from its next session on. Raises NotFound."""
    evse = owned_evse(work, owner_id, evse_id)
    work.execute(
        delete(HouseholdToken).where(
            col(HouseholdToken.evse_id) == evse_id, col(HouseholdToken.id_token) == id_token
        )
    )
    lists.look_soon(work, evse.station_id)


def set_access_notes(work: Work, owner_id: str, location_id: str, notes: str) -> LocationView:
    """How to get in, told to who booked there. Raises NotFound."""
    location = owned_location(work, owner_id, location_id)
    is_it = col(Location.id) == location_id
    work.execute(update(Location).where(is_it).values(access_notes=notes))
    return replace(location, access_notes=notes)


def owned_location(reads: Reads, owner_id: str, location_id: str) -> LocationView:
    """The owner's location. Raises NotFound, also for somebody else's or one removed."""
    location = tables.location(reads, location_id)
    if location is None or location.owner_id != owner_id or location.removed_at is not None:
        raise NotFound("You have no location with this id.")
    return location


def owned_station(reads: Reads, owner_id: str, station_id: str) -> StationView:
    """The owner's station. Raises NotFound, also for somebody else's."""
    station = tables.station(reads, station_id)
    if station is None or station.owner_id != owner_id:
        raise NotFound("You have no station with this id.")
    return station


def seen_station(reads: Reads, actor: Actor, station_id: str) -> StationView:
    """A station that the actor owns or operates. Raises NotFound."""
    station = tables.station(reads, station_id)
    if station is None or not (actor.is_operator or station.owner_id == actor.account_id):
        raise NotFound("You have no station with this id.")
    return station


def owned_evse(reads: Reads, owner_id: str, evse_id: str) -> EvseView:
    """The owner's EVSE. Raises NotFound, also for somebody else's."""
    evse = tables.evse(reads, evse_id)
    if evse is None or evse.owner_id != owner_id:
        raise NotFound("You have no EVSE with this id.")
    return evse


def new_password() -> str:
    """A machine-made password in signs that cannot be mistaken."""
    return "".join(secrets.choice(rules.ALPHABET) for _ in range(rules.PASSWORD_LENGTH))


def new_key() -> str:
    """A machine-made password of 20 bytes in hexadecimal: 1.6 stations that read their key so
    take it, and send the bytes; all others take it as it is.

    Source: OCPP 1.6 security white paper 3, section 2.1 (AuthorizationKey).
    """
    return secrets.token_hex(rules.PASSWORD_LENGTH)


def _new_identity() -> str:
    signs = (secrets.choice(rules.CAPITALS) for _ in range(rules.IDENTITY_LENGTH))
    return rules.IDENTITY_PREFIX + "".join(signs)


def _by_external_ref(
    reads: Reads, model: type[Location] | type[Station], owner_id: str, external_ref: str | None
) -> str | None:
    if external_ref is None:
        return None
    found: str | None = reads.value(
        select(col(model.id)).where(
            col(model.owner_id) == owner_id, col(model.external_ref) == external_ref
        )
    )
    return found


def _add_evse(work: Work, station_id: str, wanted: rules.NewEvse) -> None:
    evse_id = new_id()
    work.add(Evse(id=evse_id, station_id=station_id, number=wanted.number, power_w=wanted.power_w))
    for connector in wanted.connectors:
        work.add(
            Connector(id=new_id(), evse_id=evse_id, number=connector.number, type=connector.type)
        )

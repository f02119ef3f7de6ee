"""Locations, stations and household tokens over REST. Owners see their own alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from chargehub.people.access import CurrentActor, CurrentOperator, needs
from chargehub.people.rules import ID_TOKEN_LONGEST, Actor, fold_id_token, id_token
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.stations import (
    actions,
    bodies,
    certificates,
    pages,
    passwords,
    raising,
    registration,
    retiring,
    rules,
    security,
    tables,
    tuning,
)
from chargehub.stations.command_bodies import CommandBody
from chargehub.stations.commands import Switchboard
from chargehub.stations.offered import CurrentSettings, ocpp_bases, offered_profiles
from chargehub.stations.quirk_bodies import QuirkChoiceRequest, QuirkProfileBody
from chargehub.stations.quirks import QuirkBook
from chargehub.stations.views import CommandView, EquippedStation
from chargehub.store.work import Reads

router = APIRouter(tags=["stations"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
Id = Annotated[str, Path(max_length=36)]
IdToken = Annotated[str, Path(max_length=ID_TOKEN_LONGEST)]
_KNOWN = "It was registered before, under the same `external_ref`."


async def _switchboard(request: Request) -> Switchboard:
    switchboard: Switchboard = request.app.state.hub.switchboard
    return switchboard


async def _quirks(request: Request) -> QuirkBook:
    book: QuirkBook = request.app.state.hub.quirks
    return book


CurrentQuirks = Annotated[QuirkBook, Depends(_quirks)]
CurrentSwitchboard = Annotated[Switchboard, Depends(_switchboard)]


# --- locations -----------------------------------------------------------------------------


@router.post(
    "/locations",
    status_code=201,
    responses={200: {"model": bodies.LocationBody, "description": _KNOWN}},
)
async def post_location(
    wanted: bodies.LocationRequest,
    actor: Writer,
    store: CurrentStore,
    settings: CurrentSettings,
    now: Now,
    response: Response,
) -> bodies.LocationBody:
    """Register a place. The same `external_ref` again gives the first one, with 200."""
    place = wanted.location(settings.country)
    done = await store.do(actions.register_location, actor.account_id, place, now)
    if not done.is_new:
        response.status_code = 200
    return bodies.LocationBody.of(
        await store.read(registration.owned_location, actor.account_id, done.location_id)
    )


@router.get("/locations")
async def get_locations(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[bodies.LocationBody]:
    """Your own locations, the oldest first."""
    rows = await store.read(pages.locations_of, actor.account_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), bodies.LocationBody.of)


@router.get("/locations/{location_id}")
async def get_location(
    location_id: Id, actor: CurrentActor, store: CurrentStore
) -> bodies.LocationBody:
    """One of your own locations."""
    return bodies.LocationBody.of(
        await store.read(registration.owned_location, actor.account_id, location_id)
    )


@router.delete("/locations/{location_id}", status_code=204)
async def delete_location(location_id: Id, actor: Writer, store: CurrentStore, now: Now) -> None:
    """Remove a place where no station is in service any more."""
    await store.do(retiring.remove_location, actor.account_id, location_id, now)


@router.put("/locations/{location_id}/access-notes")
async def put_access_notes(
    location_id: Id, wanted: bodies.AccessNotesRequest, actor: Writer, store: CurrentStore
) -> bodies.LocationBody:
    """Say how to get in. Told to who booked there, from shortly before the slot; empty: nothing."""
    notes = wanted.access_notes
    done = await store.do(registration.set_access_notes, actor.account_id, location_id, notes)
    return bodies.LocationBody.of(done)


# --- stations ------------------------------------------------------------------------------


@router.post(
    "/stations",
    status_code=201,
    responses={200: {"model": bodies.StationBody, "description": _KNOWN}},
)
async def post_station(
    wanted: bodies.StationRequest,
    actor: Writer,
    store: CurrentStore,
    settings: CurrentSettings,
    quirks: CurrentQuirks,
    now: Now,
    response: Response,
) -> bodies.NewStationBody | bodies.StationBody:
    """Register a station. Its password is in this answer alone.

    The same `external_ref` again gives the first one, with 200 and without password.
    """
    secret = settings.secret.encode()
    owner_id = actor.account_id
    rules.check_profile(wanted.security_profile, offered_profiles(settings))
    done = await store.do(actions.register_station, owner_id, wanted.station(), secret, now)
    station = await store.read(_station, owner_id, done.station_id)
    if done.password is None:
        response.status_code = 200
        return bodies.StationBody.of(station, ocpp_bases(settings), quirks)
    return bodies.NewStationBody.of(station, ocpp_bases(settings), quirks, password=done.password)


@router.get("/stations")
async def get_stations(
    actor: CurrentActor,
    store: CurrentStore,
    settings: CurrentSettings,
    quirks: CurrentQuirks,
    asked: CurrentPage,
) -> Page[bodies.StationBody]:
    """Your own stations, the oldest first."""
    rows = await store.read(pages.stations_of, actor.account_id, asked.after_id(), asked.fetch)
    bases = ocpp_bases(settings)
    return page(
        rows,
        asked,
        lambda row: (row.station.id,),
        lambda row: bodies.StationBody.of(row, bases, quirks),
    )


@router.get("/stations/{station_id}")
async def get_station(
    station_id: Id,
    actor: CurrentActor,
    store: CurrentStore,
    settings: CurrentSettings,
    quirks: CurrentQuirks,
) -> bodies.StationBody:
    """One of your own stations."""
    station = await store.read(_station, actor.account_id, station_id)
    return bodies.StationBody.of(station, ocpp_bases(settings), quirks)


@router.get("/quirk-profiles")
async def get_quirk_profiles(
    actor: CurrentActor, quirks: CurrentQuirks, asked: CurrentPage
) -> Page[QuirkProfileBody]:
    """What the hub knows of models of stations that do things oddly, by name."""
    after = asked.after_id() or ""
    rows = [profile for profile in quirks if profile.name > after][: asked.fetch]
    return page(rows, asked, lambda profile: (profile.name,), QuirkProfileBody.of)


@router.put("/stations/{station_id}/quirk-profile")
async def put_quirk_profile(
    station_id: Id,
    wanted: QuirkChoiceRequest,
    operator: CurrentOperator,
    store: CurrentStore,
    settings: CurrentSettings,
    quirks: CurrentQuirks,
    switchboard: CurrentSwitchboard,
) -> bodies.StationBody:
    """Choose the quirk profile of a station, switch it off, or leave it to the hub. For operators.

    The station's line is closed, so that it comes back and is treated by what was chosen.
    """
    quirks.check_choice(wanted.choice)
    await store.do(tuning.choose, operator, station_id, wanted.choice)
    await switchboard.hang_up(station_id, "Its quirk profile was chosen anew.")
    station = await store.read(_seen, operator, station_id)
    return bodies.StationBody.of(station, ocpp_bases(settings), quirks)


@router.post("/stations/{station_id}/password")
async def post_password(
    station_id: Id,
    actor: Writer,
    store: CurrentStore,
    settings: CurrentSettings,
    switchboard: CurrentSwitchboard,
) -> bodies.PasswordBody:
    """A new password, shown this once. The old one ends now, and the line made with it."""
    secret = settings.secret.encode()
    password = await store.do(actions.rotate_password, actor.account_id, station_id, secret)
    await switchboard.hang_up(station_id, "The password was changed.")
    return bodies.PasswordBody(password=password)


@router.post("/stations/{station_id}/password/rotation", status_code=202)
async def post_password_rotation(
    station_id: Id, actor: Writer, store: CurrentStore, settings: CurrentSettings, now: Now
) -> CommandBody:
    """Give the station a new password over its line. The old one counts until it has taken it.

    Nobody is told the new one; a station that lost it gets another by `POST …/password`.
    """
    secret, password = settings.secret.encode(), registration.new_key()
    digest = rules.password_digest(secret, password.encode())
    sealed = passwords.seal(secret, password)
    command_id = await store.do(security.rotate_password, actor, station_id, digest, sealed, now)
    return CommandBody.of(await store.read(_command, command_id))


@router.put("/stations/{station_id}/security-profile")
async def put_security_profile(
    station_id: Id,
    wanted: bodies.SecurityProfileRequest,
    actor: Writer,
    store: CurrentStore,
    settings: CurrentSettings,
    quirks: CurrentQuirks,
    now: Now,
) -> bodies.StationBody:
    """Raise a station's security profile. Until it has come with the new one, the old counts.

    A station that was connected before is told over its line, step by step, as commands.
    """
    profile, bases = wanted.security_profile, ocpp_bases(settings)
    rules.check_profile(profile, offered_profiles(settings))
    raised = raising.Wanted(profile, bases.of(profile), wanted.network)
    await store.do(raising.raise_profile, actor, station_id, raised, now)
    return bodies.StationBody.of(await store.read(_seen, actor, station_id), bases, quirks)


@router.get("/stations/{station_id}/certificates")
async def get_certificates(
    station_id: Id, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[bodies.CertificateBody]:
    """The certificates that the hub signed for a station, the newest first."""
    await store.read(registration.seen_station, actor, station_id)
    rows = await store.read(certificates.page_of, station_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), bodies.CertificateBody.of)


@router.delete("/stations/{station_id}/certificates/{certificate_id}")
async def delete_certificate(
    station_id: Id,
    certificate_id: Id,
    actor: Writer,
    store: CurrentStore,
    switchboard: CurrentSwitchboard,
    now: Now,
) -> bodies.CertificateBody:
    """Revoke a certificate. It lets nobody in from now on, and the station's line is closed."""
    revoked = await store.do(certificates.revoke, actor, station_id, certificate_id, now)
    await switchboard.hang_up(station_id, "A certificate was revoked.")
    return bodies.CertificateBody.of(revoked)


@router.get("/stations/{station_id}/settings")
async def get_settings(
    station_id: Id, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[bodies.SettingBody]:
    """A station's settings as it last reported them, by name; ask it with `read_settings`."""
    await store.read(registration.owned_station, actor.account_id, station_id)
    rows = await store.read(pages.settings_of, station_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.name,), bodies.SettingBody.of)


# --- household tokens ----------------------------------------------------------------------


@router.get("/evses/{evse_id}/household")
async def get_household(
    evse_id: Id, actor: CurrentActor, store: CurrentStore
) -> Page[bodies.HouseholdBody]:
    """The id tokens that charge free at your EVSE; all of them, there are few."""
    await store.read(registration.owned_evse, actor.account_id, evse_id)
    tokens = await store.read(pages.household_tokens, evse_id)
    return Page(items=[bodies.HouseholdBody(id_token=token) for token in tokens], next=None)


@router.put("/evses/{evse_id}/household/{token}", status_code=204)
async def put_household(evse_id: Id, token: IdToken, actor: Writer, store: CurrentStore) -> None:
    """This id token charges free at your EVSE from its next session on: your own use."""
    folded = fold_id_token(id_token(token))
    await store.do(actions.set_household, actor.account_id, evse_id, folded)


@router.delete("/evses/{evse_id}/household/{token}", status_code=204)
async def delete_household(evse_id: Id, token: IdToken, actor: Writer, store: CurrentStore) -> None:
    """This id token pays again, from its next session on."""
    folded = fold_id_token(id_token(token))
    await store.do(actions.remove_household, actor.account_id, evse_id, folded)


# --- the owner's own -----------------------------------------------------------------------


def _station(reads: Reads, owner_id: str, station_id: str) -> EquippedStation:
    station = registration.owned_station(reads, owner_id, station_id)
    return pages.equipped(reads, [station])[0]


def _seen(reads: Reads, actor: Actor, station_id: str) -> EquippedStation:
    return pages.equipped(reads, [registration.seen_station(reads, actor, station_id)])[0]


def _command(reads: Reads, command_id: str) -> CommandView:
    found = tables.command(reads, command_id)
    assert found is not None, command_id
    return found

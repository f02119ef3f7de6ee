"""What this hub offers to stations: where they connect, and on which security profiles."""

from typing import Annotated

from fastapi import Depends, Request

from chargehub.settings import Settings
from chargehub.stations.bodies import Bases


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.hub.settings
    return settings


CurrentSettings = Annotated[Settings, Depends(_settings)]


def ocpp_bases(settings: Settings) -> Bases:
    """Where stations connect, without their identity."""
    plain = settings.ocpp_public_url or f"ws://{settings.ocpp}/ocpp"
    tls = settings.ocpps_public_url or f"wss://{settings.ocpps}/ocpp"
    return Bases(plain.rstrip("/"), tls.rstrip("/"))


def offered_profiles(settings: Settings) -> frozenset[int]:
    """The security profiles that stations may have here."""
    with_tls = {2, 3} if settings.ocpps or settings.ocpps_public_url else set()
    return frozenset({1} | with_tls | ({0} if settings.ocpp_without_password else set()))
